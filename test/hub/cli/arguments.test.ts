// The command line's catalogue of bad input: every row is refused with its exit code before anything is asked of a hub,
// and says what was expected. No hub listens here, so a row that got through would end with 69.

import t from "tap";
import { ARGUMENTS_MOST, CHARACTERS_MOST } from "../../../hub/cli/arguments.js";
import { nearest } from "../../../hub/cli/nearest.js";
import { durationMs, endpoint, stopOf } from "../../../hub/cli/values.js";
import { FakeShell, run } from "./stub-hub.js";

const REASON = ["--reason", "x"];
const HUB = ["--hub", "127.0.0.1:1"];

const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["X01 no command", [], /expected a command: status, robots/],
  ["X02 an unknown command", ["robts"], /unknown command "robts" \(did you mean "robots"\?\)/],
  [
    "X02 an unknown second word",
    ["task", "ad"],
    /expected one of add, list, cancel, found "ad" \(did you mean "add"\?\)/,
  ],
  ["X02 a group without its second word", ["mode"], /drover mode: expected one of show, set, clear, found nothing/],
  ["X03 an unknown flag", ["robots", "--jsn"], /unknown flag "--jsn" \(did you mean "--json"\?\)/],
  ["X03 an unknown short flag", ["robots", "-x"], /unknown flag "-x"/],
  ["X03 a flag of another command", ["robots", "--reason", "x"], /drover robots has no flag "--reason"/],
  ["X04 a flag without value", ["robots", "--hub"], /--hub needs a value: --hub HOST:PORT/],
  ["X04 a flag whose value is the next flag", ["halt", "--reason", "--site"], /write --reason=--site/],
  ["X04 a switch with a value", ["robots", "--json=yes"], /--json takes no value, found "yes"/],
  ["X05 a flag given twice with different values", ["halt", "--robot", "r1", "--robot", "r2"], /given twice/],
  ["X08 an argument that is too long", ["explain", "x".repeat(1_000_000)], /argument 2: expected at most/],
  ["X08 too many arguments", ["task", "add", ...Array(ARGUMENTS_MOST).fill("P1")], /at most 256 arguments/],
  ["X09 an argument that is not UTF-8", ["explain", "caf\ufffd"], /argument 2: expected UTF-8/],
  ["X10 a path for a robot", ["halt", "--robot", "../../x"], /--robot: expected an id/],
  ["X10 a path for a place", ["place", "free", "../P1", "--seen", "x", ...REASON], /PLACE: expected an id/],
  ["X10 a path for a stop", ["task", "add", "P1|../x", ...REASON], /expected an id/],
  ["X13 a mode override without a reason", ["mode", "set", "HALT", "--robot", "r1"], /--reason TEXT/],
  ["X13 an empty reason", ["mode", "set", "HALT", "--site", "--reason="], /text that is not empty/],
  ["X13 an override that raises", ["mode", "set", "autonomous", "--site", ...REASON], /only lowers/],
  [
    "X14 an unknown mode",
    ["mode", "set", "SLOW", "--site", ...REASON],
    /one of REACTIVE_ONLY, CONFIRM, HALT, found "SLOW"/,
  ],
  ["X20 a forced free", ["place", "force-free", "P1"], /expected one of list, free, found "force-free"/],
  ["X21 a place freed without evidence", ["place", "free", "P1", ...REASON], /--seen TEXT/],
  ["X21 a robot absent without evidence", ["robot", "absent", "r1", ...REASON], /--seen TEXT/],
  [
    "R13 control characters in a reason",
    ["halt", "--site", "--reason", "a\u001b[2J"],
    /without control characters, found "a\\u001b\[2J"/,
  ],
  ["a halt of nobody", ["halt"], /exactly one of --robot ID, --fleet ID, --site, found none/],
  ["a halt of two scopes", ["halt", "--site", "--robot", "r1"], /found 2/],
  ["an argument too few", ["explain"], /expected ID, found nothing/],
  ["an argument too many", ["robots", "r1"], /expected no arguments, found "r1"/],
  ["a dwell without unit", ["task", "add", "P1", "--dwell", "5", ...REASON], /--dwell: expected a duration.*found "5"/],
  ["a period that is too short", ["watch", "--every", "10ms"], /from 200ms to 10s/],
  ["last and from together", ["events", "--last", "3", "--from", "1"], /--last or --from/],
  ["a count that is none", ["events", "--last", "1e3"], /--last: expected a whole number/],
  ["an address without port", ["robots", "--hub", "localhost"], /--hub: expected HOST:PORT/],
  [
    "an address elsewhere without TLS",
    ["robots", "--hub", "10.0.0.1:7443"],
    /cannot connect to 10\.0\.0\.1 without TLS/,
  ],
  ["half of TLS", ["robots", "--ca", "ca.pem"], /go together; --cert and --key missing/],
];

for (const [name, argv, says] of REFUSED) {
  t.test(`drover refuses ${name} with 64 and names what was expected`, async (t) => {
    const at = argv.includes("--hub") || argv.length > 200 ? argv : [...argv, ...HUB];
    const { exit, out, err } = await run(argv.length === 0 ? [] : at);
    t.equal(exit, 64);
    t.equal(out, "");
    t.match(err, says);
    t.notMatch(err, "\u001b", "X07 shown escaped");
    t.ok(err.length < CHARACTERS_MOST * 2);
    const json = await run([...(argv.length === 0 ? [] : at).slice(0, 250), "--json"]);
    t.match(JSON.parse(json.out), { error: { exit: 64, code: "USAGE" } }, "X32");
    t.equal(json.err, "");
  });
}

t.test("a command that was asked wrongly names the help that tells more", async (t) => {
  for (const [argv, help] of [
    [["robts"], "drover --help"],
    [[], "drover --help"],
    [["task", "ad"], "drover task --help"],
    [["--json", "task", "add"], "drover task add --help"],
    [["halt"], "drover halt --help"],
    [["robots", "--every"], "drover robots --help"],
  ] as const) {
    const { exit, out, err } = await run(argv);
    t.equal(exit, 64);
    if (out === "") t.ok(err.endsWith(`\nNext: ${help}\n`), err);
    else t.match(JSON.parse(out), { error: { next: help } });
  }
});

t.test("X06 what follows -- is taken literally, and --json behind it is no flag", async (t) => {
  const { exit, out, err } = await run(["explain", "--", "--json"]);
  t.same([exit, out], [64, ""]);
  t.match(err, /ID: expected an id.*found "--json"/);
});

t.test("X05 a flag given twice with the same value is no contradiction", async (t) => {
  const { exit } = await run(["robots", ...HUB, ...HUB]);
  t.equal(exit, 69);
});

t.test("an act without --operator takes $USER, and is refused without either; a halt waits for neither", async (t) => {
  const shell = new FakeShell();
  shell.environment = { hub: "127.0.0.1:1", user: undefined };
  const cancel = await run(["task", "cancel", "t1", ...REASON], shell);
  t.equal(cancel.exit, 64);
  t.match(cancel.err, /--operator NAME/);
  const halt = new FakeShell();
  halt.environment = shell.environment;
  t.equal((await run(["halt", "--site", "--timeout", "150ms"], halt)).exit, 69);
});

t.test("a wrong $DROVER_HUB is named as such, and --version needs no hub", async (t) => {
  const shell = new FakeShell();
  shell.environment = { hub: "nonsense", user: "ada" };
  const { exit, err } = await run(["robots"], shell);
  t.equal(exit, 64);
  t.match(err, /\$DROVER_HUB: expected HOST:PORT/);
  t.match(await run(["--version"]), { exit: 0, out: "drover 0.1.0\n" });
  t.same(JSON.parse((await run(["--version", "--json"])).out), { version: "0.1.0" });
});

t.test("values carry their unit", (t) => {
  const limits = { name: "--x", leastMs: 0, mostMs: 7_200_000 };
  const read = (value: string) => durationMs(value, limits);
  t.same(["500ms", "5s", "1.5s", "2min", "1h", "0s"].map(read), [500, 5000, 1500, 120_000, 3_600_000, 0]);
  for (const bad of ["5", "", "s", "-1s", "5 m", "1e3ms", "3h", "٣s"])
    t.throws(() => read(bad), { code: "USAGE" }, bad);
  t.same(endpoint("[::1]:7443", "x"), { host: "[::1]", port: 7443 });
  for (const bad of ["a", "a:0", "a:65536", "unix:/tmp/x", "a b:1", ":1", "::1:7443", "a:1/x"]) {
    t.throws(() => endpoint(bad, "x"), { code: "USAGE" }, bad);
  }
  t.same(stopOf("P1|P2, P3"), { destinations: ["P1", "P2", "P3"] });
  for (const bad of ["", "P1||P2", "P1|"]) t.throws(() => stopOf(bad), { code: "USAGE" }, bad);
  t.end();
});

t.test("the nearest word is named only when it is near", (t) => {
  const words = ["status", "robots", "watch", "halt"];
  t.same(
    ["stauts", "robot", "hlat", "wa", "zebra", ""].map((word) => nearest(word, words)),
    [...["status", "robots", "halt", "watch", null, null]],
  );
  t.end();
});

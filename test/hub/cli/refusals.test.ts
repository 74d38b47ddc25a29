// What the hub refuses, and what comes between: each has its exit code by class, its code in JSON, and a sentence that
// does not promise what nobody knows.

import { createServer, type Socket } from "node:net";
import t from "tap";
import { EXIT, REFUSALS, type RefusalCode, refuse } from "../../../proto/errors.js";
import { aPerson, FakeShell, openStubHub, type Ran, run, runAt } from "./stub-hub.js";

const CODES = Object.keys(REFUSALS) as RefusalCode[];
const CANCEL = ["task", "cancel", "t7", "--reason", "x"];

t.test("every refusal of the hub ends with the exit code of its class and keeps its code and words", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  for (const code of CODES) {
    const message = `cannot cancel "t7": é料🤖 100% ${code}`;
    hub.port.answer = () => refuse(code, message) as never;
    const plain = await runAt(hub, CANCEL);
    const exit = EXIT[REFUSALS[code][0]];
    const [said, next = "", ...more] = plain.err.trimEnd().split("\n");
    t.same([plain.exit, plain.out, said, more], [exit, "", `drover: ${message}`, []]);
    t.match(next, /^Next: \S.{10,100}$/, "and what to do next");
    const json = await runAt(hub, [...CANCEL, "--json"]);
    const told = { error: { code, exit, message, next: next.slice("Next: ".length) } };
    t.same([json.exit, JSON.parse(json.out), json.err], [exit, told, ""]);
  }
});

t.test("a refusal with half a character or a thousand of them still arrives with its code", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.answer = () => refuse("BUSY", `\ud800${"x".repeat(50_000)}`) as never;
  const { exit, err } = await runAt(hub, CANCEL);
  t.equal(exit, 75);
  t.match(err, /^drover: \ufffdx{900}/);
});

t.test("X11 X12 an unknown id is 66, and no prefix of a known one is taken for it", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  t.equal((await runAt(hub, ["explain", "t"])).exit, 66);
  t.match((await runAt(hub, ["explain", "t"])).err, /nothing is known of "t"/);
});

t.test("a fault in the hub is 70 and tells nothing of its inside", async (t) => {
  const faults: unknown[] = [];
  const hub = await openStubHub({ onFault: (fault) => void faults.push(fault) });
  t.teardown(() => hub.close());
  hub.port.answer = () => Promise.reject(new Error("secret path"));
  const { exit, err } = await runAt(hub, CANCEL);
  t.equal(exit, 70);
  t.notMatch(err, "secret");
  t.match(faults, [{ message: "secret path" }]);
});

t.test("X18 a halt that cannot be delivered says so plainly, names whom it was for, and ends with 69", async (t) => {
  for (const [scope, whom] of [
    [["--robot", "r1"], "robot r1"],
    [["--fleet", "pickers"], "fleet pickers"],
    [["--site"], "the whole site"],
  ] as const) {
    const argv = ["halt", ...scope, "--hub", "127.0.0.1:1", "--timeout", "150ms"];
    const { exit, err } = await run(argv);
    t.equal(exit, 69);
    t.match(err, `halt of ${whom}: not delivered. cannot reach the hub at 127.0.0.1:1`);
    const json = JSON.parse((await run([...argv, "--json"])).out);
    t.match(json, { error: { code: "UNREACHABLE", exit: 69, message: /not delivered/ } });
  }
});

t.test("a halt that the hub refuses was not delivered either", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.answer = () => refuse("UNKNOWN_ROBOT", `the site has no robot "r9"`) as never;
  const { exit, err } = await runAt(hub, ["halt", "--robot", "r9"]);
  t.equal(exit, 66);
  t.match(err, /not delivered\. the site has no robot "r9"/);
});

t.test("a hub that accepts the connection and never answers ends the wait, and nothing is claimed", async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const at = silent.address();
  const address = typeof at === "object" && at !== null ? `127.0.0.1:${at.port}` : "";
  const argv = ["halt", "--site", "--hub", address, "--timeout", "150ms"];
  const { exit, err } = await run(argv);
  t.equal(exit, 69);
  t.match(err, /not delivered/);
});

t.test("X29 X30 an act without answer names what to ask again, under the same id", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.answer = () => new Promise(() => {});
  const late = await runAt(hub, ["task", "add", "P1", "--reason", "x", "--timeout", "100ms"]);
  t.equal(late.exit, 69);
  t.match(late.err, /did not answer within 100 ms; it may have been done. Asking again with --id t-0123456789 is safe/);
  const halt = await runAt(hub, ["halt", "--site", "--timeout", "100ms"]);
  t.match(halt.err, /not confirmed, take it as not delivered/);
  const shell = new FakeShell();
  const interrupted = runAt(hub, ["task", "add", "P1", "--reason", "x"], shell);
  while (hub.port.asked.length < 3) await new Promise((resolve) => setImmediate(resolve));
  shell.stopper.abort();
  t.match(await interrupted, { exit: 130, err: /interrupted before the hub answered.*--id t-0123456789/ });
});

t.test("X28 the effect of an act is told on standard error when standard output is closed", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell();
  shell.closed = true;
  t.match(await runAt(hub, ["task", "add", "P1", "--reason", "x"], shell), {
    ...{ exit: 0, out: "", err: "task t-0123456789 accepted\n" },
  } satisfies Ran);
});

t.test("nobody acts under another's name, or under none", async (t) => {
  let identity = "ada";
  const nobody = refuse("WRONG_IDENTITY", "the certificate names nobody clearly");
  const hub = await openStubHub({ personOf: () => (identity === "" ? nobody : aPerson(identity)) });
  t.teardown(() => hub.close());
  t.equal((await runAt(hub, [...CANCEL, "--operator", "ada"])).exit, 0);
  const other = await runAt(hub, [...CANCEL, "--operator", "eve", "--json"]);
  t.equal(other.exit, 77);
  t.match(JSON.parse(other.out), { error: { code: "WRONG_IDENTITY", message: /operator "eve".*names "ada"/ } });
  identity = "";
  t.equal((await runAt(hub, [...CANCEL, "--operator", "ada"])).exit, 77);
  t.equal((await runAt(hub, ["halt", "--site"])).exit, 77, "not even a halt");
  t.equal((await runAt(hub, ["robots"])).exit, 77);
  t.equal(hub.port.asked.length, 1, "nothing else has reached the port");
});

t.test("TLS files that cannot be read or used are refused before anything is asked", async (t) => {
  const tls = ["--ca", "ca.pem", "--cert", "cert.pem", "--key", "key.pem"];
  const missing = await run(["robots", ...tls]);
  t.equal(missing.exit, 66);
  t.match(missing.err, /--ca: cannot read ca\.pem/);
  const shell = new FakeShell();
  for (const file of ["ca.pem", "cert.pem", "key.pem"]) shell.files.set(file, Buffer.from("not PEM"));
  const broken = await run(["robots", ...tls], shell);
  t.equal(broken.exit, 77);
  t.match(broken.err, /cannot use --ca, --cert and --key/);
});

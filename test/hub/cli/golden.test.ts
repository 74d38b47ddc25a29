// What every command prints, against golden files: for people at two widths, as JSON, and its help. UPDATE_GOLDEN=1
// rewrites them.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { COMMANDS } from "../../../hub/cli/commands.js";
import { cellWidth } from "../../../hub/cli/table.js";
import { FakeShell, golden, openStubHub, projectRoot, type Ran, run, runAt } from "./stub-hub.js";

const ACT = ["--reason", "shift start"];
const COMMAND_LINES: Readonly<Record<string, readonly string[]>> = {
  status: ["status"],
  robots: ["robots"],
  "mode-show": ["mode", "show"],
  "task-list": ["task", "list", "--all"],
  "place-list": ["place", "list"],
  events: ["events", "--from", "1"],
  "events-last": ["events", "--last", "2"],
  explain: ["explain", "t7"],
  "task-add": ["task", "add", "P1|P2", "P4", "--dwell", "5s", "--fleet", "pickers", ...ACT],
  "task-cancel": ["task", "cancel", "t7", ...ACT],
  "task-add-urgent": ["task", "add", "P4", "--priority", "9", "--deadline", "10m", ...ACT],
  "task-pause": ["task", "pause", "t7", ...ACT],
  "task-resume": ["task", "resume", "t7", ...ACT],
  "robot-drain": ["robot", "drain", "r4", ...ACT],
  "robot-undrain": ["robot", "undrain", "r4", ...ACT],
  "mode-set-for": ["mode", "set", "confirm", "--robot", "r1", "--for", "10m", ...ACT],
  halt: ["halt", "--site"],
  "mode-set": ["mode", "set", "reactive-only", "--robot", "r1", ...ACT],
  "mode-clear": ["mode", "clear", "--fleet", "pickers", ...ACT],
  "place-free": ["place", "free", "P6", "--seen", "empty floor", ...ACT],
  queue: ["queue"],
  answer: ["answer", "free-12", "free", "--of", "12", "--seen", "empty floor", ...ACT],
  "boundary-show": ["boundary", "show", join(projectRoot(), "fleet-config/sites/warehouse/site.yaml")],
  "robot-absent": ["robot", "absent", "r5", "--seen", "in the workshop", ...ACT],
};

function transcript(argv: readonly string[], { exit, out, err }: Ran): string {
  const typed = argv.join(" ").replaceAll(`${projectRoot()}/`, "");
  return `$ drover ${typed}\n${out}${err === "" ? "" : `stderr:\n${err}`}exit ${exit}\n`;
}

for (const [name, argv] of Object.entries(COMMAND_LINES)) {
  t.test(`drover ${name} prints what its golden file says, fits the terminal, and speaks JSON`, async (t) => {
    const hub = await openStubHub();
    t.teardown(() => hub.close());
    const plain = await runAt(hub, argv);
    const narrow = await runAt(hub, argv, new FakeShell(60, 24));
    const json = await runAt(hub, [...argv, "--json"]);
    const found = [
      transcript(argv, plain),
      `# 60 columns\n${transcript(argv, narrow)}`,
      transcript([...argv, "--json"], json),
    ].join("\n");
    t.equal(found, golden(name, found));
    t.same([plain.exit, narrow.exit, json.exit], [0, 0, 0]);
    const ansi = "\u001b";
    t.notMatch(plain.out + narrow.out + json.out, ansi, "nothing that a terminal obeys");
    for (const line of json.out.trimEnd().split("\n")) t.doesNotThrow(() => JSON.parse(line));
    if (!name.startsWith("events") && !name.startsWith("explain")) {
      for (const line of narrow.out.split("\n")) t.ok(cellWidth(line) <= 60 || !line.includes("  "), line);
    }
  });
}

t.test("drover --help and the help of each command are what the golden file says, as text and as JSON", async (t) => {
  const lines = [["--help"], ["task", "--help"], ...COMMANDS.map(({ name }) => [...name.split(" "), "--help"])];
  let found = "";
  for (const argv of lines) {
    const ran = await run(argv);
    found += `${transcript(argv, ran)}\n`;
    const json = await run([...argv, "--json"]);
    t.same([json.exit, JSON.parse(json.out)], [0, { help: ran.out.trimEnd() }]);
  }
  t.equal(found, golden("help", found));
});

t.test("drover help names every command and every flag with words", async (t) => {
  const { out } = await run(["--help"]);
  for (const command of COMMANDS) {
    t.match(out, command.name);
    t.ok(command.says.length > 10);
    for (const flag of command.flags) t.ok(flag.says.length > 3, `${command.name} --${flag.name}`);
  }
});

t.test("drover config check refuses a file that is no site with exit 78 and one that is missing with 66", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "drover-cli-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "site.yaml");
  writeFileSync(file, "schema: 1\nsite: demo\nrobotz: []\n");
  const bad = await run(["config", "check", file]);
  t.equal(bad.exit, 78);
  t.match(bad.err, /site\.yaml/);
  const missing = await run(["config", "check", join(dir, "none.yaml"), "--json"]);
  t.equal(missing.exit, 66);
  t.match(JSON.parse(missing.out), { error: { code: "CONFIG_REFUSED", exit: 66 } });
});

t.test("drover config check prints what is derived from a sound site, as text and as JSON", async (t) => {
  const file = join(projectRoot(), "fleet-config", "sites", "warehouse", "site.yaml");
  const plain = await run(["config", "check", file]);
  t.match(plain, { exit: 0, err: "", out: /site warehouse is sound[\s\S]*W \d+ ms[\s\S]*M \d+ ms/ });
  const { derived, hash } = JSON.parse((await run(["config", "check", file, "--json"])).out);
  t.match(plain.out, `W ${derived.waitMs} ms`);
  t.match(plain.out, `M ${derived.brakeAheadMs} ms`);
  t.match(plain.out, hash);
});

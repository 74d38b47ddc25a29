// `npm run sim` as people use it: what it prints, against golden files where the product does not change it (rewritten
// by UPDATE_GOLDEN=1) and by its shape elsewhere, and an exit code for each class of failure.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { simulate } from "./simulate.js";
import { LEGEND } from "./text.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const HUB = new URL("../../hub/core/hub.js", import.meta.url).href;
/** One robot and no fault. */
const QUIET = "149";
const ROW = /^ *(\d+\.\d{3}) {2}(\S+) +(\S+) +(\S.*)$/;

function golden(name: string, found: string): string {
  let folder = HERE;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const file = join(folder, "test", "golden", "sim", `${name}.txt`);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, found);
  }
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function sim(words: readonly string[], preload: readonly string[] = []) {
  const args = [...preload, join(HERE, "main.js"), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
  return { exit: status, out: stdout, err: stderr };
}

/** `npm run sim` with a mistake planted in the hub: `step` stands in for Hub.prototype.step, and `real` is that. */
function planted(t: Test, step: string, words: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "drover-sim-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "plant.mjs");
  const lines = [
    `import { Hub } from ${JSON.stringify(HUB)};`,
    "const real = Hub.prototype.step;",
    "const hubs = new Set();",
    "Hub.prototype.step = function (input, now) {",
    "  hubs.add(this);",
    "  const done = () => real.call(this, input, now);",
    `  ${step}`,
    "};",
  ];
  writeFileSync(file, lines.join("\n"));
  return sim(words, ["--import", file]);
}

t.setTimeout(170_000);

t.test("npm run sim -- --faults list prints every fault, whom it happens to and what it is", (t) => {
  const { exit, out } = sim(["--faults", "list"]);
  t.equal(out, golden("faults", out));
  t.equal(exit, 0);
  t.end();
});

t.test("npm run sim refuses what it does not understand with exit 2 and its usage", (t) => {
  const { exit, out, err } = sim(["--seed", "x"]);
  t.equal(err, golden("usage", err));
  t.same([exit, out], [2, ""]);
  t.end();
});

t.test("npm run sim -- --seed N --trace prints a legend and one row per event, in fixed columns", (t) => {
  const { exit, out } = sim(["--seed", QUIET, "--robots", "1", "--trace"]);
  t.equal(exit, 0);
  t.equal(`${LEGEND}\n`, golden("legend", `${LEGEND}\n`));
  t.ok(out.startsWith(`${LEGEND}\n`));
  const lines = out
    .slice(LEGEND.length + 1)
    .trimEnd()
    .split("\n");
  const last = lines.pop() ?? "";
  t.match(
    last,
    new RegExp(`^seed ${QUIET}: 1 robots, \\d+ s, 0 faults, \\d+ grants, \\d+ of \\d+ tasks done, hash [0-9a-f]{16}$`),
  );
  t.ok(lines.length > 100, `${lines.length} rows`);
  let before = 0;
  for (const line of lines) {
    const [, atS = "", who = ""] = ROW.exec(line) ?? [];
    if (line.indexOf(who) !== 11 || Number(atS) < before) t.fail(`out of column or order: ${line}`);
    before = Number(atS);
  }
  t.end();
});

t.test("the legend explains every kind of row that runs give", (t) => {
  const unknown = new Set<string>();
  for (const seed of [40, 87, 101])
    simulate({ seed, take: ({ what }) => (LEGEND.includes(`  ${what} `) ? undefined : unknown.add(what)) });
  t.same([...unknown], []);
  t.end();
});

t.test("npm run sim -- --seeds tells its rate and that nothing failed, with exit 0", (t) => {
  const { exit, out } = sim(["--seeds", "2", "--from", "101", "--robots", "1"]);
  t.equal(exit, 0);
  const line = /\n2 seeds, \d+\.\d robot-hours, \d+\.\d a minute \(\d+ robot-seconds a second\), \d+ grants\n/;
  t.match(out, /^seeds from 101\n/);
  t.match(out, line); // a slow machine tells of the first seed as well
  t.match(out, /no failure\n$/);
  t.end();
});

const FAILURES = [
  [
    "crash",
    10,
    'if (input.kind === "telemetry") throw new RangeError("planted"); return done();',
    /crash RangeError at/,
  ],
  [
    "safety",
    11,
    'const effects = done(); if (input.kind !== "ask") return effects; const body = { kind: "taskEnded", task: "t0", ' +
      'end: "END_DONE", reason: "" }; return [{ kind: "append", events: [{ body, hubMs: now.nowMs }] }, ...effects];',
    /safety task-unknown at \d+\.\d{3} s: task t0 ends and was never accepted/,
  ],
  [
    "liveness",
    12,
    'return input.kind === "link" && input.message.kind === "outcome" ? [] : done();',
    /liveness not-well at \d+\.\d{3} s: task/,
  ],
] as const;

for (const [name, exit, step, says] of FAILURES) {
  t.test(
    `npm run sim ends with ${exit} for a failure of the class ${name}, and prints the line that replays it`,
    (t) => {
      const one = planted(t, step, ["--seed", QUIET, "--robots", "1"]);
      t.equal(one.exit, exit, one.err);
      t.match(one.out, says);
      t.match(one.out, `again: npm run sim -- --seed ${QUIET} --robots 1 --trace\n`);
      t.equal(planted(t, step, ["--seeds", "3", "--from", QUIET, "--robots", "1"]).exit, exit);
      t.end();
    },
  );
}

t.test("npm run sim ends with 13 when the same seed gives another run", (t) => {
  const step = 'return hubs.size > 1 && input.kind === "ask" ? [] : done();';
  const { exit, out, err } = planted(t, step, ["--seeds", "1", "--from", QUIET, "--robots", "1"]);
  t.equal(exit, 13, err);
  t.match(out, `seed ${QUIET} failed: determinism`);
  t.end();
});

// A hub's ledger damaged on disk, as an operator meets it: `drover-hub verify` names the damage and ends with 65, and
// `drover-hub run` refuses to start on it.

import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { aTinySite, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";

t.setTimeout(90_000);
const MARK = "needle-in-the-ledger";

/** The file of the store that holds the mark, and where. */
function findMark(dir: string, round: number): { readonly file: string; readonly at: number } {
  for (const name of readdirSync(dir)) {
    const at = readFileSync(join(dir, name)).indexOf(`${MARK} ${round}`);
    if (at >= 0) return { file: join(dir, name), at };
  }
  throw new Error(`no file of ${dir} holds the mark`);
}

function flipEvent(dir: string, round: number): void {
  const mark = findMark(dir, round);
  flip(mark.file, mark.at + 3);
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function longestLog(dir: string): string {
  const logs = readdirSync(dir)
    .filter((name) => /^\d+\.log$/.test(name))
    .map((name) => join(dir, name));
  const [longest] = logs.sort((a, b) => statSync(b).size - statSync(a).size);
  if (longest === undefined) throw new Error(`${dir} has no log`);
  return longest;
}

t.test("a hub refuses to start on a ledger that was damaged, and verify names what is wrong", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const args = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const whole = join(folder, "whole");
  for (const round of [1, 2]) {
    const hub = await startDaemon(t, "hub/main.js", { dataDir: whole, args });
    const at = ["--hub", `127.0.0.1:${hub.own.ports.grpc}`, "--operator", "tester", "--reason", `${MARK} ${round}`];
    for (const task of ["a", "b", "c"])
      t.equal((await drover(["task", "add", "bench", "--id", `t${round}${task}`, ...at])).exit, 0);
    if (round === 1) t.equal(await hub.stop(), 0, "it ends cleanly");
    else hub.child.kill("SIGKILL");
  }
  const verified = await program("hub/main.js", ["verify", "--data-dir", whole]);
  t.equal(verified.exit, 0, `sound, although its hub was killed: ${verified.out}`);
  t.match(verified.out, /sound: \d+ events of site tiny/);

  const damages: [string, (dir: string) => void, RegExp][] = [
    ["a flipped byte of an event in a table", (dir) => flipEvent(dir, 1), /damage: ledger\/\d+\.ldb/],
    ["a flipped byte of an event in the log", (dir) => flipEvent(dir, 2), /damage: .*(record|ledger\/\d+\.log)/],
    [
      "a cut tail",
      (dir) => {
        const log = longestLog(dir);
        truncateSync(log, Math.max(0, statSync(log).size - 40));
      },
      /damage: /,
    ],
    ["a lost log", (dir) => truncateSync(longestLog(dir), 0), /damage: /],
    ["a flipped byte of the head", (dir) => flip(`${dir}.head`, 20), /damage: .*head/],
  ];
  for (const [what, damage, names] of damages) {
    const dataDir = join(folder, what.replaceAll(" ", "-"));
    cpSync(whole, dataDir, { recursive: true });
    damage(join(dataDir, "ledger"));
    const found = await program("hub/main.js", ["verify", "--data-dir", dataDir]);
    t.equal(found.exit, 65, `verify finds ${what}: ${found.out}`);
    t.match(found.out, names, "and names it");
    t.match(found.out, "DAMAGED");
    const before = readdirSync(join(dataDir, "ledger")).sort();
    const refused = await program("hub/main.js", ["run", "--data-dir", dataDir, ...args]);
    t.equal(refused.exit, 65, `the hub does not start on ${what}: ${refused.out}${refused.err}`);
    t.match(refused.err, "does not start on a damaged ledger");
    t.same(readdirSync(join(dataDir, "ledger")).sort(), before, "the evidence is left as it was");
    t.comment(`${what}: ${found.out.split("\n")[0]}`);
  }
});

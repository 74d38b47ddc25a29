// A hub's ledger damaged on disk in every way of the table, as an operator meets it: `drover-hub verify` names the
// damage and ends with 65, and `drover-hub run` refuses to start on it.

import { copyFileSync, cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { verifyLedger } from "../../hub/io/verify.js";
import { aTinySite, brokerPort, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { dirOf, type StoreAt } from "./store-harm.js";
import { DAMAGES, type DamageRow } from "./store-rows.js";
import { inPairs } from "./transport-kit.js";

t.setTimeout(120_000);
/** Every row is judged, by the judgement that the hub starts with; of so many rows one by the hub's own start. */
const BY_PROGRAM = 4;

/** Two starts, the second killed: a table, a log, and a copy whose head does not know of the last record yet. */
async function ledgers(t: Parameters<typeof startDaemon>[0], folder: string, args: readonly string[]) {
  const whole = join(folder, "whole");
  const unacknowledged = join(folder, "unacknowledged");
  const olderHead = join(folder, "older.head");
  for (const round of [1, 2]) {
    const hub = await startDaemon(t, "hub/main.js", { dataDir: whole, args });
    t.ok(brokerPort(hub) > 0);
    const at = ["--hub", `127.0.0.1:${hub.own.ports.grpc}`, "--operator", "tester", "--reason", `round ${round}`];
    for (const task of ["a", "b", "c"]) {
      copyFileSync(join(whole, "ledger.head"), olderHead);
      t.equal((await drover(["task", "add", "bench", "--id", `t${round}${task}`, ...at])).exit, 0);
    }
    if (round === 1) t.equal(await hub.stop(), 0, "it ends cleanly");
    else hub.child.kill("SIGKILL");
  }
  cpSync(whole, unacknowledged, { recursive: true });
  copyFileSync(olderHead, join(unacknowledged, "ledger.head"));
  return { whole, unacknowledged };
}

t.test(
  "L02 L10..L36 a hub refuses to start on a ledger that was damaged, and verify names what is wrong",
  async (t) => {
    const folder = aFolder(t);
    const config = aTinySite(join(folder, "site"));
    const args = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
    const from = await ledgers(t, folder, args);
    const verified = await program("hub/main.js", ["verify", "--data-dir", from.whole]);
    t.equal(verified.exit, 0, `sound, although its hub was killed: ${verified.out}`);
    t.match(verified.out, /sound: \d+ events of site tiny/);

    const check = async (row: DamageRow, index: number): Promise<void> => {
      const name = `${row.id} ${row.what}`;
      const dataDir = join(folder, `damaged-${index}`);
      cpSync(from[row.of ?? "whole"], dataDir, { recursive: true });
      const at: StoreAt = { dataDir, name: "ledger", kind: "ledger", owner: "tiny" };
      await row.harm(at);
      const found = await verifyLedger(dataDir);
      t.comment(`${name}: ${[...found.problems, ...found.notes][0] ?? "sound"}`);
      if (row.says === null) {
        t.same(found.problems, [], `${name}: verify`);
        const hub = await startDaemon(t, "hub/main.js", { dataDir, args });
        t.equal(await hub.stop(), 0, `${name}: the hub starts`);
        return;
      }
      t.match(found.problems.join("\n"), row.says, `${name}: verify names it`);
      const names = () => (existsSync(dirOf(at)) ? readdirSync(dirOf(at)).sort() : []);
      const before = names();
      if (index % BY_PROGRAM === 0) {
        const refused = await program("hub/main.js", ["run", "--data-dir", dataDir, ...args]);
        t.equal(refused.exit, 65, `${name}: the hub does not start: ${refused.out}${refused.err}`);
        t.match(refused.err, "does not start on a damaged ledger");
        t.match(refused.err, row.says);
      }
      t.same(names(), before, `${name}: the evidence is left as it was`);
    };
    await inPairs(DAMAGES, check);
    const last = join(folder, `damaged-${DAMAGES.findIndex(({ id }) => id === "L23")}`);
    const told = await program("hub/main.js", ["verify", "--data-dir", last]);
    t.equal(told.exit, 65, "verify ends with the class of bad data");
    t.match(told.out, /damage: ledger\/\d+\.log: missing\n/);
    t.match(told.out, "DAMAGED");
  },
);

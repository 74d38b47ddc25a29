// A hub's ledger beside its snapshot, as an operator meets them: a damaged snapshot is noted and replaced, a ledger
// behind its snapshot is refused, and a hub that was killed starts from the snapshot of the one before.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { aTinySite, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";

t.setTimeout(60_000);

async function verified(dataDir: string) {
  return program("hub/main.js", ["verify", "--data-dir", dataDir]);
}

t.test("a hub leaves a snapshot, goes on without a damaged one, and never starts behind one", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const args = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const dataDir = join(folder, "data");
  const young = join(folder, "young");
  for (const round of [1, 2, 3]) {
    const hub = await startDaemon(t, "hub/main.js", { dataDir, args });
    const at = ["--hub", `127.0.0.1:${hub.own.ports.grpc}`, "--operator", "tester", "--reason", `round ${round}`];
    t.equal((await drover(["task", "add", "bench", "--id", `t${round}`, ...at])).exit, 0);
    const told = await drover(["explain", "t1", "--hub", `127.0.0.1:${hub.own.ports.grpc}`]);
    t.match(JSON.stringify(told), /round 1/, `round ${round}: the first task's story`);
    if (round < 3) t.equal(await hub.stop(), 0);
    else hub.child.kill("SIGKILL");
    if (round === 1) cpSync(dataDir, young, { recursive: true });
    t.match((await verified(dataDir)).out, /note: ledger.snapshot agrees with the events: the state after event \d+/);
  }

  rmSync(join(young, "ledger.snapshot"));
  cpSync(join(dataDir, "ledger.snapshot"), join(young, "ledger.snapshot"));
  const behind = /ledger.snapshot was taken after record \d+, the store ends with \d+/;
  const refused = await program("hub/main.js", ["run", "--data-dir", young, ...args]);
  t.equal(refused.exit, 65, `${refused.out}${refused.err}`);
  t.match(refused.err, behind);
  const found = await verified(young);
  t.equal(found.exit, 65);
  t.match(found.out, behind);

  const whole = readFileSync(join(dataDir, "ledger.snapshot"));
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(200) ^ 1, 200);
  for (const harmed of [flipped, whole.subarray(0, 100), Buffer.from("DROVSNAP")]) {
    writeFileSync(join(dataDir, "ledger.snapshot"), harmed);
    const sound = await verified(dataDir);
    t.equal(sound.exit, 0, "it is no damage of the ledger");
    t.match(sound.out, /note: ledger.snapshot cannot be used: /);
    const hub = await startDaemon(t, "hub/main.js", { dataDir, args });
    t.equal(await hub.stop(), 0, "the hub starts without it");
    t.match((await verified(dataDir)).out, /note: ledger.snapshot agrees with the events/, "and keeps a new one");
  }
});

// A robot's memory damaged on disk in every way of the table. The edge does not stop: it stands in HALT, says why, and
// leaves the evidence as it is, since a robot without a daemon would tell nobody.

import { copyFileSync, cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { EMPTY_MEMORY } from "../../edge/core/memory.js";
import { EdgeStore } from "../../edge/io/edge-store.js";
import { aTinySite, brokerPort, drover, startDaemon } from "./site-kit.js";
import { aFolder } from "./site-run.js";
import { dirOf, edit, fileOf, flip, keyOf, LOG, recordOf, type StoreAt, sequencesOf } from "./store-harm.js";
import { DAMAGES } from "./store-rows.js";
import { until } from "./transport-kit.js";

t.setTimeout(60_000);
const LIMITS = { decisionRecords: 20, decisionRecordDays: 7, recordedInputs: 30 };
/** More than the store keeps, so that some were dropped. */
const SAVES = 70;

const open = (dir: string, robot = "r1") => EdgeStore.open({ dir, robot, create: true, limits: LIMITS });
const memoryOf = (counter: number) => ({ ...EMPTY_MEMORY, highestToken: { epoch: 1, counter } });
const storeOf = (dataDir: string): StoreAt => ({ dataDir, name: "state", kind: "robot memory", owner: "r1" });

/** Closed and opened again half-way, then as a kill leaves it: with a table, a log, and once with an older head. */
async function memories(folder: string) {
  const whole = join(folder, "whole");
  const unacknowledged = join(folder, "unacknowledged");
  const live = join(folder, "live");
  for (const [from, to] of [[1, SAVES / 2] as const, [SAVES / 2 + 1, SAVES] as const]) {
    const { store } = await open(live);
    for (let counter = from; counter < to; counter += 1) await store.save(memoryOf(counter));
    if (to === SAVES) cpSync(join(live, "state.head"), join(folder, "older.head"));
    await store.save(memoryOf(to));
    if (to === SAVES) cpSync(live, whole, { recursive: true });
    await store.close();
  }
  cpSync(whole, unacknowledged, { recursive: true });
  copyFileSync(join(folder, "older.head"), join(unacknowledged, "state.head"));
  return { whole, unacknowledged };
}

t.test("L02 L10..L36 a robot's memory that was damaged is refused, named, and left as it is", async (t) => {
  const folder = aFolder(t);
  const from = await memories(folder);
  for (const [index, row] of DAMAGES.entries()) {
    const name = `${row.id} ${row.what}`;
    const dataDir = join(folder, `damaged-${index}`);
    cpSync(from[row.of ?? "whole"], dataDir, { recursive: true });
    const at = storeOf(dataDir);
    await row.harm(at);
    if (row.says === null) {
      const { store, memory } = await open(dataDir);
      t.ok(memory.highestToken.counter >= SAVES - 1, `${name}: nothing acknowledged is missing`);
      await store.close();
      continue;
    }
    const names = () => (existsSync(dirOf(at)) ? readdirSync(dirOf(at)).sort() : []);
    const before = names();
    const refused = await open(dataDir).catch((cause: Error) => cause);
    t.ok(refused instanceof Error && refused.name === "StoreDamaged", `${name} is refused`);
    t.match(String(refused), row.says, `${name}: it is named`);
    t.same(names(), before, `${name}: the evidence is left as it was`);
  }
});

t.test("L35 records of a robot's memory that were dropped and reappear are ignored", async (t) => {
  const { whole } = await memories(aFolder(t));
  await edit(storeOf(whole), async (level) => {
    const oldest = Math.min(...(await sequencesOf(level)));
    t.ok(oldest > 1, `records below ${oldest} were dropped`);
    await level.put(keyOf(1), await recordOf(level, keyOf(oldest)));
  });
  const { store, memory } = await open(whole);
  t.equal(memory.highestToken.counter, SAVES);
  await store.close();
});

t.test("L28 the memory of another robot is refused", async (t) => {
  const { whole } = await memories(aFolder(t));
  await t.rejects(open(whole, "r2"), /expected the store of "r2", found that of "r1"/);
});

t.test("R5 R7 an edge on a damaged memory runs, stands in HALT and tells its hub why", async (t) => {
  const folder = aFolder(t);
  const { whole } = await memories(folder);
  flip(fileOf(storeOf(whole), LOG), 0.4);
  const config = aTinySite(join(folder, "site"));
  const hub = await startDaemon(t, "hub/main.js", {
    dataDir: join(folder, "hub"),
    args: ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"],
  });
  const address = `127.0.0.1:${hub.own.ports.grpc}`;
  const edge = await startDaemon(t, "edge/main.js", {
    dataDir: whole,
    args: [
      ...["--config", config, "--robot", "r1", "--hub", address, "--onboard", "127.0.0.1:0"],
      ...["--broker", `mqtt://127.0.0.1:${brokerPort(hub)}`],
    ],
  });
  t.match(edge.log(), /"the store cannot be opened"/);
  let told = "";
  const isHalted = async (): Promise<void> => {
    told = (await drover(["robots", "--hub", address])).text;
  };
  for (const endMs = performance.now() + 8000; !told.includes("store-fault"); await isHalted())
    if (performance.now() > endMs) break;
  t.match(told, /"HALT"[\s\S]*store-fault/);
  t.match(told, /checksum/, "the damage reaches the people at the hub");
  await until("the edge still runs", () => edge.child.exitCode === null);
  await edge.stop();
  t.equal(await hub.stop(), 0);
});

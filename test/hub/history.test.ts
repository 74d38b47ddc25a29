// R14: a hub's shell gives its events out of the store, tells stories from them, and leaves a snapshot when it ends.
import t from "tap";
import { Hub } from "../../hub/core/hub.js";
import { Rebuilding } from "../../hub/core/rebuilding.js";
import { LedgerStore } from "../../hub/io/ledger-store.js";
import { SnapshotKeeper } from "../../hub/io/snapshot-keeper.js";
import { HubRuntime } from "../../hub/runtime.js";
import { SiteUnderTest, stateText } from "./core/site-under-test.js";
import { aDirectory } from "./io/ledger-world.js";

const ACT = { operator: "ada", reason: "test" };

async function aHub(dir: string, options: { readonly snapshots: boolean }) {
  const under = new SiteUnderTest({ robots: 1 });
  const replay = new Rebuilding(100);
  const { store, snapshotAt, notes } = await LedgerStore.open({ dir, site: "yard", create: true, replay });
  const hub = new Hub({ incarnation: "h1", site: under.site, ledger: replay.state, dispatcher: () => [] });
  const faults: string[] = [];
  const onFault = (cause: string | Error) => void faults.push(String(cause));
  const keeper = new SnapshotKeeper({ store, snapshotAt, onFault });
  const runtime = new HubRuntime({
    ...{ hub, store, onFault, telemetryCounts: () => ({ messages: 0, bytes: 0 }) },
    ...(options.snapshots ? { keeper } : {}),
  });
  await runtime.start();
  const stop = async () => {
    await runtime.stop();
    await store.close();
  };
  return { hub, runtime, stop, snapshotAt, notes, faults };
}

async function submit(runtime: HubRuntime, task: string): Promise<void> {
  const asked = { act: ACT, task, stops: [{ destinations: ["A"] }], fleet: "", dwellMs: 0 };
  await runtime.operator.act({ kind: "submitTask", ...asked });
}

t.test("R14 hub gives any of its events and their stories, before and after it was started again", async (t) => {
  const dir = aDirectory(t);
  const first = await aHub(dir, { snapshots: true });
  await submit(first.runtime, "t1");
  await submit(first.runtime, "t2");
  const { operator } = first.runtime;
  const events = await operator.events(1, 100);
  t.same(
    events.map(({ sequence }) => sequence),
    Array.from({ length: events.length }, (_, index) => index + 1),
  );
  t.ok(events.length >= 3 && operator.eventCount() >= events.length);
  t.same(await operator.events(2, 1), events.slice(1, 2));
  t.same(await operator.events(1000, 5), []);
  t.match(await operator.explain("t1"), { kind: "task", events: [{ body: { kind: "taskAccepted", task: "t1" } }] });
  t.match(await operator.explain("t3"), { code: "UNKNOWN_ID", message: /no task, assignment, robot/ });
  await first.stop(); // until then its ticks may add events
  const before = stateText(first.hub.state.ledger);
  const count = first.hub.state.ledger.events;

  const replay = new Rebuilding(100);
  const taken: number[] = [];
  const take = (event: { readonly sequence: number }) => void taken.push(event.sequence);
  const opened = await LedgerStore.open({ dir, site: "yard", create: false, replay: { begin: replay.begin, take } });
  t.same([opened.snapshotAt, opened.notes, taken], [count, [], []], "a snapshot of its last event");
  t.equal(stateText(replay.state), before);
  await opened.store.close();

  const second = await aHub(dir, { snapshots: true });
  t.match(second, { snapshotAt: count, notes: [], faults: [] });
  t.same((await second.runtime.operator.events(1, count)).length, count);
  t.match(await second.runtime.operator.explain("t2"), { kind: "task", lines: [/WAITING/, /./] });
  await second.stop();
});

t.test("hub without snapshots goes the long way", async (t) => {
  const dir = aDirectory(t);
  const first = await aHub(dir, { snapshots: false });
  await submit(first.runtime, "t1");
  await first.stop();
  const second = await aHub(dir, { snapshots: false });
  t.match(second, { snapshotAt: 0, notes: [] });
  t.ok(second.hub.state.ledger.tasks.has("t1"));
  await second.stop();
});

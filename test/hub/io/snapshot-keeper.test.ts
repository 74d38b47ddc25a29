// When a hub keeps snapshots of its ledger, and that it goes on when it cannot.

import t from "tap";
import { joinPieces, Rebuilding, type SnapshotPiece } from "../../../hub/core/rebuilding.js";
import { fromSnapshot } from "../../../hub/core/snapshot.js";
import { SnapshotKeeper } from "../../../hub/io/snapshot-keeper.js";
import { stateText } from "../core/site-under-test.js";
import { shift, stateAfter } from "./snapshot-world.js";

/** A store whose events become durable, and whose snapshots become written, when the test says so. */
class Stored {
  readonly kept: { after: number; text: string }[] = [];
  readonly faults: string[] = [];
  readonly replay = new Rebuilding(20);
  readonly keeper: SnapshotKeeper;
  count = 0;
  fails = false;
  hurried = 0;
  gate: Promise<void> = Promise.resolve();

  constructor(snapshotAt: number) {
    const onFault = (why: string) => this.faults.push(why);
    this.keeper = new SnapshotKeeper({ store: this, snapshotAt, onFault, eventsBetween: 10 });
  }

  hurry(): void {
    this.hurried += 1;
  }

  async keepSnapshot(after: number, parts: Iterable<SnapshotPiece>): Promise<number> {
    await this.gate;
    if (this.fails) throw new Error("disk full");
    this.kept.push({ after, text: stateText(fromSnapshot(joinPieces(parts))) });
    return 1;
  }

  /** The core decides up to event `decided`; those up to `durable` are stored. */
  async reach(decided: number, durable = decided): Promise<void> {
    for (const event of shift(this.replay.state.events + 1, decided)) this.replay.take(event);
    this.count = durable;
    this.keeper.appended(this.replay.state);
    await new Promise((resolve) => setImmediate(resolve));
  }

  get at(): number[] {
    return this.kept.map(({ after }) => after);
  }
}

t.test("snapshot is kept after each so many events, and at the end", async (t) => {
  const stored = new Stored(0);
  await stored.reach(3);
  t.same(stored.at, [3], "at once where there is none");
  await stored.reach(12);
  t.same(stored.at, [3]);
  await stored.reach(13);
  t.same(stored.at, [3, 13]);
  await stored.reach(14);
  await stored.keeper.close(stored.replay.state);
  t.same(stored.at, [3, 13, 14]);
  t.equal(stored.hurried, 1, "in a hurry");
  await stored.keeper.close(stored.replay.state);
  t.same(stored.at, [3, 13, 14], "once");
  for (const { after, text } of stored.kept) t.equal(text, stateAfter(after));
  const fresh = new Stored(8);
  await fresh.reach(17);
  t.same(fresh.at, [], "the one on disk is young enough");
});

t.test("R10 snapshot waits until its last event is durable, and holds nothing that came later", async (t) => {
  const stored = new Stored(0);
  await stored.reach(7, 4);
  t.same(stored.at, [], "event 7 is not durable");
  await stored.reach(40, 6);
  t.same(stored.at, []);
  await stored.reach(40, 33);
  t.same(stored.at, [7]);
  t.equal(stored.kept[0]?.text, stateAfter(7));
  const other = new Stored(0);
  await other.reach(5, 2);
  await other.keeper.close(other.replay.state);
  t.same(other.at, [], "a hub that ends before event 5 is durable keeps none of it");
});

t.test("one snapshot is written at a time, and what follows meanwhile is in the next", async (t) => {
  const stored = new Stored(0);
  let open = () => {};
  stored.gate = new Promise((resolve) => {
    open = resolve;
  });
  await stored.reach(5);
  await stored.reach(50);
  open();
  await stored.reach(51);
  t.same(stored.at, [5]);
  await stored.reach(60);
  t.same(stored.at, [5, 60]);
});

t.test("R13 hub goes on without snapshots when they cannot be written, and says so once", async (t) => {
  const stored = new Stored(0);
  stored.fails = true;
  for (const reached of [5, 20, 40]) await stored.reach(reached);
  t.same(stored.faults, ["disk full"]);
  stored.fails = false;
  await stored.reach(60);
  t.same(stored.at, [60]);
  stored.fails = true;
  await stored.reach(80);
  t.same(stored.faults, ["disk full", "disk full"], "again after one was written");
  await stored.keeper.close(stored.replay.state);
});

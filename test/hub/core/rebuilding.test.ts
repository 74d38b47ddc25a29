import fc from "fast-check";
import t from "tap";
import { replay } from "../../../hub/core/hub.js";
import type { LedgerState } from "../../../hub/core/ledger-state.js";
import { joinPieces, piecesOf, Rebuilding, type SnapshotPiece } from "../../../hub/core/rebuilding.js";
import { continueReplay, fromSnapshot, snapshotOf } from "../../../hub/core/snapshot.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import { anyLedger } from "./ledger-random.js";
import { stateText } from "./site-under-test.js";

function rebuilt(tasksKept: number, pieces: Iterable<SnapshotPiece> | null, tail: readonly LedgerEvent[]): string {
  const building = new Rebuilding(tasksKept);
  building.begin(pieces);
  for (const event of tail) building.take(event);
  return stateText(building.state);
}

t.test(
  "R10 pieces make the snapshot of when they were taken, whatever happens before they are asked for",
  async (t) => {
    const property = fc.property(anyLedger, fc.nat(), ({ events, tasksKept }, draw) => {
      const after = draw % (events.length + 1);
      const state = replay(events.slice(0, after), tasksKept);
      const then = JSON.stringify(snapshotOf(state));
      const pieces = piecesOf(state);
      const text: string[] = [];
      const asked = pieces[Symbol.iterator]();
      for (const event of events.slice(after)) {
        const { value, done } = asked.next();
        if (done !== true) text.push(JSON.stringify(value));
        continueReplay(state, [event]);
      }
      for (let next = asked.next(); next.done !== true; next = asked.next()) text.push(JSON.stringify(next.value));
      const back = fromSnapshot(joinPieces(text.map((piece) => JSON.parse(piece) as SnapshotPiece)));
      if (JSON.stringify(snapshotOf(back)) !== then) throw new Error(`${JSON.stringify(snapshotOf(back))}\n${then}`);
    });
    t.doesNotThrow(() => fc.assert(property, { numRuns: 150 }));
  },
);

t.test("R14 state is the same from a snapshot as from the first event, with more or fewer tasks kept", async (t) => {
  const seen = { used: 0, refused: 0 };
  const property = fc.property(
    anyLedger,
    fc.nat(),
    fc.integer({ min: 0, max: 6 }),
    ({ events, tasksKept }, draw, kept) => {
      const after = draw % (events.length + 1);
      const early = replay(events.slice(0, after), tasksKept);
      const whole = stateText(replay(events, kept));
      if (rebuilt(kept, null, events) !== whole) throw new Error("from the first event");
      const mayBeShort = tasksKept < kept && early.ended.length < early.endedIds.size;
      const building = new Rebuilding(kept);
      try {
        building.begin(piecesOf(early));
        seen.used += 1;
      } catch (cause) {
        if (!mayBeShort) throw cause;
        seen.refused += 1;
        return;
      }
      if (mayBeShort) throw new Error("it began with too few tasks");
      for (const event of events.slice(after)) building.take(event);
      if (stateText(building.state) !== whole) throw new Error(`kept ${tasksKept}, now ${kept}`);
    },
  );
  fc.assert(property, { numRuns: 200 });
  t.ok(seen.used > 20 && seen.refused > 5, `${seen.used} used, ${seen.refused} refused`);
});

const ENDS = ["done", "failed", "cancelled"] as const;

t.test(
  "R13 ended ids that are dropped after they were read are in the pieces; dropped before, no pieces",
  async (t) => {
    const state = replay([], 0);
    const end = (number: number, most: number): void => {
      state.endedIds.add(`t${number}`);
      state.counts[ENDS[number % 3] ?? "done"] += 1;
      if (state.endedIds.size > most) state.endedIds.delete(state.endedIds.values().next().value ?? "");
    };
    for (let number = 0; number < 12_000; number += 1) end(number, 12_000);
    const idsOf = (pieces: Iterable<SnapshotPiece>): string[] =>
      [...pieces].flatMap(([name, value]) => (name === "endedIds" ? (value as string[]) : []));
    const early = piecesOf(state);
    for (let number = 12_000; number < 15_000; number += 1) end(number, 12_000);
    const read = idsOf(early);
    t.same([read.length, read[0], read.at(-1)], [12_000, "t0", "t11999"]);
    const late = piecesOf(state);
    for (let number = 15_000; number < 21_000; number += 1) end(number, 12_000);
    t.throws(() => idsOf(late), /the oldest ended ids were dropped/);
  },
);

t.test("events that contradict each other are told when the state is asked for, and not before", async (t) => {
  const started: LedgerEvent = {
    ...{ sequence: 1, schema: 1, epoch: 1, hubMs: 1, wallMs: 1 },
    body: { kind: "hubStarted", epoch: 1, longestWaitMs: 1, configHash: "0", software: "0" },
  };
  const building = new Rebuilding(5);
  t.equal(building.begin(null), 0);
  building.take(started);
  building.take({ ...started, sequence: 2 });
  building.take({ ...started, sequence: 3 });
  t.throws((): LedgerState => building.state, /cannot apply ledger event 2 \(hubStarted\): epoch 1 does not raise 1/);
  t.throws(() => building.begin([["small", null]]), /snapshot/);
  t.throws(() => building.begin([["tasks", 3]]), /snapshot.tasks: expected a list/);
  building.begin(null);
  building.take(started);
  t.equal(building.state.events, 1, "begun anew");
});

// Ledgers for the benches: events as a shift leaves them (tasks of two stops, their claims, arrivals and exits), valid
// for replay, in a store of any length.

import { LedgerStore } from "../../hub/io/ledger-store.js";
import { LEDGER_SCHEMA, type LedgerBody, type LedgerEvent } from "../../proto/ledger.js";

export const SITE = "bench";
const ROBOTS = 6;
const BATCH = 1000;

/** Events from sequence 1 on, without end. */
export function* shiftEvents(): Generator<LedgerEvent> {
  let sequence = 0;
  for (const body of shiftBodies()) {
    sequence += 1;
    const at = { hubMs: 1000 + 40 * sequence, wallMs: 1_763_000_000_000 + 40 * sequence };
    yield { sequence, schema: LEDGER_SCHEMA, epoch: 1, ...at, body };
  }
}

function* shiftBodies(): Generator<LedgerBody> {
  yield { kind: "hubStarted", epoch: 1, longestWaitMs: 3000, configHash: "0".repeat(64), software: "0.1.0" };
  for (let robot = 1; robot <= ROBOTS; robot += 1) yield { kind: "robotEnrolled", robot: `r${robot}` };
  let counter = 0;
  for (let number = 1; ; number += 1) {
    const robot = `r${(number % ROBOTS) + 1}`;
    const task = `t${number}`;
    const stops = [{ destinations: [`pick-${robot}`] }, { destinations: [`pack-${robot}`, "pack-7", "pack-8"] }];
    const asked = { fleet: "", dwellMs: 0, operator: "shift", reason: "simulated shift" };
    yield { kind: "taskAccepted", task, stops, ...asked };
    for (const [stopIndex, place] of ["pick", "pack"].entries()) {
      counter += 1;
      const token = { epoch: 1, counter };
      const purpose = { purpose: "TASK", task, stopIndex, leaseMs: 3000 } as const;
      const outcome = `o-boot-${counter}`;
      yield {
        kind: "claimed",
        token,
        assignment: `a1-${counter}`,
        robot,
        destination: `${place}-${robot}`,
        ...purpose,
      };
      yield { kind: "arrived", token, outcome };
      yield { kind: "assignmentEnded", token, end: "COMPLETED", reason: "", outcome };
      yield { kind: "claimFreed", token, exit: "LEFT", operator: "", reason: "", seen: "" };
    }
    yield { kind: "taskEnded", task, end: "END_DONE", reason: "" };
  }
}

/** Makes a closed ledger of so many events in `dir`. Returns the milliseconds that the appends took. */
export async function makeLedger(dir: string, count: number): Promise<number> {
  const { store } = await LedgerStore.open({ dir, site: SITE, create: true });
  const source = shiftEvents();
  let tookMs = 0;
  for (let made = 0; made < count; ) {
    const batch = take(source, Math.min(BATCH, count - made));
    const startMs = performance.now();
    await store.append(batch);
    tookMs += performance.now() - startMs;
    made += batch.length;
  }
  await store.close();
  return tookMs;
}

/** Appends so many events to a ledger, whatever it holds: tasks that are cancelled at once. */
export async function addEvents(dir: string, count: number): Promise<void> {
  const { store } = await LedgerStore.open({ dir, site: SITE, create: false });
  const [last] = await store.read(store.count, 1);
  const epoch = last?.epoch ?? 1;
  const from = store.count + 1;
  for (let sequence = from; sequence < from + count; sequence += 2) {
    const task = `late-${sequence}`;
    const said = { operator: "shift", reason: "simulated shift" };
    const bodies: readonly LedgerBody[] = [
      { kind: "taskAccepted", task, stops: [{ destinations: ["pack-7"] }], fleet: "", dwellMs: 0, ...said },
      { kind: "taskEnded", task, end: "END_CANCELLED", reason: "" },
    ];
    const at = { hubMs: 1000 + 40 * sequence, wallMs: 1_763_000_000_000 + 40 * sequence };
    const tag = { schema: LEDGER_SCHEMA, epoch, ...at };
    await store.append(bodies.map((body, index) => ({ sequence: sequence + index, ...tag, body })));
  }
  await store.close();
}

/** The next `count` items. */
export function take<T>(source: Iterator<T, unknown>, count: number): T[] {
  return Array.from({ length: count }, () => source.next().value as T);
}

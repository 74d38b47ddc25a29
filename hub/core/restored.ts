// R5: a ledger that comes from a backup may lack what was decided after it, and nobody can tell from it alone. So the
// restored one ends with events by which the hub starts as after any rollback that it finds: no older statement that a
// robot is away is believed, and nothing is granted until a person has looked, over restarts too. What robots know that
// the ledger does not is found when they say hello (identity.ts). Pure.

import { LEDGER_SCHEMA, type LedgerBody, type LedgerEvent } from "../../proto/ledger.js";
import { HUB, type LedgerState } from "./ledger-state.js";

/** The events that follow the last one of `state`; `reason` is told to people. */
export function restoredEvents(
  state: LedgerState,
  at: { readonly hubMs: number; readonly wallMs: number; readonly reason: string },
): readonly LedgerEvent[] {
  const { hubMs, wallMs, reason } = at;
  const bodies: LedgerBody[] = [...state.absent.keys()].map((robot) => ({ kind: "robotEnrolled", robot }));
  bodies.push({ kind: "ceilingSet", robot: "", fleet: "", rung: "CONFIRM", operator: HUB, reason });
  return bodies.map((body, index) => {
    const sequence = state.events + 1 + index;
    return { sequence, schema: LEDGER_SCHEMA, epoch: state.epoch, hubMs, wallMs, body };
  });
}

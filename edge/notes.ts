// What the edge's log says, with the ids under which the ledger, the history and the traces speak of the same thing.

import { tokenKey } from "../proto/claim.js";
import type { EdgeState } from "./core/types.js";

export interface Notes {
  info(event: string, detail: object): void;
  warn(event: string, detail: object): void;
}

/** The assignment that a token stands for; empty when the robot holds none under it. */
export function assignmentOf(state: Pick<EdgeState, "memory">, token: string): string {
  return state.memory.holdings.find((held) => tokenKey(held.token) === token)?.assignment ?? "";
}

/** The decision that the robot carries out, and its claim. */
export function idsOf(state: Pick<EdgeState, "memory" | "decided">): Readonly<Record<string, string>> {
  if (state.decided === null) return {};
  const { id, token } = state.decided;
  if (token.epoch === 0) return { decision: id };
  const key = tokenKey(token);
  const assignment = assignmentOf(state, key);
  return { decision: id, token: key, ...(assignment === "" ? {} : { assignment }) };
}

/** Notes that carry the ids of the moment. */
export function withIds(notes: Notes, ids: () => object): Notes {
  return {
    info: (event, detail) => notes.info(event, { ...ids(), ...detail }),
    warn: (event, detail) => notes.warn(event, { ...ids(), ...detail }),
  };
}

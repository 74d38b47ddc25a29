// R14: the story of one task, assignment, robot, place or token, out of the ledger's events and the state of now.

import { tokenKey } from "../../proto/claim.js";
import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import { whyNoGrants, whyNotFree } from "./claims.js";
import { hubCauses } from "./modes.js";
import type { HubState } from "./turn.js";

const EVENTS_MOST = 200;

export interface Explanation {
  readonly kind: string;
  readonly lines: readonly string[];
  readonly events: readonly LedgerEvent[];
}

/** null when nothing of that name is known. `history` gives all events, oldest first. */
export function explain(
  state: HubState,
  id: string,
  at: { readonly history: readonly LedgerEvent[]; readonly nowMs: number },
): Explanation | null {
  const kind = kindOf(state, id, at.history);
  if (kind === null) return null;
  const tokens = new Set<string>();
  for (const { body } of at.history) if (body.kind === "claimed" && names(body, id)) tokens.add(tokenKey(body.token));
  const events = at.history.filter(
    ({ body }) => names(body, id) || ("token" in body && tokens.has(tokenKey(body.token))),
  );
  return { kind, lines: linesOfNow(state, { id, kind, nowMs: at.nowMs }), events: events.slice(-EVENTS_MOST) };
}

function kindOf(state: HubState, id: string, history: readonly LedgerEvent[]): string | null {
  if (state.watches.has(id)) return "robot";
  if (state.site.destinations.has(id)) return "place";
  if (history.some(({ body }) => body.kind === "taskAccepted" && body.task === id)) return "task";
  if (history.some(({ body }) => body.kind === "claimed" && body.assignment === id)) return "assignment";
  return history.some(({ body }) => "token" in body && tokenKey(body.token) === id) ? "token" : null;
}

function names(body: LedgerBody, id: string): boolean {
  for (const [key, value] of Object.entries(body)) {
    if (key !== "kind" && value === id) return true;
    if (key === "token" && tokenKey(value as { epoch: number; counter: number }) === id) return true;
  }
  return false;
}

function linesOfNow(
  state: HubState,
  at: { readonly id: string; readonly kind: string; readonly nowMs: number },
): readonly string[] {
  const watch = state.watches.get(at.id);
  if (watch !== undefined) {
    const refusal = whyNoGrants(state, watch, at.nowMs);
    const causes = [...hubCauses(state, watch), ...watch.edgeCauses].map(
      (cause) => `${cause.rung} by ${cause.name}: ${cause.detail}`,
    );
    return [refusal === null ? `${at.id} may be given work` : refusal.message, ...causes];
  }
  if (state.site.destinations.has(at.id)) {
    const refusal = whyNotFree(state, { robot: "", destination: at.id }, at.nowMs);
    return [refusal === null ? `${at.id} is free` : refusal.message];
  }
  const task = state.ledger.tasks.get(at.id);
  if (task === undefined) return [];
  const stop = task.stops[task.stopIndex]?.destinations ?? [];
  const why = stop.map(
    (destination) =>
      whyNotFree(state, { robot: task.robot, destination }, at.nowMs)?.message ?? `${destination} is free`,
  );
  const carrier = task.robot === "" ? "" : `, with ${task.robot}`;
  return [
    `${task.phase}, stop ${Math.min(task.stopIndex + 1, task.stops.length)} of ${task.stops.length}${carrier}`,
    ...why.slice(0, 8),
  ];
}

// What is known of a halt, robot by robot: that its edge follows the order, which its renewals say, and that it stands,
// which telemetry shows that is fresh and was captured after that. Nothing is taken for granted: that a link took the
// order proves nothing.

import type { HaltState } from "../../proto/operator-views.js";
import type { HubState } from "./turn.js";
import { channelAgeMs, lastPose, type RobotWatch, STILL_MPS } from "./watch.js";

/** A HALT that the hub imposes on a robot. */
export interface Halt {
  readonly sequence: number; // of the first order that imposed it
  readonly followedMs: number | null; // when a renewal first said that the edge follows that order; null: none did
}

/** Remembers the HALT that an order imposes, or that it imposes none any more. */
export function haltOrdered({ halt, order }: Pick<RobotWatch, "halt" | "order">): Halt | null {
  if (order.rung !== "HALT") return null;
  return halt ?? { sequence: order.sequence, followedMs: null };
}

/** A renewal says which order the edge follows. */
export function haltFollowed(halt: Halt | null, renewal: { readonly order: number; readonly nowMs: number }) {
  if (halt === null || halt.followedMs !== null || renewal.order < halt.sequence) return halt;
  return { ...halt, followedMs: renewal.nowMs };
}

/** A new stream: what an edge said on the one before may have been said by a process that is gone. */
export function haltUnconfirmed(halt: Halt | null): Halt | null {
  return halt === null ? null : { ...halt, followedMs: null };
}

/** How far the hub's HALT of a robot has come, by evidence; "" when none is imposed. */
export function haltStateOf(state: HubState, watch: RobotWatch, nowMs: number): HaltState | "" {
  const { halt } = watch;
  if (halt === null) return "";
  if (halt.followedMs === null) return "not-delivered";
  const ageMs = channelAgeMs(watch, "pose", { nowMs, site: state.site });
  const isAfter = ageMs <= nowMs - halt.followedMs && ageMs <= state.site.config.decisions.dispatch.telemetryMs;
  const speedMps = Math.abs(lastPose(watch)?.speedMps ?? Number.POSITIVE_INFINITY);
  return isAfter && speedMps < STILL_MPS ? "obeyed" : "delivered";
}

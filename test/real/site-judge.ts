// What must hold of a robot that something was done to, as questions to a trace: it stands in time, it keeps its place,
// and nobody else is sent there (R1, R2, R4).

import type { Test } from "tap";
import { type Held, STANDS_MPS, type Trace } from "./site-run.js";

/** What was under way on sockets when a fault began, and the stamps of poses at 10 Hz. */
export const SLACK_MS = 100;
const LEASE_MS = 3000;

export interface Span {
  readonly robot: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export function standsFrom(t: Test, trace: Trace, at: Span): void {
  const poses = trace.posesOf(at.robot, at.fromMs, at.untilMs);
  const fastest = poses.reduce((most, { speed }) => Math.max(most, Math.abs(speed)), 0);
  t.ok(poses.length > 2 && fastest < STANDS_MPS, `${at.robot} stands: ${fastest} m/s in ${poses.length} poses`);
}

/**
 * R2: from `fromMs` on the robot gets no further lease: nothing drives it after the end of its last one, and it stands
 * when dead-man and braking are over. Returns that end.
 */
export function standsByLeaseEnd(t: Test, trace: Trace, at: Span): number {
  const { robot, fromMs, untilMs } = at;
  const { deadmanMs, brakingMs } = trace.site;
  const told = trace.commandsOf(robot, fromMs - 1000, untilMs).map(({ leaseEndMs }) => leaseEndMs);
  const endMs = Math.max(...told);
  t.ok(endMs > fromMs && endMs <= fromMs + LEASE_MS + SLACK_MS, `its lease ends ${endMs - fromMs} ms after the fault`);
  t.same(trace.drivesOf(robot, endMs, untilMs), [], "nothing moves it after the end");
  standsFrom(t, trace, { robot, fromMs: endMs + deadmanMs + brakingMs, untilMs });
  return endMs;
}

/** R4: what the robot was on its way to stays its own while the fault lasts, and nothing near goes to another. */
export function keepsItsPlace(t: Test, trace: Trace, at: Span): Held | undefined {
  const held = trace.heldAt(at.robot, at.fromMs).at(-1);
  if (held === undefined) {
    t.fail(`${at.robot} held nothing when the fault began`);
    return undefined;
  }
  t.ok(held.untilMs >= at.untilMs, `R4 ${held.destination} stays taken`);
  const near = trace.near(held.destination);
  const others = trace.claims.filter(
    (claim) =>
      claim.robot !== at.robot &&
      near.has(claim.destination) &&
      claim.fromMs > at.fromMs &&
      claim.fromMs < held.untilMs,
  );
  t.same(others, [], `R1 nobody else is sent to ${held.destination}`);
  return held;
}

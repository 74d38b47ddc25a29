// R2 and R3: the time limit of the right to act, for both sides, without synchronised clocks and without any bound on
// message delay. Only the rate error of a running clock is bounded: it lies within ±rho.
//
// Robot: reads s before it serialises renewal n; when n is answered it may act until s + D. Hub: reads g at the receipt
// of n; the lease has certainly lapsed at g + W. Since a request arrives after it was sent, the robot's last command
// comes at most D/(1-rhoRobot) of real time after g, and its motion ends within the dead-man time and the braking time
// after that; the hub's clock runs at most 1+rhoHub times too fast while it counts this.

export interface LeaseConstants {
  readonly leaseMs: number; // D
  readonly deadmanMs: number; // longest time the base follows its last command
  readonly brakingMs: number; // worst time to rest from the permitted speed
  readonly rhoRobot: number;
  readonly rhoHub: number;
  readonly tickMs: number; // resolution of integer time
  readonly loopJitterMs: number;
}

/** W: how long after the receipt of a renewal the hub may be certain that motion under it has ended. Rounded up. */
export function hubWaitMs(c: LeaseConstants): number {
  return Math.ceil((1 + c.rhoHub) * (c.leaseMs / (1 - c.rhoRobot) + c.deadmanMs + c.brakingMs)) + c.tickMs;
}

/** M: how long before its lease's end the robot begins to brake so that it normally stands by then. Rounded up. */
export function brakeAheadMs(c: LeaseConstants): number {
  return Math.ceil((1 + c.rhoRobot) * (c.brakingMs + c.deadmanMs)) + c.loopJitterMs;
}

/** Renewals that may be unanswered at once; older ones are forgotten and their answers ignored. */
const PENDING_MOST = 64;

/** The robot's lease of one link session. It ends with the session, never survives a restart, and is never stored. */
export interface RobotLease {
  readonly pending: readonly Renewal[];
  readonly endMs: number; // NEVER: no right to act
  readonly covered: readonly string[]; // claims, by token, that the newest answered renewal named
}

/** A renewal that was sent. It asks for the claims that it names, and for no other. */
export interface Renewal {
  readonly nonce: number;
  readonly sentMs: number;
  readonly covers?: readonly string[];
}

export const NEVER = Number.NEGATIVE_INFINITY;
export const NO_LEASE: RobotLease = { pending: [], endMs: NEVER, covered: [] };

/** R2: to be called with a clock reading taken before the renewal is serialised. */
export function renewalSent(lease: RobotLease, sent: Renewal): RobotLease {
  return { pending: [...lease.pending.slice(1 - PENDING_MOST), sent], endMs: lease.endMs, covered: lease.covered };
}

/**
 * R2: takes the answer to a renewal. An unknown nonce changes nothing (another session, a replay, or forgotten). The
 * grant may only shorten D (`leaseMostMs`); the end never moves back, because an older answer takes no right away.
 */
export function renewalAnswered(
  lease: RobotLease,
  answer: { readonly nonce: number; readonly leaseMs: number; readonly leaseMostMs: number },
): RobotLease {
  const sent = lease.pending.find((renewal) => renewal.nonce === answer.nonce);
  if (sent === undefined) return lease;
  const pending = lease.pending.filter((renewal) => renewal.nonce > answer.nonce);
  if (answer.leaseMs <= 0) return { pending, endMs: lease.endMs, covered: lease.covered };
  const endMs = Math.floor(sent.sentMs + Math.min(answer.leaseMs, answer.leaseMostMs));
  return { pending, endMs: Math.max(lease.endMs, endMs), covered: sent.covers ?? [] };
}

/** R2: the right to send a command at `nowMs`. To be asked in the same synchronous block as the write. */
export function mayAct(lease: RobotLease, nowMs: number): boolean {
  return nowMs < lease.endMs;
}

/**
 * R2: the right to act on one claim. A claim that no answered renewal has named is not covered, however it came here: a
 * grant that was held up on its way, while the hub gave the place to another, moves nothing.
 */
export function mayActOn(lease: RobotLease, claim: { readonly token: string; readonly nowMs: number }): boolean {
  return mayAct(lease, claim.nowMs) && lease.covered.includes(claim.token);
}

/** R2: from here on the robot only brakes, so that it normally stands before the lease's end. */
export function mustBrake(lease: RobotLease, at: { readonly nowMs: number; readonly brakeAheadMs: number }): boolean {
  return at.nowMs >= lease.endMs - at.brakeAheadMs;
}

/**
 * How long a command may be followed: no longer than the dead-man time and than the lease; 0 when there is no right.
 */
export function commandValidMs(lease: RobotLease, at: { readonly nowMs: number; readonly deadmanMs: number }): number {
  return Math.max(0, Math.min(at.deadmanMs, Math.floor(lease.endMs - at.nowMs)));
}

/** R3: the hub's end of a lease after a renewal whose receipt was read at `receivedMs`. It never moves back. */
export function hubLeaseEnd(endMs: number, renewal: { readonly receivedMs: number; readonly waitMs: number }): number {
  return Math.max(endMs, renewal.receivedMs + renewal.waitMs);
}

/** R3: true only when motion under the lease has certainly ended. Silence, a closed stream or a will proves nothing. */
export function certainlyLapsed(endMs: number, nowMs: number): boolean {
  return nowMs >= endMs;
}

// R1, R4 and R5: who holds what, by which token, and what may be known about a place. A claim is exclusive over its
// destination and over everything that conflicts with it; only named exits free it.

export interface Token {
  readonly epoch: number;
  readonly counter: number;
}

/** Lower than every real token. */
export const NO_TOKEN: Token = { epoch: 0, counter: 0 };

/** R5: negative when a is lower, 0 when equal, positive when higher; numbers, never text. */
export function compareTokens(a: Token, b: Token): number {
  return a.epoch === b.epoch ? a.counter - b.counter : a.epoch - b.epoch;
}

export function sameToken(a: Token, b: Token): boolean {
  return compareTokens(a, b) === 0;
}

export function higherToken(a: Token, b: Token): Token {
  return compareTokens(a, b) >= 0 ? a : b;
}

/** A token as a key of maps and as people read it. */
export function tokenKey(token: Token): string {
  return `${token.epoch}.${token.counter}`;
}

/** Which destinations conflict: symmetric, a destination never with itself. */
export type Conflicts = ReadonlyMap<string, readonly string[]>;

/** A nanometre of rounding still counts as touching. */
const TOUCH_M = 1e-9;

/** Round footprints overlap when their centres are nearer than the sum of their radii; touching is not overlapping. */
export function footprintsOverlap(a: Footprint, b: Footprint): boolean {
  const dx = a.xM - b.xM;
  const dy = a.yM - b.yM;
  const reach = a.footprintRadiusM + b.footprintRadiusM - TOUCH_M;
  return dx * dx + dy * dy < reach * reach;
}

export interface Footprint {
  readonly xM: number;
  readonly yM: number;
  readonly footprintRadiusM: number;
}

/**
 * R1: the other robot that stands in the way of `ask`, or null when nobody does. `holderOf` gives the robot that holds
 * or occupies a destination. The robot's own holds never stand in its way.
 */
export function holderAgainst(
  ask: { readonly robot: string; readonly destination: string },
  site: { readonly conflicts: Conflicts; readonly holderOf: (destination: string) => string | undefined },
): { readonly robot: string; readonly destination: string } | null {
  for (const destination of [ask.destination, ...(site.conflicts.get(ask.destination) ?? [])]) {
    const robot = site.holderOf(destination);
    if (robot !== undefined && robot !== ask.robot) return { robot, destination };
  }
  return null;
}

/** Where a robot may be: a disc that holds its centre. */
export interface Whereabouts {
  readonly xM: number;
  readonly yM: number;
  readonly radiusM: number;
}

/** R4: the robot's body is certainly outside the footprint, by a margin. */
export function certainlyOutside(
  where: Whereabouts,
  place: Footprint & { readonly robotRadiusM: number; readonly marginM: number },
): boolean {
  const clearM = place.footprintRadiusM + place.robotRadiusM + place.marginM + where.radiusM;
  const dx = where.xM - place.xM;
  const dy = where.yM - place.yM;
  return dx * dx + dy * dy > clearM * clearM;
}

/**
 * R4: how far the centre of a robot can be from its last reported position: the report's own error, and what it can
 * have driven since. It drives no longer than until its lease has certainly lapsed.
 */
export function reachM(seen: {
  readonly errorM: number;
  readonly ageBoundMs: number;
  readonly motionLeftMs: number; // how long after the capture it can have moved at the most
  readonly maxSpeedMps: number;
}): number {
  return seen.errorM + (seen.maxSpeedMps * Math.min(seen.ageBoundMs, seen.motionLeftMs)) / 1000;
}

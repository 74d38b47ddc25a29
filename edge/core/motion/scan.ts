// A scan as points on the site map, each one of three kinds: mapped (a wall that the map knows), unmapped (a robot, a
// person, a pallet: something that may move towards us) and blind (an edge behind which something could hide).
// Every return is kept as an obstacle (R11); the kinds only say how much room it needs.
import { type Physics, type Scan, scaleOf } from "./types.js";
import { type Walls, wallGapM } from "./walls.js";

export const MAPPED = 0;
export const UNMAPPED = 1;
export const BLIND = 2;

/** Most rays of one scan (the on-board contract's limit). */
export const MAX_RAYS = 1440;

/** Points seen, in map metres; only the first `count` entries of each array hold. Reused between scans. */
export interface Seen {
  count: number;
  unmappedCount: number;
  readonly xM: Float64Array;
  readonly yM: Float64Array;
  readonly kind: Uint8Array;
  /** Nothing as large as a robot can be nearer than this without being seen. */
  sightM: number;
  ageMs: number;
  readonly ranges: Float64Array;
}

export function createSeen(): Seen {
  const slots = 2 * MAX_RAYS;
  const xM = new Float64Array(slots);
  const yM = new Float64Array(slots);
  const ranges = new Float64Array(MAX_RAYS);
  return { count: 0, unmappedCount: 0, xM, yM, kind: new Uint8Array(slots), sightM: 0, ageMs: 0, ranges };
}

/** A return this near to a blocked square of the map, in metres, is the wall itself. */
export const MAPPED_WITHIN_M = 0.15;
const LEAST_MAPPED_M = 0.08;

/**
 * Places a scan on the map. A scan that does not cover the whole circle, has more than MAX_RAYS rays, or holds a range
 * that is negative or no number, says nothing about what is free: its sightM is 0, and the guard lets nothing drive.
 */
export function placeScan(into: Seen, scan: Scan, context: { walls: Walls; physics: Physics }): void {
  const rays = scan.rangesM.length;
  const { radiusM } = context.physics;
  into.count = 0;
  into.unmappedCount = 0;
  into.ageMs = scan.ageMs ?? 100;
  into.sightM = 0;
  if (rays < 3 || rays > MAX_RAYS || !(scan.rangeMaxM > 0) || !Number.isFinite(scan.angleMinRad)) return;
  const stepRad = Math.abs(scan.angleStepRad);
  if (!(stepRad > 0) || stepRad * rays < 2 * Math.PI - 1.5 * stepRad) return;
  const { xM, yM, headingRad } = scan.poseAtCapture;
  const mappedM = Math.max(LEAST_MAPPED_M, MAPPED_WITHIN_M * Math.min(1, scaleOf(context.physics)));
  let valid = true;
  for (let ray = 0; ray < rays; ray++) {
    const rangeM = scan.rangesM[ray] as number;
    if (!(rangeM >= 0)) valid = false;
    const none = !(rangeM > 0) || rangeM >= scan.rangeMaxM;
    into.ranges[ray] = none ? scan.rangeMaxM : rangeM;
    if (none) continue;
    const angleRad = headingRad + scan.angleMinRad + ray * scan.angleStepRad;
    const px = xM + rangeM * Math.cos(angleRad);
    const py = yM + rangeM * Math.sin(angleRad);
    const isWall = wallGapM(context.walls, px, py, 2 * mappedM) <= mappedM;
    push(into, px, py, isWall ? MAPPED : UNMAPPED);
    if (!isWall) into.unmappedCount++;
  }
  if (!valid) return;
  into.sightM = Math.min(scan.rangeMaxM, (2 * radiusM) / stepRad);
  placeBlindEdges(into, scan, 2 * radiusM + 0.3 * scaleOf(context.physics));
}

/** Beyond this, in metres, a blind edge limits no speed that a robot can drive. */
const BLIND_WITHIN_M = 4;

function placeBlindEdges(into: Seen, scan: Scan, jumpM: number): void {
  const rays = scan.rangesM.length;
  const { xM, yM, headingRad } = scan.poseAtCapture;
  for (let ray = 0; ray < rays; ray++) {
    const next = ray + 1 === rays ? 0 : ray + 1;
    const a = into.ranges[ray] as number;
    const b = into.ranges[next] as number;
    const near = Math.min(a, b);
    if (near > BLIND_WITHIN_M || Math.abs(a - b) < jumpM) continue;
    const angleRad = headingRad + scan.angleMinRad + (a < b ? ray : next) * scan.angleStepRad;
    push(into, xM + near * Math.cos(angleRad), yM + near * Math.sin(angleRad), BLIND);
  }
}

function push(into: Seen, xM: number, yM: number, kind: number): void {
  const slot = into.count;
  if (slot >= into.xM.length) return;
  into.xM[slot] = xM;
  into.yM[slot] = yM;
  into.kind[slot] = kind;
  into.count = slot + 1;
}

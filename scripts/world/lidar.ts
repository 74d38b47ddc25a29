// A planar range finder, simulated: exact ray casting on the occupancy grid (cell by cell along the ray) and on the
// discs of other robots, with Gaussian noise. A ray that hits nothing reports a range just beyond the longest, also
// noisy, so that two scans of a live sensor never agree in every ray and a frozen one can be told from it (R6).

import type { Grid } from "../../fleet-config/grid.js";
import type { Place } from "./physics.js";
import type { Random } from "./random.js";

export interface Disc {
  readonly xM: number;
  readonly yM: number;
  readonly radiusM: number;
}

export interface LidarSpec {
  readonly rays: number; // evenly over the full circle
  readonly rangeMaxM: number;
  readonly sigmaM: number;
}

export const LIDAR: LidarSpec = { rays: 120, rangeMaxM: 8, sigmaM: 0.01 };

/** Smallest range that is reported: 0 means "no return" in the contract. */
const RANGE_LEAST_M = 0.001;

/** The direction of ray 0 in the robot frame, and between rays. */
export function rayAngles(spec: LidarSpec): { readonly angleMinRad: number; readonly angleStepRad: number } {
  return { angleMinRad: -Math.PI, angleStepRad: (2 * Math.PI) / spec.rays };
}

/** One noisy scan from `place`. `discs` are the other robots; those out of range are set aside first. */
export function scan(
  place: Place,
  scene: { readonly grid: Grid; readonly discs: readonly Disc[]; readonly spec: LidarSpec; readonly random: Random },
): number[] {
  const { grid, spec, random } = scene;
  const { angleMinRad, angleStepRad } = rayAngles(spec);
  const near = scene.discs.filter((disc) => isNear(disc, place, spec.rangeMaxM));
  const ranges: number[] = [];
  for (let ray = 0; ray < spec.rays; ray += 1) {
    const angle = place.headingRad + angleMinRad + ray * angleStepRad;
    const along = { xM: place.xM, yM: place.yM, dx: Math.cos(angle), dy: Math.sin(angle) };
    let range = castGrid(grid, along, spec.rangeMaxM);
    for (const disc of near) range = Math.min(range, castDisc(disc, along));
    const noiseM = spec.sigmaM * random.gaussian();
    ranges.push(range >= spec.rangeMaxM ? spec.rangeMaxM + Math.abs(noiseM) : Math.max(RANGE_LEAST_M, range + noiseM));
  }
  return ranges;
}

function isNear(disc: Disc, from: { readonly xM: number; readonly yM: number }, rangeM: number): boolean {
  const reachM = rangeM + disc.radiusM;
  const dx = disc.xM - from.xM;
  const dy = disc.yM - from.yM;
  return dx * dx + dy * dy < reachM * reachM;
}

export interface Ray {
  readonly xM: number;
  readonly yM: number;
  readonly dx: number; // unit direction
  readonly dy: number;
}

/**
 * Distance along a ray to the first blocked cell, at most `rangeM`; beyond the map everything is blocked. 0 when the
 * origin lies in a blocked cell. Walks the cells that the ray crosses, in order.
 */
export function castGrid(grid: Grid, ray: Ray, rangeM: number): number {
  const { cellM, width, height, blocked } = grid;
  const gx = (ray.xM - grid.originXM) / cellM;
  const gy = (ray.yM - grid.originYM) / cellM;
  let x = Math.floor(gx);
  let y = Math.floor(gy);
  const stepX = ray.dx > 0 ? 1 : -1;
  const stepY = ray.dy > 0 ? 1 : -1;
  const perX = ray.dx === 0 ? Number.POSITIVE_INFINITY : Math.abs(cellM / ray.dx);
  const perY = ray.dy === 0 ? Number.POSITIVE_INFINITY : Math.abs(cellM / ray.dy);
  let nextX = ray.dx === 0 ? Number.POSITIVE_INFINITY : (ray.dx > 0 ? x + 1 - gx : gx - x) * perX;
  let nextY = ray.dy === 0 ? Number.POSITIVE_INFINITY : (ray.dy > 0 ? y + 1 - gy : gy - y) * perY;
  let reached = 0;
  while (reached < rangeM) {
    if (x < 0 || y < 0 || x >= width || y >= height || blocked[y * width + x] === 1) return reached;
    if (nextX <= nextY) {
      reached = nextX;
      nextX += perX;
      x += stepX;
    } else {
      reached = nextY;
      nextY += perY;
      y += stepY;
    }
  }
  return rangeM;
}

/** Distance along a ray to a disc; infinite when it misses, 0 when the origin lies inside. */
export function castDisc(disc: Disc, ray: Ray): number {
  const towardsX = disc.xM - ray.xM;
  const towardsY = disc.yM - ray.yM;
  const outside = towardsX * towardsX + towardsY * towardsY - disc.radiusM * disc.radiusM;
  if (outside <= 0) return 0;
  const along = towardsX * ray.dx + towardsY * ray.dy;
  const under = along * along - outside;
  return along <= 0 || under < 0 ? Number.POSITIVE_INFINITY : along - Math.sqrt(under);
}

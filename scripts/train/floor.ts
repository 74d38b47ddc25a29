// Where a drive takes place: a map, a start and a target on it, and things on the way that the map does not know. All
// of it follows from one word, the seed. Training, fitting of the calibration and evaluation draw from words that begin
// differently, so that none of them sees a floor of another.

import { siteCost, siteSeed } from "../../edge/core/motion/costmap.js";
import { descend } from "../../edge/core/motion/path.js";
import { wallsOf } from "../../edge/core/motion/walls.js";
import { centreOf, type Grid } from "../../fleet-config/grid.js";
import { UNREACHABLE } from "../../models/planner.js";
import { solve } from "../bench/dijkstra.js";
import { drawMap } from "../prove/maps.js";
import type { Disc } from "../world/lidar.js";
import type { Place } from "../world/physics.js";
import { Random } from "../world/random.js";
import { BODY } from "./body.js";
import { drawRacks, drawRooms } from "./layouts.js";

/** A floor that a drive begins on. `lengthM`: of the shortest way from start to target that the map allows. */
export interface Floor {
  readonly seed: string;
  readonly kind: string;
  readonly map: Grid;
  readonly start: Place;
  readonly target: Place;
  readonly things: readonly Disc[];
  readonly lengthM: number;
}

const TIME_MS = { least: 20_000, perMetre: 3_000 } as const;

/** A drive that has not ended by then is stuck. */
export function timeMostMs({ lengthM }: Floor): number {
  return TIME_MS.least + TIME_MS.perMetre * lengthM;
}

const START_ROOM_M = BODY.radiusM + 0.12;
/** Room on both sides of a body that a thing leaves it, measured from its edge. */
const PASS_ROOM_M = 0.32;
/** Around start and target nothing is put down, in metres. */
const FREE_M = 1.5;
const LENGTH_M = { least: 2, most: 24 } as const;
const ATTEMPTS = 60;
const SEED_CELLS = 4;

/** The floor of a seed: always the same. */
export function drawFloor(seed: string): Floor {
  const draw = new Random(seed).stream("floor");
  for (;;) {
    const share = draw.next();
    const { kind, map } = share < 0.5 ? drawMap(draw, BODY.radiusM) : share < 0.75 ? drawRooms(draw) : drawRacks(draw);
    const floor = floorOn(map, { seed, kind, draw });
    if (floor !== undefined) return floor;
  }
}

/** A drive on a map that is given, drawn from a seed; undefined when no two places with a way between were found. */
export function drawOn(map: Grid, wish: { readonly seed: string; readonly kind: string }): Floor | undefined {
  return floorOn(map, { ...wish, draw: new Random(wish.seed).stream("floor") });
}

function floorOn(
  map: Grid,
  wish: { readonly seed: string; readonly kind: string; readonly draw: Random },
): Floor | undefined {
  const { draw, seed, kind } = wish;
  const walls = wallsOf(map);
  const free: number[] = [];
  walls.gapM.forEach((gapM, cell) => {
    if (gapM >= START_ROOM_M) free.push(cell);
  });
  for (let attempt = 0; attempt < ATTEMPTS && free.length > SEED_CELLS; attempt += 1) {
    const [start, target] = [0, 0].map(() => centreOf(map, free[draw.below(free.length)] as number));
    if (start === undefined || target === undefined) continue;
    const awayM = Math.hypot(target.xM - start.xM, target.yM - start.yM);
    if (awayM < LENGTH_M.least || awayM > LENGTH_M.most) continue;
    const way = wayOf(map, { start, target, things: [] });
    if (way === undefined || way.lengthM > LENGTH_M.most) continue;
    const things = drawThings(draw, { map, start, target, way });
    const headings = [draw.between(-Math.PI, Math.PI), draw.between(-Math.PI, Math.PI)] as const;
    return {
      ...{ seed, kind, map, things, lengthM: way.lengthM },
      start: { ...start, headingRad: headings[0] },
      target: { ...target, headingRad: headings[1] },
    };
  }
  return undefined;
}

interface Spot {
  readonly xM: number;
  readonly yM: number;
}

interface Way {
  readonly points: readonly Spot[];
  readonly lengthM: number;
}

/** The cheapest way for the body, past the things with some room; undefined when there is none. */
function wayOf(
  map: Grid,
  wish: { readonly start: Spot; readonly target: Spot; readonly things: readonly Disc[] },
): Way | undefined {
  const walls = wallsOf(map);
  const cost = siteCost(walls, { physics: BODY, avoid: [], blockedAt: [], open: [wish.start, wish.target] });
  for (let cell = 0; cell < cost.length; cell += 1) {
    const { xM, yM } = centreOf(map, cell);
    const isTaken = wish.things.some(
      (thing) => Math.hypot(thing.xM - xM, thing.yM - yM) < thing.radiusM + BODY.radiusM + PASS_ROOM_M,
    );
    if (isTaken) cost[cell] = -1;
  }
  const seed = siteSeed(walls, cost, wish.target);
  const { width, height } = map;
  const { value } = solve({ id: 1, kind: "site", width, height, cost, seed });
  const x = Math.floor((wish.start.xM - map.originXM) / map.cellM);
  const first = Math.floor((wish.start.yM - map.originYM) / map.cellM) * width + x;
  if (!((value[first] as number) < UNREACHABLE)) return undefined;
  const points = descend({ width, height, cost, value }, first).map((cell) => centreOf(map, cell));
  let lengthM = 0;
  points.forEach((point, at) => {
    const before = points[at - 1] ?? point;
    lengthM += Math.hypot(point.xM - before.xM, point.yM - before.yM);
  });
  return { points, lengthM };
}

/** Up to four discs on or beside the way, each so that a way remains. */
function drawThings(
  draw: Random,
  floor: { readonly map: Grid; readonly start: Spot; readonly target: Spot; readonly way: Way },
): readonly Disc[] {
  const { map, start, target, way } = floor;
  const things: Disc[] = [];
  const count = draw.next() < 0.3 ? 0 : 1 + draw.below(4);
  for (let attempt = 0; attempt < 3 * count && things.length < count; attempt += 1) {
    const on = way.points[draw.below(way.points.length)] as Spot;
    const radiusM = draw.next() < 0.3 ? draw.between(0.04, 0.1) : draw.between(0.1, 0.5);
    const xM = on.xM + draw.between(-1.2, 1.2);
    const yM = on.yM + draw.between(-1.2, 1.2);
    const thing = { xM, yM, radiusM };
    const isNear = [start, target].some((spot) => Math.hypot(spot.xM - xM, spot.yM - yM) < FREE_M + radiusM);
    if (isNear || wayOf(map, { start, target, things: [...things, thing] }) === undefined) continue;
    things.push(thing);
  }
  return things;
}

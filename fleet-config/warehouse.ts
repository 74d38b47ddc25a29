// Lays out a warehouse from a seed: racks with pick faces in bays, aisles in which two robots pass, cross aisles,
// packing stations along the south wall, homes along the west and east walls, chargers along the north wall. Every
// place where a robot stands lies in a bay of its own, out of the driving line. Pure: the same seed gives the same
// bytes.

import { boundaryOf } from "./boundary.js";
import { chanceOf } from "./chance.js";
import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "./defaults.js";
import type { Grid } from "./grid.js";
import type { Destination, DestinationKind, SiteConfig } from "./types.js";
import { movingAiText } from "./write.js";

/** Side of one map cell and size of the hall: 60 m x 40 m. */
export const warehouseCellM = 0.5;
const width = 120;
const height = 80;
/** Bays are 1.5 m wide and deep; the floor between the bays along the walls. */
const bay = 3;
const floor = { left: 4, right: 115, bottom: 4, top: 75 } as const;
const rack = { count: 7, left: 12, thick: 7, pitch: 15, blocks: [13, 44], long: 23 } as const;
const bayPitch = 5;
const wallPitch = 4;
const packPitch = 9;
const robotFootprintM = 0.5;
const keptShare = 0.75;
const sharedFaces = 4;

/** Most robots that have a home and half a charger each. */
export const warehouseRobotsMost = 34;

export interface Warehouse {
  readonly config: SiteConfig;
  readonly grid: Grid;
  /** The map as a MovingAI file, to be saved under config.map.file. */
  readonly mapText: string;
}

interface Layout {
  readonly blocked: Uint8Array;
  readonly destinations: Destination[];
}

/** Lays out the warehouse for `robots` robots, 1 to warehouseRobotsMost. Throws RangeError beyond. */
export function generateWarehouse(options: { readonly seed: number; readonly robots: number }): Warehouse {
  const { seed, robots } = options;
  if (!Number.isSafeInteger(robots) || robots < 1 || robots > warehouseRobotsMost) {
    throw new RangeError(`robots: expected a whole number from 1 to ${warehouseRobotsMost}, found ${robots}`);
  }
  const layout: Layout = { blocked: new Uint8Array(width * height).fill(1), destinations: [] };
  carve(layout, { left: floor.left, bottom: floor.bottom, right: floor.right, top: floor.top });
  addRacks(layout, seed);
  addPackingStations(layout);
  addChargers(layout, Math.max(2, Math.ceil(robots / 2)));
  addHomes(layout, robots);
  const grid: Grid = { width, height, cellM: warehouseCellM, originXM: 0, originYM: 0, blocked: layout.blocked };
  return { config: configOf(layout, robots), grid, mapText: movingAiText(grid) };
}

function configOf(layout: Layout, robots: number): SiteConfig {
  const { decisions, health, battery, limits, models, interplay, dispatch } = defaultedParts();
  return {
    schema: 1,
    site: "warehouse",
    map: { file: "warehouse.map", format: "movingai", cellM: warehouseCellM },
    destinations: layout.destinations,
    fleets: [fleetOf("pickers")],
    robots: Array.from({ length: robots }, (_, index) => {
      return { id: `r${index + 1}`, fleet: "pickers", home: `home-${index + 1}` };
    }),
    decisions,
    health,
    lease: simulatedLease(),
    physics: simulatedPhysics({ radiusM: 0.35, marginM: 0.1, maxSpeedMps: 2.0 }),
    battery,
    dispatch,
    models,
    interplay,
    limits,
    boundary: boundaryOf({}),
  };
}

interface Box {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

function carve(layout: Layout, box: Box): void {
  fill(layout, box, 0);
}

function fill(layout: Layout, box: Box, value: 0 | 1): void {
  for (let y = box.bottom; y <= box.top; y += 1) {
    layout.blocked.fill(value, y * width + box.left, y * width + box.right + 1);
  }
}

/** Carves a bay by its bottom left cell and puts a destination in its middle. */
function addBay(
  layout: Layout,
  at: { readonly x: number; readonly y: number },
  place: { readonly id: string; readonly kind: DestinationKind; readonly headingRad: number },
): void {
  carve(layout, { left: at.x, bottom: at.y, right: at.x + bay - 1, top: at.y + bay - 1 });
  layout.destinations.push({
    id: place.id,
    xM: (at.x + bay / 2) * warehouseCellM,
    yM: (at.y + bay / 2) * warehouseCellM,
    headingRad: Math.round(place.headingRad * 1e4) / 1e4,
    footprintRadiusM: robotFootprintM,
    kind: place.kind,
  });
}

const intoEast = 0;
const intoWest = Math.PI;
const intoNorth = Math.PI / 2;
const intoSouth = -Math.PI / 2;

/** Racks with bays on both sides; some bays stay shelf, some neighbours share one picker and therefore conflict. */
function addRacks(layout: Layout, seed: number): void {
  const chance = chanceOf(seed);
  for (let index = 0; index < rack.count; index += 1) {
    const left = rack.left + index * rack.pitch;
    for (const [block, bottom] of rack.blocks.entries()) {
      fill(layout, { left, bottom, right: left + rack.thick - 1, top: bottom + rack.long - 1 }, 1);
      for (let slot = 0; slot * bayPitch + bay + 2 <= rack.long; slot += 1) {
        const y = bottom + 2 + slot * bayPitch;
        const number = block * Math.floor(rack.long / bayPitch) + slot + 1;
        const west = { id: `p${index + 1}w-${number}`, kind: "pick", headingRad: intoEast } as const;
        const east = { id: `p${index + 1}e-${number}`, kind: "pick", headingRad: intoWest } as const;
        if (chance.next() < keptShare) addBay(layout, { x: left, y }, west);
        if (chance.next() < keptShare) addBay(layout, { x: left + rack.thick - bay, y }, east);
      }
    }
  }
  shareFaces(layout, chance.shuffled(neighbours(layout)).slice(0, sharedFaces));
}

/** Pairs of indices of pick faces that lie beside each other on one side of a rack. */
function neighbours(layout: Layout): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  layout.destinations.forEach((one, a) => {
    layout.destinations.forEach((other, b) => {
      const gapM = other.yM - one.yM;
      if (other.xM === one.xM && gapM > 0 && gapM <= bayPitch * warehouseCellM) pairs.push([a, b]);
    });
  });
  return pairs;
}

function shareFaces(layout: Layout, pairs: readonly (readonly [number, number])[]): void {
  for (const [a, b] of pairs) {
    const one = layout.destinations[a];
    const other = layout.destinations[b];
    if (one === undefined || other === undefined) continue;
    layout.destinations[a] = { ...one, conflictsWith: [...(one.conflictsWith ?? []), other.id] };
  }
}

function addPackingStations(layout: Layout): void {
  let number = 1;
  for (let x = rack.left; x + bay - 1 <= floor.right - 4; x += packPitch) {
    addBay(layout, { x, y: 1 }, { id: `pack-${number}`, kind: "pack", headingRad: intoSouth });
    number += 1;
  }
}

function addChargers(layout: Layout, chargers: number): void {
  for (let index = 0; index < chargers; index += 1) {
    const at = { x: floor.left + 4 + index * wallPitch, y: floor.top + 1 };
    addBay(layout, at, { id: `charge-${index + 1}`, kind: "charge", headingRad: intoNorth });
  }
}

function addHomes(layout: Layout, homes: number): void {
  const perWall = warehouseRobotsMost / 2;
  for (let index = 0; index < homes; index += 1) {
    const west = index < perWall;
    const y = floor.bottom + 2 + (index % perWall) * wallPitch;
    const at = { x: west ? floor.left - bay : floor.right + 1, y };
    addBay(layout, at, { id: `home-${index + 1}`, kind: "park", headingRad: west ? intoWest : intoEast });
  }
}

const thirdStopShare = 0.2;
const alternatives = 3;

/**
 * An endless shift: each task is a list of stops, each stop a list of alternative destinations. A pick face, in one
 * of five tasks a second one, then one of three packing stations. Throws RangeError for a site without pick faces or
 * stations.
 */
export function* shiftTasks(options: { readonly config: SiteConfig; readonly seed: number }): Generator<string[][]> {
  const { config, seed } = options;
  const chance = chanceOf(seed);
  const idsOf = (kind: DestinationKind) => config.destinations.filter((one) => one.kind === kind).map(({ id }) => id);
  const picks = idsOf("pick");
  const packs = idsOf("pack");
  if (picks.length < 2 || packs.length < 1) {
    throw new RangeError(
      `expected at least 2 pick faces and 1 packing station, found ${picks.length} and ${packs.length}`,
    );
  }
  for (;;) {
    const [first = "", second = ""] = chance.shuffled(picks);
    const stops = chance.next() < thirdStopShare ? [[first], [second]] : [[first]];
    yield [...stops, chance.shuffled(packs).slice(0, alternatives)];
  }
}

// Makes a site of somebody else's map: robots whose size fits it, homes and chargers in open places of its largest
// connected region, destinations and tasks from a scenario or from a seed. Pure: the same arguments give the same
// site. Connected means: on the planning grid, for the robot's radius plus margin, without cutting corners.

import { type Chance, chanceOf } from "./chance.js";
import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "./defaults.js";
import { planCellsMost } from "./derive.js";
import { cellAt, centreOf, coarsen, type Grid } from "./grid.js";
import type { ScenarioRow } from "./maps.js";
import { distancesM } from "./paths.js";
import { type Ground, groundOf, pickOpen } from "./places.js";
import { ConfigRefused } from "./refused.js";
import type { Destination, DestinationKind, SiteConfig } from "./types.js";

export interface Adoption {
  readonly grid: Grid;
  /** Name of the map file, relative to the folder where the site file will lie. */
  readonly mapFile: string;
  readonly format: SiteConfig["map"]["format"];
  /** Side of one cell of the map. */
  readonly cellM: number;
  /** Name for the site; letters that a site id may not contain are replaced. */
  readonly name: string;
  readonly robots: number;
  readonly seed: number;
  /** Rows of a scenario of this map. */
  readonly scenario?: readonly ScenarioRow[];
}

export interface Adopted {
  readonly config: SiteConfig;
  /** Task, its stops, the alternative destinations of a stop. */
  readonly tasks: string[][][];
  /** Rows of the scenario that were left out because a cell of theirs cannot be reached by these robots. */
  readonly rowsLeftOut: number;
}

const pointsWanted = 40;
const tasksWanted = 200;
const taskLeastM = 10;

/** Makes the site. Throws ConfigRefused when the map has no room for the robots, however small, or no task. */
export function siteFromMap(adoption: Adoption): Adopted {
  let refused: unknown;
  for (const body of bodiesFor(adoption.cellM)) {
    try {
      return siteForBody(adoption, body);
    } catch (cause) {
      if (!(cause instanceof ConfigRefused)) throw cause;
      refused = cause;
    }
  }
  throw refused;
}

function siteForBody(adoption: Adoption, body: Body): Adopted {
  const { grid, cellM, format, mapFile } = adoption;
  const physics = simulatedPhysics(body);
  const planCellM = roundM(coarsen(grid, planCellsMost).cellM);
  const map = {
    ...{ file: mapFile, format },
    ...(format === "movingai" ? { cellM } : {}),
    ...(planCellM > cellM * 1.5 ? { planCellM } : {}),
  };
  const ground = groundOf({ map, physics }, grid);
  const chance = chanceOf(adoption.seed);
  const work =
    adoption.scenario === undefined ? randomWork(ground, chance) : scenarioWork(ground, adoption.scenario, grid);
  const stands = addStands(ground, { robots: adoption.robots, taken: work.destinations, chance });
  if (work.tasks.length === 0) throw noRoom(adoption, "a task between two reachable places", "none");
  const config: SiteConfig = {
    schema: 1,
    site: siteId(adoption.name),
    map,
    destinations: [...stands, ...work.destinations],
    fleets: [fleetOf("fleet")],
    robots: Array.from({ length: adoption.robots }, (_, index) => {
      return { id: `r${index + 1}`, fleet: "fleet", home: `home-${index + 1}` };
    }),
    lease: simulatedLease(),
    physics,
    ...defaultedParts(),
  };
  const homes = stands.filter(({ kind }) => kind === "park").length;
  if (homes < adoption.robots) throw noRoom(adoption, `room for ${adoption.robots} robots`, `room for ${homes}`);
  return { config, tasks: work.tasks, rowsLeftOut: work.rowsLeftOut };
}

function noRoom(adoption: Adoption, expected: string, found: string): ConfigRefused {
  const file = adoption.mapFile;
  return new ConfigRefused([
    { file, path: "", line: 0, expected: `${expected} in the largest connected region`, found },
  ]);
}

interface Body {
  readonly radiusM: number;
  readonly marginM: number;
  readonly maxSpeedMps: number;
}

/**
 * Robots to try, largest first: one that fits a corridor of one cell, but is no wider than 0.7 m; smaller ones on
 * fine maps.
 */
function bodiesFor(cellM: number): readonly Body[] {
  if (cellM >= 1) return [{ radiusM: 0.35, marginM: 0.1, maxSpeedMps: 2.0 }];
  if (cellM >= 0.3) {
    return [{ radiusM: roundM(0.35 * cellM), marginM: roundM(0.1 * cellM), maxSpeedMps: roundM(1.5 * cellM) }];
  }
  return [
    { radiusM: 0.25, marginM: 0.1, maxSpeedMps: 1.0 },
    { radiusM: 0.15, marginM: 0.05, maxSpeedMps: 0.5 },
    { radiusM: 0.1, marginM: 0.05, maxSpeedMps: 0.3 },
  ];
}

function roundM(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function siteId(name: string): string {
  const word = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-");
  return (/^[a-z]/.test(word) ? word : `map-${word}`).slice(0, 32);
}

function destinationAt(
  ground: Ground,
  place: { readonly id: string; readonly kind: DestinationKind; readonly xM: number; readonly yM: number },
): Destination {
  const { id, kind, xM, yM } = place;
  return { id, xM: roundM(xM), yM: roundM(yM), headingRad: 0, footprintRadiusM: ground.footprintM, kind };
}

interface Work {
  readonly destinations: readonly Destination[];
  readonly tasks: string[][][];
  readonly rowsLeftOut: number;
}

/** One destination per distinct cell that can be reached, one task of two stops per row. */
function scenarioWork(ground: Ground, rows: readonly ScenarioRow[], grid: Grid): Work {
  const destinations = new Map<string, Destination>();
  const tasks: string[][][] = [];
  const reachable = (at: { readonly xM: number; readonly yM: number }) => {
    const cell = cellAt(ground.drive, at.xM, at.yM);
    return cell >= 0 && !ground.drive.blocked[cell];
  };
  const idOf = (cell: number) => {
    const x = cell % grid.width;
    return `c${x}-${grid.height - 1 - (cell - x) / grid.width}`;
  };
  for (const row of rows) {
    if (row.startCell === row.goalCell || !reachable(row.start) || !reachable(row.goal)) continue;
    const [start, goal] = [idOf(row.startCell), idOf(row.goalCell)];
    destinations.set(start, destinationAt(ground, { id: start, kind: "point", ...row.start }));
    destinations.set(goal, destinationAt(ground, { id: goal, kind: "point", ...row.goal }));
    tasks.push([[start], [goal]]);
  }
  return { destinations: [...destinations.values()], tasks, rowsLeftOut: rows.length - tasks.length };
}

/** As many as leave each some twenty footprints squared of floor. */
function pointsFor(ground: Ground): number {
  const floorM2 = ground.cells.length * ground.drive.cellM * ground.drive.cellM;
  const each = 20 * ground.footprintM * ground.footprintM;
  return Math.min(pointsWanted, Math.max(4, Math.floor(floorM2 / each)));
}

/**
 * Open points drawn from the seed, and tasks between points that lie at least taskLeastM apart, or as far as there
 * is.
 */
function randomWork(ground: Ground, chance: Chance): Work {
  const points = pickOpen(ground, { count: pointsFor(ground), taken: [], chance });
  const destinations = points.map((cell, index) =>
    destinationAt(ground, { id: `p${index + 1}`, kind: "point", ...centreOf(ground.drive, cell) }),
  );
  const ways: { readonly from: string; readonly to: string; readonly lengthM: number }[] = [];
  points.forEach((start, from) => {
    const lengths = distancesM(ground.drive, start);
    points.forEach((cell, to) => {
      if (from !== to) ways.push({ from: `p${from + 1}`, to: `p${to + 1}`, lengthM: lengths[cell] ?? 0 });
    });
  });
  const farthestM = ways.reduce((most, { lengthM }) => Math.max(most, lengthM), 0);
  const long = ways.filter(({ lengthM }) => lengthM >= Math.min(taskLeastM, farthestM / 2));
  const drawn = chance.shuffled(long).slice(0, tasksWanted);
  return { destinations, tasks: drawn.map(({ from, to }) => [[from], [to]]), rowsLeftOut: 0 };
}

/** A home for each robot, then chargers for half of them where there is room. */
function addStands(
  ground: Ground,
  wish: { readonly robots: number; readonly taken: readonly Destination[]; readonly chance: Chance },
): Destination[] {
  const { robots, taken, chance } = wish;
  const chargers = Math.ceil(robots / 2);
  const homes = pickOpen(ground, { count: robots, taken, chance });
  const homesAt = homes.map((cell, index) =>
    destinationAt(ground, { id: `home-${index + 1}`, kind: "park", ...centreOf(ground.drive, cell) }),
  );
  const charge = pickOpen(ground, { count: chargers, taken: [...taken, ...homesAt], chance });
  const chargeAt = charge.map((cell, index) =>
    destinationAt(ground, { id: `charge-${index + 1}`, kind: "charge", ...centreOf(ground.drive, cell) }),
  );
  return [...homesAt, ...chargeAt];
}

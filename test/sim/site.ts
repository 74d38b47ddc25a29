// The site of one run, drawn from its seed: an open floor with some pillars, robots of one or two fleets, more places
// than robots and some of them in conflict, and lease and freshness limits somewhere in what a site may be configured
// to. A config that the product's own checks would refuse is a fault of the simulator and throws. Objects are filled in
// and not spread, so that those of every run have the same hidden class and no code is compiled anew for each.

import type { ControllerModels } from "../../edge/core/controller/slots.js";
import { conflictsOf } from "../../fleet-config/conflicts.js";
import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "../../fleet-config/defaults.js";
import { deriveSite, keyProblems } from "../../fleet-config/derive.js";
import type { Grid } from "../../fleet-config/grid.js";
import type { Destination, FleetConfig, SiteConfig } from "../../fleet-config/types.js";
import { makeSite, type Site } from "../../hub/core/site.js";
import type { Random } from "../../scripts/world/random.js";
import { drawControllers } from "./controllers.js";

const CELL_M = 1;
const FOOTPRINT_M = 0.6;
const RADIUS_M = 0.35;
const DRAINS_PER_M = [0, 0, 0.002, 0.005];

export interface SimSite {
  readonly site: Site;
  readonly grid: Grid;
  readonly brakeAheadMs: number;
  readonly controllers: ControllerModels; // of every robot
  readonly drainPerM: number; // of every battery
}

/** `robots`: how many; each has a home of its own, and there are as many other places again, and two more. */
export function drawSite(random: Random, robots: number): SimSite {
  const homes = robots;
  const others = robots + 2;
  const across = Math.max(3, Math.ceil(Math.sqrt(homes + others)));
  const rows = Math.ceil((homes + others) / across);
  const pitchM = random.next() < 0.25 ? 10 : 4;
  const width = across * pitchM + 2;
  const height = rows * pitchM + 2;
  const destinations = drawPlaces(random, { homes, others, across, pitchM });
  const drainPerM = DRAINS_PER_M[random.stream("battery").below(DRAINS_PER_M.length)] ?? 0;
  const config = drawConfig(random, { robots, destinations, drainPerM });
  const problems = keyProblems(config);
  if (problems.length > 0) throw new Error(`the drawn site is not sound: ${JSON.stringify(problems[0])}`);
  const grid = drawGrid({ width, height });
  const site = makeSite({ config, grid, conflicts: conflictsOf(config), hash: "simulated", software: "simulated" });
  const controllers = drawControllers(random.stream("controllers"));
  return { site, grid, brakeAheadMs: deriveSite(config).brakeAheadMs, controllers, drainPerM };
}

function drawPlaces(
  random: Random,
  size: { readonly homes: number; readonly others: number; readonly across: number; readonly pitchM: number },
): Destination[] {
  const places: Destination[] = [];
  for (let index = 0; index < size.homes + size.others; index += 1) {
    const isHome = index < size.homes;
    const xM = 3 + size.pitchM * (index % size.across);
    const yM = 3 + size.pitchM * Math.floor(index / size.across);
    const id = isHome ? `home-${index + 1}` : `place-${index - size.homes + 1}`;
    const kind = isHome ? "park" : index === size.homes ? "charge" : "point";
    places.push({ id, xM, yM, headingRad: 0, footprintRadiusM: FOOTPRINT_M, kind, conflictsWith: [] });
  }
  return places.map((place, index) => {
    const next = places[index + 1];
    const paired = !place.id.startsWith("home") && next !== undefined && random.next() < 0.4;
    return paired ? Object.assign(place, { conflictsWith: [next.id] }) : place;
  });
}

function drawGrid(size: { readonly width: number; readonly height: number }): Grid {
  const width = Math.round(size.width / CELL_M);
  const height = Math.round(size.height / CELL_M);
  const blocked = new Uint8Array(width * height);
  for (let x = 0; x < width; x += 1) for (const y of [0, height - 1]) blocked[y * width + x] = 1;
  for (let y = 0; y < height; y += 1) for (const x of [0, width - 1]) blocked[y * width + x] = 1;
  return { width, height, cellM: CELL_M, originXM: 0, originYM: 0, blocked };
}

function drawConfig(
  random: Random,
  parts: { readonly robots: number; readonly destinations: readonly Destination[]; readonly drainPerM: number },
): SiteConfig {
  const pick = <T>(of: readonly T[]): T => of[random.below(of.length)] as T;
  const fleets = [
    drawFleet("pickers", pick),
    ...(parts.robots > 2 && random.next() < 0.5 ? [drawFleet("carts", pick)] : []),
  ];
  const rho = pick([0.02, 0.1, 0.1]);
  const { decisions, health, battery, limits, models, interplay, dispatch } = defaultedParts();
  return {
    schema: 1,
    site: "simulated",
    map: { file: "simulated.map", format: "movingai", cellM: CELL_M },
    destinations: parts.destinations,
    fleets,
    robots: Array.from({ length: parts.robots }, (_, index) => {
      const fleet = fleets[index % fleets.length]?.id ?? "";
      return { id: `r${index + 1}`, fleet, home: `home-${index + 1}` };
    }),
    lease: Object.assign(simulatedLease(), { leaseMs: pick([3000, 3000, 4000, 6000]), rhoRobot: rho, rhoHub: rho }),
    physics: simulatedPhysics({ radiusM: RADIUS_M, marginM: 0.1, maxSpeedMps: 2 }),
    decisions: Object.assign(decisions, { dispatch: { telemetryMs: pick([2000, 5000]) } }),
    health,
    interplay: Object.assign(interplay, { returns: 1, falls: 2, raiseLeast: 1 }), // so that much is damped
    battery: parts.drainPerM === 0 ? battery : Object.assign(battery, { rangeM: Math.round(1 / parts.drainPerM) }),
    dispatch: Object.assign(dispatch, { swapGainM: random.stream("dispatch").next() < 0.5 ? 0 : 3 }),
    models: Object.assign(models, { promoteAfterMs: random.stream("promotion").next() < 0.5 ? 0 : 4000 }),
    limits: Object.assign(limits, {
      controlMs: 100,
      telemetryMs: 250,
      localPlanMs: 1000,
      sitePlanMs: 5000,
      dispatchMs: 500,
      tasksWaiting: 50,
      tasksKept: pick([5, 5000]),
      outbox: 20,
    }),
  };
}

function drawFleet(id: string, pick: <T>(of: readonly T[]) => T): FleetConfig {
  const fleet = fleetOf(id);
  const [limitMs, lostMs] = pick([
    [5000, 30_000],
    [2000, 6000],
    [3000, 10_000],
  ] as const);
  Object.assign(fleet.ladder, { dwellMs: pick([2000, 5000]), maxDoublings: 2, fallMemoryMs: 30_000 });
  Object.assign(fleet.freshness, { channels: { pose: { limitMs, lostMs } } });
  return fleet;
}

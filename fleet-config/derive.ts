// What follows from a site's constants, and what its keys may not say together. Pure. W (R3) and M (R2) are computed
// here and nowhere set; a lease that could not survive its own lost renewals is refused with the numbers.

import { brakeAheadMs, hubWaitMs } from "../proto/lease.js";
import { conflictsOf } from "./conflicts.js";
import { cellAt, coarsen, coarsenBy, distanceSlackM, type Grid, inflate, pointClearanceM } from "./grid.js";
import { type Path, shown } from "./refused.js";
import type { LeaseConfig, SiteConfig } from "./types.js";

/** Values that follow from the config. */
export interface Derived {
  /** W: the hub's wait from the receipt of a renewal until the lease has certainly lapsed, ms. */
  readonly waitMs: number;
  /** M: how long before the lease's end the robot begins to brake, ms. */
  readonly brakeAheadMs: number;
  /** What the lease must exceed: (k+1)*R + round trip + M, ms. */
  readonly leaseAboveMs: number;
  /** Braking distance from the highest speed, m. */
  readonly brakingM: number;
}

/** Computes what follows from a config. */
export function deriveSite(config: Pick<SiteConfig, "lease" | "physics">): Derived {
  const { lease, physics } = config;
  const aheadMs = brakeAheadMs(lease);
  return {
    waitMs: hubWaitMs(lease),
    brakeAheadMs: aheadMs,
    leaseAboveMs: (lease.missedRenewals + 1) * lease.renewMs + lease.roundTripMs + aheadMs,
    brakingM: (physics.maxSpeedMps * physics.maxSpeedMps) / (2 * physics.brakeMps2),
  };
}

/** Most cells of a grid on which robots plan. */
export const planCellsMost = 16_000;

/**
 * The grid on which robots plan: the map coarsened to map.planCellM, or, where that is absent, until it has at most
 * planCellsMost cells. Not inflated.
 */
export function planGridOf(config: Pick<SiteConfig, "map">, grid: Grid): Grid {
  const { planCellM } = config.map;
  return planCellM === undefined ? coarsen(grid, planCellsMost) : coarsenBy(grid, Math.round(planCellM / grid.cellM));
}

/** The planning grid with every cell blocked whose centre is nearer than radius plus margin to something blocked. */
export function driveGridOf(config: Pick<SiteConfig, "map" | "physics">, grid: Grid): Grid {
  return inflate(planGridOf(config, grid), config.physics.radiusM + config.physics.marginM);
}

/** A problem whose file and line the reader of the file adds. */
export interface KeyProblem {
  readonly path: Path;
  readonly found: string;
  readonly expected: string;
}

/** What the keys of a config may not say together, in the order of the file. Empty when sound. */
export function keyProblems(config: SiteConfig): readonly KeyProblem[] {
  return [
    ...mapProblems(config),
    ...idProblems(config),
    ...destinationProblems(config),
    ...freshnessProblems(config),
    ...healthProblems(config),
    ...robotProblems(config),
    ...leaseProblems(config),
    ...physicsProblems(config),
    ...limitProblems(config),
    ...modelProblems(config),
  ];
}

function mapProblems({ map }: SiteConfig): KeyProblem[] {
  if (map.format === "movingai" && map.cellM === undefined) {
    return [
      { path: ["map"], found: "no cellM", expected: "cellM: a movingai map does not state the size of its cells" },
    ];
  }
  if (map.format === "ros" && map.cellM !== undefined) {
    return [
      { path: ["map", "cellM"], found: shown(map.cellM), expected: "no cellM: a ros map states its own resolution" },
    ];
  }
  return [];
}

function idProblems(config: SiteConfig): KeyProblem[] {
  const problems: KeyProblem[] = [];
  for (const list of ["destinations", "fleets", "robots"] as const) {
    const first = new Map<string, number>();
    config[list].forEach(({ id }, index) => {
      const before = first.get(id);
      if (before === undefined) first.set(id, index);
      else {
        const found = `${shown(id)} at index ${before} and at index ${index}`;
        problems.push({ path: [list, index, "id"], found, expected: `each id once in ${list}` });
      }
    });
  }
  return problems;
}

function destinationProblems({ destinations }: SiteConfig): KeyProblem[] {
  const known = new Set(destinations.map(({ id }) => id));
  const problems: KeyProblem[] = [];
  destinations.forEach((destination, index) => {
    destination.conflictsWith?.forEach((id, at) => {
      const path = ["destinations", index, "conflictsWith", at];
      if (id === destination.id) problems.push({ path, found: shown(id), expected: "another destination than itself" });
      else if (!known.has(id)) problems.push({ path, found: shown(id), expected: "a destination of this site" });
    });
  });
  return problems;
}

function freshnessProblems({ fleets }: SiteConfig): KeyProblem[] {
  return fleets.flatMap(({ freshness }, index) =>
    (["pose", "battery"] as const).flatMap((channel) => {
      const limits = freshness.channels[channel];
      if (limits === undefined || limits.lostMs > limits.limitMs) return [];
      const path = ["fleets", index, "freshness", "channels", channel, "lostMs"];
      return [{ path, found: shown(limits.lostMs), expected: `more than limitMs, ${limits.limitMs} ms` }];
    }),
  );
}

function healthProblems({ health }: SiteConfig): KeyProblem[] {
  return (
    [
      ["leastDecisions", "decisions"],
      ["leastDriftSamples", "driftSamples"],
    ] as const
  ).flatMap(([least, most]) => {
    if (health[least] <= health[most]) return [];
    const expected = `at most ${most}, ${health[most]}`;
    return [{ path: ["health", least], found: shown(health[least]), expected }];
  });
}

function robotProblems(config: SiteConfig): KeyProblem[] {
  const fleets = config.fleets.map(({ id }) => id);
  const conflicts = conflictsOf(config);
  const homes = new Map<string, number>();
  const problems: KeyProblem[] = [];
  config.robots.forEach(({ id, fleet, home }, index) => {
    if (id === "hub")
      problems.push({ path: ["robots", index, "id"], found: shown(id), expected: "another name: the hub's own" });
    if (!fleets.includes(fleet)) {
      problems.push({
        path: ["robots", index, "fleet"],
        found: shown(fleet),
        expected: `one of the fleets ${fleets.join(", ")}`,
      });
    }
    const path = ["robots", index, "home"];
    const near = conflicts.get(home);
    if (near === undefined) {
      problems.push({ path, found: shown(home), expected: "a destination of this site" });
      return;
    }
    const taken = [home, ...near].find((id) => homes.has(id));
    if (taken !== undefined) {
      const expected = `a home that does not conflict with ${shown(taken)}, the home of robot ${homes.get(taken)}`;
      problems.push({ path, found: shown(home), expected });
    }
    if (!homes.has(home)) homes.set(home, index);
  });
  return problems;
}

function leaseProblems(config: SiteConfig): KeyProblem[] {
  const { lease } = config;
  const { leaseAboveMs, brakeAheadMs: aheadMs } = deriveSite(config);
  if (lease.leaseMs > leaseAboveMs) return [];
  return [
    {
      path: ["lease", "leaseMs"],
      found: shown(lease.leaseMs),
      expected: leaseExpectation(lease, leaseAboveMs, aheadMs),
    },
  ];
}

function leaseExpectation(lease: LeaseConfig, aboveMs: number, aheadMs: number): string {
  const sum = `(${lease.missedRenewals}+1)*${lease.renewMs} + ${lease.roundTripMs} + ${aheadMs} = ${aboveMs}`;
  return `D > (k+1)*R + RTT + M, that is more than ${sum} ms (M is derived)`;
}

function physicsProblems({ physics, lease }: SiteConfig): KeyProblem[] {
  const problems: KeyProblem[] = [];
  const leastMs = Math.ceil((1000 * physics.maxSpeedMps) / physics.brakeMps2);
  if (lease.brakingMs < leastMs) {
    const { maxSpeedMps, brakeMps2 } = physics;
    const expected = `at least maxSpeedMps / brakeMps2 = ${maxSpeedMps} / ${brakeMps2} s = ${leastMs} ms`;
    problems.push({ path: ["lease", "brakingMs"], found: shown(lease.brakingMs), expected });
  }
  if (physics.reactiveSpeedMps > physics.maxSpeedMps) {
    const expected = `at most maxSpeedMps, ${physics.maxSpeedMps} m/s`;
    problems.push({ path: ["physics", "reactiveSpeedMps"], found: shown(physics.reactiveSpeedMps), expected });
  }
  return problems;
}

function limitProblems({ battery, fleets, limits }: SiteConfig): KeyProblem[] {
  const problems: KeyProblem[] = [];
  if (battery.lowRatio >= battery.fullRatio) {
    const expected = `less than fullRatio, ${battery.fullRatio}`;
    problems.push({ path: ["battery", "lowRatio"], found: shown(battery.lowRatio), expected });
  }
  fleets.forEach((fleet, index) => {
    const own = { ...battery, ...fleet.battery };
    if (Object.keys(fleet.battery).length === 0 || own.lowRatio < own.fullRatio) return;
    const expected = `lowRatio below fullRatio, found ${own.lowRatio} and ${own.fullRatio}`;
    problems.push({ path: ["fleets", index, "battery"], found: shown(fleet.battery), expected });
  });
  if (limits.reconnectMaxMs < limits.reconnectMinMs) {
    const expected = `at least reconnectMinMs, ${limits.reconnectMinMs} ms`;
    problems.push({ path: ["limits", "reconnectMaxMs"], found: shown(limits.reconnectMaxMs), expected });
  }
  return problems;
}

/** A day that no calendar has would revoke nothing; of two keys or floors of one name only one would count. */
function modelProblems({ models }: SiteConfig): KeyProblem[] {
  const { keys = [], floors = [], signed } = models;
  const problems: KeyProblem[] = [];
  keys.forEach((key, index) => {
    for (const name of ["notAfter", "revokedFrom"] as const) {
      const day = key[name];
      if (day === undefined || isDay(day)) continue;
      problems.push({ path: ["models", "keys", index, name], found: shown(day), expected: "a day of the calendar" });
    }
    if (keys.findIndex(({ id }) => id === key.id) !== index)
      problems.push({ path: ["models", "keys", index, "id"], found: shown(key.id), expected: "each id once in keys" });
  });
  floors.forEach(({ model }, index) => {
    if (floors.findIndex((floor) => floor.model === model) === index) return;
    problems.push({ path: ["models", "floors", index, "model"], found: shown(model), expected: "each model once" });
  });
  if (signed && keys.length === 0)
    problems.push({ path: ["models", "signed"], found: "true without keys", expected: "at least one of models.keys" });
  return problems;
}

function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

/**
 * What a config may not say about its map: destinations off the map or too near to something blocked; a bad
 * planCellM.
 */
export function gridProblems(config: SiteConfig, grid: Grid): readonly KeyProblem[] {
  const problems: KeyProblem[] = [];
  const { planCellM } = config.map;
  if (planCellM !== undefined) {
    const factor = planCellM / grid.cellM;
    if (factor < 1 - 1e-6 || Math.abs(factor - Math.round(factor)) > 1e-6) {
      problems.push({
        path: ["map", "planCellM"],
        found: shown(planCellM),
        expected: `a whole multiple of the cell, ${grid.cellM} m`,
      });
    }
  }
  const needM = config.physics.radiusM;
  config.destinations.forEach((destination, index) => {
    const path = ["destinations", index];
    const at = `${destination.id} at ${destination.xM}, ${destination.yM}`;
    const cell = cellAt(grid, destination.xM, destination.yM);
    if (cell < 0) problems.push({ path, found: `${at}: off the map`, expected: mapExtent(grid) });
    else if (grid.blocked[cell]) problems.push({ path, found: `${at}: on a blocked cell`, expected: "a free cell" });
    else {
      const clearM = pointClearanceM(grid, destination, needM);
      if (clearM >= needM - distanceSlackM) return;
      const found = `${at}: ${clearM.toFixed(2)} m from something blocked`;
      problems.push({ path, found, expected: `at least the robot's radius, ${needM} m` });
    }
  });
  return problems;
}

function mapExtent(grid: Grid): string {
  const right = grid.originXM + grid.width * grid.cellM;
  const top = grid.originYM + grid.height * grid.cellM;
  return `x from ${grid.originXM} to ${right} m and y from ${grid.originYM} to ${top} m`;
}

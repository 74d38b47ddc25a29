// The situations in which robots meet, built from a seed.
import type { Target } from "../../../../edge/core/motion/motion.js";
import { chanceOf, gridOf, type RobotSpec, type WorldSpec } from "./world.js";

export function at(id: string, xM: number, yM: number, headingRad = 0): Target {
  return { id, xM, yM, headingRad };
}

function rows(width: number, height: number, isBlocked: (x: number, y: number) => boolean): string[] {
  const lines: string[] = [];
  for (let y = height - 1; y >= 0; y--) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const edge = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      line += edge || isBlocked(x, y) ? "#" : ".";
    }
    lines.push(line);
  }
  return lines;
}

/** One robot, 24 m of free aisle. */
export function straight(seed: number): WorldSpec {
  const grid = gridOf(rows(30, 8, () => false));
  const robots = [{ xM: 2.5, yM: 4, headingRad: 0, targets: [at("end", 22.5, 4)] }];
  return { grid, robots, seed, seconds: 40, stopWhenDone: true };
}

/** An open room of 14 m by 12 m; each robot drives to places drawn at random. */
export function room(seed: number, robotCount: number): WorldSpec {
  const grid = gridOf(rows(16, 14, () => false));
  return { grid, robots: wanderers(seed, { robotCount, grid }), seed, seconds: 60 };
}

/** A map with a third of blocked squares, its free part connected enough to drive. */
export function clutter(seed: number, robotCount: number): WorldSpec {
  const chance = chanceOf(seed * 7 + 3);
  const blocks = new Set<number>();
  for (let block = 0; block < 9; block++) {
    const bx = 2 + Math.floor(chance() * 17);
    const by = 2 + Math.floor(chance() * 13);
    const w = 1 + Math.floor(chance() * 3);
    const h = 1 + Math.floor(chance() * 2);
    for (let x = bx; x < bx + w; x++) for (let y = by; y < by + h; y++) blocks.add(y * 100 + x);
  }
  const grid = gridOf(rows(22, 18, (x, y) => blocks.has(y * 100 + x)));
  return { grid, robots: wanderers(seed, { robotCount, grid }), seed, seconds: 90 };
}

function wanderers(seed: number, spec: { robotCount: number; grid: WorldSpec["grid"] }): RobotSpec[] {
  const chance = chanceOf(seed * 31 + 1);
  const { grid } = spec;
  const taken: { xM: number; yM: number }[] = [];
  const place = (apartM: number): { xM: number; yM: number } => {
    for (;;) {
      const x = 1 + Math.floor(chance() * (grid.width - 2));
      const y = 1 + Math.floor(chance() * (grid.height - 2));
      const spot = { xM: x + 0.5, yM: y + 0.5 };
      if (grid.blocked[y * grid.width + x] === 1) continue;
      if (taken.some((other) => Math.hypot(other.xM - spot.xM, other.yM - spot.yM) < apartM)) continue;
      taken.push(spot);
      return spot;
    }
  };
  const starts = Array.from({ length: spec.robotCount }, () => place(1.6));
  return starts.map((start, index) => ({
    ...start,
    headingRad: chance() * 6.28,
    loop: true,
    targets: [0, 1, 2].map((turn) => {
      const spot = place(1.2);
      return at(`${index}-${turn}`, spot.xM, spot.yM, chance() * 6.28);
    }),
  }));
}

/** Two robots head-on in an aisle 3.5 m wide, on cells of half a metre. */
export function aisle(seed: number): WorldSpec {
  const chance = chanceOf(seed * 17 + 5);
  const grid = gridOf(
    rows(48, 9, () => false),
    0.5,
  );
  const low = 1.2 + 1.6 * chance();
  const high = 1.2 + 1.6 * chance();
  const robots = [
    { xM: 1.5, yM: low, headingRad: 0, targets: [at("east", 22, 2.25)] },
    { xM: 22.5, yM: high, headingRad: Math.PI, targets: [at("west", 2, 2.25, Math.PI)] },
  ];
  return { grid, robots, seed, seconds: 60, stopWhenDone: true };
}

/** Two rooms joined by one door of one cell; a robot in each wants to the other. */
export function door(seed: number): WorldSpec {
  const chance = chanceOf(seed * 13 + 11);
  const grid = gridOf(rows(19, 11, (x, y) => x === 9 && y !== 5));
  const offset = (): number => 2 + 6.5 * chance();
  const robots = [
    { xM: 2 + 3 * chance(), yM: offset(), headingRad: 0, targets: [at("east", 15.5, 2.5 + 5 * chance())] },
    { xM: 17 - 3 * chance(), yM: offset(), headingRad: Math.PI, targets: [at("west", 3.5, 2.5 + 5 * chance())] },
  ];
  return { grid, robots, seed, seconds: 90, stopWhenDone: true };
}

/** Four robots over a crossing of two aisles 4 m wide between blocks that hide them from each other. */
export function crossing(seed: number): WorldSpec {
  const chance = chanceOf(seed * 19 + 2);
  const inAisle = (v: number): boolean => v >= 9 && v <= 12;
  const grid = gridOf(rows(22, 22, (x, y) => !inAisle(x) && !inAisle(y)));
  const lane = (): number => 9.7 + 2.6 * chance();
  const robots = [
    { xM: 1.7 + 3 * chance(), yM: lane(), headingRad: 0, targets: [at("e", 20, 10.2)] },
    { xM: 20.3 - 3 * chance(), yM: lane(), headingRad: Math.PI, targets: [at("w", 2, 11.8)] },
    { xM: lane(), yM: 1.7 + 3 * chance(), headingRad: 1.57, targets: [at("n", 11.8, 20)] },
    { xM: lane(), yM: 20.3 - 3 * chance(), headingRad: -1.57, targets: [at("s", 10.2, 2)] },
  ];
  return { grid, robots, seed, seconds: 60, stopWhenDone: true };
}

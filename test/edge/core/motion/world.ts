// A small kinematic world for motion tests: exact discs on an exact map, ray casting, limits of acceleration, latency
// of commands, noise on poses and ranges, all from one seed. It judges in true time whether anything touched.

import {
  acceptPlan,
  createMotion,
  type Footprint,
  type MotionInput,
  type MotionState,
  nextPlanRequest,
  type Physics,
  propose,
  type Target,
} from "../../../../edge/core/motion/motion.js";
import { type Walls, wallGapM, wallsOf } from "../../../../edge/core/motion/walls.js";
import type { Grid } from "../../../../fleet-config/grid.js";
import type { PlanRequest } from "../../../../models/planner.js";
import { solve } from "./dijkstra.js";
import { castM, REACH_M } from "./lidar.js";

export const PHYSICS: Physics = {
  radiusM: 0.35,
  maxSpeedMps: 2,
  maxTurnRadps: 1.8,
  accelMps2: 1.2,
  brakeMps2: 2.5,
  reactiveSpeedMps: 0.4,
  marginM: 0.1,
  arriveM: 0.15,
};

/** A grid from rows of text, first row on top: '#' is blocked, anything else is free. */
export function gridOf(rows: readonly string[], cellM = 1): Grid {
  const height = rows.length;
  const width = (rows[0] as string).length;
  const blocked = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) blocked[y * width + x] = (rows[height - 1 - y] as string)[x] === "#" ? 1 : 0;
  }
  return { width, height, cellM, originXM: 0, originYM: 0, blocked };
}

export type Chance = () => number;

export function chanceOf(seed: number): Chance {
  let state = (seed * 0x9e3779b1 + 0x7f4a7c15) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface RobotSpec {
  readonly xM: number;
  readonly yM: number;
  readonly headingRad: number;
  /** Driven to in turn, round and round when `loop`; none: it stands where it is. */
  readonly targets: readonly Target[];
  readonly loop?: boolean;
}

export interface WorldSpec {
  readonly grid: Grid;
  readonly planGrid?: Grid;
  readonly robots: readonly RobotSpec[];
  readonly destinations?: readonly Footprint[];
  readonly seed: number;
  readonly seconds: number;
  readonly physics?: Physics;
  readonly rays?: number;
  readonly controlHz?: number;
  readonly poseNoiseM?: number;
  readonly stopWhenDone?: boolean;
  readonly rungAt?: (nowMs: number, robot: number) => MotionInput["rung"];
  /** Replaces every reachable value of an answered plan. */
  readonly spoil?: (value: number) => number;
  readonly isPlannerDead?: boolean;
  /** From then on nothing commands this robot: its base's dead-man stops it. */
  readonly deadFrom?: (robot: number) => number;
  readonly onTick?: (world: World, robot: Robot) => void;
}

export interface Robot {
  readonly index: number;
  readonly spec: RobotSpec;
  readonly motion: MotionState;
  readonly scanM: Float64Array;
  xM: number;
  yM: number;
  headingRad: number;
  speedMps: number;
  turnRadps: number;
  commands: { atMs: number; speedMps: number; turnRadps: number }[];
  target: number;
  arrivals: number;
  arrivedAtMs: number[];
  drivenM: number;
  pending: { request: PlanRequest; atMs: number } | null;
  activity: string;
  phase: string;
}

export interface World {
  readonly spec: WorldSpec;
  readonly walls: Walls;
  readonly physics: Physics;
  readonly robots: readonly Robot[];
  readonly chance: Chance;
  nowMs: number;
  /** Smallest gaps ever, edge to edge; at or below 0 something touched. */
  robotGapM: number;
  wallGapM: number;
  touches: string[];
}

const STEP_MS = 20;
const LATENCY_MS = 100;
/** After this long without a newer command the base stops by itself. */
const DEADMAN_MS = 300;
const TURN_ACCEL = 6;

export function createWorld(spec: WorldSpec): World {
  const physics = spec.physics ?? PHYSICS;
  const robots = spec.robots.map((robot, index) => ({
    index,
    spec: robot,
    motion: createMotion({
      grid: spec.grid,
      planGrid: spec.planGrid ?? spec.grid,
      physics,
      destinations: spec.destinations ?? [],
      controlHz: spec.controlHz ?? 10,
      planHz: 5,
    }),
    scanM: new Float64Array(spec.rays ?? 120),
    xM: robot.xM,
    yM: robot.yM,
    headingRad: robot.headingRad,
    speedMps: 0,
    turnRadps: 0,
    commands: [],
    target: 0,
    arrivals: 0,
    arrivedAtMs: [],
    drivenM: 0,
    pending: null,
    activity: "",
    phase: "",
  }));
  const walls = wallsOf(spec.grid);
  const base = { robotGapM: Infinity, wallGapM: Infinity, touches: [] };
  return { spec, walls, physics, robots, chance: chanceOf(spec.seed), nowMs: 0, ...base };
}

/** Runs the whole time, or until everyone arrived at its last target where the spec says so. */
export function runWorld(spec: WorldSpec): World {
  const world = createWorld(spec);
  const periodMs = 1000 / (spec.controlHz ?? 10);
  while (world.nowMs < spec.seconds * 1000) {
    for (const robot of world.robots) {
      if (world.nowMs >= (spec.deadFrom?.(robot.index) ?? Infinity)) continue;
      const phaseMs = Math.floor(((robot.index * 37) % periodMs) / STEP_MS) * STEP_MS;
      if ((world.nowMs + phaseMs) % periodMs === 0) control(world, robot);
    }
    for (const robot of world.robots) move(world, robot);
    judge(world);
    world.nowMs += STEP_MS;
    if (spec.stopWhenDone === true && world.robots.every((robot) => targetOf(robot) === null)) break;
  }
  return world;
}

function targetOf(robot: Robot): Target | null {
  const { targets, loop } = robot.spec;
  if (targets.length === 0) return null;
  return targets[loop === true ? robot.target % targets.length : robot.target] ?? null;
}

function gauss(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

function control(world: World, robot: Robot): void {
  const { chance, spec } = world;
  const noiseM = spec.poseNoiseM ?? 0.02;
  const pose = {
    xM: robot.xM + noiseM * gauss(chance),
    yM: robot.yM + noiseM * gauss(chance),
    headingRad: robot.headingRad + 0.4 * noiseM * gauss(chance),
    errorM: 3 * noiseM,
  };
  const target = targetOf(robot);
  const input: MotionInput = {
    nowMs: world.nowMs,
    pose,
    speedMps: robot.speedMps,
    turnRadps: robot.turnRadps,
    scan: scanOf(world, robot, pose),
    target,
    rung: spec.rungAt?.(world.nowMs, robot.index) ?? "AUTONOMOUS",
    priority: chanceOf(spec.seed * 131 + robot.index)(),
    controller: null,
  };
  if (robot.pending !== null && world.nowMs >= robot.pending.atMs) {
    const { request } = robot.pending;
    robot.pending = null;
    const result = solve(request);
    const { spoil } = spec;
    const value =
      spoil === undefined ? result.value : result.value.map((one) => (one < 1e9 ? Math.max(0, spoil(one)) : one));
    acceptPlan(robot.motion, { ...result, value }, input);
  }
  const proposal = propose(robot.motion, input);
  robot.activity = proposal.activity;
  robot.phase = robot.motion.yielding.phase;
  robot.commands.push({ atMs: world.nowMs + LATENCY_MS, speedMps: proposal.speedMps, turnRadps: proposal.turnRadps });
  if (proposal.activity === "arrived") {
    robot.arrivals++;
    robot.arrivedAtMs.push(world.nowMs);
    robot.target++;
  }
  const request = nextPlanRequest(robot.motion, input);
  if (request !== null && spec.isPlannerDead !== true) robot.pending = { request, atMs: world.nowMs + 50 };
  spec.onTick?.(world, robot);
}

function scanOf(world: World, robot: Robot, pose: MotionInput["pose"]): NonNullable<MotionInput["scan"]> {
  const rays = robot.scanM.length;
  const angleStepRad = (2 * Math.PI) / rays;
  const scene = { grid: world.spec.grid, discs: world.robots, radiusM: world.physics.radiusM };
  for (let ray = 0; ray < rays; ray++) {
    const rangeM = castM(scene, robot, robot.headingRad + ray * angleStepRad);
    robot.scanM[ray] = rangeM >= REACH_M ? 0 : Math.max(0.01, rangeM + 0.01 * gauss(world.chance));
  }
  return { angleMinRad: 0, angleStepRad, rangeMaxM: REACH_M, rangesM: robot.scanM, poseAtCapture: pose, ageMs: 20 };
}

function approach(from: number, to: number, by: number): number {
  return from < to ? Math.min(to, from + by) : Math.max(to, from - by);
}

function move(world: World, robot: Robot): void {
  const { physics } = world;
  while (robot.commands.length > 1 && (robot.commands[1] as { atMs: number }).atMs <= world.nowMs)
    robot.commands.shift();
  const last = robot.commands[0];
  if (last !== undefined && last.atMs <= world.nowMs) {
    const command = world.nowMs - last.atMs > DEADMAN_MS ? { speedMps: 0, turnRadps: 0 } : last;
    const dt = STEP_MS / 1000;
    const limit = Math.abs(command.speedMps) < Math.abs(robot.speedMps) ? physics.brakeMps2 : physics.accelMps2;
    robot.speedMps = approach(robot.speedMps, command.speedMps, limit * dt);
    robot.turnRadps = approach(robot.turnRadps, command.turnRadps, TURN_ACCEL * dt);
    robot.headingRad += robot.turnRadps * dt;
    robot.xM += robot.speedMps * Math.cos(robot.headingRad) * dt;
    robot.yM += robot.speedMps * Math.sin(robot.headingRad) * dt;
    robot.drivenM += Math.abs(robot.speedMps) * dt;
  }
}

function judge(world: World): void {
  const { robots, physics, walls } = world;
  for (const robot of robots) {
    const wall = wallGapM(walls, robot.xM, robot.yM, 2) - physics.radiusM;
    if (wall < world.wallGapM) world.wallGapM = wall;
    if (wall <= 0) world.touches.push(`${world.nowMs} ms: robot ${robot.index} and a wall`);
    for (const other of robots) {
      if (other.index <= robot.index) continue;
      const gap = Math.hypot(robot.xM - other.xM, robot.yM - other.yM) - 2 * physics.radiusM;
      if (gap < world.robotGapM) world.robotGapM = gap;
      if (gap <= 0) world.touches.push(`${world.nowMs} ms: robots ${robot.index} and ${other.index}`);
    }
  }
}

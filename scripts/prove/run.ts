// One scene from its begin to its end: the world, the robots' edges, the things that appear, and the judge. Everything
// follows from the seed; the end is when every robot has arrived or stands for good, or when the time is over.

import { LIDAR } from "../world/lidar.js";
import { Random } from "../world/random.js";
import { Arena } from "./arena.js";
import { Judge, type Touch } from "./judge.js";
import { type Line, lengthOf, restOf } from "./line.js";
import { isPassable } from "./passable.js";
import { Rig } from "./rig.js";
import { drawScene, SCENE_MOST_S, type Scene, type Wish } from "./scene.js";
import { siteOf } from "./site.js";
import { type Mover, Things } from "./things.js";

export interface Ended {
  readonly robot: string;
  readonly arrived: boolean;
  /** Why it stood at the end; empty when it arrived. */
  readonly why: string;
  /** Smallest gap to anything while it moved, at most 2. */
  readonly gapM: number;
  /** What it had to go when it fell to REACTIVE_ONLY; 0 when it had no path, or was there already. */
  readonly restM: number;
  readonly reactiveM: number; // what it drove from then on
}

export interface Outcome {
  readonly scene: Scene;
  readonly touches: readonly Touch[];
  readonly robots: readonly Ended[];
  /** Whether the first robot could have finished its path, with plenty of room and with just enough. */
  readonly passable: { readonly well: boolean; readonly barely: boolean };
  readonly placed: number;
  readonly tookMs: number;
}

/** Room that the checker asks around the body: with the first a robot must get through, with less it may stop. */
export const WELL_M = 0.2;
export const BARELY_M = 0.12;
const STEP_MS = 10;
const MEASURE_MS = 100;
const START_MS = 1_000_000;
/** Everything stands for this long, after the fall: then it stands for good. */
const STILL_MS = 1500;

export type Watcher = (run: Run, sinceMs: number) => void;

export class Run {
  readonly scene: Scene;
  readonly things: Things;
  readonly arena: Arena;
  readonly judge: Judge;
  readonly rigs: readonly Rig[];
  readonly #rests = new Map<string, { readonly line: Line | undefined; readonly travelledM: number }>();
  #waiting: Wish[];
  #stillSinceMs = 0;

  constructor(seed: number) {
    const random = new Random(seed);
    const scene = drawScene(seed, random);
    this.scene = scene;
    this.things = new Things(scene);
    const { body } = scene;
    const config = siteOf(scene);
    const { maxTurnRadps } = config.physics;
    const { maxSpeedMps, accelMps2, brakeMps2, radiusM } = body;
    const limits = { maxSpeedMps, maxTurnRadps, accelMps2, brakeMps2, deadmanMs: config.lease.deadmanMs };
    const robots = scene.robots.map(({ id, start }) => ({ id, start, radiusM, limits }));
    this.arena = new Arena(this.things, { robots, random, nowMs: START_MS, lidar: { ...LIDAR, rays: scene.rays } });
    this.judge = new Judge(this.arena, this.things);
    this.rigs = scene.robots.map((robot) => new Rig({ arena: this.arena, robot, config, map: scene.map, random }));
    this.#waiting = [...scene.wishes];
  }

  /** Runs the scene to its end. `watch` is called after each step. */
  all(watch: Watcher = () => {}): Outcome {
    let sinceMs = 0;
    this.judge.look();
    for (; sinceMs < SCENE_MOST_S * 1000 && this.judge.touches.length === 0; sinceMs += STEP_MS) {
      const nowMs = START_MS + sinceMs;
      this.arena.step(nowMs);
      this.judge.look();
      if (sinceMs % MEASURE_MS === 0) this.judge.measure();
      for (const rig of this.rigs) rig.step(nowMs, sinceMs);
      this.#fall(sinceMs);
      this.#place(sinceMs);
      watch(this, sinceMs);
      if (this.#isOver(sinceMs)) break;
    }
    return this.#outcome(sinceMs);
  }

  #movers(sinceMs: number): Mover[] {
    return this.rigs.map(({ robot }) => {
      const diesInS = (robot.edgeDiesAtMs - sinceMs) / 1000;
      return { robot, drive: this.arena.robot(robot.id).drive, diesInS };
    });
  }

  /** Remembers what each robot had left to go when it fell; a little later, when no plan is under way any more. */
  #fall(sinceMs: number): void {
    for (const { robot, pathM } of this.rigs) {
      if (sinceMs < robot.reactiveAtMs + 200 || this.#rests.has(robot.id)) continue;
      const { drive } = this.arena.robot(robot.id);
      this.#rests.set(robot.id, { line: restOf(pathM, drive), travelledM: drive.travelledM });
    }
  }

  #place(sinceMs: number): void {
    const [first] = this.rigs;
    if (first === undefined || this.#waiting.length === 0) return;
    const { start, target, reactiveAtMs, id } = first.robot;
    const rest = this.#rests.get(id);
    const due = (wish: Wish): boolean =>
      wish.when === "before" ||
      (rest !== undefined && (wish.when === "laid" || sinceMs >= reactiveAtMs + 200 + wish.atMs));
    if (!this.#waiting.some(due)) return;
    const now = this.#waiting.filter(due);
    this.#waiting = this.#waiting.filter((wish) => !due(wish));
    for (const wish of now) {
      const line = wish.when === "before" ? [start, target] : restOf(first.pathM, this.arena.robot(id).drive);
      if (line !== undefined) this.things.place(wish, line, this.#movers(sinceMs));
    }
  }

  #isOver(sinceMs: number): boolean {
    const fell = this.rigs.every(({ robot }) => this.#rests.has(robot.id));
    const stand = this.arena.robots.every(({ drive }) => drive.speedMps === 0 && drive.turnRadps === 0);
    if (!fell || !stand) {
      this.#stillSinceMs = sinceMs;
      return false;
    }
    return this.rigs.every((rig) => rig.arrived) || sinceMs - this.#stillSinceMs >= STILL_MS;
  }

  #outcome(tookMs: number): Outcome {
    const { scene, things, judge } = this;
    const robots = this.rigs.map((rig): Ended => {
      const { id } = rig.robot;
      const rest = this.#rests.get(id);
      const { travelledM } = this.arena.robot(id).drive;
      const isDead = tookMs >= rig.robot.edgeDiesAtMs;
      return {
        ...{ robot: id, arrived: rig.arrived, gapM: judge.gapsM.get(id) ?? 0 },
        why: rig.arrived ? "" : isDead ? "its edge is dead" : rig.why || rig.edge.state.activity,
        restM: rest?.line === undefined ? 0 : lengthOf(rest.line),
        reactiveM: rest === undefined ? 0 : travelledM - rest.travelledM,
      };
    });
    const line = this.#rests.get(scene.robots[0]?.id ?? "")?.line;
    const { radiusM } = scene.body;
    const passable = (roomM: number): boolean => line !== undefined && isPassable(line, { things, radiusM, roomM });
    const barely = passable(BARELY_M);
    return {
      ...{ scene, robots, tookMs, touches: judge.touches, placed: things.placed.length },
      passable: { well: barely && passable(WELL_M), barely },
    };
  }
}

/** The scene of a seed, run to its end. */
export function prove(seed: number): Outcome {
  return new Run(seed).all();
}

// The scenes of the proving ground: a map, robots with ways that meet, and things that no map knows, all drawn from one
// seed. What stands on a robot's path is placed relative to that path, so it is drawn as a wish and placed by the run
// (obstacles.ts) once the path is known.

import type { Grid } from "../../fleet-config/grid.js";
import type { Place } from "../world/physics.js";
import type { Random } from "../world/random.js";
import { drawMap, type MapKind, type Way } from "./maps.js";

/** Longest time of a scene, in seconds of its world. */
export const SCENE_MOST_S = 45;

export interface SceneRobot {
  readonly id: string;
  readonly start: Place;
  readonly target: Place;
  /** From then on the hub orders REACTIVE_ONLY. */
  readonly reactiveAtMs: number;
  /** Its model sees no obstacle and plans straight ahead, through walls too: only rules and guard stand before them. */
  readonly blind: boolean;
  /** From then on nothing commands its base any more; Infinity in most scenes. */
  readonly edgeDiesAtMs: number;
  /** From capture to receipt, and from command to base; the last is within what the motion core assumes. */
  readonly delayMs: { readonly pose: number; readonly scan: number; readonly command: number };
  /** Its pose wanders on a circle of this radius around the truth, and says so in its error bound. */
  readonly poseBiasM: number;
  /** Share of scans that are lost. */
  readonly scanLoss: number;
  readonly phaseMs: number;
}

/**
 * Something that no map knows. `before`: there from the start, planned around. `laid`: put down when the first robot
 * falls to REACTIVE_ONLY, so far along its rest of path. `sudden`: appears later right before the robot, as near as it
 * can still stop from there, times `alongM`.
 */
export interface Wish {
  readonly when: "before" | "laid" | "sudden";
  readonly atMs: number; // after the fall, for sudden ones
  readonly alongM: number;
  readonly besideM: number; // of its centre, left of the path
  readonly radiusM: number; // 0: a box of boxCells cells
  readonly boxCells: readonly [number, number];
}

export interface Body {
  readonly radiusM: number;
  readonly marginM: number;
  readonly maxSpeedMps: number;
  readonly reactiveSpeedMps: number;
  readonly accelMps2: number;
  readonly brakeMps2: number;
}

export interface Scene {
  readonly seed: number;
  readonly kind: MapKind;
  readonly map: Grid;
  readonly body: Body;
  readonly robots: readonly SceneRobot[];
  readonly wishes: readonly Wish[];
  readonly rays: number;
}

const USUAL: Body = {
  ...{ radiusM: 0.35, marginM: 0.1, maxSpeedMps: 2, reactiveSpeedMps: 0.5, accelMps2: 1.2, brakeMps2: 2.5 },
};

/** The scene of a seed: always the same. */
export function drawScene(seed: number, random: Random): Scene {
  const draw = random.stream("scene");
  const body = drawBody(draw);
  const { kind, map, ways } = drawMap(draw, body.radiusM);
  const count = drawCount(draw, ways.length);
  const robots = ways.slice(0, count).map((way, index) => drawRobot(draw, way, index));
  const wishes = Array.from({ length: draw.below(count === 1 ? 5 : 3) }, () => drawWish(draw, body));
  const rays = draw.next() < 0.8 ? 120 : draw.next() < 0.5 ? 180 : 360;
  return { seed, kind, map, body, robots, wishes, rays };
}

/** Alone in half of the scenes, with one other robot in most others. */
function drawCount(draw: Random, most: number): number {
  const share = draw.next();
  return Math.min(most, share < 0.5 ? 1 : share < 0.85 ? 2 : 3);
}

/** Mostly the usual base; else one of another size, speed and brake. */
function drawBody(draw: Random): Body {
  if (draw.next() < 0.7) return USUAL;
  const brakeMps2 = draw.between(1, 3);
  const maxSpeedMps = draw.between(0.6, 2);
  return {
    ...{ radiusM: draw.between(0.22, 0.5), marginM: draw.between(0.05, 0.15), maxSpeedMps, brakeMps2 },
    ...{ reactiveSpeedMps: Math.min(maxSpeedMps, draw.between(0.25, 0.8)), accelMps2: draw.between(0.5, 1.5) },
  };
}

function drawRobot(draw: Random, way: Way, index: number): SceneRobot {
  const { start, target } = way;
  const blind = draw.next() < 0.2;
  const reactiveAtMs = 800 + Math.round(draw.between(0, blind ? 5000 : 2200));
  return {
    id: `r${index + 1}`,
    ...{ start, target, blind, reactiveAtMs },
    edgeDiesAtMs: draw.next() < 0.05 ? reactiveAtMs + draw.between(0, 6000) : Number.POSITIVE_INFINITY,
    delayMs: { pose: draw.between(0, 30), scan: draw.between(10, 80), command: draw.between(0, 60) },
    poseBiasM: draw.next() < 0.3 ? draw.between(0, 0.2) : 0,
    scanLoss: draw.next() < 0.2 ? 0.1 : 0,
    phaseMs: 10 * draw.below(5),
  };
}

function drawWish(draw: Random, body: Body): Wish {
  const share = draw.next();
  const when = share < 0.2 ? "before" : share < 0.7 ? "laid" : "sudden";
  const isBox = draw.next() < 0.3;
  const radiusM = isBox ? 0 : draw.next() < 0.4 ? draw.between(0.03, 0.08) : draw.between(0.1, 0.8);
  const side = draw.next() < 0.5 ? 1 : -1;
  // On the path, or so far beside it that a robot has less or more than enough room.
  const besideM =
    draw.next() < 0.4 ? draw.between(-0.3, 0.3) : side * (radiusM + body.radiusM + draw.between(-0.1, 0.8));
  const alongM =
    when === "sudden" ? draw.between(1, 2.5) : draw.next() < 0.15 ? draw.between(-2, 0) : draw.between(0.5, 7);
  return {
    ...{ when, alongM, besideM, radiusM, atMs: 300 + Math.round(draw.between(0, 7000)) },
    boxCells: [1 + draw.below(3), 1 + draw.below(3)],
  };
}

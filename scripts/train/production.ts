// A drive by the edge's production core, on the rig of the proving ground: the planner's path alone, or a controller
// model that is asked, judged and driven as on a robot. Whatever the core does when a model is unsure, late or refused
// is what happens here.

import { Arena } from "../prove/arena.js";
import { Judge } from "../prove/judge.js";
import { type Controller, Rig } from "../prove/rig.js";
import type { Scene } from "../prove/scene.js";
import { siteOf } from "../prove/site.js";
import { Things } from "../prove/things.js";
import { LIDAR } from "../world/lidar.js";
import { Random } from "../world/random.js";
import { BODY, DRIVE } from "./body.js";
import type { Drive } from "./drive.js";
import { type Floor, timeMostMs } from "./floor.js";
import { ROBOT } from "./stage.js";

const START_MS = 1_000_000;
const STEP_MS = 10;
/** A robot that stood for so long is stuck. */
const STUCK_MS = 12_000;

/** The floor as a scene of the proving ground, with one robot that keeps its rung. */
function sceneOf({ map, start, target }: Floor, random: Random): Scene {
  const lag = random.stream("lag");
  const { radiusM, marginM, maxSpeedMps, reactiveSpeedMps, accelMps2, brakeMps2 } = BODY;
  const delayMs = { pose: 10 * lag.below(4), scan: 10 * (1 + lag.below(7)), command: 10 * lag.below(6) };
  const never = Number.POSITIVE_INFINITY;
  const robot = { id: ROBOT, start, target, blind: false, reactiveAtMs: never, edgeDiesAtMs: never };
  return {
    ...{ seed: 0, kind: "hall", map, wishes: [], rays: LIDAR.rays },
    body: { radiusM, marginM, maxSpeedMps, reactiveSpeedMps, accelMps2, brakeMps2 },
    robots: [{ ...robot, delayMs, poseBiasM: 0, scanLoss: 0, phaseMs: 0 }],
  };
}

/** Runs a drive to its end. Without a controller the path itself is pursued. */
export function driveAsRobot(floor: Floor, controller?: Controller): Drive {
  const random = new Random(floor.seed);
  const scene = sceneOf(floor, random);
  const things = new Things(scene);
  things.discs.push(...floor.things);
  const robots = [{ id: ROBOT, start: floor.start, radiusM: BODY.radiusM, limits: DRIVE }];
  const arena = new Arena(things, { robots, random, nowMs: START_MS, lidar: LIDAR });
  const judge = new Judge(arena, things);
  const [robot] = scene.robots;
  if (robot === undefined) throw new Error("the scene of a floor has one robot");
  const given = controller === undefined ? {} : { controller };
  const rig = new Rig({ arena, robot, config: siteOf(scene), map: scene.map, random, ...given });
  judge.look();
  let end: Drive["end"] = "stuck";
  let tookMs = 0;
  let moved = { travelledM: 0, headingRad: floor.start.headingRad, atMs: 0 };
  for (; tookMs < timeMostMs(floor); tookMs += STEP_MS) {
    arena.step(START_MS + tookMs);
    judge.look();
    rig.step(START_MS + tookMs, tookMs);
    if (judge.touches.length > 0) end = "touched";
    else if (rig.arrived) end = "arrived";
    if (end !== "stuck") break;
    const { travelledM, headingRad } = arena.robot(ROBOT).drive;
    if (travelledM + headingRad !== moved.travelledM + moved.headingRad)
      moved = { travelledM, headingRad, atMs: tookMs };
    if (tookMs - moved.atMs > STUCK_MS) break;
  }
  const { travelledM } = arena.robot(ROBOT).drive;
  const counts = rig.edge.state.controllers.slots[0]?.counts;
  const [driven, missing, vetoed] = [counts?.driven ?? 0, counts?.missing ?? 0, counts?.vetoed ?? 0];
  return { end, tookMs, travelledM, driven, followed: driven + missing + vetoed, vetoed, unsure: counts?.unsure ?? 0 };
}

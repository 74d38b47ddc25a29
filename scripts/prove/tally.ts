// What many scenes come to: touches by fault, who finished and who stood and why, and how near things came. Whoever
// drives nowhere touches nothing, so the share of passable scenes that were passed stands beside the touches.

import type { Outcome } from "./run.js";

/** Scenes with touches that are named; all of them are counted. */
const NAMED_MOST = 20;

export class Tally {
  scenes = 0;
  robots = 0;
  arrived = 0;
  /** Touches by a robot that moved into something, and of one that stood. */
  caused = 0;
  hit = 0;
  readonly things = { placed: 0, others: 0 };
  /** Scenes of one sound robot whose path could be gone with plenty of room, with just enough, and not at all. */
  readonly well = { scenes: 0, finished: 0 };
  readonly barely = { scenes: 0, finished: 0 };
  readonly closed = { scenes: 0, finished: 0 };
  /** The same with plenty of room, where the robot's pose is off by up to 0.2 m, as its error bound says. */
  readonly off = { scenes: 0, finished: 0 };
  /** Scenes with other robots, whose path no thing closes. */
  readonly met = { scenes: 0, finished: 0 };
  /** Why robots stood at the end. */
  readonly stood = new Map<string, number>();
  readonly gapsM: number[] = [];
  readonly named: string[] = [];

  add(outcome: Outcome): void {
    const { scene, robots, touches } = outcome;
    this.scenes += 1;
    this.robots += robots.length;
    this.things.placed += outcome.placed;
    this.things.others += robots.length - 1;
    for (const { robot, other, caused, atMs, speedMps } of touches) {
      if (caused) this.caused += 1;
      else this.hit += 1;
      const how = caused ? `at ${speedMps.toFixed(2)} m/s` : "standing";
      const says = `seed ${scene.seed} (${scene.kind}): ${robot}, ${how}, touches ${other} at ${Math.round(atMs)} ms`;
      if (this.named.length < NAMED_MOST) this.named.push(says);
    }
    for (const { arrived, why, gapM, reactiveM } of robots) {
      if (arrived) this.arrived += 1;
      else this.stood.set(why, (this.stood.get(why) ?? 0) + 1);
      if (reactiveM > 0) this.gapsM.push(gapM);
    }
    this.#addPassage(outcome);
  }

  #addPassage({ scene, robots, passable }: Outcome): void {
    const isSound = scene.robots.every(
      ({ blind, edgeDiesAtMs }) => !blind && edgeDiesAtMs === Number.POSITIVE_INFINITY,
    );
    const [first] = robots;
    if (!isSound || first === undefined || first.restM === 0) return;
    const { well, barely } = passable;
    const isAlone = robots.length === 1;
    const isOff = scene.robots.some(({ poseBiasM }) => poseBiasM > 0);
    if ((isOff || !isAlone) && !well) return;
    const alone = isOff ? this.off : well ? this.well : barely ? this.barely : this.closed;
    const kind = isAlone ? alone : this.met;
    kind.scenes += 1;
    if (first.arrived) kind.finished += 1;
  }
}

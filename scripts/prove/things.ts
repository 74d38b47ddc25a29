// What stands in a scene and on no map: discs, and boxes as blocked cells of the true grid. Each wish of the scene is
// placed when its time comes, unless no robot could be asked to stop for it there: it must lie outside of what every
// robot sweeps while a scan is taken, carried, decided on and obeyed, and while it brakes as hard as its base can.

import type { Grid } from "../../fleet-config/grid.js";
import type { Disc } from "../world/lidar.js";
import type { Drive } from "../world/physics.js";
import { type Line, placeOn } from "./line.js";
import type { Body, Scene, SceneRobot, Wish } from "./scene.js";
import { DEADMAN_MS } from "./site.js";

/** Room that is left even to a robot that stands. */
const LEAST_GAP_M = 0.04;
/** Time between two scans, between two ticks, and of one step of the world. */
const SCAN_S = 0.1;
const TICK_S = 0.05;
const WORLD_S = 0.02;
const STEP_S = 0.05;
const DEADMAN_S = DEADMAN_MS / 1000;

export interface Placed {
  readonly wish: Wish;
  readonly xM: number;
  readonly yM: number;
}

export interface Mover {
  readonly robot: SceneRobot;
  readonly drive: Drive;
  /** When its edge dies, from now on, in seconds; Infinity when it does not. */
  readonly diesInS: number;
}

export class Things {
  /** The map and every box. */
  readonly grid: Grid;
  readonly discs: Disc[] = [];
  readonly placed: Placed[] = [];
  readonly #body: Body;

  constructor(scene: Scene) {
    this.grid = { ...scene.map, blocked: scene.map.blocked.slice() };
    this.#body = scene.body;
  }

  /** Puts a thing down beside a line. Says whether it could be. */
  place(wish: Wish, line: Line, movers: readonly Mover[]): boolean {
    const alongM = wish.when === "sudden" ? this.#suddenM(wish, movers[0] as Mover) : wish.alongM;
    const at = placeOn(line, alongM, wish.besideM);
    const cells = wish.radiusM > 0 ? [] : this.#cellsAt(at, wish);
    const gapM = (xM: number, yM: number): number =>
      wish.radiusM > 0
        ? Math.hypot(xM - at.xM, yM - at.yM) - wish.radiusM
        : Math.min(...cells.map((cell) => cellGapM(this.grid, cell, { xM, yM })));
    if (!movers.every((mover) => this.#canStop(mover, gapM))) return false;
    if (wish.radiusM > 0) this.discs.push({ ...at, radiusM: wish.radiusM });
    for (const cell of cells) this.grid.blocked[cell] = 1;
    this.placed.push({ wish, ...at });
    return true;
  }

  /** Where, along its path, a sudden thing stands from the robot's centre. */
  #suddenM(wish: Wish, mover: Mover): number {
    const { radiusM, brakeMps2 } = this.#body;
    const speed = Math.abs(mover.drive.speedMps);
    const stopM = speed * reactionS(mover.robot) + (speed * speed) / (2 * brakeMps2);
    return radiusM + wish.radiusM + LEAST_GAP_M + 0.02 + stopM * wish.alongM;
  }

  #cellsAt(at: { readonly xM: number; readonly yM: number }, wish: Wish): number[] {
    const { cellM, width, height, originXM, originYM } = this.grid;
    const x0 = Math.floor((at.xM - originXM) / cellM - wish.boxCells[0] / 2);
    const y0 = Math.floor((at.yM - originYM) / cellM - wish.boxCells[1] / 2);
    const cells: number[] = [];
    for (let y = Math.max(0, y0); y < Math.min(height, y0 + wish.boxCells[1]); y += 1) {
      for (let x = Math.max(0, x0); x < Math.min(width, x0 + wish.boxCells[0]); x += 1) cells.push(y * width + x);
    }
    return cells.length > 0 ? cells : [0];
  }

  /** Whether the robot, which knows nothing of it yet, still has the room to react and brake. */
  #canStop(mover: Mover, gapM: (xM: number, yM: number) => number): boolean {
    const { radiusM, brakeMps2, accelMps2, maxSpeedMps } = this.#body;
    const { drive } = mover;
    let { xM, yM, headingRad, speedMps } = drive;
    const blindS = blindTimeS(mover);
    const needM = radiusM + LEAST_GAP_M + 0.05 * Math.abs(speedMps);
    const begun = Math.abs(speedMps) > 0.02;
    for (let timeS = 0; timeS < 5; timeS += STEP_S) {
      if (gapM(xM, yM) < needM) return false;
      if (!begun || (timeS > blindS && speedMps <= 0)) return true;
      const change = timeS > blindS ? -brakeMps2 : speedMps < 0.5 * maxSpeedMps ? accelMps2 : 0;
      speedMps = Math.max(0, speedMps + change * STEP_S);
      headingRad += drive.turnRadps * STEP_S;
      xM += speedMps * STEP_S * Math.cos(headingRad);
      yM += speedMps * STEP_S * Math.sin(headingRad);
    }
    return true;
  }
}

/** A robot whose edge dies before it can react goes on as it does until its dead-man stops it. */
function blindTimeS({ robot, diesInS }: Mover): number {
  const reactS = reactionS(robot);
  if (diesInS > reactS) return reactS;
  return Math.max(reactS, diesInS + robot.delayMs.command / 1000 + DEADMAN_S + TICK_S);
}

/** The longest time from a thing's appearance until a robot brakes for it; a lost scan costs one more. */
function reactionS(robot: SceneRobot): number {
  const scans = robot.scanLoss > 0 ? 2 : 1;
  return scans * SCAN_S + TICK_S + WORLD_S + (robot.delayMs.scan + robot.delayMs.command) / 1000;
}

/** Distance from a point to the square of a cell. */
export function cellGapM(grid: Grid, cell: number, at: { readonly xM: number; readonly yM: number }): number {
  const left = grid.originXM + (cell % grid.width) * grid.cellM;
  const low = grid.originYM + Math.floor(cell / grid.width) * grid.cellM;
  const dx = Math.max(left - at.xM, 0, at.xM - left - grid.cellM);
  const dy = Math.max(low - at.yM, 0, at.yM - low - grid.cellM);
  return Math.hypot(dx, dy);
}

// The judge of the proving ground: true bodies against true things, and nothing of the edge. A touch counts against the
// robots that were moving towards what they touched; one that stood was hit.

import type { Grid } from "../../fleet-config/grid.js";
import type { Arena } from "./arena.js";
import { cellGapM, type Things } from "./things.js";

/** Below this speed towards the other a body stands, in m/s. */
const STANDS_MPS = 0.005;
/** Gaps beyond this are not told apart, in metres. */
const GAP_MOST_M = 2;

export interface Touch {
  readonly atMs: number;
  readonly robot: string;
  /** "map" for a wall or a box, "thing" for a disc, else the other robot. */
  readonly other: string;
  /** Whether this robot moved towards the other. */
  readonly caused: boolean;
  readonly speedMps: number;
}

interface Point {
  readonly xM: number;
  readonly yM: number;
}

interface Motion extends Point {
  readonly dx: number;
  readonly dy: number;
  readonly speedMps: number;
}

export class Judge {
  readonly touches: Touch[] = [];
  /** Smallest gap of each robot to anything while it moved. */
  readonly gapsM = new Map<string, number>();
  readonly #arena: Arena;
  readonly #things: Things;
  readonly #before = new Map<string, Motion>();
  #contacts = 0;

  constructor(arena: Arena, things: Things) {
    this.#arena = arena;
    this.#things = things;
    for (const { id } of arena.robots) this.gapsM.set(id, GAP_MOST_M);
  }

  /** Looks for touches since the last look. To be called after each step of the world, at most 10 ms apart. */
  look(): void {
    const { contacts, contactCount, robots } = this.#arena;
    if (contactCount > this.#contacts) {
      for (const { t, a, b, x, y } of contacts.slice(this.#contacts - contactCount)) {
        if (b === "map") this.#touch(a, { atMs: t, other: "map", at: this.#nearestBlocked({ xM: x, yM: y }) });
        else
          for (const [robot, other] of [
            [a, b],
            [b, a],
          ] as const)
            this.#touch(robot, { atMs: t, other, at: this.#place(other) });
      }
      this.#contacts = contactCount;
    }
    for (const { id, drive, radiusM } of robots) {
      if (drive.speedMps === 0 && this.#before.get(id)?.speedMps === 0) continue;
      for (const disc of this.#things.discs) {
        const awayM = Math.hypot(disc.xM - drive.xM, disc.yM - drive.yM);
        if (awayM < disc.radiusM + radiusM) this.#touch(id, { atMs: this.#arena.nowMs, other: "thing", at: disc });
      }
    }
    for (const { id, drive } of robots) {
      const { xM, yM, headingRad, speedMps } = drive;
      this.#before.set(id, {
        xM,
        yM,
        speedMps,
        dx: Math.cos(headingRad) * speedMps,
        dy: Math.sin(headingRad) * speedMps,
      });
    }
  }

  /** Takes the gaps of the robots that move into account; costs more than a look. */
  measure(): void {
    for (const { id, drive, radiusM } of this.#arena.robots) {
      if (Math.abs(drive.speedMps) < 0.02) continue;
      let gapM = gridGapM(this.#things.grid, drive, GAP_MOST_M / 2 + radiusM) - radiusM;
      for (const disc of this.#things.discs)
        gapM = Math.min(gapM, Math.hypot(disc.xM - drive.xM, disc.yM - drive.yM) - disc.radiusM - radiusM);
      for (const other of this.#arena.robots) {
        if (other.id === id) continue;
        gapM = Math.min(
          gapM,
          Math.hypot(other.drive.xM - drive.xM, other.drive.yM - drive.yM) - other.radiusM - radiusM,
        );
      }
      this.gapsM.set(id, Math.min(gapM, this.gapsM.get(id) ?? GAP_MOST_M));
    }
  }

  #place(robot: string): Point {
    return this.#arena.robot(robot).drive;
  }

  #touch(robot: string, seen: { readonly atMs: number; readonly other: string; readonly at: Point }): void {
    const { atMs, other, at } = seen;
    const known = this.touches.some((touch) => touch.robot === robot && touch.other === other);
    if (known) return;
    const motion = this.#before.get(robot);
    if (motion === undefined) throw new Error(`robot ${robot} touches ${other} before it was ever seen`);
    const awayM = Math.max(1e-6, Math.hypot(at.xM - motion.xM, at.yM - motion.yM));
    const towardsMps = (motion.dx * (at.xM - motion.xM) + motion.dy * (at.yM - motion.yM)) / awayM;
    this.touches.push({ atMs, robot, other, caused: towardsMps > STANDS_MPS, speedMps: motion.speedMps });
  }

  #nearestBlocked(at: Point): Point {
    const { grid } = this.#things;
    let best = { xM: at.xM, yM: at.yM, gapM: Number.POSITIVE_INFINITY };
    for (let cell = 0; cell < grid.blocked.length; cell += 1) {
      const gapM = grid.blocked[cell] === 1 ? cellGapM(grid, cell, at) : Number.POSITIVE_INFINITY;
      if (gapM >= best.gapM) continue;
      const x = grid.originXM + (cell % grid.width) * grid.cellM;
      const y = grid.originYM + Math.floor(cell / grid.width) * grid.cellM;
      const xM = Math.max(x, Math.min(at.xM, x + grid.cellM));
      best = { xM, yM: Math.max(y, Math.min(at.yM, y + grid.cellM)), gapM };
    }
    return best;
  }
}

/** Distance from a point to the nearest blocked cell, at most `mostM`. */
export function gridGapM(grid: Grid, at: Point, mostM: number): number {
  const { cellM, width, height, originXM, originYM, blocked } = grid;
  const x0 = Math.max(0, Math.floor((at.xM - mostM - originXM) / cellM));
  const x1 = Math.min(width - 1, Math.floor((at.xM + mostM - originXM) / cellM));
  const y0 = Math.max(0, Math.floor((at.yM - mostM - originYM) / cellM));
  const y1 = Math.min(height - 1, Math.floor((at.yM + mostM - originYM) / cellM));
  let bestM = mostM;
  for (let y = y0; y <= y1; y += 1) {
    for (let x = x0; x <= x1; x += 1) {
      if (blocked[y * width + x] === 1) bestM = Math.min(bestM, cellGapM(grid, y * width + x, at));
    }
  }
  return bestM;
}

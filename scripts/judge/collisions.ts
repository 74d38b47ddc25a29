// Any touch of two robots, or of a robot and the map, from two sources: what the world recorded as a contact, and the
// judge's own geometry on the true poses, joined by straight lines between samples. A touch that both see counts once.

import type { Findings } from "./findings.js";
import type { PoseHistory } from "./history.js";
import { type ContactLine, cellsOf, type PoseLine, type SiteLine } from "./trace.js";

/** What the chord between two samples of a curve may be off by; smaller overlaps are left to the recorded contacts. */
const CHORD_M = 0.005;
/** Sightings of one pair nearer than this belong to one touch. */
const SAME_TOUCH_MS = 1000;
/** Step along a path at which the map is tested. */
const MAP_STEP_M = 0.02;
const MAP = "map";

export class Collisions {
  readonly #site: SiteLine;
  readonly #cells: Uint8Array;
  readonly #radiusM: ReadonlyMap<string, number>;
  readonly #histories: ReadonlyMap<string, PoseHistory>;
  readonly #findings: Findings;
  readonly #lastTouchMs = new Map<string, number>();

  constructor(
    site: SiteLine,
    seen: { readonly histories: ReadonlyMap<string, PoseHistory>; readonly findings: Findings },
  ) {
    this.#site = site;
    this.#cells = cellsOf(site.map);
    this.#radiusM = new Map(site.robots.map((robot) => [robot.id, robot.radiusM]));
    this.#histories = seen.histories;
    this.#findings = seen.findings;
  }

  contact(line: ContactLine): void {
    this.#touch([line.a, line.b], { t: line.t, says: `recorded at (${line.x}, ${line.y})` });
  }

  /** To be called with each new pose and the one before it, after it went into the history. */
  pose(before: PoseLine, after: PoseLine): void {
    this.#againstMap(before, after);
    for (const [other, history] of this.#histories) {
      if (other === after.robot) continue;
      for (const segment of history.segments(before.t, after.t)) this.#againstRobot([before, after], segment);
    }
  }

  #againstRobot(a: readonly [PoseLine, PoseLine], b: readonly [PoseLine, PoseLine]): void {
    const fromMs = Math.max(a[0].t, b[0].t);
    const toMs = Math.min(a[1].t, b[1].t);
    const first = gap(at(a, fromMs), at(b, fromMs));
    const last = gap(at(a, toMs), at(b, toMs));
    const nearest = nearestToOrigin(first, last);
    const reachM = (this.#radiusM.get(a[0].robot) ?? 0) + (this.#radiusM.get(b[0].robot) ?? 0);
    if (nearest.distanceM >= reachM - CHORD_M) return;
    const t = fromMs + nearest.share * (toMs - fromMs);
    const nearM = nearest.distanceM.toFixed(3);
    const says = `their centres came within ${nearM} m, their radii add up to ${reachM.toFixed(3)} m`;
    this.#touch([a[0].robot, b[0].robot], { t, says });
  }

  #againstMap(before: PoseLine, after: PoseLine): void {
    const radiusM = (this.#radiusM.get(after.robot) ?? 0) - CHORD_M;
    const steps = Math.max(1, Math.ceil(Math.hypot(after.x - before.x, after.y - before.y) / MAP_STEP_M));
    for (let step = 1; step <= steps; step += 1) {
      const t = before.t + (step / steps) * (after.t - before.t);
      const { x, y } = at([before, after], t);
      if (!this.#blockedWithin({ x, y, radiusM })) continue;
      this.#touch([after.robot, MAP], {
        t,
        says: `its body overlaps a blocked cell at (${x.toFixed(3)}, ${y.toFixed(3)})`,
      });
      return;
    }
  }

  #blockedWithin(disc: { readonly x: number; readonly y: number; readonly radiusM: number }): boolean {
    const { width, height, cellM, originXM, originYM } = this.#site.map;
    const x = (disc.x - originXM) / cellM;
    const y = (disc.y - originYM) / cellM;
    const r = disc.radiusM / cellM;
    for (let row = Math.floor(y - r); row <= Math.floor(y + r); row += 1) {
      for (let column = Math.floor(x - r); column <= Math.floor(x + r); column += 1) {
        const outside = row < 0 || column < 0 || row >= height || column >= width;
        if (!outside && this.#cells[row * width + column] === 0) continue;
        const dx = Math.max(column - x, 0, x - column - 1);
        const dy = Math.max(row - y, 0, y - row - 1);
        if (dx * dx + dy * dy < r * r) return true;
      }
    }
    return false;
  }

  #touch(pair: readonly [string, string], seen: { readonly t: number; readonly says: string }): void {
    const key = pair[1] === MAP ? pair.join(" ") : [...pair].sort().join(" ");
    const last = this.#lastTouchMs.get(key);
    this.#lastTouchMs.set(key, Math.max(seen.t, last ?? seen.t));
    if (last !== undefined && Math.abs(seen.t - last) <= SAME_TOUCH_MS) return;
    const says = `${pair[0]} touched ${pair[1] === MAP ? "the map" : pair[1]}: ${seen.says}`;
    this.#findings.add({ zero: "collisions", t: seen.t, says });
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function at([a, b]: readonly [PoseLine, PoseLine], t: number): Point {
  const share = (t - a.t) / (b.t - a.t);
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}

function gap(a: Point, b: Point): Point {
  return { x: a.x - b.x, y: a.y - b.y };
}

/** The nearest that the straight way from `first` to `last` comes to the origin, and how far along. */
function nearestToOrigin(first: Point, last: Point): { readonly distanceM: number; readonly share: number } {
  const dx = last.x - first.x;
  const dy = last.y - first.y;
  const lengthSquared = dx * dx + dy * dy;
  const foot = lengthSquared === 0 ? 0 : -(first.x * dx + first.y * dy) / lengthSquared;
  const share = Math.max(0, Math.min(1, foot));
  return { distanceM: Math.hypot(first.x + share * dx, first.y + share * dy), share };
}

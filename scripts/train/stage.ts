// The simulated world of one drive: a robot, the map, and things that the map does not know, which the laser sees and
// the body can touch.

import { discsTouch } from "../world/contact.js";
import { type Disc, LIDAR, scan } from "../world/lidar.js";
import type { Random } from "../world/random.js";
import { World } from "../world/world.js";
import { BODY, DRIVE } from "./body.js";
import type { Floor } from "./floor.js";

export const ROBOT = "r1";

export class Stage extends World {
  readonly #floor: Floor;

  constructor(floor: Floor, options: { readonly random: Random; readonly nowMs: number }) {
    const robot = { id: ROBOT, radiusM: BODY.radiusM, start: floor.start, limits: DRIVE };
    super({ ...options, grid: floor.map, robots: [robot], lidar: LIDAR });
    this.#floor = floor;
  }

  override scan(id: string): number[] {
    const { drive, lidar: random } = this.robot(id);
    return scan(drive, { grid: this.#floor.map, discs: this.#floor.things, spec: this.lidar, random });
  }

  /** Whether the body has touched a wall so far, or touches a thing now. To be asked at least every 10 ms. */
  get touches(): boolean {
    const { xM, yM } = this.robot(ROBOT).drive;
    const body: Disc = { xM, yM, radiusM: BODY.radiusM };
    return this.contactCount > 0 || this.#floor.things.some((thing) => discsTouch(body, thing));
  }
}

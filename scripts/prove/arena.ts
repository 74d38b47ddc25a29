// The simulated world with things in it that no map knows: the laser sees them, and nothing else tells of them.

import { type LidarSpec, scan } from "../world/lidar.js";
import { World, type WorldOptions } from "../world/world.js";
import type { Things } from "./things.js";

export class Arena extends World {
  readonly #things: Things;

  /** The grid of the world is that of the things: a touch of a box is one of the map. */
  constructor(things: Things, options: Omit<WorldOptions, "grid"> & { readonly lidar: LidarSpec }) {
    super({ ...options, grid: things.grid });
    this.#things = things;
  }

  override scan(id: string): number[] {
    const { drive, lidar: random } = this.robot(id);
    const others = this.robots.filter((other) => other.id !== id);
    const bodies = others.map((other) => ({ xM: other.drive.xM, yM: other.drive.yM, radiusM: other.radiusM }));
    return scan(drive, {
      grid: this.#things.grid,
      discs: [...bodies, ...this.#things.discs],
      spec: this.lidar,
      random,
    });
  }
}

// What only the world knows, for the checkers: true time, every body, every clock, every process, and when each sample
// was truly captured. Nothing of this reaches the product.

import type { OnboardSample, Telemetry } from "../../proto/wire.js";
import type { Body } from "./body.js";
import type { EdgeProcess } from "./edge-process.js";
import type { HubProcess } from "./hub-process.js";
import type { Kernel } from "./kernel.js";
import type { Machine } from "./machine.js";
import type { SimSite } from "./site.js";

/** When a channel last said what was so. */
export interface Measured {
  readonly atUs: number;
  readonly movedM: number; // of the body, turning counted in
  readonly movingUs: number; // time that the body had spent moving
}

/** A reading of a board's clock that may lie ahead: when it will be, its rate decides until then. */
export interface Claim {
  readonly board: Machine;
  readonly bootUs: number;
}

/** What only the world knows of a sample rides on it, where the product cannot see it: no table to look it up in. */
const TAKEN = Symbol("taken");

interface Marked {
  [TAKEN]?: { readonly claimed: number | Claim; readonly frozen: Measured | undefined };
}

export class Truth {
  readonly kernel: Kernel;
  readonly sim: SimSite;
  readonly bodies: ReadonlyMap<string, Body>;
  /** All edges that run, twins counted in. */
  readonly edges = new Set<EdgeProcess>();
  readonly hubs = new Set<HubProcess>();
  readonly #toHub = new Map<string, Map<string, number[]>>(); // boot, channel and sequence to the time of capture

  constructor(parts: { readonly kernel: Kernel; readonly sim: SimSite; readonly bodies: ReadonlyMap<string, Body> }) {
    this.kernel = parts.kernel;
    this.sim = parts.sim;
    this.bodies = parts.bodies;
  }

  /** The base does not hear its edge just now. */
  isDeaf: (robot: string) => boolean = () => false;

  get nowUs(): number {
    return this.kernel.nowUs;
  }

  body(robot: string): Body {
    const body = this.bodies.get(robot);
    if (body === undefined) throw new Error(`no body ${robot}`);
    body.advance(this.nowUs);
    return body;
  }

  /**
   * A sensor took a sample now. `measured`: when what it says was truly so, earlier when the channel is frozen.
   * `claim`: when it says that it was, when its stamps lie.
   */
  captured(sample: OnboardSample, measured: Measured, claim?: Claim): void {
    const frozen = measured.atUs === this.nowUs ? undefined : measured;
    (sample as Marked)[TAKEN] = { claimed: claim ?? this.nowUs, frozen };
  }

  /** When what a frozen channel repeats was truly so; undefined for a sound one. */
  frozen(sample: OnboardSample): Measured | undefined {
    return (sample as Marked)[TAKEN]?.frozen;
  }

  /** True time of a sample's capture, as it claims; undefined for one that no sensor took. */
  capturedUs(sample: OnboardSample): number | undefined {
    const at = (sample as Marked)[TAKEN]?.claimed;
    return typeof at === "object" ? at.board.trueUsAt(at.bootUs) : at;
  }

  published(sample: Telemetry, capturedUs: number): void {
    const { boot, channel, sequence } = sample;
    const channels = this.#toHub.get(boot) ?? new Map<string, number[]>();
    this.#toHub.set(boot, channels);
    const times = channels.get(channel) ?? [];
    channels.set(channel, times);
    times[sequence] = capturedUs;
  }

  /** True time at which what a telemetry sample says was captured. */
  publishedUs(channel: string, of: { readonly boot: string; readonly sequence: number }): number | undefined {
    return this.#toHub.get(of.boot)?.get(channel)?.[of.sequence];
  }

  /** Distance from a body's centre to that of a destination. */
  distanceM(robot: string, destination: string): number {
    const place = this.sim.site.destinations.get(destination);
    const body = this.body(robot);
    if (place === undefined) return Number.POSITIVE_INFINITY;
    const [dx, dy] = [place.xM - body.xM, place.yM - body.yM];
    return Math.sqrt(dx * dx + dy * dy);
  }

  /** The body overlaps the destination's footprint. */
  isOn(robot: string, destination: string): boolean {
    const place = this.sim.site.destinations.get(destination);
    if (place === undefined) return false;
    return this.distanceM(robot, destination) < place.footprintRadiusM + this.sim.site.config.physics.radiusM;
  }

  areInConflict(a: string, b: string): boolean {
    return a === b || (this.sim.site.conflicts.get(a)?.includes(b) ?? false);
  }
}

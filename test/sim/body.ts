// One robot's body, base and sensors in the true world: a differential drive with a dead-man watchdog and a braking
// time, and channels that report it with noise and stamps of the board's clock. The base refuses what was sent longer
// ago than it is valid, and what is not newer than the last (see scripts/world/physics.ts for the same base in full).
// Bodies pass through each other: this world judges authority and freshness, and 16 rays see too little for traffic.

import type { Grid } from "../../fleet-config/grid.js";
import type { Physics } from "../../fleet-config/types.js";
import type { Capture, Command, OnboardSample } from "../../proto/wire.js";
import { castGrid } from "../../scripts/world/lidar.js";
import type { Random } from "../../scripts/world/random.js";
import { Battery, type BatterySpec, CONSTANT } from "./battery.js";
import { MS, SECOND } from "./kernel.js";
import type { Machine } from "./machine.js";

const RAYS = 16;
const STEP_RAD = (2 * Math.PI) / RAYS;
const RANGE_M = 60;
/** Rays that look ahead: their cosine is above this. */
const AHEAD = 0.3;
const LOOKS_AHEAD = Array.from({ length: RAYS }, (_, ray) => Math.cos(ray * STEP_RAD) > AHEAD);
const POSE_ERROR_M = 0.05;
const SUBSTEP_US = 50_000;
const TURN_RAMP_S = 0.25;
/** Ahead of the board's clock, for stamps that lie. */
export const FUTURE_MS = 5000;

export interface BodyParts {
  readonly robot: string;
  readonly at: { readonly xM: number; readonly yM: number };
  readonly grid: Grid;
  readonly physics: Physics;
  readonly deadmanMs: number;
  readonly random: Random;
  readonly battery?: BatterySpec;
}

/** What is wrong with the sensors just now. */
export interface Trouble {
  readonly frozen: boolean;
  readonly future: boolean;
  readonly jumpM: number;
  readonly aheadM: number; // to what stands before the robot; infinite: nothing does
}

export class Body {
  readonly robot: string;
  readonly #parts: BodyParts;
  readonly #battery: Battery;
  readonly #sequences = { pose: 0, scan: 0, odometry: 0, base: 0, battery: 0 };
  readonly #last = new Map<string, OnboardSample>();
  readonly #walls = { xM: 0, yM: 0, headingRad: 0, ranges: new Float64Array(RAYS), seen: false };
  #boot = 1;
  #machine: Machine | null = null;
  xM: number;
  yM: number;
  headingRad = 0;
  speedMps = 0;
  turnRadps = 0;
  travelledM = 0;
  movingUs = 0; // time that it spent moving
  emergencyStop = false;
  #atUs = 0;
  #wanted = { speedMps: 0, turnRadps: 0, untilUs: 0 };
  #lastSequence = 0;
  /** True time since when it has stood still; what it last did. */
  stillSinceUs = 0;

  constructor(parts: BodyParts) {
    this.#parts = parts;
    this.#battery = new Battery(parts.battery ?? CONSTANT);
    this.robot = parts.robot;
    this.xM = parts.at.xM;
    this.yM = parts.at.yM;
  }

  /** The board that it rides with, whose clock its samples carry. */
  set board(board: Machine) {
    this.#machine = board;
  }

  get #board(): Machine {
    if (this.#machine === null) throw new Error(`${this.robot} has no board`);
    return this.#machine;
  }

  /** Grows with every motion, turning counted in. */
  get movedM(): number {
    return this.travelledM + Math.abs(this.headingRad);
  }

  get atRest(): boolean {
    const { speedMps, turnRadps, untilUs } = this.#wanted;
    const isTold = this.#atUs < untilUs && (speedMps !== 0 || turnRadps !== 0);
    return this.speedMps === 0 && this.turnRadps === 0 && !isTold;
  }

  /** Moves the body up to now. */
  advance(nowUs: number): void {
    while (this.#atUs < nowUs) {
      if (this.atRest) {
        this.#atUs = nowUs;
        return;
      }
      const isFollowed = this.#atUs < this.#wanted.untilUs;
      const untilUs = Math.min(nowUs, this.#atUs + SUBSTEP_US, isFollowed ? this.#wanted.untilUs : nowUs);
      this.#substep(untilUs, isFollowed && !this.emergencyStop);
    }
  }

  #substep(untilUs: number, isFollowed: boolean): void {
    const { accelMps2, brakeMps2, maxTurnRadps } = this.#parts.physics;
    const seconds = (untilUs - this.#atUs) / SECOND;
    const [speed, turn] = [this.speedMps, this.turnRadps];
    this.speedMps = approach(speed, isFollowed ? this.#wanted.speedMps : 0, {
      rise: accelMps2 * seconds,
      fall: brakeMps2 * seconds,
    });
    const turnStep = (maxTurnRadps / TURN_RAMP_S) * seconds;
    this.turnRadps = approach(turn, isFollowed ? this.#wanted.turnRadps : 0, { rise: turnStep, fall: turnStep });
    const alongM = ((speed + this.speedMps) / 2) * seconds;
    const turnedRad = ((turn + this.turnRadps) / 2) * seconds;
    this.xM += alongM * Math.cos(this.headingRad + turnedRad / 2);
    this.yM += alongM * Math.sin(this.headingRad + turnedRad / 2);
    this.headingRad += turnedRad;
    this.travelledM += Math.abs(alongM);
    this.movingUs += untilUs - this.#atUs;
    this.#atUs = untilUs;
    this.stillSinceUs = untilUs;
  }

  /** Takes a set-point at the time of its receipt. False: refused. */
  obey(command: Command, nowUs: number): boolean {
    this.advance(nowUs);
    const moving = command.speedMps !== 0 || command.turnRadps !== 0;
    if (command.sequence <= this.#lastSequence && !this.atRest) return false;
    if (this.#board.monotonicMs(nowUs) - command.sentMonotonicMs > command.validForMs) return false;
    if (this.emergencyStop && moving) return false;
    this.#lastSequence = command.sequence;
    const { physics, deadmanMs } = this.#parts;
    this.#wanted = {
      speedMps: clamp(command.speedMps, physics.maxSpeedMps),
      turnRadps: clamp(command.turnRadps, physics.maxTurnRadps),
      untilUs: nowUs + Math.min(command.validForMs, deadmanMs) * MS,
    };
    return true;
  }

  /** The base's computer starts anew: its counters begin again under a new id. */
  restart(): void {
    this.#boot += 1;
    this.#sequences.pose = this.#sequences.scan = this.#sequences.odometry = 0;
    this.#sequences.base = this.#sequences.battery = 0;
  }

  sample(channel: OnboardSample["channel"], nowUs: number, trouble: Trouble): OnboardSample {
    this.advance(nowUs);
    this.#sequences[channel] += 1;
    const monotonicMs = this.#board.monotonicMs(nowUs) + (trouble.future ? FUTURE_MS : 0);
    const capture: Capture = {
      baseBoot: `${this.robot}-b${this.#boot}`,
      sequence: this.#sequences[channel],
      monotonicMs,
      tickNonce: undefined,
    };
    const kept = trouble.frozen ? this.#last.get(channel) : undefined;
    const sample = kept === undefined ? this.#measure(channel, capture, trouble) : { ...kept, capture };
    this.#last.set(channel, sample);
    return sample;
  }

  #measure(channel: OnboardSample["channel"], capture: Capture, trouble: Trouble): OnboardSample {
    const { random } = this.#parts;
    switch (channel) {
      case "pose": {
        const xM = this.xM + 0.04 * noise(random) + trouble.jumpM;
        const yM = this.yM + 0.04 * noise(random);
        const headingRad = this.headingRad + 0.004 * noise(random);
        return { channel, capture, xM, yM, headingRad, errorM: POSE_ERROR_M };
      }
      case "odometry": {
        const scale = 1 + 0.01 * noise(random);
        const [speedMps, turnRadps] = [this.speedMps * scale, this.turnRadps * scale];
        return { channel, capture, speedMps, turnRadps, travelledM: this.travelledM };
      }
      case "scan": {
        const rangeM = this.#ranges(trouble.aheadM);
        return { channel, capture, angleMinRad: 0, angleStepRad: STEP_RAD, rangeMaxM: RANGE_M, rangeM };
      }
      case "base": {
        const { emergencyStop } = this;
        return { channel, capture, emergencyStop, bumper: false, manual: false, commandSequence: this.#lastSequence };
      }
      case "battery":
        return { channel, capture, ...this.#battery.at(this.#seen) };
    }
  }

  get #seen() {
    const { xM, yM, travelledM, atRest } = this;
    return { xM, yM, travelledM, atRest, nowUs: this.#atUs };
  }

  #ranges(aheadM: number): readonly number[] {
    const { random } = this.#parts;
    const walls = this.#toWalls();
    const ranges: number[] = [];
    for (let ray = 0; ray < RAYS; ray += 1) {
      const m = Math.min(walls[ray] as number, LOOKS_AHEAD[ray] === true ? aheadM : RANGE_M);
      ranges.push(m >= RANGE_M ? RANGE_M : Math.max(0, m + 0.02 * noise(random)));
    }
    return ranges;
  }

  /** Without noise; a body that stands where it stood casts no ray again. */
  #toWalls(): Float64Array {
    const { xM, yM, headingRad } = this;
    const walls = this.#walls;
    if (walls.seen && walls.xM === xM && walls.yM === yM && walls.headingRad === headingRad) return walls.ranges;
    for (let ray = 0; ray < RAYS; ray += 1) {
      const angle = headingRad + ray * STEP_RAD;
      const from = { xM, yM, dx: Math.cos(angle), dy: Math.sin(angle) };
      walls.ranges[ray] = castGrid(this.#parts.grid, from, RANGE_M);
    }
    Object.assign(walls, { xM, yM, headingRad, seen: true });
    return walls.ranges;
  }
}

function noise(random: Random): number {
  return random.next() - 0.5;
}

function approach(now: number, wanted: number, step: { readonly rise: number; readonly fall: number }): number {
  const to = now * wanted < 0 ? 0 : wanted;
  const most = Math.abs(to) > Math.abs(now) ? step.rise : step.fall;
  const gap = to - now;
  return Math.abs(gap) <= most ? to : now + Math.sign(gap) * most;
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

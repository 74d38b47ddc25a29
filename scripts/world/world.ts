// The simulated world: true poses of all robots, moved together in substeps of at most 10 ms so that no touch is
// stepped over, however long the process was stalled. It knows nothing of the product: set-points come in, motion,
// scans, contacts and the trace of true poses go out. Time is an argument (ms of CLOCK_MONOTONIC), chance comes from
// one seed.

import type { Grid } from "../../fleet-config/grid.js";
import type { ContactLine, PoseLine } from "../judge/trace.js";
import { discsTouch, discTouchesMap } from "./contact.js";
import { LIDAR, type LidarSpec, scan } from "./lidar.js";
import {
  advance,
  collide,
  type Drive,
  type DriveLimits,
  inhibit,
  isAtRest,
  type Place,
  permit,
  receive,
  type SetPoint,
  type SetPointRefusal,
  SUBSTEP_MS,
  startDrive,
} from "./physics.js";
import type { Random } from "./random.js";

export interface WorldRobot {
  readonly id: string;
  readonly radiusM: number;
  readonly start: Place;
  readonly limits: DriveLimits;
}

export interface WorldOptions {
  readonly grid: Grid;
  readonly robots: readonly WorldRobot[];
  readonly random: Random;
  readonly nowMs: number;
  /** Called with each true pose (10 Hz) and each contact, at the time it stands for. */
  readonly record?: (line: PoseLine | ContactLine) => void;
  readonly lidar?: LidarSpec;
}

/** One body of the world. `drive` is replaced as time passes. */
export interface Body {
  readonly id: string;
  readonly radiusM: number;
  readonly limits: DriveLimits;
  drive: Drive;
  bumper: boolean;
  emergencyStop: boolean;
  readonly slip: Random;
  readonly lidar: Random;
}

const POSE_PERIOD_MS = 100;
/** Contacts kept in memory; all of them go to `record`. */
const CONTACTS_MOST = 1000;
const MAP = "map";

export class World {
  readonly #grid: Grid;
  readonly #bodies = new Map<string, Body>();
  readonly #record: (line: PoseLine | ContactLine) => void;
  readonly #lidar: LidarSpec;
  readonly #contacts: ContactLine[] = [];
  readonly #touching = new Set<string>();
  #nowMs: number;
  #nextPoseMs: number;
  #contactCount = 0;

  /** Throws when a robot starts in contact with the map or another robot, or when two share an id. */
  constructor(options: WorldOptions) {
    this.#grid = options.grid;
    this.#record = options.record ?? (() => {});
    this.#lidar = options.lidar ?? LIDAR;
    this.#nowMs = options.nowMs;
    this.#nextPoseMs = options.nowMs;
    for (const robot of options.robots) this.#add(robot, options);
    this.#emitPoses();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get lidar(): LidarSpec {
    return this.#lidar;
  }

  get robots(): readonly Body[] {
    return [...this.#bodies.values()];
  }

  /** The last contacts, at most 1000; `contactCount` counts all. */
  get contacts(): readonly ContactLine[] {
    return this.#contacts;
  }

  get contactCount(): number {
    return this.#contactCount;
  }

  /** Throws for an unknown robot. */
  robot(id: string): Body {
    const body = this.#bodies.get(id);
    if (body === undefined)
      throw new Error(`the world has no robot "${id}"; it has ${[...this.#bodies.keys()].join(", ")}`);
    return body;
  }

  /** Moves everything up to `nowMs`; every substep is tested for contacts. No-op when `nowMs` is not later. */
  step(nowMs: number): void {
    while (this.#nowMs < nowMs) {
      const still = this.robots.every((body) => isAtRest(body.drive));
      const untilMs = still ? nowMs : Math.min(nowMs, this.#nowMs + SUBSTEP_MS);
      for (const body of this.#bodies.values()) {
        body.drive = advance(body.drive, { toMs: untilMs, limits: body.limits, random: body.slip });
      }
      this.#nowMs = untilMs;
      if (!still) this.#findContacts();
      if (this.#nowMs >= this.#nextPoseMs) this.#emitPoses();
    }
  }

  /** Gives a set-point to a base at `nowMs`, the time of its receipt; the world moves up to it first. Null: applied. */
  command(id: string, setPoint: SetPoint, nowMs: number): SetPointRefusal | null {
    this.step(nowMs);
    const body = this.robot(id);
    const { drive, refusal } = receive(body.drive, setPoint, body.limits);
    body.drive = drive;
    return refusal;
  }

  /** A noisy scan from where the robot truly is. */
  scan(id: string): number[] {
    const body = this.robot(id);
    const discs = this.robots.filter((other) => other.id !== id).map(discOf);
    return scan(body.drive, { grid: this.#grid, discs, spec: this.#lidar, random: body.lidar });
  }

  /** Presses or releases the emergency stop button of a base. */
  pressEmergencyStop(id: string): void {
    const body = this.robot(id);
    body.emergencyStop = true;
    body.drive = inhibit(body.drive);
  }

  releaseEmergencyStop(id: string): void {
    const body = this.robot(id);
    body.emergencyStop = false;
    if (!body.bumper) body.drive = permit(body.drive);
  }

  /** A person has freed a base that touched something: it stands at `place` with its bumper released. */
  setDown(id: string, place: Place): void {
    const body = this.robot(id);
    body.bumper = false;
    const drive = { ...collide(body.drive), xM: place.xM, yM: place.yM, headingRad: place.headingRad };
    body.drive = body.emergencyStop ? drive : permit(drive);
  }

  #add(robot: WorldRobot, options: WorldOptions): void {
    if (this.#bodies.has(robot.id)) throw new Error(`the world has robot "${robot.id}" already`);
    const body: Body = {
      id: robot.id,
      radiusM: robot.radiusM,
      limits: robot.limits,
      drive: startDrive(robot.start, options.nowMs),
      bumper: false,
      emergencyStop: false,
      slip: options.random.stream(`slip/${robot.id}`),
      lidar: options.random.stream(`lidar/${robot.id}`),
    };
    const where = `(${robot.start.xM}, ${robot.start.yM})`;
    if (discTouchesMap(discOf(body), this.#grid))
      throw new Error(`robot ${robot.id} cannot start at ${where}: blocked`);
    const other = this.robots.find((placed) => discsTouch(discOf(placed), discOf(body)));
    if (other !== undefined) throw new Error(`robot ${robot.id} cannot start at ${where}: robot ${other.id} is there`);
    this.#bodies.set(robot.id, body);
  }

  #findContacts(): void {
    const bodies = this.robots;
    bodies.forEach((a, index) => {
      this.#note([a], { touches: discTouchesMap(discOf(a), this.#grid) });
      for (const b of bodies.slice(index + 1)) this.#note([a, b], { touches: discsTouch(discOf(a), discOf(b)) });
    });
  }

  /** A contact is recorded when it begins; bodies that touch are stopped. */
  #note(pair: readonly [Body] | readonly [Body, Body], seen: { readonly touches: boolean }): void {
    if (!seen.touches && this.#touching.size === 0) return;
    const [a, b] = pair;
    const key = `${a.id} ${b?.id ?? MAP}`;
    if (!seen.touches) {
      this.#touching.delete(key);
      return;
    }
    for (const body of b === undefined ? [a] : [a, b]) {
      body.drive = collide(body.drive);
      body.bumper = true;
    }
    if (this.#touching.has(key)) return;
    this.#touching.add(key);
    const at = b === undefined ? a.drive : { xM: (a.drive.xM + b.drive.xM) / 2, yM: (a.drive.yM + b.drive.yM) / 2 };
    const place = { x: rounded(at.xM), y: rounded(at.yM) };
    const line: ContactLine = { kind: "contact", t: rounded(this.#nowMs), a: a.id, b: b?.id ?? MAP, ...place };
    this.#contactCount += 1;
    this.#contacts.push(line);
    if (this.#contacts.length > CONTACTS_MOST) this.#contacts.shift();
    this.#record(line);
  }

  #emitPoses(): void {
    while (this.#nextPoseMs <= this.#nowMs) this.#nextPoseMs += POSE_PERIOD_MS;
    for (const { id, drive } of this.#bodies.values()) {
      this.#record({
        kind: "pose",
        t: rounded(drive.atMs),
        robot: id,
        x: rounded(drive.xM),
        y: rounded(drive.yM),
        heading: rounded(drive.headingRad),
        speed: rounded(drive.speedMps),
      });
    }
  }
}

function discOf(body: Body): { readonly xM: number; readonly yM: number; readonly radiusM: number } {
  return { xM: body.drive.xM, yM: body.drive.yM, radiusM: body.radiusM };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

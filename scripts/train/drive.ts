// One drive in closed loop: the motion core of the edge with exact plans over the simulated world, sensors and commands
// that take their time, and a driver that may put its own velocity in place of the core's. Everything follows from the
// floor's seed. It shows a driver what a model on a robot is shown (`models/sources.ts`), and nothing else.

import {
  acceptPlan,
  createMotion,
  type MotionInput,
  type MotionState,
  nextPlanRequest,
  propose,
  waypointOf,
} from "../../edge/core/motion/motion.js";
import { after } from "../../edge/core/motion/rate.js";
import type { Scan, Velocity } from "../../edge/core/motion/types.js";
import type { PlanResult } from "../../models/planner.js";
import type { Evidence } from "../../models/sources.js";
import { ONBOARD_CHANNELS, type OnboardChannel } from "../../proto/topics.js";
import { type OnboardSample, type PoseSample, readOnboard } from "../../proto/wire.js";
import { solve } from "../bench/dijkstra.js";
import { PERIOD_MS } from "../world/base.js";
import { Random } from "../world/random.js";
import { Sensors } from "../world/sensors.js";
import { BODY, CONTROL_MS, DEADMAN_MS, LATENCY_MS } from "./body.js";
import { type Floor, timeMostMs } from "./floor.js";
import { ROBOT, Stage } from "./stage.js";

/** What a driver decides on. `exact` is what the core would do; `state` and `input` are for teachers and guards. */
export interface Moment {
  readonly evidence: Evidence;
  readonly exact: Velocity;
  readonly state: MotionState;
  readonly input: MotionInput;
  readonly tick: number;
}

/** The velocity that goes to the base, or null to let the core drive. Asked only while a path is followed. */
export type Driver = (moment: Moment) => Velocity | null | Promise<Velocity | null>;

export interface Drive {
  readonly end: "arrived" | "touched" | "stuck";
  readonly tookMs: number;
  readonly travelledM: number;
  /** Ticks in which a path was followed, and those of them in which the driver's velocity went to the base. */
  readonly followed: number;
  readonly driven: number;
  /** Advices that the production core refused by its guard, and that were unsure; 0 elsewhere. */
  readonly vetoed: number;
  readonly unsure: number;
}

const START_MS = 1_000_000;
const STEP_MS = 10;
const PLAN_MS = 60;
const PREDICT_MS = 300;
/** Without half a metre or half a radian of motion for this long a robot is stuck. */
const STUCK_MS = 12_000;
const HEADWAY = 0.5;

interface Held {
  readonly sample: OnboardSample;
  readonly atMs: number;
  readonly pose: PoseSample | undefined; // of the capture, for a scan
}

/** Runs a drive to its end. */
export async function drive(floor: Floor, driver: Driver = () => null): Promise<Drive> {
  const run = new Run(floor, driver);
  while (run.end === undefined) await run.step();
  return run.outcome(run.end);
}

class Run {
  end: Drive["end"] | undefined;
  readonly #floor: Floor;
  readonly #driver: Driver;
  readonly #stage: Stage;
  readonly #sensors: Sensors;
  readonly #state: MotionState;
  readonly #lagMs: Readonly<Record<"pose" | "scan" | "command", number>>;
  readonly #held = new Map<OnboardChannel, Held>();
  readonly #due: { readonly atMs: number; readonly act: () => void }[] = [];
  readonly #counts = { followed: 0, driven: 0, sequence: 0 };
  #command: Velocity = { speedMps: 0, turnRadps: 0 };
  #plan: { readonly atMs: number; readonly result: PlanResult } | null = null;
  #headway = { xM: 0, yM: 0, headingRad: 0, atMs: START_MS };
  #nowMs = START_MS;

  constructor(floor: Floor, driver: Driver) {
    this.#floor = floor;
    this.#driver = driver;
    const random = new Random(floor.seed);
    const lag = random.stream("lag");
    this.#lagMs = { pose: 10 * lag.below(4), scan: 10 * (1 + lag.below(7)), command: 10 * lag.below(7) };
    this.#stage = new Stage(floor, { random, nowMs: START_MS });
    this.#sensors = new Sensors({ world: this.#stage, robot: ROBOT, baseBoot: "base", random });
    this.#state = createMotion({
      ...{ grid: floor.map, physics: BODY, destinations: [], controlHz: 1000 / CONTROL_MS },
      ...{ latencyMs: LATENCY_MS, deadmanMs: DEADMAN_MS },
    });
  }

  /** The world and everything that is due, 10 ms further. */
  async step(): Promise<void> {
    this.#nowMs += STEP_MS;
    this.#stage.step(this.#nowMs);
    const sinceMs = this.#nowMs - START_MS;
    if (this.#stage.touches) this.end = "touched";
    for (const channel of ["pose", "odometry", "scan"] as const)
      if (sinceMs % PERIOD_MS[channel] === 0) this.#capture(channel);
    const due = this.#due.filter(({ atMs }) => atMs <= this.#nowMs);
    for (const one of due) this.#due.splice(this.#due.indexOf(one), 1);
    for (const { act } of due) act();
    if (sinceMs % CONTROL_MS === 0 && this.end === undefined) await this.#tick(sinceMs);
  }

  outcome(end: Drive["end"]): Drive {
    const { followed, driven } = this.#counts;
    const { travelledM } = this.#stage.robot(ROBOT).drive;
    return { end, tookMs: this.#nowMs - START_MS, travelledM, followed, driven, vetoed: 0, unsure: 0 };
  }

  #capture(channel: "pose" | "odometry" | "scan"): void {
    const sample = { channel, ...readOnboard[channel](this.#sensors.sample(channel), channel) } as OnboardSample;
    const atMs = this.#nowMs;
    const pose = this.#sample("pose");
    const lagMs = channel === "scan" ? this.#lagMs.scan : this.#lagMs.pose;
    this.#later(lagMs, () => this.#held.set(channel, { sample, atMs, pose }));
  }

  #later(inMs: number, act: () => void): void {
    this.#due.push({ atMs: this.#nowMs + inMs, act });
  }

  #sample<C extends OnboardChannel>(channel: C): Extract<OnboardSample, { channel: C }> | undefined {
    return this.#held.get(channel)?.sample as Extract<OnboardSample, { channel: C }> | undefined;
  }

  async #tick(sinceMs: number): Promise<void> {
    const input = this.#input();
    if (input === null) return;
    const state = this.#state;
    this.#takePlans(input);
    const { before } = state;
    const proposal = propose(state, input);
    if (proposal.activity === "arrived") this.end = "arrived";
    if (sinceMs > timeMostMs(this.#floor) || this.#isStuck()) this.end ??= "stuck";
    if (this.end !== undefined) return;
    let command: Velocity = { speedMps: proposal.speedMps, turnRadps: proposal.turnRadps };
    if (state.isFollowing) {
      this.#counts.followed += 1;
      const now = state.before;
      state.before = before; // a guard goes by what was commanded before
      const tick = this.#counts.followed;
      const own = await this.#driver({ evidence: this.#evidence(input), exact: command, state, input, tick });
      state.before = now;
      if (own !== null) {
        this.#counts.driven += 1;
        command = own;
        state.before = after(before, own.speedMps);
      }
    }
    this.#send(command);
  }

  #takePlans(input: MotionInput): void {
    if (this.#plan !== null && this.#plan.atMs <= this.#nowMs) {
      acceptPlan(this.#state, this.#plan.result, input);
      this.#plan = null;
    }
    if (this.#plan !== null) return;
    const request = nextPlanRequest(this.#state, input);
    if (request !== null) this.#plan = { atMs: this.#nowMs + PLAN_MS, result: solve(request) };
  }

  #send(command: Velocity): void {
    this.#command = command;
    this.#counts.sequence += 1;
    const setPoint = { ...command, sequence: this.#counts.sequence, validForMs: DEADMAN_MS };
    const sentMonotonicMs = this.#nowMs;
    this.#later(this.#lagMs.command, () => this.#stage.command(ROBOT, { ...setPoint, sentMonotonicMs }, this.#nowMs));
  }

  #input(): MotionInput | null {
    const [pose, odometry] = [this.#sample("pose"), this.#sample("odometry")];
    if (pose === undefined || odometry === undefined) return null;
    const { speedMps, turnRadps } = odometry;
    const aheadS = Math.min(this.#ageMs("pose"), PREDICT_MS) / 1000;
    const predicted = {
      xM: pose.xM + speedMps * aheadS * Math.cos(pose.headingRad),
      yM: pose.yM + speedMps * aheadS * Math.sin(pose.headingRad),
      headingRad: pose.headingRad + turnRadps * aheadS,
      errorM: pose.errorM,
    };
    const target = { id: "to", ...this.#floor.target };
    const scan = this.#scan();
    return {
      nowMs: this.#nowMs,
      pose: predicted,
      speedMps,
      turnRadps,
      scan,
      target,
      rung: "AUTONOMOUS",
      priority: 0,
      controller: null,
    };
  }

  #scan(): Scan | null {
    const held = this.#held.get("scan");
    const scan = this.#sample("scan");
    if (held?.pose === undefined || scan === undefined) return null;
    const { angleMinRad, angleStepRad, rangeMaxM, rangeM } = scan;
    return {
      angleMinRad,
      angleStepRad,
      rangeMaxM,
      rangesM: rangeM,
      poseAtCapture: held.pose,
      ageMs: this.#ageMs("scan"),
    };
  }

  #ageMs(channel: OnboardChannel): number {
    const held = this.#held.get(channel);
    return held === undefined ? Number.POSITIVE_INFINITY : this.#nowMs - held.atMs;
  }

  /** What a model on this robot would be shown now. */
  #evidence(input: MotionInput): Evidence {
    const held = new Map(ONBOARD_CHANNELS.map((channel) => [channel, this.#held.get(channel)] as const));
    const ages = new Map(ONBOARD_CHANNELS.map((channel) => [channel, this.#ageMs(channel)] as const));
    return {
      nowMs: this.#nowMs,
      sample: <C extends OnboardChannel>(channel: C) =>
        held.get(channel)?.sample as Extract<OnboardSample, { channel: C }> | undefined,
      ageMs: (channel) => ages.get(channel) ?? Number.POSITIVE_INFINITY,
      target: this.#floor.target,
      waypoint: waypointOf(this.#state, input),
      command: this.#command,
    };
  }

  #isStuck(): boolean {
    const { xM, yM, headingRad } = this.#stage.robot(ROBOT).drive;
    const from = this.#headway;
    const moved = Math.hypot(xM - from.xM, yM - from.yM) + Math.abs(headingRad - from.headingRad);
    if (moved > HEADWAY) this.#headway = { xM, yM, headingRad, atMs: this.#nowMs };
    return this.#nowMs - this.#headway.atMs > STUCK_MS;
  }
}

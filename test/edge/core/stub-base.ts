// A base in an empty room: differential drive with limits, a lidar of few rays with noise, odometry and a dead-man. It
// speaks the on-board contract as typed samples. Each channel can be silenced, frozen or bent by a test.
import type { Physics } from "../../../fleet-config/types.js";
import type { OnboardChannel } from "../../../proto/topics.js";
import type { Capture, Command, OnboardSample } from "../../../proto/wire.js";
import type { Chance } from "../../proto/true-time.js";

const RAYS = 36;
const STEP_RAD = (2 * Math.PI) / RAYS;
const RANGE_MOST_M = 12;
const PERIOD_MS: Readonly<Record<OnboardChannel, number>> = {
  pose: 50,
  scan: 100,
  odometry: 50,
  battery: 1000,
  base: 100,
};

interface Room {
  readonly leftM: number;
  readonly rightM: number;
  readonly bottomM: number;
  readonly topM: number;
}

export class StubBase {
  readonly silent = new Set<OnboardChannel>();
  readonly frozen = new Set<"scan" | "pose" | "odometry">();
  readonly #room: Room;
  readonly #chance: Chance;
  readonly #physics: Physics;
  readonly #sequence = new Map<OnboardChannel, number>();
  readonly #sentMs = new Map<OnboardChannel, number>();
  xM = 3.5;
  yM = 5;
  headingRad = 0;
  speedMps = 0;
  turnRadps = 0;
  errorM = 0.05;
  shiftM = 0; // of the reported pose against the true one
  boot = "base1";
  emergencyStop = false;
  bumper = false;
  manual = false;
  captureOf: (atMs: number) => Partial<Capture> = (monotonicMs) => ({ monotonicMs });
  #command: Command | null = null;
  #untilMs = 0;
  #travelledM = 0;
  #lastWheels = { speedMps: 0, turnRadps: 0, travelledM: 0 };
  #lastRanges: readonly number[] = [];
  #lastPose = { xM: 0, yM: 0, headingRad: 0 };

  constructor(parts: { readonly room: Room; readonly chance: Chance; readonly physics: Physics }) {
    this.#room = parts.room;
    this.#chance = parts.chance;
    this.#physics = parts.physics;
  }

  obey(command: Command, nowMs: number): void {
    this.#command = command;
    this.#untilMs = nowMs + command.validForMs;
  }

  move(ms: number, nowMs: number): void {
    const seconds = ms / 1000;
    const isDead = this.#command === null || nowMs >= this.#untilMs;
    const wanted = isDead ? 0 : (this.#command?.speedMps ?? 0);
    const rate = Math.abs(wanted) < Math.abs(this.speedMps) ? this.#physics.brakeMps2 : this.#physics.accelMps2;
    const most = rate * seconds;
    this.speedMps += Math.max(-most, Math.min(most, wanted - this.speedMps));
    this.turnRadps = isDead ? 0 : (this.#command?.turnRadps ?? 0);
    this.headingRad += this.turnRadps * seconds;
    this.xM += this.speedMps * seconds * Math.cos(this.headingRad);
    this.yM += this.speedMps * seconds * Math.sin(this.headingRad);
    this.#travelledM += Math.abs(this.speedMps) * seconds;
  }

  /** What is due at `nowMs`. */
  samples(nowMs: number): readonly OnboardSample[] {
    const channels: readonly OnboardChannel[] = ["pose", "odometry", "scan", "base", "battery"];
    return channels
      .filter((channel) => !this.silent.has(channel) && nowMs - (this.#sentMs.get(channel) ?? 0) >= PERIOD_MS[channel])
      .map((channel) => {
        this.#sentMs.set(channel, nowMs);
        return this.sample(channel, nowMs);
      });
  }

  sample(channel: OnboardChannel, nowMs: number): OnboardSample {
    const capture = this.#capture(channel, nowMs);
    switch (channel) {
      case "pose":
        return { channel, capture, ...this.#pose(), errorM: this.errorM };
      case "scan":
        return { channel, capture, ...this.#scan() };
      case "odometry": {
        const { speedMps, turnRadps } = this;
        if (!this.frozen.has("odometry")) this.#lastWheels = { speedMps, turnRadps, travelledM: this.#travelledM };
        return { channel, capture, ...this.#lastWheels };
      }
      case "battery":
        return { channel, capture, chargeRatio: 0.8, charging: false };
      case "base": {
        const { emergencyStop, bumper, manual } = this;
        return { channel, capture, emergencyStop, bumper, manual, commandSequence: this.#command?.sequence ?? 0 };
      }
    }
  }

  #capture(channel: OnboardChannel, nowMs: number): Capture {
    const sequence = (this.#sequence.get(channel) ?? 0) + 1;
    this.#sequence.set(channel, sequence);
    const time = { monotonicMs: undefined, tickNonce: undefined };
    return { baseBoot: this.boot, sequence, ...time, ...this.captureOf(nowMs) };
  }

  #pose(): { readonly xM: number; readonly yM: number; readonly headingRad: number } {
    if (this.frozen.has("pose")) return this.#lastPose;
    const noise = () => 0.004 * (this.#chance() - 0.5);
    const { xM, yM, headingRad, shiftM } = this;
    this.#lastPose = { xM: xM + shiftM + noise(), yM: yM + noise(), headingRad: headingRad + noise() };
    return this.#lastPose;
  }

  #scan() {
    const rangeM = this.frozen.has("scan") ? this.#lastRanges : this.#cast();
    this.#lastRanges = rangeM;
    return { angleMinRad: 0, angleStepRad: STEP_RAD, rangeMaxM: RANGE_MOST_M, rangeM };
  }

  #cast(): readonly number[] {
    const { leftM, rightM, bottomM, topM } = this.#room;
    return Array.from({ length: RAYS }, (_, ray) => {
      const dx = Math.cos(this.headingRad + ray * STEP_RAD);
      const dy = Math.sin(this.headingRad + ray * STEP_RAD);
      const acrossM = dx > 0 ? (rightM - this.xM) / dx : dx < 0 ? (leftM - this.xM) / dx : Number.POSITIVE_INFINITY;
      const alongM = dy > 0 ? (topM - this.yM) / dy : dy < 0 ? (bottomM - this.yM) / dy : Number.POSITIVE_INFINITY;
      const rangeM = Math.min(acrossM, alongM) + 0.01 * (this.#chance() - 0.5);
      return rangeM >= RANGE_MOST_M ? 0 : Math.max(0.01, rangeM);
    });
  }
}

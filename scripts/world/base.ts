// A simulated base as the edge meets it: a peer on the robot's own broker that publishes samples and obeys commands by
// the documented on-board contract, and by nothing else. Swapping it for the driver of a real base changes nothing. QoS
// 0 and no queues: what cannot be sent now is dropped, because a newer sample follows (R13).

import { randomUUID } from "node:crypto";
import { connect, type MqttClient } from "mqtt";
import { decode, encode } from "../../proto/codec/codec.js";
import { ONBOARD_CHANNELS, type OnboardChannel, onboardIn, onboardOut } from "../../proto/topics.js";
import { type Command, readCommand } from "../../proto/wire.js";
import type { CommandLine } from "../judge/trace.js";
import type { SetPointRefusal } from "./physics.js";
import type { Random } from "./random.js";
import { type Charger, Sensors } from "./sensors.js";
import type { World } from "./world.js";

export interface BaseOptions {
  readonly world: World;
  readonly robot: string;
  readonly random: Random;
  readonly nowMs: () => number; // CLOCK_MONOTONIC, with fractions
  readonly chargers?: readonly Charger[];
  readonly chargeRatio?: number;
  /** Called with each set-point as it was received. */
  readonly record?: (line: CommandLine) => void;
}

/** Times between samples. */
export const PERIOD_MS: Readonly<Record<OnboardChannel, number>> = {
  pose: 50,
  odometry: 50,
  scan: 100,
  base: 100,
  battery: 1000,
};
const MESSAGES = {
  pose: "PoseSample",
  scan: "ScanSample",
  odometry: "OdometrySample",
  battery: "BatterySample",
  base: "BaseSample",
} as const;
const RECONNECT_MS = 200;
/** Bytes that may wait in the socket before samples are dropped: a stopped edge reads nothing. */
const BACKLOG_MOST = 65_536;

export class SimulatedBase {
  readonly #options: BaseOptions;
  readonly #sensors: Sensors;
  readonly #silent = new Set<OnboardChannel>();
  readonly #dueMs = new Map<OnboardChannel, number>();
  readonly #counts = { sent: 0, dropped: 0, commands: 0, refused: 0, malformed: 0 };
  #link: MqttClient | null = null;

  constructor(options: BaseOptions) {
    this.#options = options;
    const { world, robot, random } = options;
    const baseBoot = `${robot}-${randomUUID()}`;
    const { chargers, chargeRatio } = options;
    this.#sensors = new Sensors({
      ...{ world, robot, baseBoot, random },
      ...(chargers === undefined ? {} : { chargers }),
      ...(chargeRatio === undefined ? {} : { chargeRatio }),
    });
    const phase = random.stream(`phase/${robot}`);
    for (const channel of ONBOARD_CHANNELS)
      this.#dueMs.set(channel, options.nowMs() + PERIOD_MS[channel] * phase.next());
  }

  get robot(): string {
    return this.#options.robot;
  }

  get connected(): boolean {
    return this.#link?.connected === true;
  }

  get chargeRatio(): number {
    return this.#sensors.battery.chargeRatio;
  }

  /** Samples sent and dropped, commands received, refused by the controller, and not readable. */
  get counts(): Readonly<Record<"sent" | "dropped" | "commands" | "refused" | "malformed", number>> {
    return { ...this.#counts };
  }

  /** Calls the robot's broker on loopback and calls again whenever it is gone. Replaces an earlier connection. */
  connect(port: number): void {
    this.#link?.end(true);
    const link = connect({
      protocol: "mqtt",
      host: "127.0.0.1",
      port,
      clientId: `base-${this.robot}`,
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: 5000,
      keepalive: 5,
      queueQoSZero: false,
    });
    const topic = onboardOut("command", "protobuf");
    link.on("connect", () => link.subscribe(topic, { qos: 0 }));
    link.on("message", (from, payload) => {
      if (from === topic && link === this.#link) this.#obey(payload);
    });
    link.on("error", () => {}); // a refused connection: it calls again
    this.#link = link;
  }

  /** Ends the connection. The controller's watchdog then stops the base. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = null;
    if (link !== null) await link.endAsync(true);
  }

  /** Publishes every channel that is due. After a stall each channel sends once: old instants are not made up for. */
  publishDue(): void {
    const nowMs = this.#options.nowMs();
    for (const channel of ONBOARD_CHANNELS) {
      const dueMs = this.#dueMs.get(channel) ?? nowMs;
      if (nowMs < dueMs) continue;
      const nextMs = dueMs + PERIOD_MS[channel];
      this.#dueMs.set(channel, nextMs > nowMs ? nextMs : nowMs + PERIOD_MS[channel]);
      if (!this.#silent.has(channel)) this.#publish(channel);
    }
  }

  /** Fault: the channel repeats its last value under new stamps. */
  freeze(channel: OnboardChannel): void {
    this.#sensors.freeze(channel);
  }

  /** Fault: the channel reports nothing. */
  silence(channel: OnboardChannel): void {
    this.#silent.add(channel);
  }

  /** Ends a fault of a channel. No-op without one. */
  restore(channel: OnboardChannel): void {
    this.#sensors.thaw(channel);
    this.#silent.delete(channel);
  }

  #publish(channel: OnboardChannel): void {
    const link = this.#link;
    const sample = this.#sensors.sample(channel);
    if (link === null || !link.connected || link.stream.writableLength > BACKLOG_MOST) {
      this.#counts.dropped += 1;
      return;
    }
    link.publish(onboardIn(channel, "protobuf"), Buffer.from(encode(MESSAGES[channel], sample)), { qos: 0 });
    this.#counts.sent += 1;
  }

  #obey(payload: Uint8Array): void {
    const nowMs = this.#options.nowMs();
    this.#counts.commands += 1;
    let command: Command;
    try {
      command = readCommand(decode("Command", payload), "command");
    } catch {
      this.#counts.malformed += 1; // unknown means no: the watchdog runs on
      return;
    }
    const refusal = this.#options.world.command(this.robot, command, nowMs);
    if (refusal !== null) this.#counts.refused += 1;
    this.#options.record?.(lineOf(command, { robot: this.robot, nowMs, refusal }));
  }
}

function lineOf(
  command: Command,
  receipt: { readonly robot: string; readonly nowMs: number; readonly refusal: SetPointRefusal | null },
): CommandLine {
  return {
    kind: "command",
    t: Math.round(receipt.nowMs * 1000) / 1000,
    robot: receipt.robot,
    sequence: command.sequence,
    speed: command.speedMps,
    turn: command.turnRadps,
    validMs: command.validForMs,
    rung: command.rung,
    token: command.token ?? null,
    leaseEndMs: command.leaseEndMonotonicMs,
    applied: receipt.refusal === null,
    ...(receipt.refusal === null ? {} : { refusal: receipt.refusal }),
    decision: command.decisionId,
  };
}

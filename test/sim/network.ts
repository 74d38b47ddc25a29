// The network between robots and hub: streams of the link, which are ordered and reliable until a fault makes them
// otherwise, and telemetry, which is neither. A stream has two ends that learn of its end each for itself: by a word of
// the other end, or by keepalive when nothing passes. What is under way when a stream ends is lost.

import { tokenKey } from "../../proto/claim.js";
import type { EdgeMessage, HubMessage, Telemetry } from "../../proto/wire.js";
import type { Random } from "../../scripts/world/random.js";
import type { FaultName } from "./faults.js";
import { type Kernel, MS, SECOND } from "./kernel.js";
import type { Trace } from "./trace.js";

/** The end of a stream in a process. */
export interface End<M> {
  take(message: M): void;
  closed(reason: string): void;
}

export interface Weather {
  /** Strength of a fault that is on for this robot or for the site; 0 when it is off. */
  on(name: FaultName, subject: string): number;
}

const KEEPALIVE_US = 1 * SECOND;
/** With two hubs under one address, how often within a second that leads to the other one. */
const SWITCHED = 0.15;
/** Strength from which on a second edge is there because nobody could reach the first one. */
export const UNREACHED = 0.7;
const SILENT_US = 3 * SECOND;
const WAITING_MOST = 64;

type Direction = "up" | "down";

interface Waiting {
  readonly message: EdgeMessage | HubMessage;
}

export class Stream {
  readonly id: number;
  readonly robot: string;
  readonly to: string; // name of the hub
  readonly #net: Network;
  readonly #lastUs = { up: 0, down: 0 };
  readonly #waiting: Record<Direction, Waiting[]> = { up: [], down: [] };
  edge: End<HubMessage> | null;
  hub: End<EdgeMessage> | null;
  /** True while both processes answer keepalive. */
  isAnswered: () => boolean = () => true;
  #heardUs: number;

  constructor(
    net: Network,
    parts: { id: number; robot: string; to: string; edge: End<HubMessage>; hub: End<EdgeMessage> },
  ) {
    this.#net = net;
    this.id = parts.id;
    this.robot = parts.robot;
    this.to = parts.to;
    this.edge = parts.edge;
    this.hub = parts.hub;
    this.#heardUs = net.kernel.nowUs;
    net.kernel.after(KEEPALIVE_US, () => this.#keepAlive());
  }

  up(message: EdgeMessage): void {
    if (this.edge !== null) this.#send("up", message);
  }

  down(message: HubMessage): void {
    if (this.hub !== null) this.#send("down", message);
  }

  /** One end closes; the other hears of it when a word passes. */
  close(by: "edge" | "hub", reason: string): void {
    if ((by === "edge" ? this.edge : this.hub) === null) return;
    this[by] = null;
    const direction = by === "edge" ? "up" : "down";
    if (by === "edge" && this.#net.weather.on("link-half-open", this.robot) > 0) return;
    if (this.#net.isCut(direction, this.robot)) return; // the other end finds out by keepalive
    this.#net.kernel.after(this.#net.delayUs(this.robot), () => this.#drop(by === "edge" ? "hub" : "edge", reason));
  }

  #drop(end: "edge" | "hub", reason: string): void {
    const other = this[end];
    this[end] = null;
    other?.closed(reason);
  }

  #keepAlive(): void {
    if (this.edge === null && this.hub === null) return;
    const { kernel, weather, chance } = this.#net;
    const passes = !this.#net.isCut("up", this.robot) && !this.#net.isCut("down", this.robot);
    if (passes && this.edge !== null && this.hub !== null && this.isAnswered()) this.#heardUs = kernel.nowUs;
    const isOver = kernel.nowUs - this.#heardUs > SILENT_US;
    const leadsElsewhere = weather.on("hub-twice", "hub") > 0 && chance.next() < SWITCHED;
    if (isOver || leadsElsewhere || weather.on("link-flap", this.robot) > 0) {
      this.#drop("edge", "keepalive");
      if (weather.on("link-half-open", this.robot) === 0) this.#drop("hub", "keepalive");
    }
    for (const direction of ["up", "down"] as const)
      if (!this.#net.isCut(direction, this.robot)) this.#flush(direction);
    kernel.after(KEEPALIVE_US, () => this.#keepAlive());
  }

  #flush(direction: Direction): void {
    for (const { message } of this.#waiting[direction].splice(0)) this.#deliverAfter(direction, message);
  }

  #send(direction: Direction, message: EdgeMessage | HubMessage): void {
    const { weather, chance } = this.#net;
    const lossy = weather.on("link-loss", this.robot);
    if (lossy > 0 && chance.next() < 0.1 + 0.4 * lossy) return this.#net.note(this, direction, "lost", message);
    if (this.#net.isCut(direction, this.robot) || weather.on("link-clog", this.robot) > 0) {
      if (this.#waiting[direction].length < WAITING_MOST) this.#waiting[direction].push({ message });
      return this.#net.note(this, direction, "waits", message);
    }
    this.#flush(direction); // what waited goes first
    this.#net.note(this, direction, "sent", message);
    this.#deliverAfter(direction, message);
    const twice = weather.on("link-duplicate", this.robot);
    if (twice > 0 && chance.next() < 0.5) this.#deliverAfter(direction, message);
  }

  #deliverAfter(direction: Direction, message: EdgeMessage | HubMessage): void {
    const { kernel, weather, chance } = this.#net;
    let atUs = kernel.nowUs + this.#net.delayUs(this.robot);
    const overtakes = weather.on("link-reorder", this.robot) > 0 && chance.next() < 0.5;
    if (overtakes) atUs += chance.next() * SECOND;
    else atUs = this.#lastUs[direction] = Math.max(atUs, this.#lastUs[direction] + 1);
    kernel.after(atUs - kernel.nowUs, () => this.#deliver(direction, message));
  }

  #deliver(direction: Direction, message: EdgeMessage | HubMessage): void {
    if (direction === "up") this.hub?.take(message as EdgeMessage);
    else this.edge?.take(message as HubMessage);
  }
}

export class Network {
  readonly kernel: Kernel;
  readonly weather: Weather;
  readonly chance: Random;
  readonly #trace: Trace;
  readonly #old: { readonly robot: string; readonly sample: Telemetry }[] = [];
  #streams = 0;

  constructor(parts: { kernel: Kernel; weather: Weather; chance: Random; trace: Trace }) {
    this.kernel = parts.kernel;
    this.weather = parts.weather;
    this.chance = parts.chance;
    this.#trace = parts.trace;
  }

  isCut(direction: Direction, robot: string): boolean {
    const { weather } = this;
    if (weather.on("link-cut", robot) > 0 || weather.on("site-cut", "") > 0) return true;
    if (weather.on("edge-twice", robot) > UNREACHED) return true;
    return weather.on(direction === "up" ? "link-cut-up" : "link-cut-down", robot) > 0;
  }

  /** A few milliseconds, with a tail; seconds under a fault. */
  delayUs(robot: string): number {
    const draw = this.chance.next();
    const slow = this.weather.on("link-delay", robot);
    return (1 + 20 * draw * draw * draw) * MS + (slow > 0 ? draw * slow * 3 * SECOND : 0);
  }

  /** A stream between two ends; hello has not been said. */
  open(parts: {
    readonly robot: string;
    readonly to: string;
    readonly edge: End<HubMessage>;
    readonly hub: (stream: Stream) => End<EdgeMessage>;
  }): Stream {
    this.#streams += 1;
    const nobody: End<EdgeMessage> = { take: () => {}, closed: () => {} };
    const stream = new Stream(this, {
      id: this.#streams,
      robot: parts.robot,
      to: parts.to,
      edge: parts.edge,
      hub: nobody,
    });
    stream.hub = parts.hub(stream);
    return stream;
  }

  /** Telemetry: newest wins, nothing is certain. */
  publish(sample: Telemetry, take: (sample: Telemetry) => void): void {
    const { weather, chance, kernel } = this;
    const { robot } = sample;
    if (weather.on("telemetry-cut", robot) > 0 || weather.on("broker-cut", "") > 0) return;
    const lossy = weather.on("telemetry-loss", robot);
    if (lossy > 0 && chance.next() < 0.2 + 0.7 * lossy) return;
    const slow = weather.on("telemetry-delay", robot);
    const lateUs = (2 + 10 * chance.next()) * MS + (slow > 0 ? chance.next() * slow * 8 * SECOND : 0);
    kernel.after(lateUs, () => take(sample));
    if (weather.on("telemetry-replay", robot) === 0) return;
    this.#old.push({ robot, sample });
    if (this.#old.length > 50) this.#old.shift();
    const again = this.#old[chance.below(this.#old.length)];
    if (again !== undefined) kernel.after(chance.next() * SECOND, () => take(again.sample));
  }

  note(stream: Stream, direction: Direction, how: string, message: EdgeMessage | HubMessage): void {
    const who = direction === "up" ? stream.robot : stream.to;
    this.#trace.row(
      this.kernel.nowUs,
      who,
      how,
      `${direction === "up" ? `to ${stream.to}` : `to ${stream.robot}`}: ${inWords(message)}`,
    );
  }
}

/** A message as a reader of the trace wants it. */
export function inWords(message: EdgeMessage | HubMessage): string {
  const token = "token" in message ? ` ${message.token.epoch}.${message.token.counter}` : "";
  switch (message.kind) {
    case "hello":
      return `hello, boot ${message.boot}, highest ${message.highestToken.epoch}.${message.highestToken.counter}`;
    case "renew":
      return `renew ${message.nonce} for ${message.acting.map(tokenKey).join(" ") || "nothing"}`;
    case "grantAnswer":
      return `grant${token} ${message.accepted ? "accepted" : `refused, ${message.refusal}`}`;
    case "outcome":
      return `outcome${token} ${message.result}${message.reason === "" ? "" : `: ${message.reason}`}`;
    case "modeReport":
      return `stands on ${message.rung}${message.causes.map((cause) => ` ${cause.name}`).join("")}`;
    case "welcome":
      return `welcome, epoch ${message.epoch}, session ${message.session}`;
    case "renewed":
      return `renewed ${message.nonce} for ${message.leaseMs} ms`;
    case "grant":
      return `grant${token}: ${message.destination} for ${message.task || message.purpose}`;
    case "withdraw":
      return `withdraw${token}: ${message.reason}`;
    case "modeOrder":
      return `order ${message.sequence}: ${message.rung}${message.causes.map((cause) => ` ${cause.name}`).join("")}`;
    case "clearLatches":
      return `clear ${message.causes.join(" ")}`;
    case "outcomeStored":
      return `stored ${message.id}`;
    case "refused":
      return `refused: ${message.code}`;
    case "askSwap":
      return `asks to swap to ${message.model} ${message.version}`;
    case "swapAnswer":
      return `${message.allowed ? "may" : message.refusal || "may not"} swap to ${message.model} ${message.version}`;
    case "askWhy":
    case "toldWhy":
      return message.kind;
  }
}

// The robot's own broker, by which base drivers in any language talk to the edge: the contract of onboard.proto.
// Clients publish only below drover/base/in and subscribe only below drover/base/out; every payload is judged here, so
// that the core sees well-formed samples only. R2: the gate of a command is asked in the same synchronous block as the
// write to the base's socket. What remains after that is the way through the operating system to a base that does not
// read; therefore a command says when it was sent and how long it is valid, and the base refuses an older one.

import { decode, decodeJson, encode, encodeJson, MalformedMessage } from "../../proto/codec/codec.js";
import { PolicedBroker } from "../../proto/codec/mqtt-broker.js";
import { covers } from "../../proto/codec/mqtt-packet.js";
import type { BrokerPolicy } from "../../proto/codec/mqtt-policy.js";
import { WireRefused } from "../../proto/shape.js";
import { type Form, ONBOARD_OUT_ALL, type OnboardChannel, onboardOut, parseOnboardIn } from "../../proto/topics.js";
import { type Command, type OnboardSample, readOnboard, type Tick } from "../../proto/wire.js";

export interface OnboardEvents {
  onSample(sample: OnboardSample, form: Form, receivedMs: number): void;
  /** A payload that was dropped, or a client that was let go; `topic` is empty for the latter. */
  onRefused(topic: string, reason: string): void;
  /** Whether a base listens to commands. */
  onBase(connected: boolean): void;
}

export interface OnboardOptions {
  readonly host: string;
  readonly port: number; // 0: any
  readonly events: OnboardEvents;
  readonly limits: { readonly messageBytes: number };
  readonly monotonicMs: () => number;
}

const MESSAGE: Readonly<Record<OnboardChannel, string>> = {
  pose: "PoseSample",
  scan: "ScanSample",
  odometry: "OdometrySample",
  battery: "BatterySample",
  base: "BaseSample",
};
const FORMS = ["protobuf", "json"] as const;
const COMMANDS = FORMS.map((form) => onboardOut("command", form));
const TICKS = FORMS.map((form) => onboardOut("tick", form));
const FILTERS: ReadonlySet<string> = new Set([ONBOARD_OUT_ALL, ...COMMANDS, ...TICKS]);
const MOST_CLIENTS = 8;
const TOPIC_BYTES = 64;
const KEEPALIVE_S = { keepaliveLeastS: 1, keepaliveMostS: 120 };
const RATE = { perSecond: 2000, burst: 20_000 };

export class OnboardBroker {
  readonly port: number;
  readonly #broker: PolicedBroker;

  private constructor(broker: PolicedBroker) {
    this.#broker = broker;
    this.port = broker.port;
  }

  /** Listens. Throws when the port cannot be had. */
  static async open({ host, port, events, limits, monotonicMs }: OnboardOptions): Promise<OnboardBroker> {
    const broker = await PolicedBroker.open({
      ...{ host, port, monotonicMs },
      policy: policyOf(events, monotonicMs),
      limits: { ...KEEPALIVE_S, packetBytes: limits.messageBytes + TOPIC_BYTES, clients: MOST_CLIENTS, rate: RATE },
      onRefused: (id, reason) => events.onRefused("", id === null ? reason : `${id}: ${reason}`),
    });
    return new OnboardBroker(broker);
  }

  /**
   * Writes the command, in both forms, to the bases that listen. `gate` is asked for each of them right before the
   * write and may say no (R2). No-op without a base, and for a base that still has unread bytes in this process: its
   * own watchdog stops it.
   */
  command(command: Command, gate: () => boolean): void {
    this.#push("Command", COMMANDS, command, gate);
  }

  /** Writes the tick in both forms. */
  tick(tick: Tick): void {
    this.#push("Tick", TICKS, tick, () => true);
  }

  async close(): Promise<void> {
    await this.#broker.close();
  }

  #push(type: string, topics: readonly string[], plain: object, gate: () => boolean): void {
    for (const [index, topic] of topics.entries()) {
      const json = FORMS[index] === "json";
      const payload = () => (json ? Buffer.from(encodeJson(type, plain), "utf8") : encode(type, plain));
      this.#broker.pushNow({ topic, payload, gate });
    }
  }
}

function policyOf(events: OnboardEvents, monotonicMs: () => number): BrokerPolicy {
  let connected = false;
  return {
    admit({ will }) {
      if (will === null || parseOnboardIn(will.topic) !== null) return null;
      return `expected a will below drover/base/in, found ${will.topic}`;
    },
    mayPublish: (_id, topic) => parseOnboardIn(topic) !== null,
    maySubscribe: (_id, filter) => FILTERS.has(filter),
    mayReceive: () => false, // all that goes out is pushed
    onPublish(_id, topic, payload) {
      const receivedMs = monotonicMs();
      const found = parseOnboardIn(topic);
      if (found === null) return;
      const read = readSample(found.channel, found.form, payload);
      if ("refusal" in read) events.onRefused(topic, read.refusal);
      else events.onSample(read.sample, found.form, receivedMs);
    },
    onFilters(filters) {
      const now = COMMANDS.some((topic) => covers(filters, topic));
      if (now !== connected) events.onBase(now);
      connected = now;
    },
  };
}

type Judged = { readonly sample: OnboardSample } | { readonly refusal: string };

/** Decodes and judges one payload of a channel; a refusal says what was expected and found. */
export function readSample(channel: OnboardChannel, form: Form, payload: Uint8Array): Judged {
  try {
    const plain = form === "json" ? fromJson(MESSAGE[channel], payload) : decode(MESSAGE[channel], payload);
    const sample = { channel, ...readOnboard[channel](plain, channel) } as OnboardSample;
    const { monotonicMs, tickNonce } = sample.capture;
    if (monotonicMs === undefined || tickNonce === undefined) return { sample };
    return { refusal: `${channel}.capture: expected one of monotonicMs and tickNonce, found both` };
  } catch (cause) {
    if (cause instanceof MalformedMessage || cause instanceof WireRefused) return { refusal: cause.message };
    throw cause;
  }
}

function fromJson(type: string, payload: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw new MalformedMessage(`cannot read JSON as ${type}: it is not UTF-8`);
  }
  const plain = decodeJson(type, text);
  const unknown = unknownKey(JSON.parse(text), plain, "");
  if (unknown !== null) throw new MalformedMessage(`cannot read JSON as ${type}: it has no field "${unknown}"`);
  return plain;
}

// The first key of the JSON, at any depth, that the message did not take.
function unknownKey(given: unknown, taken: unknown, path: string): string | null {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return null;
  for (const [key, value] of Object.entries(given)) {
    const known = typeof taken === "object" && taken !== null && Object.hasOwn(taken, key);
    if (!known && value !== null) return `${path}${key}`;
    const inside = known ? unknownKey(value, (taken as Record<string, unknown>)[key], `${path}${key}.`) : null;
    if (inside !== null) return inside;
  }
  return null;
}

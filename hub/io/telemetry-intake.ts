// Telemetry of all robots from the site's broker. R6: the time of receipt is read before anything else happens to a
// packet. A sample counts only for the robot and channel whose topic it came on; a retained one is somebody's past and
// is refused. What the sample is worth is judged in the core.

import type { IPublishPacket, MqttClient } from "mqtt";
import { monotonicMs } from "../../proto/codec/clock.js";
import { decode, MalformedMessage } from "../../proto/codec/codec.js";
import { connectMqtt } from "../../proto/codec/mqtt-connect.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import { WireRefused } from "../../proto/shape.js";
import { parseTelemetryTopic, telemetryFilter } from "../../proto/topics.js";
import { readTelemetry, type Telemetry } from "../../proto/wire.js";

export interface TelemetryIntakeOptions {
  readonly url: string;
  readonly site: string;
  /** Asked before each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly onTelemetry: (sample: Telemetry, receivedMs: number) => void;
  /** A packet that was dropped; the robot is the one of its topic, null when the topic names none. */
  readonly onRefused: (robot: string | null, reason: string) => void;
  /** True once the broker has taken the subscription. */
  readonly onState: (connected: boolean) => void;
  readonly random?: () => number;
}

const HUB_ID = "hub";
const MESSAGE_BYTES = 65_536;

export class TelemetryIntake {
  readonly #client: MqttClient;
  #messages = 0;
  #bytes = 0;

  /** Begins to connect. Throws for a URL that cannot be used. */
  constructor(options: TelemetryIntakeOptions) {
    const { url, site, tls, random, onState } = options;
    this.#client = connectMqtt({ url, id: HUB_ID, tls, random });
    let subscribed = false;
    const tell = (now: boolean): void => {
      if (now !== subscribed) onState(now);
      subscribed = now;
    };
    this.#client.on("connect", () => {
      this.#client.subscribe(telemetryFilter(site), { qos: 0 }, (error, granted) => {
        tell(error === null && granted?.[0]?.qos === 0 && this.#client.connected);
      });
    });
    this.#client.on("close", () => tell(false));
    this.#client.on("message", (topic, payload, packet) => {
      const receivedMs = monotonicMs();
      this.#messages += 1;
      this.#bytes += payload.length;
      take({ topic, payload, packet, receivedMs }, options);
    });
  }

  /** Messages that came, and the bytes of their payloads. */
  get counts(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly packet: Pick<IPublishPacket, "retain">;
  readonly receivedMs: number;
}

function take({ topic, payload, packet, receivedMs }: Received, options: TelemetryIntakeOptions): void {
  const from = parseTelemetryTopic(topic);
  if (from === null || from.site !== options.site) {
    options.onRefused(null, `expected a topic of site ${options.site}, found ${topic.slice(0, 80)}`);
    return;
  }
  const read = judge(payload, packet.retain);
  if (typeof read === "string") options.onRefused(from.robot, read);
  else if (read.robot !== from.robot || read.channel !== from.channel) {
    const found = `${read.robot}/${read.channel}`;
    options.onRefused(from.robot, `expected a sample of ${from.robot}/${from.channel}, found one of ${found}`);
  } else options.onTelemetry(read, receivedMs);
}

function judge(payload: Buffer, retained: boolean): Telemetry | string {
  if (retained) return "expected a live sample, found a retained one";
  if (payload.length > MESSAGE_BYTES) return `expected at most ${MESSAGE_BYTES} bytes, found ${payload.length}`;
  try {
    return readTelemetry(decode("Telemetry", payload), "telemetry");
  } catch (cause) {
    if (cause instanceof MalformedMessage || cause instanceof WireRefused) return cause.message;
    throw cause;
  }
}

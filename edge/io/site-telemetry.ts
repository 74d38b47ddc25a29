// Telemetry from the robot to the site's broker: QoS 0, newest wins, never authority. What cannot leave at once is
// dropped, because the next sample is better than a late one; nothing waits in this process (R13).

import type { MqttClient } from "mqtt";
import { encode } from "../../proto/codec/codec.js";
import { connectMqtt } from "../../proto/codec/mqtt-connect.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import { telemetryTopic } from "../../proto/topics.js";
import { type Telemetry, toTelemetry } from "../../proto/wire.js";

export interface SiteTelemetryOptions {
  readonly url: string;
  readonly site: string;
  readonly robot: string;
  /** Asked before each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly onState: (connected: boolean) => void;
  readonly random?: () => number;
}

const BACKLOG_BYTES = 8192;

export class SiteTelemetry {
  readonly #client: MqttClient;
  readonly #site: string;
  readonly #robot: string;
  #sent = 0;
  #dropped = 0;

  /** Begins to connect. Throws for a URL that cannot be used. */
  constructor({ url, site, robot, tls, onState, random }: SiteTelemetryOptions) {
    this.#site = site;
    this.#robot = robot;
    this.#client = connectMqtt({ url, id: robot, tls, random });
    let connected = false;
    const tell = (now: boolean) => () => {
      if (now !== connected) onState(now);
      connected = now;
    };
    this.#client.on("connect", tell(true));
    this.#client.on("close", tell(false));
  }

  /** Sent and dropped so far. */
  get counts(): { readonly sent: number; readonly dropped: number } {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  /** Sends the sample now, or drops it when there is no connection or the last ones have not left yet. */
  publish(sample: Telemetry): void {
    if (!this.#client.connected || this.#client.stream.writableLength > BACKLOG_BYTES) {
      this.#dropped += 1;
      return;
    }
    const topic = telemetryTopic({ site: this.#site, robot: this.#robot, channel: sample.channel });
    this.#client.publish(topic, Buffer.from(encode("Telemetry", toTelemetry(sample))), { qos: 0, retain: false });
    this.#sent += 1;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

// How edge and hub connect to the site's MQTT broker, ours or another by URL: MQTT 3.1.1, clean sessions, QoS 0,
// nothing queued while there is no connection, pings that go out even while samples flow (else a dead broker is never
// noticed), and reconnection with jitter and the certificate that is there by then. When the broker's name leads
// nowhere, every other attempt goes to where it was reached last.

import type { Socket } from "node:net";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { TlsFiles } from "./tls.js";

export interface MqttOptions {
  readonly url: string; // mqtt://host:port, or mqtts://host:port together with tls
  readonly id: string;
  /** Asked before each connection. */
  readonly tls?: (() => TlsFiles) | undefined;
  readonly random?: (() => number) | undefined;
}

const CONNECT_TIMEOUT_MS = 3000;
const RECONNECT_MS = 500;
const KEEPALIVE_S = 5;

/** Begins to connect and goes on for ever until the client is ended. Throws for a URL that does not fit. */
export function connectMqtt({ url, id, tls, random = Math.random }: MqttOptions): MqttClient {
  const expected = tls === undefined ? "mqtt:" : "mqtts:";
  if (!URL.canParse(url) || new URL(url).protocol !== expected) {
    throw new Error(`cannot use the MQTT broker ${url}: expected ${expected}//HOST:PORT`);
  }
  const jittered = (): number => Math.round(RECONNECT_MS * (0.5 + random()));
  const options: IClientOptions = {
    clientId: id,
    protocolVersion: 4,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: jittered(),
    reconnectOnConnackError: true,
    queueQoSZero: false,
    resubscribe: false,
    reschedulePings: false,
    ...(tls === undefined ? {} : { ...tls(), rejectUnauthorized: true }),
  };
  const client = connect(url, options);
  client.on("error", () => {}); // told through the state, and tried again
  const again = redial(client);
  client.prependListener("close", () =>
    Object.assign(client.options, tls?.(), again(), { reconnectPeriod: jittered() }),
  );
  return client;
}

/** Where the next attempt goes. With TLS the server must still prove to be the host of the URL. */
function redial(client: MqttClient): () => { readonly hostname: string | undefined } {
  const named = client.options.hostname ?? client.options.host; // each of the library's two kinds has its own
  let lastPeer: string | undefined;
  let isReached = false;
  let byPeer = false;
  client.on("connect", () => {
    isReached = true;
    lastPeer = (client.stream as Socket).remoteAddress ?? lastPeer;
  });
  return () => {
    byPeer = !isReached && !byPeer && lastPeer !== undefined;
    isReached = false;
    return { hostname: byPeer ? lastPeer : named };
  };
}

// Whom an MQTT broker of ours admits: limits that hold for every client (R13), and the shape of the policy that each
// broker adds. Unknown means no.

import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { GuardLimits } from "./mqtt-guard.js";
import { cut, ordinary } from "./mqtt-packet.js";
import { nameOf } from "./tls.js";

export interface BrokerLimits extends GuardLimits {
  readonly clients: number;
  readonly keepaliveLeastS: number;
  readonly keepaliveMostS: number;
}

export interface Will {
  readonly topic: string;
  readonly payloadBytes: number;
  readonly qos: number;
}

/** What each client may do. `name` is the one in its certificate, null without TLS. All answers must be synchronous. */
export interface BrokerPolicy {
  /** Why this client may not connect; null when it may. An empty id asks the broker to choose one. */
  admit(client: { readonly id: string; readonly name: string | null; readonly will: Will | null }): string | null;
  mayPublish(id: string, topic: string): boolean;
  maySubscribe(id: string, filter: string): boolean;
  /** Asked again for each packet and receiver. */
  mayReceive(id: string, topic: string): boolean;
  /** A packet that mayPublish let through, before it is forwarded. */
  onPublish?(id: string, topic: string, payload: Buffer): void;
  /** The filters that all clients together are subscribed to have changed. */
  onFilters?(filters: ReadonlySet<string>): void;
}

const MOST_WILL_BYTES = 1024;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a client says about itself in CONNECT. */
export interface ConnectAsked {
  readonly clientId: string;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly protocolVersion?: number;
  readonly will?: { readonly topic: string; readonly payload: string | Buffer; readonly qos?: number };
}

interface Asked {
  readonly socket: Duplex;
  readonly packet: ConnectAsked;
  readonly policy: BrokerPolicy;
  readonly limits: BrokerLimits;
}

/** Why this CONNECT is refused, or null: limits first, then the policy. */
export function connectRefusal({ socket, packet, policy, limits }: Asked): string | null {
  const { clientId: id, keepalive = 0, will } = packet;
  if (packet.protocolVersion !== 4) return `expected MQTT 3.1.1 (level 4), found level ${packet.protocolVersion}`;
  if (packet.clean !== true) return "expected a clean session, found a persistent one";
  if (keepalive < limits.keepaliveLeastS) {
    return `expected a keepalive from ${limits.keepaliveLeastS} to ${limits.keepaliveMostS} s, found ${keepalive}`;
  }
  if (id !== "" && (!ID.test(id) || id in {}))
    return `expected a client id of 1 to 64 [A-Za-z0-9._-], found "${cut(id)}"`;
  const asked =
    will === undefined
      ? null
      : { topic: will.topic, payloadBytes: Buffer.byteLength(will.payload), qos: will.qos ?? 0 };
  if (asked !== null && (asked.qos > 1 || asked.payloadBytes > MOST_WILL_BYTES || !ordinary(asked.topic))) {
    const expected = `a will of QoS 0 or 1, at most ${MOST_WILL_BYTES} bytes and a plain topic`;
    return `expected ${expected}, found ${cut(asked.topic)}`;
  }
  const name = socket instanceof TLSSocket ? nameOf(socket.getPeerCertificate()) : null;
  if (socket instanceof TLSSocket && name === null) return "expected a certificate with one name, found none";
  return policy.admit({ id, name, will: asked });
}

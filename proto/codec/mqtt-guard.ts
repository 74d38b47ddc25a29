// R13: reads the fixed headers of an MQTT 3.1.1 byte stream before the broker sees it, because the broker itself
// buffers a packet of any announced size. Refused: a first packet that is no CONNECT, packets above the limit, QoS 2 in
// any form, packet types that only a broker sends, and more packets than the budget allows. Nothing is copied. In the
// other direction a peer that does not read is let go once too much waits for it, instead of making the broker wait.

import type { Socket } from "node:net";
import { Budget, type RateLimit } from "./budget.js";

export interface GuardLimits {
  readonly packetBytes: number;
  readonly rate: RateLimit;
}

/** Most bytes that may wait in this process for a peer to read. */
export const UNREAD_BYTES = 256 * 1024;

const CONNECT = 1;
const PUBLISH = 3;
const CONNECT_BYTES = 4096;
const FROM_CLIENT: readonly (string | undefined)[] = [
  ...[undefined, "CONNECT", undefined, "PUBLISH", "PUBACK", undefined, undefined, undefined],
  ...["SUBSCRIBE", undefined, "UNSUBSCRIBE", undefined, "PINGREQ", undefined, "DISCONNECT", undefined],
];

/** Follows one connection. After a refusal it refuses for ever. */
export class PacketGuard {
  readonly #limits: GuardLimits;
  readonly #budget: Budget;
  #refusal: string | null = null;
  #packets = 0;
  #type = 0;
  #bodyLeft = 0;
  #lengthBytes = -1; // bytes of the remaining length read so far; -1 between packets
  #length = 0;

  constructor(limits: GuardLimits, nowMs: number) {
    this.#limits = limits;
    this.#budget = new Budget(limits.rate, nowMs);
  }

  /** Null when the bytes may go on, else the reason why not. */
  admit(bytes: Uint8Array, nowMs: number): string | null {
    let at = 0;
    while (at < bytes.length && this.#refusal === null) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, bytes.length - at);
        this.#bodyLeft -= taken;
        at += taken;
        continue;
      }
      const byte = bytes[at] ?? 0;
      at += 1;
      this.#refusal = this.#lengthBytes < 0 ? this.#begin(byte, nowMs) : this.#takeLength(byte);
    }
    return this.#refusal;
  }

  #begin(byte: number, nowMs: number): string | null {
    this.#type = byte >> 4;
    const qos = (byte >> 1) & 3;
    const name = FROM_CLIENT[this.#type];
    if (this.#packets === 0 && this.#type !== CONNECT) return "expected CONNECT as the first packet";
    if (name === undefined) return `packet type ${this.#type} is not accepted (QoS 2 neither)`;
    if (this.#type === PUBLISH && qos > 1) return `expected PUBLISH with QoS 0 or 1, found ${qos}`;
    if (!this.#budget.spend(nowMs)) return `more than ${this.#limits.rate.perSecond} packets a second`;
    this.#packets += 1;
    this.#lengthBytes = 0;
    this.#length = 0;
    return null;
  }

  #takeLength(byte: number): string | null {
    this.#length += (byte & 127) << (7 * this.#lengthBytes);
    this.#lengthBytes += 1;
    const most = this.#type === CONNECT ? Math.min(CONNECT_BYTES, this.#limits.packetBytes) : this.#limits.packetBytes;
    if (this.#length > most) {
      return `expected a ${FROM_CLIENT[this.#type]} of at most ${most} bytes, found ${this.#length} or more`;
    }
    if (byte < 128) {
      this.#bodyLeft = this.#length;
      this.#lengthBytes = -1;
      return null;
    }
    return this.#lengthBytes === 4 ? "malformed packet length" : null;
  }
}

/**
 * Puts a guard in front of everything that is read from the socket. The one place where bytes leave a socket in paused
 * mode is `read`, so it is wrapped in place; a refusal destroys the socket with the reason as its error. `write` is
 * wrapped too and always says that there is room: the broker answers a "no" by holding back whoever published, so that
 * one peer that stands still would stop the others.
 */
export function guardSocket(socket: Socket, limits: GuardLimits, monotonicMs: () => number): void {
  const guard = new PacketGuard(limits, monotonicMs());
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null) return null;
    const refusal = guard.admit(chunk, monotonicMs());
    if (refusal === null) return chunk;
    socket.destroy(new Error(refusal));
    return null;
  };
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]) => {
    write(...args);
    if (socket.writableLength > UNREAD_BYTES) socket.destroy(new Error(`has not read ${UNREAD_BYTES} bytes`));
    return true;
  };
}

// Tools for the tests of brokers and links: a raw MQTT 3.1.1 peer that can also misbehave, polling with a deadline, and
// a broker process to test against.

import { type ChildProcess, fork } from "node:child_process";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";

export const DEADLINE_MS = 8000;

/** Polls until it holds, or throws naming what was awaited. */
export async function until(what: string, holds: () => boolean, withinMs = DEADLINE_MS): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** A compiled file of the product or of the tests, from its path below the root. */
export function compiled(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export interface BrokerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  stop(): Promise<void>;
}

/** The site broker as its own process on a free port. */
export async function startBroker(args: readonly string[] = []): Promise<BrokerProcess> {
  const child = fork(compiled("hub/broker/main.js"), ["--site", "s1", "--port", "0", ...args], { silent: true });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const ready = await new Promise<{ port: number }>((done, fail) => {
    child.once("message", (message) => done(message as { port: number }));
    child.once("exit", (code) => fail(new Error(`the broker ended with ${code}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return { child, port: ready.port, stop };
}

export interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

export const TYPE = { CONNACK: 2, PUBLISH: 3, PUBACK: 4, SUBACK: 9, UNSUBACK: 11, PINGRESP: 13 } as const;

export interface ConnectFields {
  readonly id: string;
  readonly level?: number;
  readonly clean?: boolean;
  readonly keepaliveS?: number;
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos?: number };
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** One packet: first byte, remaining length, body. */
export function packet(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

export function connectPacket({ id, level = 4, clean = true, keepaliveS = 10, will }: ConnectFields): Buffer {
  const flags = (clean ? 2 : 0) | (will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3));
  const head = [text(level === 3 ? "MQIsdp" : "MQTT"), Buffer.from([level, flags, keepaliveS >> 8, keepaliveS & 255])];
  const properties = level === 5 ? [Buffer.from([0])] : [];
  const tail = will === undefined ? [] : [...properties, text(will.topic), text(will.payload)];
  return packet(0x10, Buffer.concat([...head, ...properties, text(id), ...tail]));
}

export function publishPacket(
  topic: string | Buffer,
  payload: string | Buffer,
  { qos = 0, retain = 0, id = 1 } = {},
): Buffer {
  const number = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  return packet(0x30 | (qos << 1) | retain, Buffer.concat([text(topic), number, Buffer.from(payload)]));
}

export function subscribePacket(filters: readonly string[], qos = 0): Buffer {
  const asked = filters.map((filter) => Buffer.concat([text(filter), Buffer.from([qos])]));
  return packet(0x82, Buffer.concat([Buffer.from([0, 7]), ...asked]));
}

export interface RawTls {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly session?: Buffer | undefined; // to resume
}

/** A connection that says exactly the bytes it is told to. */
export class RawMqtt {
  readonly packets: Packet[] = [];
  readonly socket: Socket;
  closed = false;
  session: Buffer | undefined; // of TLS, to resume
  #pending = Buffer.alloc(0);

  constructor(port: number, tls?: RawTls) {
    const at = { host: "127.0.0.1", port };
    this.socket = tls === undefined ? connectPlain(at) : connectTls({ ...at, ...tls, servername: "localhost" });
    this.socket.on("error", () => {});
    this.socket.on("session", (session: Buffer) => {
      this.session = session;
    });
    this.socket.once("close", () => {
      this.closed = true;
    });
    this.socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** Connects under this id; throws unless the broker accepts. */
  static async open(port: number, fields: ConnectFields, tls?: RawTls): Promise<RawMqtt> {
    const raw = new RawMqtt(port, tls);
    raw.write(connectPacket(fields));
    await until(`CONNACK for ${fields.id}`, () => raw.packets.length > 0 || raw.closed);
    if (raw.packets[0]?.body[1] !== 0) throw new Error(`${fields.id} was not accepted`);
    raw.packets.length = 0;
    return raw;
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  of(type: number): Packet[] {
    return this.packets.filter((one) => one.type === type);
  }

  /** Topics of what was received. */
  topics(): string[] {
    return this.of(TYPE.PUBLISH).map(({ body }) => body.toString("utf8", 2, 2 + body.readUInt16BE(0)));
  }

  async ended(what: string): Promise<void> {
    await until(`the connection ends: ${what}`, () => this.closed);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      let byte = 128;
      for (; byte > 127 && at < this.#pending.length; at += 1) {
        byte = this.#pending[at] ?? 0;
        length += (byte & 127) << (7 * (at - 1));
      }
      if (byte > 127 || this.#pending.length < at + length) return;
      this.packets.push({ type: (this.#pending[0] ?? 0) >> 4, body: this.#pending.subarray(at, at + length) });
      this.#pending = this.#pending.subarray(at + length);
    }
  }
}

/** Does the work for each, two at a time: what is awaited are processes, and there may be two cores. */
export async function inPairs<T>(all: readonly T[], work: (one: T, index: number) => Promise<void>): Promise<void> {
  const queue = all.map((one, index) => ({ one, index }));
  const take = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next.one, next.index);
  };
  await Promise.all([take(), take()]);
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

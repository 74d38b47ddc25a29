// A plain broker on loopback that stands for the robot's own, and an edge that only sends commands and keeps what it
// hears.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { Aedes } from "aedes";

export interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly atMs: number;
}

export interface StubBroker {
  readonly port: number;
  readonly heard: readonly Heard[];
  /** Topics that somebody has subscribed to. */
  readonly wanted: ReadonlySet<string>;
  publish(topic: string, payload: string | Uint8Array): void;
  close(): Promise<void>;
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}

/** Listens on 127.0.0.1; port 0 takes any. */
export async function aStubBroker(port = 0): Promise<StubBroker> {
  const broker = await Aedes.createBroker();
  const heard: Heard[] = [];
  const wanted = new Set<string>();
  const sockets = new Set<Socket>();
  broker.on("publish", ({ topic, payload }, from) => {
    if (from !== null) heard.push({ topic, payload: Buffer.from(payload), atMs: monotonicMs() });
  });
  broker.on("subscribe", (subscriptions) => {
    for (const { topic } of subscriptions) wanted.add(topic);
  });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  listener.listen(port, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    heard,
    wanted,
    publish(topic, payload) {
      const message = typeof payload === "string" ? payload : Buffer.from(payload);
      broker.publish({ cmd: "publish", topic, payload: message, qos: 0, retain: false, dup: false }, () => {});
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(resolve));
      listener.close();
    },
  };
}

/** Polls until `holds` is true. Throws after the deadline. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = monotonicMs() + 10_000;
  while (!holds()) {
    if (monotonicMs() > deadline) throw new Error(`expected within 10 s: ${what}`);
    await turn();
  }
}

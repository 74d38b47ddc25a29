// The handlers of FleetOperator on a port that only remembers, and calls that are made by hand.

import { EventEmitter } from "node:events";
import type { Metadata } from "@grpc/grpc-js";
import { operatorHandlers } from "../../../hub/io/operator-service.js";
import type { toStatus } from "../../../proto/codec/bounded-stream.js";
import { REFUSAL_METADATA } from "../../../proto/operator.js";
import { ANYBODY, StubPort } from "../cli/stub-hub.js";

/** A call whose follower takes `room` messages and then nothing until it drains. */
export class FakeCall extends EventEmitter {
  readonly written: unknown[] = [];
  readonly ends: unknown[] = [];
  destroyed = false;
  writableEnded = false;

  constructor(
    readonly request: unknown,
    public room = Number.POSITIVE_INFINITY,
  ) {
    super();
    this.on("error", (how) => {
      this.ends.push(how);
      this.writableEnded = true;
    });
  }
  sendMetadata() {}
  write(message: unknown) {
    this.written.push(message);
    this.room -= 1;
    return this.room > 0;
  }
  end() {
    this.ends.push("OK");
    this.writableEnded = true;
  }
  drain(room: number) {
    this.room = room;
    this.emit("drain");
  }
  cancel() {
    this.destroyed = true;
    this.emit("cancelled", "cancelled");
    this.emit("close");
  }
}

export function aService(over: Partial<Parameters<typeof operatorHandlers>[1]> = {}) {
  const port = new StubPort();
  const options = { personOf: () => ANYBODY, streamsMost: 2, nowMs: () => performance.now(), ...over };
  const handlers = operatorHandlers(port, options) as Record<string, (...given: unknown[]) => void>;
  const unary = (method: string, request: unknown) =>
    new Promise<{ error: ReturnType<typeof toStatus> | null; found: unknown }>((resolve) =>
      handlers[method]?.({ request }, (error: ReturnType<typeof toStatus> | null, found: unknown) =>
        resolve({ error, found }),
      ),
    );
  const stream = (method: string, call: FakeCall) => {
    handlers[method]?.(call);
    return call;
  };
  return { port, unary, stream };
}

export function codeOf(status: unknown): string {
  const [code] = (status as { metadata?: Metadata }).metadata?.get(REFUSAL_METADATA) ?? [];
  return String(code);
}

export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

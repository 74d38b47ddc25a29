// The least that a process of its own can cost, for the benches: a child that reads 256 bytes from its descriptor 3,
// keeps the processor as long as a model would, and writes 256 bytes back.
//
//   node dist/scripts/bench/raw-echo.js MICROSECONDS      (started by `startEcho`, with a pipe as descriptor 3)

import { spawn } from "node:child_process";
import { readSync, writeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { fineMonotonicMs } from "../../proto/codec/clock.js";
import { atEnd } from "./scratch.js";

const BYTES = 256;

/** Starts the child. Each call gives the microseconds of one echo, less those that the child kept the processor. */
export function startEcho(busyUs: number): () => Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(busyUs)], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  atEnd(() => void child.kill("SIGKILL"));
  const channel = child.stdio[3] as Duplex;
  const bytes = Buffer.alloc(BYTES);
  return async () => {
    const startMs = fineMonotonicMs();
    channel.write(bytes);
    const [answer] = await new Promise<[Buffer]>((resolve) =>
      channel.once("data", (chunk: Buffer) => resolve([chunk])),
    );
    return 1000 * (fineMonotonicMs() - startMs) - answer.readDoubleLE(0);
  };
}

function echo(busyUs: number): void {
  const bytes = Buffer.alloc(BYTES);
  while (readSync(3, bytes) > 0) {
    const startMs = fineMonotonicMs();
    while (1000 * (fineMonotonicMs() - startMs) < busyUs);
    bytes.writeDoubleLE(1000 * (fineMonotonicMs() - startMs), 0);
    writeSync(3, bytes);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) echo(Number(process.argv[2]));

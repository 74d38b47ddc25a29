#!/usr/bin/env node
// The command `drover`. Only here are environment, arguments, files and the terminal touched. The process ends by
// itself once everything is written, so that no line is cut; a closed standard output is a quiet end.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { foundToken, tokenFolder } from "../../proto/codec/own-token.js";
import { runCli } from "./run.js";
import type { Shell } from "./shell.js";

// grpc-js names the hub to TLS even by its address, and the runtime would warn about that above every answer.
process.noDeprecation = true;

const FILE_BYTES_MOST = 1_048_576;

const stop = new AbortController();
let closed = false;

function write(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  if (stream === process.stdout && closed) return Promise.resolve(false);
  return new Promise((resolve) => {
    stream.write(text, (error) => resolve(error === undefined || error === null));
  });
}

function readFile(path: string): Buffer {
  const { size } = statSync(path);
  if (size > FILE_BYTES_MOST) throw new Error(`expected at most ${FILE_BYTES_MOST} bytes, found ${size}`);
  return readFileSync(path);
}

/** Of the package that this file is part of, wherever it was compiled to. */
function version(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    const file = join(dir, "package.json");
    if (!existsSync(file)) continue;
    const { name, version: found } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    if (name === "drover" && typeof found === "string") return found;
  }
  return "unknown";
}

const folder = tokenFolder({ runtimeDir: process.env.XDG_RUNTIME_DIR, temporaryDir: tmpdir() });

const shell: Shell = {
  environment: {
    hub: process.env.DROVER_HUB || undefined,
    user: process.env.USER || undefined,
    token: process.env.DROVER_TOKEN || undefined,
  },
  ownToken: (port) => foundToken(folder, port),
  terminal: {
    isTty: process.stdout.isTTY === true && process.env.TERM !== "dumb",
    colours: (process.env.NO_COLOR ?? "") === "",
    width: () => process.stdout.columns ?? 0,
    height: () => process.stdout.rows ?? 0,
  },
  version: version(),
  write: (text) => write(process.stdout, text),
  warn: async (text) => {
    await write(process.stderr, text);
  },
  readFile,
  newTaskId: () => `t-${randomBytes(5).toString("hex")}`,
  stop: stop.signal,
};

process.stdout.on("error", () => {
  closed = true;
  stop.abort();
});
process.stderr.on("error", () => {});
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

process.exitCode = await runCli(process.argv.slice(2), shell);

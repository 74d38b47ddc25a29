#!/usr/bin/env node
// The bin `drover-edge`: the only place of the edge that reads flags, environment and files, and builds the adapters.
// A fault ends the process: the base stops by its own dead-man, and whoever supervises the edge starts it again.

import { randomBytes } from "node:crypto";
import { ConfigRefused } from "../fleet-config/load.js";
import { EXIT } from "../proto/errors.js";
import { VERSION } from "../proto/version.js";
import { doctor } from "./doctor.js";
import { readEdgeOptions, USAGE } from "./options.js";
import { runEdge } from "./run.js";

async function main(args: readonly string[]): Promise<number> {
  const [command = "", ...rest] = args;
  if (args.includes("--help") || command === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === "--version") {
    process.stdout.write(`drover-edge ${VERSION}\n`);
    return 0;
  }
  if (command !== "run" && command !== "doctor") {
    process.stderr.write(`drover-edge: expected run or doctor, found "${command}"\n${USAGE}`);
    return EXIT.usage;
  }
  const options = readEdgeOptions(rest);
  if (typeof options === "string") {
    process.stderr.write(`drover-edge ${command}: ${options}\n`);
    return EXIT.usage;
  }
  if (command === "doctor") return doctor(options, (line) => process.stdout.write(`${line}\n`));
  const boot = `b${randomBytes(6).toString("hex")}`;
  return runEdge(options, { boot, random: Math.random, stopped: untilSignal() });
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
    process.once("disconnect", () => resolve("parent gone"));
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (cause: unknown) => {
    const expected = cause instanceof ConfigRefused;
    process.stderr.write(`drover-edge: ${expected ? cause.message : ((cause as Error).stack ?? String(cause))}\n`);
    process.exit(expected ? EXIT.config : EXIT.software);
  },
);

#!/usr/bin/env node
// The bin `drover-hub`: the only place of the hub that reads flags and signals.

import { ConfigRefused } from "../fleet-config/load.js";
import { EXIT } from "../proto/errors.js";
import { VERSION } from "../proto/version.js";
import { verifyLedger } from "./io/verify.js";
import { readHubOptions, USAGE } from "./options.js";
import { runHub } from "./run.js";
import { HubStopped } from "./stopped.js";

async function main(args: readonly string[]): Promise<number> {
  const [command = "", ...rest] = args;
  if (args.includes("--help") || command === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === "--version") {
    process.stdout.write(`drover-hub ${VERSION}\n`);
    return 0;
  }
  if (command !== "run" && command !== "verify") {
    process.stderr.write(`drover-hub: expected run or verify, found "${command}"\n${USAGE}`);
    return EXIT.usage;
  }
  const options = readHubOptions(command, rest);
  if (typeof options === "string") {
    process.stderr.write(`drover-hub ${command}: ${options}\n`);
    return EXIT.usage;
  }
  return command === "verify" ? verify(options.dataDir) : runHub(options, untilSignal());
}

async function verify(dataDir: string): Promise<number> {
  const verdict = await verifyLedger(dataDir);
  for (const note of verdict.notes) process.stdout.write(`note: ${note}\n`);
  for (const problem of verdict.problems) process.stdout.write(`damage: ${problem}\n`);
  const sound = verdict.problems.length === 0;
  process.stdout.write(
    `${sound ? "sound" : "DAMAGED"}: ${verdict.events} events of site ${verdict.site ?? "unknown"}, last hash ${verdict.lastHash ?? "none"}\n`,
  );
  return sound ? 0 : EXIT.data;
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
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof ConfigRefused || cause instanceof HubStopped) process.stderr.write(`drover-hub: ${message}\n`);
    else process.stderr.write(`drover-hub: ${(cause as Error).stack ?? message}\n`);
    process.exit(
      cause instanceof HubStopped ? cause.exit : cause instanceof ConfigRefused ? EXIT.config : EXIT.software,
    );
  },
);

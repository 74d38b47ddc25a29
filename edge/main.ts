#!/usr/bin/env node
// The bin `drover-edge`: the only place of the edge that reads flags. A fault ends the process: the base stops by its
// own dead-man, and whoever supervises the edge starts it again.

import { randomBytes } from "node:crypto";
import { ConfigRefused } from "../fleet-config/load.js";
import { runBin, untilAsked } from "../proto/codec/bin.js";
import { EXIT } from "../proto/errors.js";
import { doctor } from "./doctor.js";
import { type EdgeOptions, readEdgeOptions, USAGE } from "./options.js";
import { runEdge } from "./run.js";

/** A command that takes the edge's flags. */
function withOptions(command: string, perform: (options: EdgeOptions) => Promise<number>) {
  return async (args: readonly string[]) => {
    const options = readEdgeOptions(args);
    if (typeof options !== "string") return perform(options);
    process.stderr.write(`drover-edge ${command}: ${options}\n`);
    return EXIT.usage;
  };
}

const boot = `b${randomBytes(6).toString("hex")}`;
const commands = {
  run: withOptions("run", (options) => runEdge(options, { boot, random: Math.random, stopped: untilAsked() })),
  doctor: withOptions("doctor", (options) => doctor(options, (line) => process.stdout.write(`${line}\n`))),
};
const exitOf = (cause: Error) => (cause instanceof ConfigRefused ? EXIT[cause.exitClass] : null);

await runBin({ name: "drover-edge", usage: USAGE, commands, exitOf }, process.argv.slice(2));

#!/usr/bin/env node
// The bin `drover-edge`: the only place of the edge that reads flags. A fault ends the process: the base stops by its
// own dead-man, and whoever supervises the edge starts it again. What a command does is loaded when it is asked for.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { checkDaemonStart, type DaemonStart } from "../fleet-config/daemon-start.js";
import { ConfigRefused } from "../fleet-config/refused.js";
import { runBin, untilAsked } from "../proto/codec/bin.js";
import { EXIT } from "../proto/errors.js";
import { readEdgeOptions, readExplainOptions, readRecordOptions, readReplayOptions, USAGE } from "./options.js";
import { RecordingRefused } from "./recording/read.js";

/** A command that takes what `read` makes of its arguments. */
function withOptions<T extends object>(
  command: string,
  read: (args: readonly string[]) => T | string,
  perform: (options: T) => Promise<number>,
) {
  return async (args: readonly string[]) => {
    const options = read(args);
    if (typeof options !== "string") return perform(options);
    process.stderr.write(`drover-edge ${command}: ${options}\nNext: drover-edge --help\n`);
    return EXIT.usage;
  };
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const boot = `b${randomBytes(6).toString("hex")}`;
const startOf = (config: string): DaemonStart => ({
  ...{ config, nodeOptions: process.env.NODE_OPTIONS, execArgv: process.execArgv },
  warn: (text) => process.stderr.write(`drover-edge: ${text}\n`),
});

const commands = {
  run: withOptions("run", readEdgeOptions, async (options) => {
    checkDaemonStart(startOf(options.config));
    const { runEdge } = await import("./run.js");
    return runEdge(options, { boot, random: Math.random, stopped: untilAsked() });
  }),
  doctor: withOptions("doctor", readEdgeOptions, async (options) =>
    (await import("./doctor.js")).doctor(options, print),
  ),
  explain: withOptions("explain", readExplainOptions, async (asked) =>
    (await import("./recording/commands.js")).explainCommand(asked, print),
  ),
  record: withOptions("record", readRecordOptions, async ({ dataDir, out }) => {
    const { RECORDING } = await import("./recording/recording.js");
    const { recordCommand } = await import("./recording/commands.js");
    return recordCommand({ dir: join(dataDir, RECORDING), out }, print);
  }),
  replay: withOptions("replay", readReplayOptions, async (asked) =>
    (await import("./recording/commands.js")).replayCommand(asked, print),
  ),
};

function exitOf(cause: Error): number | null {
  if (cause instanceof ConfigRefused || cause instanceof RecordingRefused) return EXIT[cause.exitClass];
  return "syscall" in cause ? EXIT.io : null;
}

await runBin({ name: "drover-edge", usage: USAGE, commands, exitOf }, process.argv.slice(2));

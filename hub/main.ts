#!/usr/bin/env node
// The bin `drover-hub`: the only place of the hub that reads flags and signals. What a command does is loaded when it
// is asked for, since most need little of what a hub that runs does.

import { tmpdir } from "node:os";
import { checkDaemonStart, type DaemonStart } from "../fleet-config/daemon-start.js";
import { ConfigRefused } from "../fleet-config/refused.js";
import { runBin, untilAsked } from "../proto/codec/bin.js";
import { tokenFolder } from "../proto/codec/own-token.js";
import { EXIT } from "../proto/errors.js";
import {
  type HubOptions,
  readBackupOptions,
  readCertificateOptions,
  readHubOptions,
  readRestoreOptions,
  readTokenOptions,
  USAGE,
} from "./options.js";
import { HubStopped } from "./stopped.js";

/** A command of which `read` gives the options, or a sentence that says what is wrong with its flags. */
function withOptions<O extends object>(
  command: string,
  read: (args: readonly string[]) => O | string,
  perform: (options: O) => Promise<number>,
) {
  return async (args: readonly string[]) => {
    const options = read(args);
    if (typeof options !== "string") return perform(options);
    process.stderr.write(`drover-hub ${command}: ${options}\nNext: drover-hub --help\n`);
    return EXIT.usage;
  };
}

async function verify({ dataDir }: HubOptions): Promise<number> {
  const { verifyLedger } = await import("./io/verify.js");
  const verdict = await verifyLedger(dataDir);
  const sound = verdict.problems.length === 0;
  const events = `${verdict.events} events of site ${verdict.site ?? "unknown"}`;
  const found = `${events}, last hash ${verdict.lastHash ?? "none"}`;
  const lines = [
    ...verdict.notes.map((note) => `note: ${note}`),
    ...verdict.problems.map((problem) => `damage: ${problem}`),
    `${sound ? "sound" : "DAMAGED"}: ${found}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return sound ? 0 : EXIT.data;
}

const of = (command: "run" | "verify") => (args: readonly string[]) => readHubOptions(command, args);

const startOf = (config: string): DaemonStart => ({
  ...{ config, nodeOptions: process.env.NODE_OPTIONS, execArgv: process.execArgv },
  warn: (text) => process.stderr.write(`drover-hub: ${text}\n`),
});

const commands = {
  run: withOptions("run", of("run"), async (options) => {
    checkDaemonStart(startOf(options.config));
    const { runHub } = await import("./run.js");
    return runHub(
      options,
      untilAsked(),
      tokenFolder({ runtimeDir: process.env.XDG_RUNTIME_DIR, temporaryDir: tmpdir() }),
    );
  }),
  verify: withOptions("verify", of("verify"), verify),
  backup: withOptions("backup", readBackupOptions, async (options) => (await import("./backup.js")).runBackup(options)),
  restore: withOptions("restore", readRestoreOptions, async (options) =>
    (await import("./backup.js")).runRestore(options),
  ),
  token: withOptions("token", readTokenOptions, async (options) => (await import("./tokens.js")).runToken(options)),
  certificate: withOptions("certificate", readCertificateOptions, async (options) =>
    (await import("./certificates.js")).runCertificate(options),
  ),
};
function exitOf(cause: Error): number | null {
  if (cause instanceof HubStopped) return cause.exit;
  return cause instanceof ConfigRefused ? EXIT[cause.exitClass] : null;
}

await runBin({ name: "drover-hub", usage: USAGE, commands, exitOf }, process.argv.slice(2));

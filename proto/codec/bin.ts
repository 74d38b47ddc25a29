// What every daemon's bin does around its commands: help, version, unknown commands, signals, and exit codes by class.
// The flags are handed in; only a main.ts reads them from the process.

import { EXIT } from "../errors.js";
import { VERSION } from "../version.js";

export interface Bin {
  readonly name: string;
  readonly usage: string;
  readonly commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>>;
  /** The exit code of an error whose message is meant for people; null for a fault, which is shown with its stack. */
  readonly exitOf: (cause: Error) => number | null;
}

/** Runs the command that the arguments name, and ends the process with its exit code. */
export async function runBin(bin: Bin, args: readonly string[]): Promise<never> {
  try {
    process.exit(await choose(bin, args));
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = bin.exitOf(cause);
    process.stderr.write(`${bin.name}: ${code === null ? (cause.stack ?? cause.message) : cause.message}\n`);
    process.exit(code ?? EXIT.software);
  }
}

async function choose(bin: Bin, args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  if (name === "help" || args.includes("--help")) {
    process.stdout.write(bin.usage);
    return 0;
  }
  if (name === "--version") {
    process.stdout.write(`${bin.name} ${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(bin.commands, name) ? bin.commands[name] : undefined;
  if (command !== undefined) return command(rest);
  const known = Object.keys(bin.commands).join(" or ");
  process.stderr.write(`${bin.name}: expected ${known}, found "${name}"\n${bin.usage}`);
  return EXIT.usage;
}

/** Resolves with the reason when the process is asked to end, or when a parent that it has a channel to is gone. */
export function untilAsked(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
    process.once("disconnect", () => resolve("parent gone"));
    if (process.send !== undefined && !process.connected) resolve("parent gone"); // before anybody listened
  });
}

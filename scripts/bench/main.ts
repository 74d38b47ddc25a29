// `npm run bench`: runs the benches one after the other, each in a process of its own and for a bounded time, and
// prints what they measured. A time is never asserted: exit 0 when all ran, 1 when one did not, 64 wrong use, 74 the
// file of numbers cannot be written.

import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../proto/errors.js";
import type { BenchMessage, BenchOptions, Row } from "./bench.js";
import { BENCHES, type Entry } from "./catalogue.js";
import { type MainOptions, readMainOptions, USAGE } from "./options.js";
import { type Named, tableOf } from "./table.js";

const ONE = fileURLToPath(new URL("one.js", import.meta.url));
const GRACE_MS = 10_000;

interface Outcome {
  readonly bench: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly failed: string; // empty when it ran to its end
}

/** Runs one bench in its own process and ends it when it takes too long. */
function runBench(name: string, entry: Entry, options: BenchOptions): Promise<Outcome> {
  const startMs = performance.now();
  const rows: Row[] = [];
  let failed = "it ended without a word";
  const { events, siteMs, scenes, from } = options;
  const child = fork(ONE, [name, JSON.stringify({ events, siteMs, scenes, from })], {
    execArgv: ["--expose-gc", "--enable-source-maps"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const hard = setTimeout(() => child.kill("SIGKILL"), entry.mostMs + GRACE_MS);
  const soft = setTimeout(() => {
    failed = `it took longer than ${entry.mostMs / 1000} s`;
    child.kill("SIGTERM");
  }, entry.mostMs);
  const interrupted = (): void => {
    failed = "it was interrupted";
    child.kill("SIGTERM");
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  child.on("message", (message) => {
    const told = message as BenchMessage;
    if (told.kind === "row") rows.push(told.row);
    else failed = told.kind === "failed" ? told.why : "";
  });
  return new Promise((resolve) => {
    child.once("exit", () => {
      for (const timer of [soft, hard]) clearTimeout(timer);
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
      resolve({ bench: name, seconds: (performance.now() - startMs) / 1000, rows, failed });
    });
  });
}

function machine() {
  const [cpu] = cpus();
  return { node: process.version, cpu: cpu?.model ?? "unknown", cores: cpus().length, load1: loadavg()[0] ?? 0 };
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function runAll(options: MainOptions): Promise<number> {
  const at = machine();
  const width = process.stdout.isTTY === true ? process.stdout.columns : undefined;
  print([`node ${at.node}, ${at.cores} x ${at.cpu}, load ${at.load1.toFixed(2)} before the first bench`, ""]);
  const outcomes: Outcome[] = [];
  for (const name of options.names) {
    const entry = BENCHES[name];
    if (entry === undefined) continue;
    print([`${name}: ${entry.about}`]);
    const outcome = await runBench(name, entry, options);
    outcomes.push(outcome);
    const how = outcome.failed === "" ? `${outcome.seconds.toFixed(1)} s` : `FAILED: ${outcome.failed}`;
    print([...tableOf(named(outcome), width), `${name}: ${how}`, ""]);
    if (outcome.failed === "it was interrupted") break;
  }
  print(["all:", ...tableOf(outcomes.flatMap(named), width)]);
  print(["Ratio: what Drover costs in units of what the raw library costs; above 1 Drover costs more."]);
  const { json } = options;
  if (json !== null) writeFileSync(json, `${JSON.stringify({ ...at, benches: outcomes }, null, 1)}\n`);
  return outcomes.every(({ failed }) => failed === "") ? 0 : 1;
}

function named({ bench, rows }: Outcome): Named[] {
  return rows.map((row) => ({ bench, row }));
}

async function main(args: readonly string[]): Promise<number> {
  let options: MainOptions;
  try {
    options = readMainOptions(args, Object.keys(BENCHES));
  } catch (cause) {
    process.stderr.write(`npm run bench: ${(cause as Error).message}\n${USAGE}`);
    return EXIT.usage;
  }
  if (options.help) process.stdout.write(USAGE);
  else if (options.list)
    for (const [name, { about }] of Object.entries(BENCHES)) print([`${name.padEnd(10)} ${about}`]);
  else {
    try {
      return await runAll(options);
    } catch (cause) {
      process.stderr.write(`npm run bench: ${(cause as Error).message}\n`);
      return EXIT.io;
    }
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));

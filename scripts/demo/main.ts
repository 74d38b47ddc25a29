// What `npm start` runs. Exit codes: 0 the site was sound, 1 a checker found a violation, 64 wrong use, 66/78 a site or
// map that cannot be used, 69 a port is taken, 70 a fault of the run itself.

import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigRefused } from "../../fleet-config/load.js";
import { EXIT } from "../../proto/errors.js";
import { selfCheck } from "../judge/plant.js";
import { checkFiles, FileRefused } from "./files.js";
import { PortTaken } from "./fleet.js";
import { type DemoOptions, readDemoOptions, USAGE } from "./options.js";
import { summaryOf } from "./report.js";
import { run, writeReport } from "./run.js";
import { Screen } from "./screen.js";

const RUNS_KEPT = 5;
const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions;
  try {
    options = readDemoOptions(args);
  } catch (cause) {
    process.stderr.write(`npm start: ${(cause as Error).message}\n`);
    return EXIT.usage;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.selfCheck) return checkSelf();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const screen = new Screen({ headless: options.headless });
  try {
    await checkFiles(options);
    const report = await run({ options, dataDir: options.dataDir ?? newRunDir(), screen, stop: stop.signal });
    screen.close();
    if (options.report !== null) writeReport(options.report, report);
    for (const line of summaryOf(report)) process.stdout.write(`${line}\n`);
    const zeros = [
      report.conflicts,
      report.collisions,
      report.commandsAfterLease,
      report.falseFresh,
      report.tokens,
      report.taskEnds,
    ];
    const sound = zeros.every((zero) => zero === 0) && report.ledger.verified;
    process.stdout.write(sound ? "sound\n" : "NOT SOUND\n");
    return sound ? 0 : 1;
  } catch (cause) {
    screen.close();
    const code = exitOf(cause);
    const { message, stack = message } = cause as Error;
    process.stderr.write(`npm start: ${code === null ? stack : message}\n`);
    return code ?? EXIT.software;
  }
}

/** The exit code of an error whose message is meant for people; null for a fault. */
function exitOf(cause: unknown): number | null {
  if (cause instanceof ConfigRefused) return EXIT[cause.exitClass];
  if (cause instanceof FileRefused) return cause.exit;
  return cause instanceof PortTaken ? EXIT.unavailable : null;
}

function checkSelf(): number {
  const checks = selfCheck();
  for (const { name, caught, detail } of checks)
    process.stdout.write(`${caught ? "caught" : "MISSED"}  ${name}: ${detail}\n`);
  return checks.length > 0 && checks.every((check) => check.caught) ? 0 : 1;
}

/** A fresh folder for the run; the last few are kept for whoever wants to look. */
function newRunDir(): string {
  const runs = join(ROOT, ".drover", "runs");
  mkdirSync(runs, { recursive: true });
  for (const old of readdirSync(runs)
    .sort()
    .slice(0, -RUNS_KEPT + 1))
    rmSync(join(runs, old), { recursive: true, force: true });
  const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const dir = join(runs, `${stamp}-${process.pid}`);
  const latest = join(ROOT, ".drover", "latest");
  rmSync(latest, { force: true });
  symlinkSync(dir, latest);
  return dir;
}

process.exitCode = await main(process.argv.slice(2));
process.exit();

// The judge as a program: `node dist/scripts/judge/main.js TRACE [--report REPORT] [--json]` recomputes every zero of a
// run from its trace alone. Exit 0: all are zero; 1: one is not, or the report claims another number; 64 wrong use,
// 65 a trace that cannot be read, 66 no such file.

import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ZEROS } from "./findings.js";
import { Judge, type Verdict } from "./judge.js";
import { readLine, TraceRefused } from "./read.js";

const USAGE = "usage: node dist/scripts/judge/main.js TRACE [--report REPORT] [--json]";
/** Zeros that the report states too. */
const REPORTED = ["conflicts", "collisions", "commandsAfterLease", "falseFresh"] as const;

class UsageWrong extends Error {}

async function judgeFile(path: string): Promise<Verdict> {
  const judge = new Judge();
  let number = 0;
  let held: string | null = null; // one line behind, because only the last may be cut short by a killed run
  for await (const text of createInterface({ input: createReadStream(path, "utf8") })) {
    if (held !== null) judge.take(readLine(held, number));
    number += 1;
    held = text;
  }
  if (held === null) throw new TraceRefused(`${path}: expected a site line, found an empty file`);
  if (held.endsWith("}")) judge.take(readLine(held, number));
  else process.stderr.write(`${path}: line ${number} is cut short and was left out\n`);
  return judge.verdict();
}

/** Sentences on zeros that the report states otherwise. */
function differences(verdict: Verdict, reportPath: string): readonly string[] {
  const report = JSON.parse(readFileSync(reportPath, "utf8")) as Record<string, unknown>;
  return REPORTED.filter((zero) => report[zero] !== verdict.zeros[zero]).map(
    (zero) => `${reportPath}: ${zero} is ${JSON.stringify(report[zero])}, the trace gives ${verdict.zeros[zero]}`,
  );
}

function print(verdict: Verdict): void {
  for (const zero of ZEROS) console.log(`${zero.padEnd(20)} ${verdict.zeros[zero]}`);
  const { p50, p99, max } = verdict.downgradeLatencyMs;
  console.log(
    `${"driven".padEnd(20)} ${verdict.drivenTotalM.toFixed(1)} m by ${Object.keys(verdict.drivenM).length} robots`,
  );
  console.log(`${"downgrade latency".padEnd(20)} p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`);
  console.log(
    `${"read".padEnd(20)} ${verdict.lines} lines, ${verdict.ledgerEvents} ledger events, ${ms(verdict.durationMs)}`,
  );
  console.log(`${"longest pose gap".padEnd(20)} ${ms(verdict.longestPoseGapMs)}`);
  for (const finding of verdict.findings) console.log(`t ${finding.t.toFixed(0)} ${finding.zero}: ${finding.says}`);
  console.log(verdict.sound ? "sound" : "NOT SOUND");
}

function ms(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(0)} ms`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { report: { type: "string" }, json: { type: "boolean" } },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageWrong("expected one trace file");
  const verdict = await judgeFile(path);
  if (values.json === true) console.log(JSON.stringify(verdict, null, 2));
  else print(verdict);
  const differing = values.report === undefined ? [] : differences(verdict, values.report);
  for (const sentence of differing) console.log(sentence);
  return verdict.sound && differing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (cause) {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = (error as NodeJS.ErrnoException).code;
  process.stderr.write(`${error.message}\n`);
  if (code === "ENOENT") process.exitCode = 66;
  else if (error instanceof UsageWrong || code?.startsWith("ERR_PARSE_ARGS") === true) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 64;
  } else process.exitCode = 65;
}

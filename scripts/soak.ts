// A site over real processes of which hundreds are killed at random moments (`npm run soak -- --kills 200 --seed N`).
// Whatever died is started again; then everything is judged from the trace alone, the ledger is verified, and the tasks
// are counted. Exit codes: 0 sound, 1 something was found, 64 wrong use, 70 a fault of the run itself.

import { randomInt } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { EXIT } from "../proto/errors.js";
import type { SiteView } from "../proto/operator-views.js";
import { type DemoOptions, readDemoOptions } from "./demo/options.js";
import type { Report } from "./demo/report.js";
import { run } from "./demo/run.js";
import { Screen } from "./demo/screen.js";
import { ZEROS } from "./judge/findings.js";
import { Judge, type Verdict } from "./judge/judge.js";
import { readLine } from "./judge/read.js";
import type { LedgerLine } from "./judge/trace.js";
import { killsIn, planKills, ROLES, type Role, specOf, taskProblems } from "./soak-plan.js";

const USAGE = "npm run soak -- [--kills 200] [--seed N] [--robots 6] [--trace FILE] [--data-dir DIR]";
const FIRST_MS = 6000;
/** After the last kill: everything has lapsed, was reconciled, and drives again. */
const CALM_MS = 40_000;
/** One more is planned of so many: a process that is just being started may be missed. */
const SPARE_OF = 20;
const PROGRESS_MS = 20_000;
const KILLS_MOST = 20_000;
const ROBOTS_MOST = 34;

interface Wish {
  readonly kills: number;
  readonly seed: number;
  readonly robots: number;
  readonly trace: string | null;
  readonly dataDir: string | null;
}

function readWish(args: readonly string[]): Wish {
  const text = { type: "string" } as const;
  const options = { kills: text, seed: text, robots: text, trace: text, "data-dir": text };
  const { values } = parseArgs({ args: [...args], options });
  return {
    kills: whole("--kills", values.kills ?? "200", { least: 1, most: KILLS_MOST }),
    seed: whole("--seed", values.seed ?? String(randomInt(2 ** 32)), { least: 0, most: Number.MAX_SAFE_INTEGER }),
    robots: whole("--robots", values.robots ?? "6", { least: 1, most: ROBOTS_MOST }),
    ...{ trace: values.trace ?? null, dataDir: values["data-dir"] ?? null },
  };
}

function whole(flag: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
  throw new Error(`${flag}: expected a whole number from ${range.least} to ${range.most}, found "${text}"`);
}

/** Says little, and keeps what must be told at the end. */
class Watch extends Screen {
  readonly #startMs = performance.now();
  #toldMs = 0;
  kills = 0;
  cutShort = 0; // starts that the next kill ended
  readonly troubles: string[] = [];

  override event(text: string): void {
    if (text.startsWith("fault begins")) this.kills += 1;
    if (text.startsWith("fault could not be undone")) {
      if (text.includes("did not start (SIGKILL)")) this.cutShort += 1;
      else this.troubles.push(text);
    }
    if (/^the (hub|edge)\b.* ended: /.test(text)) this.troubles.push(text);
  }

  override view(view: SiteView): void {
    const nowMs = performance.now() - this.#startMs;
    if (nowMs - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = nowMs;
    const { accepted, done, failed } = view.tasks;
    const tasks = `tasks ${accepted} accepted, ${done} done, ${failed} failed`;
    process.stdout.write(
      `${(nowMs / 1000).toFixed(0).padStart(6)} s  ${this.kills} kills, epoch ${view.epoch}, ${tasks}\n`,
    );
  }
}

/** Everything again, from the file alone. */
async function judgeTrace(file: string): Promise<{ verdict: Verdict; events: readonly LedgerLine["event"][] }> {
  const judge = new Judge();
  const events: LedgerLine["event"][] = [];
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file, "utf8") })) {
    number += 1;
    const line = readLine(text, number);
    judge.take(line);
    if (line.kind === "ledger") events.push(line.event);
  }
  return { verdict: judge.verdict(), events };
}

function tell(report: Report, { watch, wish, verdict }: Omit<Seen, "events">): void {
  const struck = killsIn(verdict.faults);
  const each = ROLES.map((role) => `${role} ${struck[role]}`).join(", ");
  const starts = `${watch.cutShort} starts cut short by the next kill`;
  const lines = [
    ["seed", String(wish.seed)],
    ["kills", `${totalOf(struck)}, asked for ${wish.kills}: ${each}; ${starts}`],
    [
      "time",
      `${(report.durationMs / 1000).toFixed(0)} s, ${report.robots} robots, ${report.drivenM.toFixed(0)} m driven`,
    ],
    ["tasks", `${report.tasks.accepted} accepted, ${report.tasks.done} done, ${report.tasks.failed} failed`],
    ["ledger", `${report.ledger.events} events, ${report.ledger.verified ? "verified" : "NOT VERIFIED"}`],
    ["zeros", ZEROS.map((zero) => `${zero} ${verdict.zeros[zero]}`).join(", ")],
    ["memory", JSON.stringify(report.memoryMb)],
  ];
  for (const [name = "", text = ""] of lines) process.stdout.write(`${name.padEnd(8)} ${text}\n`);
}

function totalOf(struck: Readonly<Record<Role, number>>): number {
  return ROLES.reduce((sum, role) => sum + struck[role], 0);
}

interface Seen {
  readonly watch: Watch;
  readonly wish: Wish;
  readonly verdict: Verdict;
  readonly events: readonly LedgerLine["event"][];
}

function problemsOf(report: Report, { watch, wish, verdict, events }: Seen): readonly string[] {
  const kills = totalOf(killsIn(verdict.faults));
  const differing = ZEROS.filter((zero) => report[zero] !== verdict.zeros[zero]);
  return [
    ...(kills >= wish.kills ? [] : [`only ${kills} kills found their process`]),
    ...verdict.findings.map(({ zero, t, says }) => `${zero} at ${t.toFixed(0)}: ${says}`),
    ...differing.map((zero) => `${zero}: the report says ${report[zero]}, the trace gives ${verdict.zeros[zero]}`),
    ...(report.ledger.verified ? [] : ["the ledger does not verify"]),
    ...(report.ledger.events >= events.length ? [] : [`the ledger lost events: ${report.ledger.events} are left`]),
    ...taskProblems(events, report.tasks),
    ...watch.troubles,
  ];
}

async function soak(wish: Wish, folder: string): Promise<number> {
  const plan = planKills({ ...wish, kills: wish.kills + Math.ceil(wish.kills / SPARE_OF), firstMs: FIRST_MS });
  const forMs = (plan.at(-1)?.atMs ?? 0) + (plan.at(-1)?.downMs ?? 0) + CALM_MS;
  const trace = wish.trace ?? join(folder, "trace.jsonl");
  const options: DemoOptions = readDemoOptions([
    ...["--robots", String(wish.robots), "--seed", String(wish.seed), "--for", `${forMs}ms`, "--headless"],
    ...["--port", "0", "--trace", trace],
    ...plan.flatMap((kill) => ["--fault", specOf(kill)]),
  ]);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  process.stdout.write(`seed ${wish.seed}: ${wish.kills} kills in ${(forMs / 1000).toFixed(0)} s\n`);
  const watch = new Watch({ headless: true });
  const report = await run({
    options,
    dataDir: wish.dataDir ?? join(folder, "data"),
    screen: watch,
    stop: stop.signal,
  });
  const { verdict, events } = await judgeTrace(trace);
  tell(report, { watch, wish, verdict });
  const problems = problemsOf(report, { watch, wish, verdict, events });
  for (const problem of problems) process.stdout.write(`found: ${problem}\n`);
  process.stdout.write(problems.length === 0 ? "sound\n" : "NOT SOUND\n");
  return problems.length === 0 ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  let wish: Wish;
  try {
    wish = readWish(args);
  } catch (cause) {
    process.stderr.write(`soak: ${(cause as Error).message}\n${USAGE}\n`);
    return EXIT.usage;
  }
  const folder = mkdtempSync(join(tmpdir(), "drover-soak-"));
  try {
    return await soak(wish, folder);
  } catch (cause) {
    process.stderr.write(`soak: ${(cause as Error).stack}\n`);
    return EXIT.software;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

process.exitCode = await main(process.argv.slice(2));
process.exit();

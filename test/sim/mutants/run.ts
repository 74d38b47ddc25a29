// Runs the simulator of a built tree over seeds until it fails. A mutant that makes it hang is found by a limit of time
// that grows with the number of seeds; the runs are made in chunks, so that such a limit is never long.

import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";

/** How a run over seeds ended. */
export type Ending =
  | { readonly kind: "clean"; readonly seeds: number }
  | { readonly kind: "failed"; readonly by: string; readonly seed: number; readonly told: string };

export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
  readonly with?: readonly string[] | undefined; // faults that are in every run
}

export interface RunLimits {
  readonly seedMs: number; // of an unmutated run, each seed
  readonly mostMs: number; // for all chunks together
}

const CLASSES: ReadonlyMap<number, string> = new Map([
  [10, "crash"],
  [11, "safety"],
  [12, "liveness"],
  [13, "determinism"],
]);
const FIRST_CHUNK = 20;
const MOST_CHUNK = 1000;
const HANG_LEAST_MS = 60_000;
const HANG_TIMES = 20; // slower than the unmutated run
const MOST_TOLD = 400;
const LOW_PRIORITY = 10;

export interface Program {
  readonly dir: string; // of the tree
  readonly main: string; // from there
  readonly onChild: (child: ChildProcess) => void;
}

/** Runs the seeds in order, in chunks, up to the first failure or until the time is up. */
export async function runSeeds(program: Program, range: SeedRange, limits: RunLimits): Promise<Ending> {
  const startedMs = performance.now();
  let done = 0;
  for (let chunk = FIRST_CHUNK; done < range.seeds; chunk = Math.min(MOST_CHUNK, 2 * chunk)) {
    const part = { with: range.with, from: range.from + done, seeds: Math.min(chunk, range.seeds - done) };
    const ending = await runChunk(
      program,
      part,
      Math.ceil(Math.max(HANG_LEAST_MS, HANG_TIMES * part.seeds * limits.seedMs)),
    );
    if (ending.kind === "failed") return ending;
    done += part.seeds;
    if (performance.now() - startedMs > limits.mostMs) break;
  }
  return { kind: "clean", seeds: done };
}

async function runChunk(program: Program, range: SeedRange, timeout: number): Promise<Ending> {
  const args = [join(program.dir, program.main), "--seeds", String(range.seeds), "--from", String(range.from)];
  if (range.with !== undefined) args.push("--with", range.with.join(","));
  const child = spawn(process.execPath, args, {
    ...{ cwd: program.dir, timeout, killSignal: "SIGKILL", stdio: ["ignore", "pipe", "pipe"] },
  });
  program.onChild(child);
  if (child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  const out = lastLines(child.stdout);
  const err = lastLines(child.stderr);
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const late = code === null && performance.now() - startedMs >= timeout;
      resolve(
        code === 0 ? { kind: "clean", seeds: range.seeds } : endingOf({ code, late, out: out(), err: err() }, range),
      );
    });
  });
}

/** What a run that did not exit with 0 says: `seed S failed: CLASS CHECKER ...` on the last line, or a crash. */
export function endingOf(
  run: { readonly code: number | null; readonly late: boolean; readonly out: string; readonly err: string },
  range: SeedRange,
): Ending {
  const last = lastOf(run.out);
  const told = /^seed (\d+) failed: (\S+)(?: (\S+))?/.exec(last);
  if (told !== null) {
    const by = `${told[2]} ${told[3] ?? ""}`.trim();
    return { kind: "failed", by, seed: Number(told[1]), told: last.slice(0, MOST_TOLD) };
  }
  const why = (run.err.split("\n").find((line) => /Error\b.*:/.test(line)) ?? lastOf(run.err)).trim();
  const by = run.late ? "hang" : (CLASSES.get(run.code ?? 0) ?? "crash");
  return { kind: "failed", by, seed: range.from, told: why.slice(0, MOST_TOLD) };
}

function lastOf(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

const MOST_KEPT = 16 * 1024;

/** Keeps the end of what a stream carries. */
function lastLines(stream: NodeJS.ReadableStream | null): () => string {
  let kept = "";
  stream?.on("data", (chunk: Buffer) => {
    kept = (kept + chunk.toString("utf8")).slice(-MOST_KEPT);
  });
  return () => kept;
}

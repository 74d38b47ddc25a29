// `npm run sim`: runs seeds until one fails, or one seed in words. Exit codes tell the class of a failure.

import { randomInt } from "node:crypto";
import { FAULT_NAMES, FAULTS } from "./faults.js";
import { minimise } from "./minimise.js";
import { readOptions, SEED_MOST, type SimOptions, SimUsage, USAGE } from "./options.js";
import { simulate } from "./simulate.js";
import { LEGEND, rowText } from "./text.js";
import type { Outcome, RunOptions } from "./world.js";

const EXIT = { well: 0, usage: 2, crash: 10, safety: 11, liveness: 12, determinism: 13 } as const;
/** So many seeds apart, one is run twice. */
const TWICE_EVERY = 100;
const PROGRESS_MS = 5000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function runOf(seed: number, options: SimOptions): RunOptions {
  const { robots, kinds, without } = options;
  return {
    seed,
    without,
    with: options.with,
    ...(robots === undefined ? {} : { robots }),
    ...(kinds === undefined ? {} : { kinds }),
  };
}

/** The line that runs a seed again. */
function again(outcome: Outcome, options: SimOptions, without: ReadonlySet<number>): string {
  const words = [`--seed ${outcome.seed}`];
  if (options.robots !== undefined) words.push(`--robots ${options.robots}`);
  if (options.kinds !== undefined) words.push(`--kinds ${options.kinds.join(",")}`);
  if (options.with.length > 0) words.push(`--with ${options.with.join(",")}`);
  if (without.size > 0) words.push(`--without ${[...without].sort((a, b) => a - b).join(",")}`);
  return `npm run sim -- ${words.join(" ")} --trace`;
}

function sayFailure(outcome: Outcome, options: SimOptions, without: ReadonlySet<number>): number {
  const { failure } = outcome;
  if (failure === null) return EXIT.well;
  say(`again: ${again(outcome, options, without)}`);
  const at = (failure.atUs / 1e6).toFixed(3);
  say(`seed ${outcome.seed} failed: ${failure.class} ${failure.checker} at ${at} s: ${failure.says}`);
  return EXIT[failure.class];
}

function one(seed: number, options: SimOptions): number {
  if (options.minimise) return smaller(seed, options);
  if (options.trace) say(LEGEND);
  const outcome = simulate({ ...runOf(seed, options), ...(options.trace ? { take: (row) => say(rowText(row)) } : {}) });
  const { robots, robotS, counts, faults, hash } = outcome;
  const site = `${robots} robots, ${(robotS / robots).toFixed(0)} s, ${faults.length} faults`;
  say(`seed ${seed}: ${site}, ${counts.grants} grants, ${counts.done} of ${counts.accepted} tasks done, hash ${hash}`);
  return sayFailure(outcome, options, options.without);
}

function smaller(seed: number, options: SimOptions): number {
  const found = minimise(runOf(seed, options));
  if (found === null) {
    say(`seed ${seed} does not fail`);
    return EXIT.well;
  }
  say(`after ${found.runs} runs the failure needs ${found.outcome.faults.length} faults:`);
  for (const { name, subject, fromUs, untilUs, strength } of found.outcome.faults) {
    const when = `${(fromUs / 1e6).toFixed(1)} to ${(untilUs / 1e6).toFixed(1)} s`;
    say(`  ${name.padEnd(18)} ${subject.padEnd(8)} ${when}, strength ${strength.toFixed(2)}`);
  }
  return sayFailure(found.outcome, options, found.without);
}

function many(options: SimOptions): number {
  const from = options.from ?? randomInt(2 ** 47);
  const begunMs = performance.now();
  let saidMs = begunMs;
  const sum = { robotS: 0, grants: 0, seeds: 0 };
  const rate = () => {
    const minutes = (performance.now() - begunMs) / 60_000;
    const perMinute = (sum.robotS / 3600 / minutes).toFixed(1);
    const perSecond = (sum.robotS / (60 * minutes)).toFixed(0);
    const hours = `${(sum.robotS / 3600).toFixed(1)} robot-hours, ${perMinute} a minute`;
    return `${sum.seeds} seeds, ${hours} (${perSecond} robot-seconds a second), ${sum.grants} grants`;
  };
  say(`seeds from ${from}`);
  for (let index = 0; index < options.seeds && from + index <= SEED_MOST; index += 1) {
    const seed = from + index;
    const outcome = simulate(runOf(seed, options));
    sum.robotS += outcome.robotS;
    sum.grants += outcome.counts.grants;
    sum.seeds += 1;
    if (outcome.failure !== null) {
      say(rate());
      return sayFailure(outcome, options, options.without);
    }
    if (index % TWICE_EVERY === 0 && simulate(runOf(seed, options)).hash !== outcome.hash) {
      say(rate());
      say(`seed ${seed} failed: determinism hash: two runs differ`);
      return EXIT.determinism;
    }
    const nowMs = performance.now();
    if (nowMs - saidMs >= PROGRESS_MS) {
      saidMs = nowMs;
      say(rate());
    }
    if (options.forS !== null && nowMs - begunMs >= options.forS * 1000) break;
  }
  say(rate());
  say("no failure");
  return EXIT.well;
}

function main(): number {
  let options: SimOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (cause) {
    if (!(cause instanceof SimUsage)) throw cause;
    process.stderr.write(`${cause.message}\n${USAGE}\n`);
    return EXIT.usage;
  }
  if (options.list) {
    for (const name of FAULT_NAMES) say(`${name.padEnd(18)} ${FAULTS[name].scope.padEnd(8)} ${FAULTS[name].says}`);
    return EXIT.well;
  }
  return options.seed === null ? many(options) : one(options.seed, options);
}

process.exitCode = main();

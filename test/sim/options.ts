// The words of `npm run sim`, read strictly: what is not understood is said, with what was expected.

import { parseArgs } from "node:util";
import { FAULT_NAMES, type FaultName } from "./faults.js";

export const SEED_MOST = Number.MAX_SAFE_INTEGER;
const SEEDS_MOST = 1_000_000_000;
const ROBOTS_MOST = 50;

export interface SimOptions {
  readonly seeds: number;
  readonly from: number | null; // null: drawn anew
  readonly seed: number | null; // one run
  readonly trace: boolean;
  readonly minimise: boolean;
  readonly list: boolean;
  readonly robots: number | undefined;
  readonly kinds: readonly FaultName[] | undefined;
  readonly with: readonly FaultName[];
  readonly without: ReadonlySet<number>;
  readonly forS: number | null;
}

export class SimUsage extends Error {
  override readonly name = "SimUsage";
}

export const USAGE = `usage: npm run sim -- --seeds N [--from SEED] [--for SECONDS]   many runs, until one fails
       npm run sim -- --seed SEED [--trace] [--minimise]        one run
       npm run sim -- --faults list                             what can go wrong
  --robots N      robots of each run, 1 to ${ROBOTS_MOST}; drawn from the seed when not given
  --kinds A,B     only these faults, all of them
  --with A,B      these faults in every run, and others by chance
  --without 1,2   entries of a run's plan of faults that do not happen
exit codes: 0 all well, 2 usage, 10 crash, 11 safety, 12 liveness, 13 determinism`;

/** Throws SimUsage. */
export function readOptions(words: readonly string[]): SimOptions {
  const { values } = parsed(words);
  const kinds = values.kinds?.split(",").map(faultOf("--kinds"));
  if (values.faults !== undefined && values.faults !== "list")
    throw new SimUsage(`--faults: expected list, found "${values.faults}"`);
  return {
    seeds: number("--seeds", values.seeds, { least: 1, most: SEEDS_MOST }) ?? 100,
    from: number("--from", values.from, { least: 0, most: SEED_MOST }) ?? null,
    seed: number("--seed", values.seed, { least: 0, most: SEED_MOST }) ?? null,
    trace: values.trace ?? false,
    minimise: values.minimise ?? false,
    list: values.faults === "list",
    robots: number("--robots", values.robots, { least: 1, most: ROBOTS_MOST }),
    kinds,
    with: values.with?.split(",").map(faultOf("--with")) ?? [],
    without: new Set(
      (values.without ?? "")
        .split(",")
        .filter(Boolean)
        .map((word) => number("--without", word, { least: 0, most: 10_000 }) ?? 0),
    ),
    forS: number("--for", values.for, { least: 1, most: 1_000_000 }) ?? null,
  };
}

function parsed(words: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...words],
      options: {
        ...{ seeds: text, from: text, seed: text, faults: text, robots: text, kinds: text, without: text, for: text },
        ...{ with: text, trace: flag, minimise: flag },
      },
    });
  } catch (cause) {
    throw new SimUsage((cause as Error).message);
  }
}

function number(
  name: string,
  word: string | undefined,
  limits: { readonly least: number; readonly most: number },
): number | undefined {
  if (word === undefined) return undefined;
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= limits.least && value <= limits.most) return value;
  throw new SimUsage(`${name}: expected a whole number from ${limits.least} to ${limits.most}, found "${word}"`);
}

function faultOf(flag: string): (word: string) => FaultName {
  return (word) => {
    const name = FAULT_NAMES.find((known) => known === word);
    if (name === undefined) throw new SimUsage(`${flag}: expected faults of --faults list, found "${word}"`);
    return name;
  };
}

// Alters one line of the rules at random: a seed picks a line among those that can be altered, and one alteration of
// it. It is told neither what the rules mean nor what tests them. The same seed and sources give the same alteration.

import type { Alteration } from "./alter.js";
import { alterationsOf } from "./alter.js";

/** The files that hold the rules. */
export const RULE_FILES: readonly string[] = [
  ...["lease", "claim", "freshness", "mode", "clock"].map((name) => `proto/${name}.ts`),
  ...[
    "acts",
    "apply",
    "approvals",
    "boundary",
    "claims",
    "halts",
    "hub",
    "hub-time",
    "identity",
    "interplay",
    "latches",
    "ledger-state",
    "links",
    "modes",
    "movements",
    "pending",
    "rebuilding",
    "restored",
    "round",
    "snapshot",
    "swaps",
    "taking-over",
    "task-queue",
    "tasks",
    "watch",
  ].map((name) => `hub/core/${name}.ts`),
  ...[
    "authority",
    "breaker",
    "channels",
    "drive",
    "edge",
    "gate",
    "holding",
    "memory",
    "modes",
    "motion-input",
    "planner",
    "snapshot",
    "telemetry",
  ].map((name) => `edge/core/${name}.ts`),
];

/** Whole numbers below a bound, all from one seed. */
export class Chance {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  /** From 0 to `below` - 1. */
  below(below: number): number {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let mixed = this.#state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return Number((mixed ^ (mixed >> 31n)) % BigInt(below));
  }
}

/** Alters lines of these sources. */
export class Alterer {
  readonly #lines: readonly (readonly Alteration[])[];
  readonly #read: (file: string) => string;

  constructor(files: readonly string[], read: (file: string) => string) {
    this.#read = read;
    this.#lines = files.flatMap((file) => [...alterationsOf(file, read(file)).values()]);
    if (this.#lines.length === 0) throw new Error(`expected lines to alter in ${files.length} files, found none`);
  }

  /** How many lines can be altered, and in how many ways. */
  get counts(): { readonly lines: number; readonly ways: number } {
    return { lines: this.#lines.length, ways: this.#lines.reduce((sum, ways) => sum + ways.length, 0) };
  }

  pick(seed: number): Alteration {
    const chance = new Chance(seed);
    const ways = this.#lines[chance.below(this.#lines.length)] ?? [];
    return ways[chance.below(ways.length)] as Alteration;
  }

  /** The file's text with the alteration in place. */
  altered(one: Alteration): string {
    const text = this.#read(one.file);
    return text.slice(0, one.from) + one.replace + text.slice(one.to);
  }

  /** For people: the place, the operator, and the line before and after. */
  told(one: Alteration): readonly string[] {
    const before = this.#read(one.file).split("\n")[one.line - 1] ?? "";
    const after = this.altered(one).split("\n")[one.line - 1] ?? "";
    return [`${one.file}:${one.line}: ${one.operator}`, `  - ${before.trim()}`, `  + ${after.trim()}`];
  }
}

// The flags of `npm run sim:mutants`, parsed once. What is wrong is said before anything is built.

import { parseArgs } from "node:util";

export const USAGE = `npm run sim:mutants [-- options]: plants bugs in a copy of the rules; the simulator must find them

  --ids ID         one mutant of the catalogue, or several with commas between
  --list           what is in the catalogue
  --random N       N lines of the rules altered at random, in place of the catalogue
  --from SEED      of the first random alteration (1); each further one takes the next seed
  --seeds N        seeds of the simulator for each mutant (10000); it stops at the first failure
  --first SEED     the simulator's first seed (1)
  --jobs N         mutants at a time (2)
  --cap SECONDS    stops trying a mutant after so long (no cap); it then survived fewer seeds
  --proof N        seeds on which the unmutated build must be clean first (20)
  --help

Exit codes: 0 all killed, 1 some survived, 2 the unmutated build fails or does not build, 64 wrong use.
`;

export interface Options {
  readonly ids: readonly string[]; // empty: all
  readonly random: number; // 0: the catalogue
  readonly from: number;
  readonly seeds: number;
  readonly first: number;
  readonly atOnce: number;
  readonly capMs: number;
  readonly proof: number;
  readonly list: boolean;
  readonly help: boolean;
}

const FLAGS = {
  ids: { type: "string", default: "" },
  random: { type: "string", default: "0" },
  from: { type: "string", default: "1" },
  seeds: { type: "string", default: "10000" },
  first: { type: "string", default: "1" },
  cap: { type: "string", default: "86400" },
  proof: { type: "string", default: "20" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
const AT_ONCE = "jobs";

/** Throws an Error that says which argument is wrong, what was expected and what was found. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const options = { ...FLAGS, [AT_ONCE]: { type: "string", default: "2" } } as const;
  const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
  const ids = values.ids === "" ? [] : values.ids.split(",");
  const odd = ids.find((id) => !known.includes(id));
  if (odd !== undefined) throw new Error(`--ids: expected an id of the catalogue (see --list), found "${odd}"`);
  if (ids.length > 0 && values.random !== "0") throw new Error("--random: expected no --ids beside it");
  const atOnce = (values as Record<string, unknown>)[AT_ONCE];
  return {
    ids,
    random: whole("--random", values.random, { least: 0, most: 100_000 }),
    from: whole("--from", values.from, { least: 0, most: Number.MAX_SAFE_INTEGER - 1_000_000 }),
    seeds: whole("--seeds", values.seeds, { least: 1, most: 1_000_000_000 }),
    first: whole("--first", values.first, { least: 0, most: Number.MAX_SAFE_INTEGER - 1_000_000_000 }),
    atOnce: whole("--jobs", String(atOnce), { least: 1, most: 64 }),
    capMs: 1000 * whole("--cap", values.cap, { least: 1, most: 86_400 }),
    proof: whole("--proof", values.proof, { least: 1, most: 1_000_000 }),
    ...{ list: values.list, help: values.help },
  };
}

function whole(flag: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
  throw new Error(`${flag}: expected a whole number from ${range.least} to ${range.most}, found "${text}"`);
}

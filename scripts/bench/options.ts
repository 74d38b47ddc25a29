// The flags of `npm run bench`, parsed once. What is wrong is said before anything is measured.

import { parseArgs } from "node:util";
import type { BenchOptions } from "./bench.js";

export const USAGE = `npm run bench [-- NAME... [options]]: what Drover costs, beside the libraries that it rests on

  NAME...          only these; without one all
  --list           what there is
  --json FILE      write all numbers there too
  --events N       events of the ledger that restart opens (100000)
  --site-for 30    seconds that site runs
  --scenes N       scenes of reactive (1000)
  --from N         seed of the first of them (1)
  --help
`;

export interface MainOptions extends BenchOptions {
  readonly names: readonly string[];
  readonly list: boolean;
  readonly help: boolean;
  readonly json: string | null;
}

const OPTIONS = {
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
  json: { type: "string" },
  events: { type: "string", default: "100000" },
  "site-for": { type: "string", default: "30" },
  scenes: { type: "string", default: "1000" },
  from: { type: "string", default: "1" },
} as const;

/** Throws an Error that says which argument is wrong, what was expected and what was found. */
export function readMainOptions(args: readonly string[], known: readonly string[]): MainOptions {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const odd = positionals.find((name) => !known.includes(name));
  if (odd !== undefined) throw new Error(`expected names among ${known.join(", ")}, found "${odd}"`);
  return {
    names: positionals.length === 0 ? known : known.filter((name) => positionals.includes(name)),
    ...{ list: values.list, help: values.help, json: values.json ?? null },
    events: whole("--events", values.events, { least: 1000, most: 2_000_000 }),
    siteMs: 1000 * whole("--site-for", values["site-for"], { least: 5, most: 600 }),
    scenes: whole("--scenes", values.scenes, { least: 1, most: 1_000_000 }),
    from: whole("--from", values.from, { least: 1, most: 1_000_000_000 }),
  };
}

function whole(flag: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
  throw new Error(`${flag}: expected a whole number from ${range.least} to ${range.most}, found "${text}"`);
}

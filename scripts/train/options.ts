// The flags of `npm run models`, parsed once. What is wrong is said before anything is trained.

import { parseArgs } from "node:util";

export const USAGE = `npm run models -- train|evaluate|check local-policy [options]

  train      collects, fits, calibrates and writes weights.json, figures.json and model/ into --out, then evaluates
    --seed WORD      what all chance follows from (1)
    --samples N      situations collected in each round (30000)
    --rounds N       rounds that the policy itself drives (3)
    --epochs N       passes over all samples in the last fit (24)
    --out DIR        where to (.drover/local-policy)
  evaluate   drives floors that no training saw, by the exact planner and by the model
    --weights FILE   its numbers (the committed ones)
  check      holds the committed weights against the model card, the golden vectors and a short evaluation

  --drives N       drawn floors that are driven (200; check: 40)
  --real N         drives on each real map of DROVER_DATA, where it is (0)
  --help
`;

const COMMANDS = ["train", "evaluate", "check"] as const;
const MODEL = "local-policy";

export interface MainOptions {
  readonly command: (typeof COMMANDS)[number];
  readonly help: boolean;
  readonly seed: string;
  readonly samples: number;
  readonly rounds: number;
  readonly epochs: number;
  readonly out: string;
  readonly weights: string | null;
  readonly drives: number;
  readonly real: number;
}

const OPTIONS = {
  seed: { type: "string", default: "1" },
  samples: { type: "string", default: "30000" },
  rounds: { type: "string", default: "3" },
  epochs: { type: "string", default: "24" },
  out: { type: "string", default: ".drover/local-policy" },
  weights: { type: "string" },
  drives: { type: "string" },
  real: { type: "string", default: "0" },
  help: { type: "boolean", default: false },
} as const;

/** Throws an Error that says which argument is wrong, what was expected and what was found. */
export function readMainOptions(args: readonly string[]): MainOptions {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [word, model, ...more] = positionals;
  const command = COMMANDS.find((name) => name === word);
  if (!values.help && (command === undefined || model !== MODEL || more.length > 0))
    throw new Error(`expected ${COMMANDS.join(", ")} and ${MODEL}, found "${positionals.join(" ")}"`);
  return {
    ...{ command: command ?? "check", help: values.help, seed: values.seed, out: values.out },
    weights: values.weights ?? null,
    samples: whole("--samples", values.samples, { least: 512, most: 1_000_000 }),
    rounds: whole("--rounds", values.rounds, { least: 0, most: 20 }),
    epochs: whole("--epochs", values.epochs, { least: 1, most: 1000 }),
    drives: whole("--drives", values.drives ?? (command === "check" ? "40" : "200"), { least: 0, most: 100_000 }),
    real: whole("--real", values.real, { least: 0, most: 1000 }),
  };
}

function whole(flag: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
  throw new Error(`${flag}: expected a whole number from ${range.least} to ${range.most}, found "${text}"`);
}

// From nothing to the weights of the local policy: rounds of collecting and fitting, each round driven by the policy of
// the round before, then the calibration of its confidence on floors of their own. The same options give the same
// weights on one machine.

import { bestOf, forward, type Network } from "../../models/local-policy/network.js";
import { CANDIDATES, isRight } from "../../models/local-policy/policy.js";
import { networkHash, type Weights } from "../../models/local-policy/weights.js";
import { Random } from "../world/random.js";
import { type Bar, type Choice, calibrated, calibrationError, calibrationOf, reliability } from "./calibrate.js";
import { collect } from "./collect.js";
import { fit, freshNetwork } from "./fit.js";
import type { Sample } from "./samples.js";

export interface TrainOptions {
  readonly seed: string;
  /** In each round; those of the calibration and of what is held out are a quarter of it each. */
  readonly samples: number;
  /** After the first, which the exact planner drives. */
  readonly rounds: number;
  /** Passes over all samples in the last fit; a third of it in those before. */
  readonly epochs: number;
  /** What fits, with its version, for the record. */
  readonly library: string;
  readonly tell: (line: string) => void;
}

export interface Figures {
  readonly hash: string;
  readonly samples: number;
  /** Mean cross entropy of the first and the last pass of the last fit. */
  readonly loss: { readonly first: number; readonly last: number };
  /** Share of choices that were right on floors held out. */
  readonly rightShare: number;
  readonly calibrationError: { readonly before: number; readonly after: number };
  /** Of what is held out, after calibration. */
  readonly reliability: readonly Bar[];
  readonly seconds: { readonly collect: number; readonly fit: number; readonly all: number };
}

export interface TrainResult {
  readonly weights: Weights;
  readonly figures: Figures;
}

/** Version of what a training makes; raise it with a change of features, table or network. */
export const VERSION = "1.0.0";
/** The least confidence that may drive: below it a choice is wrong more often than right. */
export const LEAST = 0.5;
const RATE = 2e-3;
const PROBES = 4;

/** Trains. What it tells is a line for each step. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { seed, samples, rounds, epochs, library, tell } = options;
  const clock = { fromMs: performance.now(), collectMs: 0, fitMs: 0 };
  const all: Sample[] = [];
  let network = freshNetwork(new Random(`network/${seed}`));
  let losses: readonly number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const isFirst = round === 0;
    const collectMs = performance.now();
    const fresh = await collect({ from: `train/${seed}/${round}`, samples, ...(isFirst ? {} : { network }) });
    for (const sample of fresh) all.push(sample);
    const fitMs = performance.now();
    clock.collectMs += fitMs - collectMs;
    tell(`round ${round}: ${all.length} samples, driven by ${isFirst ? "the exact planner" : "the policy"}`);
    const isLast = round === rounds;
    const fitted = await fit(network, all, {
      ...{ draw: new Random(`fit/${seed}/${round}`), rate: RATE, epochs: isLast ? epochs : Math.ceil(epochs / 3) },
      onEpoch: (epoch, loss) => tell(`round ${round}, pass ${epoch + 1}: loss ${loss.toFixed(4)}`),
    });
    clock.fitMs += performance.now() - fitMs;
    ({ network, losses } = fitted);
  }
  const { calibration, choices, after, held } = await judged(network, { seed, samples: samples / 4 });
  const weights: Weights = {
    ...{ version: VERSION, network, calibration, least: LEAST, probes: probesOf(held) },
    training: { seed, samples, rounds, epochs, library },
  };
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  const figures: Figures = {
    ...{ hash: networkHash(network), samples: all.length },
    loss: { first: losses[0] ?? Number.NaN, last: losses.at(-1) ?? Number.NaN },
    rightShare: choices.filter((choice) => choice.isRight).length / choices.length,
    calibrationError: { before: calibrationError(choices), after: calibrationError(after) },
    reliability: reliability(after, 10),
    seconds: {
      ...{ collect: seconds(clock.collectMs), fit: seconds(clock.fitMs) },
      all: seconds(performance.now() - clock.fromMs),
    },
  };
  return { weights, figures };
}

/** The calibration of the network, and its choices on floors of neither training nor calibration, before and after. */
export async function judged(network: Network, wish: { readonly seed: string; readonly samples: number }) {
  const { seed, samples } = wish;
  const fitting = await collect({ from: `calibration/${seed}`, samples, network });
  const held = await collect({ from: `held/${seed}`, samples, network });
  const chance = [1 / CANDIDATES.length, chanceOf(fitting)] as const;
  const calibration = calibrationOf(choicesOf(network, fitting), chance);
  const choices = choicesOf(network, held);
  const after = choices.map(({ raw, isRight }): Choice => ({ raw: calibrated(calibration, raw), isRight }));
  return { calibration, choices, after, held };
}

/** How often a choice would be right that was drawn among all velocities. */
function chanceOf(samples: readonly Sample[]): number {
  const right = samples.reduce(
    (sum, { wanted }) => sum + CANDIDATES.filter((candidate) => isRight(candidate, wanted)).length,
    0,
  );
  return right / (samples.length * CANDIDATES.length);
}

/** What the network chooses on samples, with its raw confidence. */
function choicesOf(network: Network, samples: readonly Sample[]): readonly Choice[] {
  return samples.map(({ features, wanted }) => {
    const { index, share } = bestOf(forward(network, features));
    return { raw: share, isRight: isRight(CANDIDATES[index] ?? [0, 0], wanted) };
  });
}

/** Situations for golden vectors, evenly over those held out. */
export function probesOf(samples: readonly Sample[]): Weights["probes"] {
  return Array.from({ length: Math.min(PROBES, samples.length) }, (_, at) => {
    const index = Math.floor((at * samples.length) / PROBES);
    return { name: `held ${index}`, features: (samples[index] as Sample).features };
  });
}

// The part of the site's schema that says when a model counts as unwell: what is measured of its decisions, over how
// many of them, and the limits beyond which its robot falls to REACTIVE_ONLY (R7).

import { count, ms, object, quantity, ratio } from "./schema-words.js";

export const healthSchema = object(
  {
    decisions: count("The newest decisions of a model over which it is judged.", {
      unit: "decisions",
      minimum: 10,
      maximum: 10_000,
      default: 200,
    }),
    leastDecisions: count("Decisions below which nothing is judged but drift.", {
      unit: "decisions",
      maximum: 10_000,
      default: 50,
    }),
    unsureShare: ratio("Share of decisions less confident than the model's least one: model-unsure beyond it.", {
      default: 0.5,
    }),
    inputAgeMs: ms("Age from which on an input of a decision counts as old.", { default: 400 }),
    oldShare: ratio("Share of decisions with an old input: model-inputs-old beyond it.", { default: 0.5 }),
    refusedShare: ratio("Share of decisions that contract or guard refused: model-refused beyond it.", {
      default: 0.5,
    }),
    fallbackMs: ms("Time on AUTONOMOUS, with somewhere to go, over which the share of fallbacks is taken.", {
      minimum: 100,
      maximum: 600_000,
      default: 20_000,
    }),
    fallbackShare: ratio(
      "Share of that time in which other rules drove instead of the model: model-fallback beyond it.",
      {
        default: 0.5,
      },
    ),
    driftEveryMs: ms("Time between two decisions whose inputs are compared with the model's reference.", {
      minimum: 0,
      default: 1000,
    }),
    driftSamples: count("The newest of these; together they span what the reference spans, or all seems drift.", {
      unit: "decisions",
      minimum: 50,
      maximum: 10_000,
      default: 1000,
    }),
    leastDriftSamples: count("Number of these below which drift is not judged.", {
      unit: "decisions",
      minimum: 50,
      maximum: 10_000,
      default: 500,
    }),
    driftIndex: quantity("Population stability index of an input against its reference: model-drift beyond it.", {
      unit: "index",
      minimum: 0.01,
      maximum: 100,
      default: 0.25,
    }),
    canaryMs: ms("Period of runs of the model's golden vectors on the way that plans take; 0: none.", {
      minimum: 0,
      default: 30_000,
    }),
    gapMs: ms("Time without a pose, a scan or odometry that is counted and noted as a gap; 0: none.", {
      minimum: 0,
      default: 300,
    }),
  },
  {
    description: "When a model counts as unwell: its robot falls to REACTIVE_ONLY and tries it again after the dwell.",
    required: [],
    default: {},
  },
);

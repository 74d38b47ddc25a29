// The part of the site's schema that says when automatic actors of the hub, each sound by itself, do harm together, for
// how long they are then held off, and how much of a fleet may be raised, or swap models, at once.

import { count, ms, object, ratio } from "./schema-words.js";

export const interplaySchema = object(
  {
    windowMs: ms("Time in which comings and goings are seen together.", {
      minimum: 10_000,
      maximum: 3_600_000,
      default: 300_000,
    }),
    returns: count("Returns in the window to what was left before (A-B-A is one) that count as to and fro.", {
      unit: "returns",
      minimum: 1,
      maximum: 8,
      default: 3,
    }),
    falls: count("Falls of one robot or fleet in the window that count as flapping; a start is no fall.", {
      unit: "falls",
      minimum: 2,
      maximum: 8,
      default: 4,
    }),
    holdOffMs: ms("Time for which what goes to and fro is left alone; 0: never.", {
      minimum: 0,
      maximum: 600_000,
      default: 15_000,
    }),
    holdOffDoublings: count("Doublings of that time while it goes on; 3 means up to 8 times.", {
      unit: "doublings",
      minimum: 0,
      maximum: 6,
      default: 3,
    }),
    raiseShare: ratio("Share of a fleet that the hub may raise to AUTONOMOUS by itself within a minute.", {
      default: 0.5,
    }),
    raiseLeast: count("Robots of a fleet that it may raise in a minute, however small the share.", {
      unit: "robots",
      default: 4,
    }),
    swapShare: ratio("Share of a fleet that may swap to a candidate model by itself within a minute.", {
      default: 0.1,
    }),
    swapLeast: count("Robots of a fleet that may swap in a minute, however small the share.", {
      unit: "robots",
      default: 1,
    }),
  },
  {
    description: "Sound decisions that together do harm: what is looked for, and how it is damped.",
    required: [],
    default: {},
  },
);

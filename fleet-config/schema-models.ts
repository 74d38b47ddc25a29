// The keys of a site file that say which models its robots may run and what a failing one costs.

import { count, flag, list, ms, object, oneOf, text } from "./schema-words.js";

const versionPattern = "^(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})$";
const modelPattern = "^[a-z][a-z0-9-]{0,62}$";

const keySchema = object(
  {
    id: text("Name of the key, as signatures name it.", "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    publicKey: text("Ed25519 public key: 32 bytes in base64.", "^[A-Za-z0-9+/]{43}=$"),
    notAfter: text("Signatures made after this day do not count.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    revokedFrom: text("Signatures made on this day or later do not count.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
  },
  { description: "Who may sign models.", required: ["id", "publicKey"] },
);

const floorSchema = object(
  {
    model: text("Name of the model.", modelPattern),
    version: text("Lowest version that is admitted: below it is a roll-back.", versionPattern),
  },
  { description: "A version floor.", required: ["model", "version"] },
);

export const modelsSchema = object(
  {
    signed: flag("Whether every model needs a signature by a key below; the reference planner is part of Drover.", {
      default: false,
    }),
    keys: list(keySchema, { maxItems: 32, description: "Pinned keys." }),
    floors: list(floorSchema, { maxItems: 256, description: "Version floors." }),
    robotClass: text("Class of the robots; a model for another class is refused.", "^([a-z][a-z0-9-]{0,62})?$"),
    processes: oneOf(
      "Whether live models share one process, or each has its own. A candidate always has its own.",
      ["shared", "each"],
      { default: "each" },
    ),
    breaker: object(
      {
        failures: count("Failures of a model within the time below that keep its robots on REACTIVE_ONLY.", {
          unit: "failures",
          maximum: 100,
          default: 3,
        }),
        withinMs: ms("Time within which they count; the breaker closes when the oldest is past it.", {
          default: 60_000,
        }),
      },
      { description: "Circuit breaker of planner and controller models.", required: [], default: {} },
    ),
    promoteAfterMs: ms("Time in the shadow of the live model after which a candidate asks to take over; 0: never.", {
      minimum: 0,
      default: 0,
    }),
    trialMs: ms("Time in which the model before comes back when a promoted one fails.", { default: 600_000 }),
  },
  { description: "Models that robots may run (R11).", required: [], default: {} },
);

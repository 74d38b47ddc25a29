// The catalogue of planted mutants, in the order of its table: each is a bug that the checkers of the simulator must
// find. One that fits the sources no longer is refused, so it moves with the code that it breaks.

import type { Mutant } from "./mutant.js";
import { CLAIM_MUTANTS } from "./planted/claim.js";
import { EPOCH_MUTANTS } from "./planted/epoch.js";
import { FRESHNESS_MUTANTS } from "./planted/freshness.js";
import { INTERPLAY_MUTANTS } from "./planted/interplay.js";
import { LADDER_MUTANTS } from "./planted/ladder.js";
import { LEASE_MUTANTS } from "./planted/lease.js";
import { MODEL_MUTANTS } from "./planted/models.js";
import { PLACE_MUTANTS } from "./planted/place.js";
import { RESTART_MUTANTS } from "./planted/restart.js";
import { TAKEN_OVER_MUTANTS } from "./planted/taken-over.js";
import { TASK_MUTANTS } from "./planted/task.js";

export const MUTANTS: readonly Mutant[] = [
  ...LEASE_MUTANTS,
  ...EPOCH_MUTANTS,
  ...RESTART_MUTANTS,
  ...CLAIM_MUTANTS,
  ...PLACE_MUTANTS,
  ...TASK_MUTANTS,
  ...FRESHNESS_MUTANTS,
  ...LADDER_MUTANTS,
  ...MODEL_MUTANTS,
  ...INTERPLAY_MUTANTS,
  ...TAKEN_OVER_MUTANTS,
];

// Runs one seed, with everything out of reach that could make it differ from the same seed elsewhere.

import { guarded } from "./guard.js";
import { type Outcome, type RunOptions, World } from "./world.js";

export function simulate(options: RunOptions): Outcome {
  return guarded(() => new World(options).run());
}

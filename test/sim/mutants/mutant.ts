// A planted mutant: a bug of the kind that real fleets ship, as patches on the text of the sources. The product holds
// no switch for it; a patch is applied to a copy of the sources, which is built and run in a folder of its own.

import type { FaultName } from "../faults.js";

/** Replaces the one place in `file` where `find` stands. Paths are from the root of the repository. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly id: string; // kebab-case
  readonly rule: string; // the rule that it breaks: R1 to R14
  readonly about: string; // which bug of the real world it is
  readonly patches: readonly Patch[];
  /** Faults of the simulator that are in every run, for a bug that chance alone brings about too rarely. */
  readonly with?: readonly FaultName[];
}

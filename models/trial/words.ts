// The words of a trial: what the parent sends to the throw-away child, what the child says, and the verdict (R11).
// Types and limits only.

import type { NamedTensor } from "../elements.js";
import type { GoldenFile } from "../golden.js";
import type { Provider } from "../manifest.js";

/** What one trial may cost. */
export interface TrialLimits {
  /** From the start of the child to its last word. */
  readonly wallMs: number;
  /** Memory of the child beyond what it needed before it saw the model. */
  readonly memoryBytes: number;
  /** The middle run may take no longer than this. */
  readonly deadlineMs: number;
  readonly threads: number;
  readonly warmUpRuns: number;
  /** Runs that are timed: so many, or as many as fit into `timedMs`, but one at least. */
  readonly timedRuns: number;
  readonly timedMs: number;
}

export const defaultTrialLimits: TrialLimits = {
  wallMs: 10_000,
  memoryBytes: 1024 * 1024 * 1024,
  deadlineMs: 1_000,
  threads: 1,
  warmUpRuns: 3,
  timedRuns: 50,
  timedMs: 2_000,
};

/** A model that admission let through, and what to try on it. */
export interface TrialSubject {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Without golden vectors the model is only run on `feeds`, and nothing is compared. */
  readonly golden: GoldenFile | undefined;
  readonly feeds: readonly NamedTensor[];
}

/** Why a model fails its trial, one sentence each. */
export const trialCodes = {
  banned: "these bytes crashed a trial before, so they are not tried again",
  "not-started": "the child could not be started",
  crashed: "the child ended by itself, or said what it never says",
  killed: "the child was killed by the system, perhaps for its memory",
  "out-of-time": "the trial took longer than it may",
  "out-of-memory": "the child wanted more memory than it may have",
  "not-loaded": "the runtime does not load the model",
  "not-run": "the runtime does not run the model on these inputs",
  "other-interface": "the runtime sees other inputs or outputs than the inspector",
  "not-finite": "an output is not a finite number",
  differs: "an output is further from the golden one than it may be",
  "too-slow": "the middle run takes longer than the model's deadline",
  stopped: "the trial was stopped from outside",
} as const;

export type TrialCode = keyof typeof trialCodes;

/** What was measured, as far as the trial came. Times in ms, memory in bytes. */
export interface TrialFigures {
  readonly wallMs: number;
  readonly loadMs?: number;
  readonly provider?: Provider; // that it was tried on
  readonly firstRunMs?: number;
  readonly runs?: number;
  readonly p50Ms?: number;
  readonly maxMs?: number;
  /** Most memory that the child had, and that before it saw the model. Absent where the system tells neither. */
  readonly peakBytes?: number;
  readonly baseBytes?: number;
  /** What bounded the memory: a limit that the kernel keeps, the parent's look each 20 ms, or nothing. */
  readonly memoryGuard: "kernel" | "watched" | "none";
  readonly vectors: number;
  /** The largest difference from a golden number. */
  readonly differenceMax?: number;
  /** Without golden vectors: a number that was not finite, which is told and not refused. */
  readonly notFinite?: string;
}

export type TrialVerdict =
  | { readonly ok: true; readonly figures: TrialFigures }
  | {
      readonly ok: false;
      readonly code: TrialCode;
      readonly detail: string;
      readonly figures: TrialFigures;
      /** The hash that must not be tried again, after a crash or a limit that was passed. */
      readonly ban?: string;
    };

/** Parent to child, once. */
export interface TrialRequest {
  readonly kind: "try";
  readonly bytes: Uint8Array;
  readonly providers: readonly Provider[];
  readonly threads: number;
  readonly warmUpRuns: number;
  readonly timedRuns: number;
  readonly timedMs: number;
  readonly vectors: readonly (readonly NamedTensor[])[];
}

/** Child to parent, in this order; `failed` ends it early. */
export type TrialMessage =
  | { readonly kind: "hello" }
  | {
      readonly kind: "loaded";
      readonly loadMs: number;
      readonly provider: Provider;
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
    }
  | {
      readonly kind: "outputs";
      readonly vector: number;
      readonly runMs: number;
      readonly tensors: readonly NamedTensor[];
    }
  | { readonly kind: "timed"; readonly timesMs: readonly number[] }
  | { readonly kind: "failed"; readonly stage: "load" | "run"; readonly reason: string };

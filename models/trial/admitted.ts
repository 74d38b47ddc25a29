// The trial of an admitted model under its own manifest: its limits, its golden vectors, zeros where it has none. It is
// tried on the processor where that may run it, since what a graphics card's libraries take of memory is not the
// model's; where only others may, on the first of them that is here, and its memory is watched alone.

import type { AdmittedModel } from "../load.js";
import { sizesOf, subjectOf } from "./feeds.js";
import { runTrial, type TrialOptions } from "./trial.js";
import type { TrialVerdict } from "./words.js";

const MEBIBYTE = 1024 * 1024;

export function tryAdmitted(
  admitted: AdmittedModel,
  options: Pick<TrialOptions, "signal" | "banned" | "givesWay"> = {},
): Promise<TrialVerdict> {
  const { inputs, states, sha256, limits } = admitted.manifest;
  const { deadlineMs, memoryMb, threads, providers } = limits;
  const on = providers.includes("cpu") ? {} : ({ providers, guard: "watched" } as const);
  const subject = subjectOf(admitted, { sha256, sizeFor: sizesOf([...inputs, ...states]) });
  return runTrial(subject, { ...options, ...on, limits: { deadlineMs, threads, memoryBytes: memoryMb * MEBIBYTE } });
}

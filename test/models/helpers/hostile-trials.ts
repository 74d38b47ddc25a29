// Models that pass admission and must fail their trial (O38..O40), each with the verdict that it must get.

import type { TrialOptions } from "../../../models/trial/trial.js";
import type { TrialCode, TrialSubject } from "../../../models/trial/words.js";
import { bitFlipped, hungry, int4Output, slow, subject, unary, weighted } from "./trial-models.js";

export interface TrialCase {
  readonly name: string;
  readonly subject: () => TrialSubject;
  readonly options?: TrialOptions;
  readonly code: TrialCode;
  readonly detail: RegExp;
  readonly isBanned: boolean;
}

const MEBIBYTE = 1024 * 1024;
const ones = [1, 1, 1, 1];
const zeros = [0, 0, 0, 0];

export const trialCases: readonly TrialCase[] = [
  {
    name: "O38 NaN in an output",
    subject: () => subject(unary("Log"), [-1, 1, 1, 1], zeros),
    ...{ code: "not-finite", detail: /NaN at y\[0\]/, isBanned: false },
  },
  {
    name: "O38 an infinite output",
    subject: () => subject(unary("Reciprocal"), [1, 1, 1, 0], ones),
    ...{ code: "not-finite", detail: /Infinity at y\[3\]/, isBanned: false },
  },
  {
    name: "O39 an output that is off",
    subject: () => subject(weighted(), ones, [0.5, 0.25, 2, 4.5]),
    ...{ code: "differs", detail: /y\[3\] = 4\.5 within.*found 4, off by 0\.5/, isBanned: false },
  },
  {
    name: "O39 a model with one flipped bit, which loads without complaint",
    subject: () => subject(bitFlipped(), ones, [0.5, 0.25, 2, 4]),
    ...{ code: "differs", detail: /y\[3\] = 4 /, isBanned: false },
  },
  {
    name: "O39 a model that is too slow",
    subject: () => subject(slow(2_000, 64), zeros, zeros),
    options: { limits: { deadlineMs: 1, timedRuns: 3 } },
    ...{ code: "too-slow", detail: /within 1 ms, found \d+\.\d+ ms \(most \d+\.\d+ ms\)/, isBanned: false },
  },
  {
    name: "O40 a model whose run aborts the process",
    subject: () => subject(int4Output(), ones),
    ...{ code: "crashed", detail: /SIGABRT: FATAL ERROR/, isBanned: true },
  },
  {
    name: "O40 a model that takes too long",
    subject: () => subject(slow(65_536, 512), zeros, zeros),
    options: { limits: { wallMs: 2_000 } },
    ...{ code: "out-of-time", detail: /within 2000 ms/, isBanned: true },
  },
  {
    name: "O40 a model that wants 6.4 GB, under the kernel's limit",
    subject: () => subject(hungry(), ones, ones),
    options: { limits: { memoryBytes: 256 * MEBIBYTE } },
    ...{ code: "out-of-memory", detail: /at most 268435456 bytes/, isBanned: true },
  },
  {
    name: "O40 a model that wants 6.4 GB, while its parent only watches",
    subject: () => subject(hungry(), ones, ones),
    options: { limits: { memoryBytes: 64 * MEBIBYTE }, guard: "watched" },
    ...{ code: "out-of-memory", detail: /at most 67108864 bytes, found \d+/, isBanned: true },
  },
];

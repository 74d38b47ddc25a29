// What a robot must not forget over a restart (R4, R5, R7, R10): replaced as a whole at each change and durable before
// any effect that rests on it. A lease is never part of it (R2).

import type { Token } from "../../proto/claim.js";
import { NO_TOKEN } from "../../proto/claim.js";
import {
  count,
  enumOf,
  flag,
  id,
  listOf,
  maybeId,
  optional,
  type Read,
  struct,
  text,
  words,
} from "../../proto/shape.js";
import { OUTCOMES, PURPOSES } from "../../proto/wire.js";

const MOST_LATCHES = 64;
const MOST_HOLDINGS = 64;
const MOST_OUTBOX = 100_000;

const storedToken = struct({ epoch: count, counter: count });

const readHolding = struct({
  token: storedToken,
  assignment: id,
  task: maybeId, // empty for parking and charging
  destination: id,
  purpose: enumOf(PURPOSES),
  arrived: flag,
  dwellMs: count,
});
/** A claim that the robot was granted and has not given back. */
export type Holding = Read<typeof readHolding>;

const readOutcome = struct({
  id,
  token: storedToken,
  assignment: id,
  kind: enumOf(OUTCOMES),
  reason: text(200),
  decisionId: maybeId,
});
/** An outcome that the hub has not acknowledged yet; sent again until it has. */
export type PendingOutcome = Read<typeof readOutcome>;

export interface EdgeMemory {
  readonly highestToken: Token; // R5
  /** R5: the highest hub that it ever followed; missing in memories of older software. */
  readonly follows?: { readonly epoch: number; readonly incarnation: string } | undefined;
  readonly latches: readonly string[]; // causes that wait for a person
  readonly holdings: readonly Holding[];
  readonly outbox: readonly PendingOutcome[]; // oldest first
}

export const EMPTY_MEMORY: EdgeMemory = { highestToken: NO_TOKEN, latches: [], holdings: [], outbox: [] };

/** Reads a stored memory. Throws WireRefused, which names the field. */
export const readEdgeMemory: (plain: unknown, path: string) => EdgeMemory = struct({
  highestToken: storedToken,
  follows: optional(struct({ epoch: count, incarnation: id })),
  latches: listOf(words(128), MOST_LATCHES),
  holdings: listOf(readHolding, MOST_HOLDINGS),
  outbox: listOf(readOutcome, MOST_OUTBOX),
});

// Planted in who holds what: R1.

import type { Mutant } from "../mutant.js";

const CLAIM = "proto/claim.ts";
const CLAIMS = "hub/core/claims.ts";
const ROUND = "hub/core/round.ts";

export const CLAIM_MUTANTS: readonly Mutant[] = [
  {
    id: "neighbours-in-conflict-ignored",
    rule: "R1",
    about: "a destination is given although a robot holds one that overlaps it",
    patches: [
      {
        file: CLAIM,
        find: "for (const destination of [ask.destination, ...(site.conflicts.get(ask.destination) ?? [])]) {",
        replace: "for (const destination of [ask.destination]) {",
      },
    ],
  },
  {
    id: "holder-overlooked",
    rule: "R1",
    about: "the ledger is not asked who holds a destination, and the old holder is thrown out",
    patches: [
      {
        file: CLAIMS,
        find: "  if (holder !== null) return",
        replace: "  if (holder !== null && holder.robot === ask.robot) return",
      },
    ],
  },
  {
    id: "standing-is-not-holding",
    rule: "R1",
    about: "a robot that stands on a destination without a claim does not block what conflicts with it",
    with: ["hub-rollback"],
    patches: [
      {
        file: CLAIMS,
        find: "if (stood !== null && neighbours",
        replace: "if (stood !== null && nowMs < 0 && neighbours",
      },
      {
        file: ROUND,
        find: "    if (destination === null || actingClaim",
        replace: "    if (destination === null || turn.nowMs >= 0 || actingClaim",
      },
      {
        file: ROUND,
        find: "    else if (neighbours.includes(stood))",
        replace: "    else if (turn.nowMs < 0 && neighbours.includes(stood))",
      },
    ],
  },
  {
    id: "two-claims-at-once",
    rule: "R1",
    about: "a robot that is on its way is sent somewhere else as well",
    patches: [
      {
        file: CLAIMS,
        find: "if (acting === undefined || acting.assignment === ask.assignment) return null;",
        replace: 'if (acting === undefined || acting.assignment !== "") return null;',
      },
      {
        file: ROUND,
        find: 'availability: acting !== undefined || watch.approval !== null ? "busy" : isFree',
        replace: "availability: isFree",
      },
    ],
  },
  {
    id: "silent-robot-stands-nowhere",
    rule: "R1",
    about: "a robot that is not heard is not thought to stand on what conflicts with a destination",
    patches: [{ file: CLAIMS, find: "<= STANDING_MS) return null;", replace: "<= 1e9 * STANDING_MS) return null;" }],
  },
];

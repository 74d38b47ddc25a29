// Planted in tokens and epochs, and in what a hub that starts anew must wait for: R5.

import type { Mutant } from "../mutant.js";

const HUB = "hub/core/hub.ts";
const CLAIM = "proto/claim.ts";
const APPLY = "hub/core/apply.ts";
const PENDING = "hub/core/pending.ts";
const AUTHORITY = "edge/core/authority.ts";
const LINKS = "hub/core/links.ts";
const IDENTITY = "hub/core/identity.ts";

const EPOCH_STAYS = [
  { file: HUB, find: "epoch: ledger.epoch + 1,", replace: "epoch: Math.max(1, ledger.epoch)," },
  { file: APPLY, find: "if (body.epoch <= state.epoch) fault", replace: "if (body.epoch < state.epoch) fault" },
] as const;
const HOLDING = "edge/core/holding.ts";

export const EPOCH_MUTANTS: readonly Mutant[] = [
  {
    id: "hub-epoch-not-raised",
    rule: "R5",
    about: "a restarted hub goes on under its old epoch, so that nothing tells its two lives apart",
    patches: [...EPOCH_STAYS, { file: APPLY, find: "  state.counter = 0;\n", replace: "" }],
  },
  {
    id: "hub-epoch-reused",
    rule: "R5",
    about: "a restarted hub begins its counter anew under the old epoch and gives the same tokens twice",
    patches: EPOCH_STAYS,
  },
  {
    id: "no-wait-after-hub-restart",
    rule: "R5",
    about: "a restarted hub gives away at once what robots may still act on",
    patches: [
      {
        file: HUB,
        find: "inherited ? now.nowMs + longestWaitMs : now.nowMs",
        replace: "inherited ? now.nowMs : now.nowMs",
      },
    ],
  },
  {
    id: "wait-from-present-lease-only",
    rule: "R5",
    about: "after a change of the lease time the hub waits for the new, shorter one only",
    patches: [
      {
        file: "hub/core/site.ts",
        find: "return Math.max(state.ledger.longestWaitMs, waitMsFor(",
        replace: "return Math.max(0, waitMsFor(",
      },
    ],
  },
  {
    id: "hub-counts-by-wall-clock",
    rule: "R5",
    about: "the hub counts its waits on the wall clock, which jumps",
    patches: [
      {
        file: PENDING,
        find: "this.#hub.start({ nowMs: clocks.monotonicMs,",
        replace: "this.#hub.start({ nowMs: clocks.wallMs,",
      },
      {
        file: PENDING,
        find: "this.#hub.step(input, { nowMs: clocks.monotonicMs,",
        replace: "this.#hub.step(input, { nowMs: clocks.wallMs,",
      },
    ],
  },
  {
    id: "tokens-compared-as-text",
    rule: "R5",
    about: "tokens are compared as text, where 10 is lower than 9",
    patches: [
      {
        file: CLAIM,
        find: "return a.epoch === b.epoch ? a.counter - b.counter : a.epoch - b.epoch;",
        replace: "const [one, other] = [tokenKey(a), tokenKey(b)];\n  return one === other ? 0 : one < other ? -1 : 1;",
      },
    ],
  },
  {
    id: "lower-token-accepted",
    rule: "R5",
    about: "the robot takes a grant although it has seen a higher token",
    patches: [
      {
        file: HOLDING,
        find: "if (compareTokens(message.token, memory.highestToken) <= 0) {",
        replace: "if (compareTokens(message.token, memory.highestToken) <= 0 && message.token.epoch === 0) {",
      },
    ],
  },
  {
    id: "highest-token-not-kept",
    rule: "R5",
    about: "the robot forgets the highest token that it saw when it is granted a new one",
    patches: [
      {
        file: HOLDING,
        find: "state.memory = { ...memory, highestToken: higherToken(memory.highestToken, token), holdings",
        replace: "state.memory = { ...memory, highestToken: memory.highestToken, holdings",
      },
    ],
  },
  {
    id: "rollback-unnoticed",
    rule: "R5",
    about: "a hub whose store is an old copy goes on, although a robot has seen a higher token",
    patches: [{ file: LINKS, find: "  if (unknown !== null) beginAbove(turn, highest, unknown);\n", replace: "" }],
  },
  {
    id: "no-wait-after-rollback",
    rule: "R5",
    about: "a hub that finds itself rolled back gives away at once what robots may still act on",
    patches: [
      {
        file: IDENTITY,
        find: "    watch.leaseEndMs = Math.max(watch.leaseEndMs, state.restartUntilMs);\n",
        replace: "",
      },
    ],
  },
  {
    id: "old-poses-believed-after-rollback",
    rule: "R5",
    about: "a hub that finds that another one spoke for its site still believes where it saw the robots before",
    patches: [
      {
        file: IDENTITY,
        find: "    watch.heard = false; // another hub may have given it work since\n    watch.channels.clear();\n",
        replace: "",
      },
    ],
  },
  {
    id: "hub-of-lower-epoch-followed",
    rule: "R5",
    about: "a robot goes back and forth between two hubs of one site",
    patches: [
      { file: AUTHORITY, find: "epoch <= follows.epoch) {", replace: "epoch <= follows.epoch && epoch < 0) {" },
    ],
  },
  {
    id: "second-hub-of-same-epoch-followed",
    rule: "R5",
    about: "a robot takes a second hub for the first because both count the same epoch",
    patches: [{ file: AUTHORITY, find: "epoch <= follows.epoch) {", replace: "epoch < follows.epoch) {" }],
  },
  {
    id: "followed-hub-not-stored",
    rule: "R5",
    about: "a robot forgets at a restart which hub it followed",
    patches: [
      {
        file: "edge/core/edge.ts",
        find: "this.state = emptyState(context, parts.memory);",
        replace: "this.state = emptyState(context, { ...parts.memory, follows: undefined });",
      },
    ],
  },
  {
    id: "older-rollback-unnoticed",
    rule: "R5",
    about: "a token of an older epoch is taken for one that this ledger gave",
    patches: [
      {
        file: IDENTITY,
        find: "highestToken.epoch < epoch ? lastGiven",
        replace: "highestToken.epoch < epoch && lastGiven.epoch < 0 ? lastGiven",
      },
    ],
  },
  {
    id: "clashing-process-unnoticed",
    rule: "R5",
    about: "two processes under one name take turns, and nobody is asked",
    patches: [
      {
        file: "hub/core/identity.ts",
        find: "if (watch.boots.includes(message.boot)) clash",
        replace: "if (watch.boots.includes(message.boot) && turn.nowMs < 0) clash",
      },
    ],
  },
];

// Planted in what survives a restart, in tokens and epochs, and in the order of storing and sending: R5, R10.

import type { Mutant } from "../mutant.js";

const HUB = "hub/core/hub.ts";
const CLAIM = "proto/claim.ts";
const APPLY = "hub/core/apply.ts";
const PENDING = "hub/core/pending.ts";
const AUTHORITY = "edge/core/authority.ts";
const SNAPSHOT = "hub/core/snapshot.ts";

const EPOCH_STAYS = [
  { file: HUB, find: "epoch: ledger.epoch + 1,", replace: "epoch: Math.max(1, ledger.epoch)," },
  { file: APPLY, find: "if (body.epoch <= state.epoch) fault", replace: "if (body.epoch < state.epoch) fault" },
] as const;

export const RESTART_MUTANTS: readonly Mutant[] = [
  {
    id: "hub-epoch-not-raised",
    rule: "R5",
    about: "a restarted hub goes on under its old epoch, so that nothing tells its two lives apart",
    patches: [...EPOCH_STAYS, { file: APPLY, find: "      state.counter = 0;\n", replace: "" }],
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
    id: "hub-sends-before-it-stores",
    rule: "R10",
    about: "grants leave before their claims are durable, and a crash forgets them",
    patches: [
      {
        file: PENDING,
        find: 'Extract<HubEffect, { kind: "renewed" }>',
        replace: 'Extract<HubEffect, { kind: "renewed" | "send" }>',
      },
      {
        file: PENDING,
        find: 'if (effect.kind === "renewed")',
        replace: 'if (effect.kind === "renewed" || effect.kind === "send")',
      },
    ],
  },
  {
    id: "hub-answers-before-it-stores",
    rule: "R10",
    about: "a task is called accepted before it is durable, and a crash forgets it",
    patches: [
      {
        file: PENDING,
        find: "    const events = effects.flatMap(",
        replace: `    if (effects.length > 1 && effects.some((effect) => effect.kind === "answer")) {
      this.#queue.push(...effects.filter((effect) => effect.kind !== "answer"));
      return { events: [], effects: effects.filter((effect) => effect.kind === "answer") };
    }
    const events = effects.flatMap(`,
      },
    ],
  },
  {
    id: "edge-tells-outcome-before-it-stores",
    rule: "R10",
    about: "an outcome leaves before it is durable, and a crash makes the robot deny it",
    patches: [
      {
        file: AUTHORITY,
        find: 'save(state, effects, { messages: [outcomeMessage(entry)], activate: "" });',
        replace:
          'effects.push({ kind: "send", message: outcomeMessage(entry) });\n  save(state, effects, { messages: [], activate: "" });',
      },
    ],
  },
  {
    id: "edge-acts-before-it-stores",
    rule: "R10",
    about: "the robot drives on a grant before it has stored its token",
    patches: [
      {
        file: AUTHORITY,
        find: "  save(state, effects, { messages: [answer], activate: tokenKey(token) });\n}",
        replace:
          "  save(state, effects, { messages: [answer], activate: tokenKey(token) });\n  state.active.add(tokenKey(token));\n}",
      },
    ],
  },
  {
    id: "edge-acts-though-store-failed",
    rule: "R10",
    about: "a failed store is only noted: the robot goes on as if everything were durable",
    patches: [
      {
        file: "edge/core/edge.ts",
        find: "        state.storeFault = input.why;\n",
        replace: "        saved(state, state.version, effects);\n",
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
        file: AUTHORITY,
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
        file: AUTHORITY,
        find: "state.memory = { ...memory, highestToken: higherToken(memory.highestToken, token), holdings",
        replace: "state.memory = { ...memory, highestToken: memory.highestToken, holdings",
      },
    ],
  },
  {
    id: "rollback-unnoticed",
    rule: "R5",
    about: "a hub whose store is an old copy goes on, although a robot has seen a higher token",
    patches: [
      {
        file: "hub/core/links.ts",
        find: "    rolledBack(turn, message);\n",
        replace: "    identify(turn, watch, message);\n",
      },
    ],
  },
  {
    id: "lapse-not-in-ledger",
    rule: "R10",
    about: "a lapse is noted in memory and not in the ledger, so that replay gives another state",
    patches: [
      {
        file: "hub/core/claims.ts",
        find: 'turn.emit({ kind: "claimLapsed", token: held.token });',
        replace: "held.lapsed = true;",
      },
    ],
  },
  {
    id: "ceiling-forgotten-at-restart",
    rule: "R7",
    about: "what an operator forbade is allowed again after a restart of the hub",
    patches: [
      {
        file: APPLY,
        find: "      state.counter = 0;\n",
        replace: "      state.counter = 0;\n      state.ceilings.clear();\n",
      },
    ],
  },
  {
    id: "edge-latch-forgotten-at-restart",
    rule: "R7",
    about: "an emergency stop is forgotten by switching the robot off and on",
    patches: [{ file: "edge/core/modes.ts", find: "    ...latches,\n  ];", replace: "  ];" }],
  },
  {
    id: "snapshot-without-its-tail",
    rule: "R10",
    about: "a hub that starts from a snapshot forgets what came after it",
    patches: [
      {
        file: SNAPSHOT,
        find: "for (const event of events) apply(state, event);",
        replace: "for (const event of events) state.events = event.sequence;",
      },
    ],
  },
  {
    id: "snapshot-forgets-standing-claims",
    rule: "R4",
    about: "a snapshot leaves out the places of robots that have arrived",
    patches: [
      {
        file: SNAPSHOT,
        find: "claims: [...state.claims.values()].map(",
        replace: 'claims: [...state.claims.values()].filter((claim) => claim.phase === "assigned").map(',
      },
    ],
  },
  {
    id: "snapshot-forgets-ceilings",
    rule: "R7",
    about: "a snapshot leaves out what operators forbade",
    patches: [
      {
        file: SNAPSHOT,
        find: "ceilings: [...state.ceilings.values()].map(",
        replace: "ceilings: [...state.ceilings.values()].slice(1).map(",
      },
    ],
  },
  {
    id: "snapshot-shares-its-claims",
    rule: "R10",
    about: "a snapshot is no copy: it goes on changing after it was taken",
    patches: [{ file: SNAPSHOT, find: ".map((claim) => ({ ...claim }))", replace: ".map((claim) => claim)" }],
  },
];

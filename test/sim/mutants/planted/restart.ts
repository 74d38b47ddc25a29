// Planted in what survives a restart, and in the order of storing and sending: R10, and R7 for what must be remembered.

import type { Mutant } from "../mutant.js";

const APPLY = "hub/core/apply.ts";
const PENDING = "hub/core/pending.ts";
const SNAPSHOT = "hub/core/snapshot.ts";
const HOLDING = "edge/core/holding.ts";

export const RESTART_MUTANTS: readonly Mutant[] = [
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
        file: HOLDING,
        find: 'save(state, effects, { messages: [outcomeMessage(entry)], activate: "" });',
        replace: `effects.push({ kind: "send", message: outcomeMessage(entry) });
  save(state, effects, { messages: [], activate: "" });`,
      },
    ],
  },
  {
    id: "edge-acts-before-it-stores",
    rule: "R10",
    about: "the robot drives on a grant before it has stored its token",
    patches: [
      {
        file: HOLDING,
        find: "  save(state, effects, { messages: [answer], activate: tokenKey(token) });\n}",
        replace: `  save(state, effects, { messages: [answer], activate: tokenKey(token) });
  state.active.add(tokenKey(token));
}`,
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
        find: "  state.counter = 0;\n",
        replace: "  state.counter = 0;\n  state.ceilings.clear();\n",
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

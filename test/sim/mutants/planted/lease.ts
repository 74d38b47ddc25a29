// Planted in the lease arithmetic and its use: R2, R3.

import type { Mutant } from "../mutant.js";

const LEASE = "proto/lease.ts";
const LINKS = "hub/core/links.ts";
const AUTHORITY = "edge/core/authority.ts";
const DRIVE = "edge/core/drive.ts";
const HOLDING = "edge/core/holding.ts";

export const LEASE_MUTANTS: readonly Mutant[] = [
  {
    id: "lease-from-receipt",
    rule: "R2",
    about:
      "the robot counts its lease from the receipt of the answer, so a slow answer gives it time the hub never gave",
    patches: [
      {
        file: AUTHORITY,
        find: "link.lease = renewalAnswered(link.lease, {",
        replace: `const pending = link.lease.pending.map((sent) => ({ ...sent, sentMs: nowMs }));
      link.lease = renewalAnswered({ ...link.lease, pending }, {`,
      },
    ],
  },
  {
    id: "wait-without-robot-drift",
    rule: "R3",
    about: "W takes the lease as it stands, though a slow robot clock makes it last longer",
    patches: [{ file: LEASE, find: "c.leaseMs / (1 - c.rhoRobot)", replace: "c.leaseMs" }],
  },
  {
    id: "wait-without-hub-drift",
    rule: "R3",
    about: "W is counted as if the hub's clock could not run fast",
    patches: [{ file: LEASE, find: "Math.ceil((1 + c.rhoHub) *", replace: "Math.ceil(" }],
  },
  {
    id: "wait-without-deadman",
    rule: "R3",
    about: "W forgets that a base follows its last command for the dead-man time",
    patches: [{ file: LEASE, find: "+ c.deadmanMs + c.brakingMs", replace: "+ c.brakingMs" }],
  },
  {
    id: "wait-without-braking",
    rule: "R3",
    about: "W forgets that a heavy robot rolls on while it brakes",
    patches: [{ file: LEASE, find: "+ c.deadmanMs + c.brakingMs", replace: "+ c.deadmanMs" }],
  },
  {
    id: "hub-counts-from-former-answer",
    rule: "R3",
    about: "the hub counts W from the answer that it sent last, and not from the receipt of the present renewal",
    patches: [
      {
        file: LINKS,
        find: "receivedMs: turn.nowMs, waitMs",
        replace: "receivedMs: [...watch.nonces.values()].at(-1) ?? turn.nowMs, waitMs",
      },
    ],
  },
  {
    id: "refused-renewal-ends-lease",
    rule: "R3",
    about: "a renewal that is refused counts as the end of the lease that still runs",
    patches: [
      {
        file: LINKS,
        find: "  if (grants) {",
        replace: "  if (!grants) watch.leaseEndMs = turn.nowMs;\n  if (grants) {",
      },
    ],
  },
  {
    id: "closed-stream-ends-lease",
    rule: "R3",
    about: "a closed stream counts as proof that the robot has stopped",
    patches: [
      {
        file: LINKS,
        find: "if (watch?.stream === stream) watch.stream = null;",
        replace: "if (watch?.stream === stream) Object.assign(watch, { stream: null, leaseEndMs: turn.nowMs });",
      },
    ],
  },
  {
    id: "new-stream-ends-lease",
    rule: "R3",
    about: "a robot that says hello is thought to have stopped before",
    patches: [
      {
        file: LINKS,
        find: "  watch.lastNonce = 0;\n",
        replace: "  Object.assign(watch, { lastNonce: 0, leaseEndMs: turn.nowMs });\n",
      },
    ],
  },
  {
    id: "any-answer-extends",
    rule: "R2",
    about: "the nonce of an answer is not looked at: it extends from the newest renewal, which the hub may not have",
    patches: [
      {
        file: LEASE,
        find: "lease.pending.find((renewal) => renewal.nonce === answer.nonce)",
        replace: "lease.pending.at(-1)",
      },
    ],
  },
  {
    id: "replaced-stream-still-heard",
    rule: "R3",
    about: "what comes on a stream that a newer one has replaced is taken for the new one's, renewals and all",
    patches: [
      {
        file: "hub/core/hub.ts",
        find: "if (watch === undefined || watch.stream !== input.stream) return;",
        replace: "if (watch === undefined) return;",
      },
    ],
  },
  {
    id: "repeated-renewal-extends",
    rule: "R2",
    about: "the robot takes an answer as often as it comes, each time as the answer to the newest renewal of its kind",
    patches: [
      {
        file: LEASE,
        find: "const sent = lease.pending.find((renewal) => renewal.nonce === answer.nonce);",
        replace: "const sent = lease.pending.find((renewal) => renewal.nonce >= answer.nonce);",
      },
      { file: LEASE, find: "(renewal) => renewal.nonce > answer.nonce", replace: "(renewal) => renewal !== sent" },
    ],
  },
  {
    id: "lease-unchecked-at-write",
    rule: "R2",
    about: "the lease is checked when a command is made and not when it is written: a pause lies between",
    patches: [
      {
        file: "edge/core/gate.ts",
        find: "return trusted && clocks.now.monotonicMs < command.leaseEndMonotonicMs;",
        replace: "return trusted;",
      },
    ],
  },
  {
    id: "sleep-before-write-unnoticed",
    rule: "R2",
    about: "a board that slept between the making of a command and its writing writes it",
    patches: [{ file: "edge/core/gate.ts", find: "return trusted && clocks", replace: "return clocks" }],
  },
  {
    id: "no-brake-ahead",
    rule: "R2",
    about: "the robot drives on until its lease ends and begins to brake only then",
    patches: [
      {
        file: LEASE,
        find: "return at.nowMs >= lease.endMs - at.brakeAheadMs;",
        replace: "return at.nowMs >= lease.endMs;",
      },
    ],
  },
  {
    id: "command-outlives-lease",
    rule: "R2",
    about: "a command is valid for the whole dead-man time, whatever is left of the lease, up to its last moment",
    patches: [
      {
        file: LEASE,
        find: "Math.min(at.deadmanMs, Math.floor(lease.endMs - at.nowMs))",
        replace: "lease.endMs > at.nowMs ? at.deadmanMs : 0",
      },
      {
        file: LEASE,
        find: "return at.nowMs >= lease.endMs - at.brakeAheadMs;",
        replace: "return at.nowMs >= lease.endMs;",
      },
    ],
  },
  {
    id: "drives-without-lease",
    rule: "R2",
    about: "a robot that lost its link finishes what it has begun",
    patches: [
      { file: DRIVE, find: 'if (!mayActNow(state, nowMs)) return "no lease for it";', replace: "" },
      {
        file: DRIVE,
        find: "if (mustBrake(state.link.lease,",
        replace: "if (leaseEndMs(state) < 0 && mustBrake(state.link.lease,",
      },
      {
        file: "edge/core/gate.ts",
        find: "return trusted && clocks.now.monotonicMs < command.leaseEndMonotonicMs;",
        replace: "return true;",
      },
    ],
  },
  {
    id: "covers-ignored",
    rule: "R2",
    about: "any lease covers any claim, also a grant that was held up while the place went to another",
    patches: [
      {
        file: LEASE,
        find: "return mayAct(lease, claim.nowMs) && lease.covered.includes(claim.token);",
        replace: "return mayAct(lease, claim.nowMs);",
      },
    ],
  },
  {
    id: "hub-renews-foreign-claims",
    rule: "R3",
    about: "the hub renews for a robot that acts on a claim which is no longer its own",
    patches: [{ file: LINKS, find: "const grants = foreign.length === 0 && ", replace: "const grants = " }],
  },
  {
    id: "hub-renews-in-confirm",
    rule: "R8",
    about: "the hub renews the lease of a robot that it has told to stand",
    patches: [{ file: LINKS, find: " && PERMITS[effectiveOf(turn.state, watch)].renewals;", replace: ";" }],
  },
  {
    id: "second-process-served-at-once",
    rule: "R3",
    about: "a new process of a robot gets a lease while the one that it replaced may still act on its own",
    patches: [{ file: LINKS, find: "const quiet = turn.nowMs < watch.quietUntilMs;", replace: "const quiet = false;" }],
  },
  {
    id: "lease-kept-over-restart",
    rule: "R2",
    about: "the robot stores its lease with its memory and goes on with it after a restart",
    patches: [
      {
        file: "edge/core/memory.ts",
        find: "  latches: listOf(words(128), MOST_LATCHES),",
        replace: "  latches: listOf(words(128), MOST_LATCHES),\n  leaseEndMs: count,",
      },
      {
        file: "edge/core/memory.ts",
        find: "  readonly latches: readonly string[];",
        replace: "  readonly leaseEndMs: number;\n  readonly latches: readonly string[];",
      },
      {
        file: "edge/core/memory.ts",
        find: "latches: [], holdings: []",
        replace: "leaseEndMs: 0, latches: [], holdings: []",
      },
      {
        file: HOLDING,
        find: "  state.version += 1;\n",
        replace: `  state.version += 1;
  state.memory = { ...state.memory, leaseEndMs: Math.max(0, state.link.lease.endMs) };
`,
      },
      {
        file: "edge/core/edge.ts",
        find: "    this.state = emptyState(context, parts.memory);\n",
        replace: `    this.state = emptyState(context, parts.memory);
    const { leaseEndMs, holdings } = parts.memory;
    const covered = holdings.map(({ token }) => \`\${token.epoch}.\${token.counter}\`);
    this.state.link.lease = { pending: [], endMs: leaseEndMs, covered };
    for (const token of covered) this.state.active.add(token);
`,
      },
    ],
  },
];

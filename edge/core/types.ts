// What goes into the edge's core, what comes out, and what it keeps between two steps. The core is the same in
// production, under a virtual clock and in replay: time is an argument, chance is not used.

import type { SiteConfig } from "../../fleet-config/types.js";
import type { PlanRequest, PlanResult } from "../../models/planner.js";
import type { ModelResult, ModelRun } from "../../models/run.js";
import type { Token } from "../../proto/claim.js";
import type { ClockReading } from "../../proto/clock.js";
import type { ChannelOrder, Repeats } from "../../proto/freshness.js";
import type { RobotLease } from "../../proto/lease.js";
import type { Cause, Ladder, Rung } from "../../proto/mode.js";
import type { OnboardChannel } from "../../proto/topics.js";
import type { Command, EdgeMessage, HubMessage, OnboardSample, Telemetry, Tick } from "../../proto/wire.js";
import type { Failures } from "./breaker.js";
import type { ControllerModels, Controllers } from "./controller/slots.js";
import type { Gaps } from "./health/gaps.js";
import type { Health, WatchedModel } from "./health/health.js";
import type { EdgeMemory } from "./memory.js";
import type { Decided, DecisionRecord, TakenPlan } from "./record.js";

export type EdgeInput =
  | { readonly kind: "tick"; readonly clocks: ClockReading }
  | { readonly kind: "sample"; readonly sample: OnboardSample }
  | { readonly kind: "linkOpened" }
  | { readonly kind: "linkClosed"; readonly reason: string }
  | { readonly kind: "hub"; readonly message: HubMessage }
  | { readonly kind: "saved"; readonly version: number }
  | { readonly kind: "storeFault"; readonly why: string }
  | { readonly kind: "plannerReady" }
  | { readonly kind: "plannerGone"; readonly why: string }
  | { readonly kind: "planned"; readonly result: PlanResult }
  | { readonly kind: "planRefused"; readonly id: number; readonly reason: string }
  | { readonly kind: "modelReady"; readonly model: string } // a controller, by name and version
  | { readonly kind: "modelGone"; readonly model: string; readonly why: string }
  | { readonly kind: "ran"; readonly model: string; readonly result: ModelResult }
  | { readonly kind: "runRefused"; readonly model: string; readonly id: number; readonly reason: string }
  | { readonly kind: "canary"; readonly model: string; readonly fault: string }; // empty: it was well

/** R10: performed in order; `save` comes before whatever rests on it, which the core holds back until `saved`. */
export type EdgeEffect =
  | { readonly kind: "save"; readonly version: number; readonly memory: EdgeMemory }
  | { readonly kind: "send"; readonly message: EdgeMessage }
  | { readonly kind: "publish"; readonly sample: Telemetry }
  | { readonly kind: "tick"; readonly tick: Tick }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "plan"; readonly request: PlanRequest }
  | { readonly kind: "killPlanner"; readonly why: string }
  | { readonly kind: "run"; readonly model: string; readonly run: ModelRun }
  | { readonly kind: "killModel"; readonly model: string; readonly why: string }
  | { readonly kind: "record"; readonly id: string; readonly record: DecisionRecord }
  | { readonly kind: "note"; readonly event: string; readonly detail: string };

/** The newest sample of an on-board channel and what is known of its age. */
export interface ChannelState {
  readonly sample: OnboardSample;
  readonly capturedMs: number | undefined; // earliest time of capture; undefined: nothing bounds it
  readonly sinceMs: number | undefined; // capture of the first sample of a row of repeats; else capturedMs
  readonly order: ChannelOrder;
  readonly repeats: Repeats;
}

/** What waits for a version of the memory to be durable. */
export interface Held {
  readonly version: number;
  readonly messages: readonly EdgeMessage[];
  readonly activate: string; // token of the holding that may be acted on from then on; empty for none
}

export interface EdgeContext {
  readonly robot: string;
  readonly fleet: SiteConfig["fleets"][number];
  readonly config: SiteConfig;
  readonly configHash: string;
  readonly software: string;
  readonly boot: string;
  readonly brakeAheadMs: number;
  readonly model: string;
  readonly controllers: ControllerModels;
  readonly watched: readonly WatchedModel[]; // every held model, the planner first
}

export interface LinkState {
  open: boolean;
  session: string; // empty until welcomed
  answersSwaps: boolean; // the hub of this session says that it knows the question
  /** Of a hub that is followed once that is durable. */
  welcome: { readonly message: Extract<HubMessage, { kind: "welcome" }>; readonly receivedMs: number } | null;
  lease: RobotLease;
  nonce: number;
  renewedMs: number; // when the last renewal was sent
  hubNonce: number;
  hubNonceReceivedMs: number;
  resendMs: number; // when the outbox was last sent
}

export interface PlanFlight {
  readonly id: number;
  readonly sentMs: number;
  readonly kind: string;
  readonly gatherMs: number; // age of the scan when it was asked for
  readonly ageMs: number; // of its oldest input then
}

export interface PlanState {
  ready: boolean;
  flight: PlanFlight | null;
  taken: TakenPlan | null; // the newest that was accepted
  missed: boolean; // the running plan is past its deadline
  failing: string; // not empty: why reactive rules hold; emptied by the next plan in time
  readonly failures: Failures;
  plans: number;
  misses: number;
  lastMs: number;
  inferenceMs: number;
}

export interface EdgeState {
  readonly context: EdgeContext;
  memory: EdgeMemory;
  savedVersion: number;
  version: number;
  followsVersion: number; // that says whom it follows
  readonly held: Held[];
  readonly active: Set<string>; // tokens whose grant is durable
  readonly link: LinkState;
  readonly channels: Map<OnboardChannel, ChannelState>;
  readonly gaps: Map<OnboardChannel, Gaps>;
  readonly health: Health;
  readonly ticks: Map<number, number>; // nonce to when it was sent
  tickNonce: number;
  clocks: ClockReading | null;
  ladder: Ladder;
  booted: boolean;
  hubOrder: { sequence: number; rung: Rung; causes: readonly Cause[] };
  latchedLadder: Ladder | null; // whose latches the memory holds
  /**
   * What the hub was told of the rung on this link; `key` empty: nothing yet. `since`: the report that first told of
   * the newest finding that a person must clear.
   */
  reported: { sequence: number; since: number; sentMs: number; key: string; ladder: Ladder | null };
  poseDoubt: string; // why the newest pose was doubted; empty when it was not
  poseJumpSeen: string; // how a pose jumped since the last step; empty when none did
  /** The pose when the way travelled last grew. */
  way: { readonly travelledM: number; readonly xM: number; readonly yM: number; readonly errorM: number } | null;
  /** Pose and way travelled when the way was last told. */
  step: {
    readonly source: string;
    readonly travelledM: number;
    readonly xM: number;
    readonly yM: number;
    readonly errorM: number;
  } | null;
  poseAlone: boolean; // the newest pose came after a gap, and the wheels have not told of it yet
  toldToMove: boolean; // by the last command
  commanded: { readonly speedMps: number; readonly turnRadps: number }; // by it
  poseDoubtSeen: string; // the first doubt since the last step; empty when there was none
  storeFault: string;
  clockFault: string;
  notBeforeMs: number; // what was captured earlier is of unknown age
  readonly baseSeen: { emergencyStop: boolean; bumper: boolean; manual: boolean }; // since the last step
  plan: PlanState;
  readonly controllers: Controllers;
  commandSequence: number;
  decision: number;
  decided: Decided | null; // the newest decision
  lastDecisionMs: number;
  activity: string;
  blockedBy: string;
  path: readonly number[];
  dwell: { readonly assignment: string; readonly sinceMs: number } | null;
  readonly telemetry: { sequence: Map<string, number>; poseMs: number; slowMs: number };
}

export interface Acting {
  readonly token: Token;
  readonly assignment: string;
  readonly destination: string;
  readonly dwellMs: number;
}

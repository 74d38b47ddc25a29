// What people and other systems ask of a site, and what they are shown: readers of operator.proto and the types that
// follow from them. Requests are read strictly, because they end up in the ledger: every act names its operator and
// its reason. Views are read leniently in their words and numbers, because a person must see a robot although one of
// its values is odd; whoever shows them escapes what a terminal would obey. Unknown rungs read as HALT, unknown places
// as UNKNOWN (R7).

import { type ExitClass, REFUSALS, type Refusal, type RefusalCode, refuse } from "./errors.js";
import { type LedgerEvent, readLedgerEvent, stops } from "./ledger.js";
import {
  count,
  enumOf,
  enumOr,
  flag,
  id,
  listOf,
  maybeId,
  optional,
  type Read,
  type Reader,
  struct,
  WireRefused,
  words,
} from "./shape.js";
import { rung } from "./wire.js";

export const PLACE_STATES = ["FREE", "CLAIMED", "LAPSED_UNKNOWN", "OCCUPIED_UNCLAIMED", "UNKNOWN"] as const;
export type PlaceState = (typeof PLACE_STATES)[number];
export const TASK_PHASES = ["WAITING", "ACTIVE", "DONE", "TASK_FAILED", "CANCELLED"] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];
/** R7: what an override may impose. It only lowers. */
export const CEILINGS = ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const;
export type CeilingRung = (typeof CEILINGS)[number];

export const OPERATOR_CHARACTERS_MOST = 64;
export const PROSE_CHARACTERS_MOST = 400;
export const WATCH_PERIOD_MS = { least: 200, most: 10_000, usual: 1000 } as const;
export const DWELL_MS_MOST = 86_400_000;
const MOST_ROBOTS = 4096;
const MOST_TASKS = 200_000;
const MOST_LINES = 10_000;

// Views.
const said: Reader<string> = (value, path) => {
  if (typeof value !== "string") throw new WireRefused(path, "text", value);
  return value;
};
const real: Reader<number> = (value, path) => {
  if (typeof value !== "number") throw new WireRefused(path, "a number", value);
  return value;
};
const cause = struct({ name: said, rung, detail: said });
const causes = listOf(cause, 256);
const token = struct({ epoch: count, counter: count });
const phase = enumOf(TASK_PHASES);

export const readRobotView = struct({
  id: said,
  fleet: said,
  linked: flag,
  rung,
  causes,
  ageBoundMs: optional(count),
  leaseLeftMs: optional(count),
  task: said,
  destination: said,
  pose: optional(struct({ xM: real, yM: real, headingRad: real })),
  errorM: real,
  speedMps: real,
  chargeRatio: optional(real),
  charging: flag,
  planMs: optional(real),
  activity: said,
  blockedBy: said,
  pathM: listOf(real, 4096),
  absent: flag,
  telemetryCapturedMs: optional(count),
  telemetryVerdict: said,
  telemetrySent: count,
  plans: count,
  planDeadlineMisses: count,
  inferenceMs: real,
});
/** A robot as people see it. Absent `ageBoundMs`: nothing was ever fresh; absent `leaseLeftMs`: no lease. */
export type RobotView = Read<typeof readRobotView>;

const readFleetView = struct({ id: said, rung, causes, robots: count, stale: count });
export type FleetView = Read<typeof readFleetView>;

const readTaskCounts = struct({
  submitted: count,
  accepted: count,
  waiting: count,
  active: count,
  done: count,
  failed: count,
  cancelled: count,
});
export type TaskCounts = Read<typeof readTaskCounts>;

const readDecisionView = struct({ id: said, question: said, subject: said, waitingMs: count, safeDefault: said });
export type DecisionView = Read<typeof readDecisionView>;

export const readSiteView = struct({
  site: said,
  epoch: count,
  events: count,
  upMs: count,
  restartWaitMs: count,
  grantsFrozen: flag,
  robots: listOf(readRobotView, MOST_ROBOTS),
  fleets: listOf(readFleetView, MOST_ROBOTS),
  tasks: readTaskCounts,
  decisions: listOf(readDecisionView, MOST_LINES),
  nowMs: count,
  telemetryReceived: count,
  telemetryRefused: count,
  telemetryBytes: count,
});
export type SiteView = Read<typeof readSiteView>;

export const readPlaceView = struct({
  id: said,
  state: enumOr(PLACE_STATES, "UNKNOWN"),
  robot: said,
  task: said,
  token: optional(token),
  detail: said,
});
export type PlaceView = Read<typeof readPlaceView>;

export const readTaskView = struct({
  id: said,
  phase,
  stops: listOf(struct({ destinations: listOf(said, 4096) }), 4096),
  stopIndex: count,
  robot: said,
  destination: said,
  fleet: said,
  operator: said,
  acceptedAgoMs: count,
  detail: said,
});
export type TaskView = Read<typeof readTaskView>;

export const readListRobotsResponse = struct({ robots: listOf(readRobotView, MOST_ROBOTS) });
export const readListPlacesResponse = struct({ places: listOf(readPlaceView, MOST_ROBOTS) });
export const readListTasksResponse = struct({ tasks: listOf(readTaskView, MOST_TASKS) });

export const readExplainResponse = struct({
  kind: said,
  lines: listOf(said, MOST_LINES),
  events: listOf<LedgerEvent>(readLedgerEvent, MOST_LINES),
});
export type ExplainResponse = Read<typeof readExplainResponse>;

// Requests that only look.
export const readListTasksRequest = struct({ all: flag });
export const readExplainRequest = struct({ id });
export const readEventsRequest = struct({ fromSequence: count, follow: flag, last: count });
export type EventsRequest = Read<typeof readEventsRequest>;
/** Gives the period in ms: 0 asks for the usual one. */
export const readWatchPeriodMs: Reader<number> = (value, path) => {
  const { periodMs } = struct({ periodMs: count })(value, path);
  const { least, most, usual } = WATCH_PERIOD_MS;
  if (periodMs === 0) return usual;
  if (periodMs < least || periodMs > most)
    throw new WireRefused(`${path}.periodMs`, `${least} to ${most} ms`, periodMs);
  return periodMs;
};

// Acts.
const act = struct({ operator: words(OPERATOR_CHARACTERS_MOST), reason: words(PROSE_CHARACTERS_MOST) });
export type Act = Read<typeof act>;
const seen = words(PROSE_CHARACTERS_MOST);
const dwellMs: Reader<number> = (value, path) => {
  const found = count(value, path);
  if (found > DWELL_MS_MOST) throw new WireRefused(path, `at most ${DWELL_MS_MOST} ms`, found);
  return found;
};

/** Whom a halt or an override is for: one robot, one fleet, or with both empty the whole site. */
export interface Scope {
  readonly robot: string;
  readonly fleet: string;
}

/** Exactly one of robot, fleet, and site (which must be true), told apart as in schema `Scope`. */
const scope: Reader<Scope> = (value, path) => {
  const { robot, fleet, site } = struct({ robot: optional(id), fleet: optional(id), site: optional(flag) })(
    value,
    path,
  );
  const named = [robot, fleet, site].filter((member) => member !== undefined && member !== false).length;
  if (named !== 1 || site === false) throw new WireRefused(path, "exactly one of robot, fleet, site", value);
  return { robot: robot ?? "", fleet: fleet ?? "" };
};

/** The plain object of a scope for the codec. */
export function toScope({ robot, fleet }: Scope): Record<string, unknown> {
  if (robot !== "") return { robot };
  return fleet === "" ? { site: true } : { fleet };
}

const askReaders = {
  submitTask: struct({ act, task: maybeId, stops, fleet: maybeId, dwellMs }),
  cancelTask: struct({ act, task: id }),
  halt: struct({ act, scope }),
  freePlace: struct({ act, place: id, seen }),
  stateAbsent: struct({ act, robot: id, seen }),
  setMode: struct({ act, scope, rung: enumOf(CEILINGS) }),
  clearMode: struct({ act, scope }),
};

export type AskKind = keyof typeof askReaders;
export const ASK_KINDS = Object.keys(askReaders) as AskKind[];
/** The method of FleetOperator that takes this act. */
export function methodOf(kind: AskKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

/** An act asked of the hub, parsed. `kind` is the method's name in lower camel case. */
export type OperatorAsk = { [K in AskKind]: { readonly kind: K } & Read<(typeof askReaders)[K]> }[AskKind];

/**
 * Reads the request of an act, or refuses it: NO_ACT when operator, reason or what was seen is missing or unfit,
 * NOT_LOWER for a rung that is no ceiling, MALFORMED for everything else.
 */
export function readAsk(kind: AskKind, request: unknown): OperatorAsk | Refusal {
  try {
    return { kind, ...askReaders[kind](request, kind) } as OperatorAsk;
  } catch (cause) {
    if (!(cause instanceof WireRefused)) throw cause;
    return refuse(codeOfPath(kind, cause.path), `cannot ${kind}: ${cause.message}`);
  }
}

function codeOfPath(kind: AskKind, path: string): RefusalCode {
  if (path.startsWith(`${kind}.act`) || path === `${kind}.seen`) return "NO_ACT";
  return path === `${kind}.rung` ? "NOT_LOWER" : "MALFORMED";
}

/** The plain request of an act for the codec: the reverse of readAsk. */
export function toAskRequest(ask: OperatorAsk): Record<string, unknown> {
  const { kind: _, ...request } = ask;
  return "scope" in request ? { ...request, scope: toScope(request.scope) } : request;
}

// Answers to acts.
export const readAnswer = {
  submitTask: struct({ task: id, existed: flag }),
  cancelTask: struct({ phase }),
  halt: struct({ told: listOf(said, MOST_ROBOTS), notTold: listOf(said, MOST_ROBOTS) }),
  freePlace: struct({}),
  stateAbsent: struct({}),
  setMode: struct({}),
  clearMode: struct({}),
} as const satisfies Record<AskKind, unknown>;
export type AnswerOf<K extends AskKind> = Read<(typeof readAnswer)[K]>;
export type OperatorAnswer = { [K in AskKind]: AnswerOf<K> }[AskKind];

/** A refusal travels over gRPC as a status by its class, with its code in this trailing metadata. */
export const REFUSAL_METADATA = "drover-refusal";

/** The gRPC status of a refusal by its class. Only 14 invites libraries to ask again by themselves. */
export const STATUS_OF_CLASS = {
  usage: 3, // INVALID_ARGUMENT
  data: 3,
  missing: 5, // NOT_FOUND
  permission: 7, // PERMISSION_DENIED
  later: 9, // FAILED_PRECONDITION
  config: 9,
  software: 13, // INTERNAL
  io: 13,
  unavailable: 14, // UNAVAILABLE
} as const satisfies Record<ExitClass, number>;

const CLASS_OF_STATUS: ReadonlyMap<number, ExitClass> = new Map([
  [3, "data"],
  [4, "unavailable"], // DEADLINE_EXCEEDED
  [5, "missing"],
  [7, "permission"],
  [8, "later"], // RESOURCE_EXHAUSTED
  [9, "later"],
  [10, "later"], // ABORTED
  [12, "unavailable"], // UNIMPLEMENTED: another version of the protocol
  [14, "unavailable"],
  [16, "permission"], // UNAUTHENTICATED
]);

/** The class of a status that came without a code. Statuses that no end of Drover sends count as broken software. */
export function classOfStatus(status: number): ExitClass {
  return CLASS_OF_STATUS.get(status) ?? "software";
}

/** Whether a text that came as REFUSAL_METADATA is a code of the closed table. */
export function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSALS, code);
}

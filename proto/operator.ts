// What people and other systems ask of a site, and what they are answered: readers of the requests of operator.proto
// and the types that follow from them. Requests are read strictly, because they end up in the ledger: every act names
// its operator and its reason. What a site shows stands in operator-views.ts.

import { type ExitClass, REFUSALS, type Refusal, type RefusalCode, refuse } from "./errors.js";
import { PRIORITY_MOST, SPAN_MS_MOST, stops } from "./ledger.js";
import { MOST_ROBOTS, phase, said } from "./operator-views.js";
import {
  count,
  enumOf,
  flag,
  id,
  listOf,
  maybeId,
  optional,
  type Read,
  type Reader,
  struct,
  structOf,
  text,
  upTo,
  WireRefused,
  words,
} from "./shape.js";

/** R7: what an override may impose. It only lowers. */
export const CEILINGS = ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const;
export type CeilingRung = (typeof CEILINGS)[number];

export const OPERATOR_CHARACTERS_MOST = 64;
export const PROSE_CHARACTERS_MOST = 400;
export const WATCH_PERIOD_MS = { least: 200, most: 10_000, usual: 1000 } as const;
export const DWELL_MS_MOST = 86_400_000;

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

/** Of a deadline or an override. */
const span: Reader<number> = (value, path) => {
  const found = upTo(SPAN_MS_MOST)(value, path);
  if (found === 0) throw new WireRefused(path, "at least 1 ms", found);
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
  submitTask: structOf(
    { act, task: maybeId, stops, fleet: maybeId, dwellMs },
    { priority: upTo(PRIORITY_MOST), deadlineMs: span },
  ),
  cancelTask: struct({ act, task: id }),
  halt: struct({ act, scope }),
  freePlace: struct({ act, place: id, seen }),
  stateAbsent: struct({ act, robot: id, seen }),
  setMode: structOf({ act, scope, rung: enumOf(CEILINGS) }, { forMs: span }),
  clearMode: struct({ act, scope }),
  pauseTask: struct({ act, task: id }),
  resumeTask: struct({ act, task: id }),
  drainRobot: struct({ act, robot: id }),
  undrainRobot: struct({ act, robot: id }),
  answer: struct({ act, question: id, version: count, choice: id, seen: text(PROSE_CHARACTERS_MOST) }),
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
  pauseTask: struct({ phase }),
  resumeTask: struct({ phase }),
  drainRobot: struct({ task: maybeId }),
  undrainRobot: struct({}),
  answer: struct({ done: said }),
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

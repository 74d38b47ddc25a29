// What the console's host answers behind /api, apart from the live stream: plain JSON over the same port, the same
// readers and the same refusals as gRPC.

import type { Grid } from "../../fleet-config/grid.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import { decodeJson, MalformedMessage } from "../../proto/codec/codec.js";
import type { Caller, ConsoleSite, PastSite } from "../../proto/console.js";
import { REFUSALS, type Refusal, refuse } from "../../proto/errors.js";
import { toLedgerEvent } from "../../proto/ledger.js";
import { ASK_KINDS, type AskKind, methodOf, type OperatorAsk, readAsk } from "../../proto/operator.js";
import { actsAs, whyNotAsked } from "../../proto/rights.js";
import { VERSION } from "../../proto/version.js";
import type { ConsolePort } from "../operator-port.js";
import type { Past } from "./past.js";
import type { Trail } from "./trail.js";

export interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface AnswerParts {
  readonly port: ConsolePort;
  readonly config: SiteConfig;
  readonly grid: Grid;
  readonly past: Past;
  readonly trail: Trail;
  readonly nowMs: () => number; // the clock of views
  readonly onDenied?: (refusal: Refusal) => void; // a person without the right to what they asked
}

const EVENTS_MOST = 500;
const TASKS_MOST = 1000;

const STATUS = {
  usage: 400,
  data: 400,
  missing: 404,
  permission: 403,
  later: 409,
  config: 409,
  software: 500,
  io: 500,
  unavailable: 503,
} as const;

/** A refusal as an answer; the page tells the next step by its code. */
export function refused({ code, message }: Refusal): Answer {
  return { status: STATUS[REFUSALS[code][0]], body: { code, message } };
}

const NOT_FOUND: Answer = { status: 404, body: { code: "", message: "nothing of that name is answered" } };

/** The answer to GET /api/NAME. */
export async function answerGet(
  parts: AnswerParts,
  { name, query, caller }: { readonly name: string; readonly query: URLSearchParams; readonly caller: Caller },
): Promise<Answer> {
  const { port, trail } = parts;
  const id = query.get("id") ?? "";
  switch (name) {
    case "site":
      return { status: 200, body: siteOf(parts, caller) };
    case "clock":
      return { status: 200, body: { nowMs: parts.nowMs() } };
    case "tasks":
      return { status: 200, body: newestTasks(port, query.get("all") === "1") };
    case "events":
      return eventsOf(port, query);
    case "robot": {
      const found = port.robotDetail(id);
      return found === null
        ? refused(refuse("UNKNOWN_ROBOT", `cannot show "${id}": there is no such robot`))
        : ok(found);
    }
    case "trail": {
      const found = trail.of(id, parts.nowMs());
      return found === undefined
        ? refused(refuse("UNKNOWN_ROBOT", `cannot show "${id}": there is no such robot`))
        : ok(found);
    }
    case "explain": {
      const found = await port.explain(id);
      return "code" in found ? refused(found) : ok({ ...found, events: found.events.map(toLedgerEvent) });
    }
    case "past":
      return pastOf(parts, whole(query.get("event")));
  }
  return NOT_FOUND;
}

function ok(body: object): Answer {
  return { status: 200, body };
}

async function pastOf({ past, trail }: AnswerParts, event: number): Promise<Answer> {
  const found = await past.at(event);
  if (found === null)
    return refused(refuse("SUPERSEDED", "a newer question about the past took the place of this one"));
  return ok({ ...found, poses: trail.posesAt(found.wallMs) } satisfies PastSite);
}

/** A whole number that a query names; 0 for everything else. */
function whole(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** Open tasks and, with `all`, those that ended; the newest when there are many. */
function newestTasks(port: ConsolePort, all: boolean) {
  const tasks = port.tasks(all);
  return { tasks: tasks.slice(-TASKS_MOST), leftOut: Math.max(0, tasks.length - TASKS_MOST) };
}

async function eventsOf(port: ConsolePort, query: URLSearchParams): Promise<Answer> {
  const most = Math.min(EVENTS_MOST, whole(query.get("most")) || EVENTS_MOST);
  const count = port.eventCount();
  const from = Math.max(1, whole(query.get("from")) || count - most + 1);
  const events = from > count ? [] : await port.events(from, most);
  return ok({ events, count });
}

/** Performs POST /api/act/KIND, the JSON form of the request that gRPC takes; the answer is the hub's own. */
export async function answerAct(
  { port, onDenied }: Pick<AnswerParts, "port" | "onDenied">,
  { kind, text, caller }: { readonly kind: AskKind; readonly text: string; readonly caller: Caller },
): Promise<Answer> {
  const ask = askOf(kind, text);
  if ("code" in ask) return refused(ask);
  const person = { ...caller, isNamed: caller.operator !== "" };
  const denied = whyNotAsked(person, ask);
  if (denied !== null) {
    onDenied?.(denied);
    return refused(denied);
  }
  const { operator } = ask.act;
  if (actsAs(person, operator) === null)
    return refused(refuse("WRONG_IDENTITY", `cannot ${kind} as "${operator}": the token is of "${caller.operator}"`));
  const answer = await port.act(ask);
  return "code" in answer ? refused(answer as Refusal) : ok(answer);
}

function askOf(kind: AskKind, text: string): OperatorAsk | Refusal {
  try {
    return readAsk(kind, decodeJson(`${methodOf(kind)}Request`, text));
  } catch (cause) {
    if (cause instanceof MalformedMessage) return refuse("MALFORMED", `cannot ${kind}: ${cause.message}`);
    throw cause;
  }
}

export function isAskKind(kind: string): kind is AskKind {
  return (ASK_KINDS as readonly string[]).includes(kind);
}

function siteOf({ config, grid }: AnswerParts, caller: Caller): ConsoleSite {
  const { width, height, cellM, originXM, originYM, blocked } = grid;
  return {
    ...{ site: config.site, software: VERSION, caller },
    map: { width, height, cellM, originXM, originYM, runs: runsOf(blocked) },
    destinations: config.destinations.map(({ id, xM, yM, headingRad, footprintRadiusM, kind }) => {
      return { id, xM, yM, headingRad, footprintRadiusM, kind };
    }),
    fleets: config.fleets.map(({ id, freshness, ladder }) => {
      return { id, channels: freshness.channels as ConsoleSite["fleets"][number]["channels"], dwellMs: ladder.dwellMs };
    }),
    robots: config.robots.map(({ id, fleet, home }) => ({ id, fleet, home })),
    ...{ radiusM: config.physics.radiusM, maxSpeedMps: config.physics.maxSpeedMps, rhoHub: config.lease.rhoHub },
  };
}

/** Lengths of runs of equal cells, the first of free ones. */
export function runsOf(blocked: Uint8Array): number[] {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  for (const cell of blocked) {
    if (cell === value) {
      length += 1;
      continue;
    }
    runs.push(length);
    value = cell;
    length = 1;
  }
  runs.push(length);
  return runs;
}

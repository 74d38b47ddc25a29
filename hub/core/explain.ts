// R14: the story of one task, assignment, robot, place or token, out of the ledger's events and the state of now. The
// events are read from where the state says that the story begins, at most so many: a ledger may be long, and the hub
// has robots to control meanwhile (R13).

import { tokenKey } from "../../proto/claim.js";
import { type LedgerBody, type LedgerEvent, PRIORITY_USUAL } from "../../proto/ledger.js";
import type { Task } from "./ledger-state.js";
import type { HubState } from "./turn.js";
import { assignmentFacts } from "./why/assignment.js";
import { Beginnings, type Fact } from "./why/fact.js";
import { fleetFacts, robotFacts, siteFacts } from "./why/mode.js";
import { placeFacts } from "./why/place.js";
import { taskFacts } from "./why/task.js";

const EVENTS_MOST = 200;
/** R13: events that are looked through for one story. */
export const SEARCHED_MOST = 100_000;
const SEARCHED_FIRST = 2000;

export interface Explanation {
  readonly kind: string;
  readonly lines: readonly string[];
  readonly facts: readonly Fact[]; // what the lines say, for programs
  readonly events: readonly LedgerEvent[];
}

/** Events to be read for a story, in order: `from` to `to`, both included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Where the events of `id` may be, of a ledger of `count` events: one stretch after the other, the next only when
 * those before did not give a whole story, each to be told by a new Story.
 */
export function stretchesOf(state: HubState, id: string, count: number): readonly Stretch[] {
  const task = state.ledger.tasks.get(id);
  if (task !== undefined) return [{ from: task.order, to: Math.min(count, task.order + SEARCHED_MOST - 1) }];
  const sizes = count > SEARCHED_FIRST ? [SEARCHED_FIRST, SEARCHED_MOST] : [SEARCHED_MOST];
  return sizes.map((size) => ({ from: Math.max(1, count - size + 1), to: count }));
}

/** Takes the events of a stretch, oldest first, and keeps those that name `id` or a token of its claims. */
export class Story {
  readonly #state: HubState;
  readonly #id: string;
  readonly #tokens = new Set<string>();
  readonly #began: Beginnings;
  #kind: string | null;
  #events: LedgerEvent[] = [];

  constructor(state: HubState, id: string) {
    this.#state = state;
    this.#id = id;
    this.#kind = kindOf(state, id);
    this.#began = new Beginnings(state);
    for (const claim of state.ledger.claims.values()) {
      const { robot, destination, task, assignment, token } = claim;
      if ([robot, destination, task, assignment].includes(id)) this.#tokens.add(tokenKey(token));
    }
  }

  take(event: LedgerEvent): void {
    const { body } = event;
    this.#began.take(event);
    const key = "token" in body ? tokenKey(body.token) : "";
    const isNamed = names(body, this.#id);
    if (!isNamed && !this.#tokens.has(key)) return;
    if (isNamed && body.kind === "claimed") this.#tokens.add(key);
    this.#kind ??= kindIn(body, this.#id);
    this.#events.push(event);
    if (this.#events.length > 2 * EVENTS_MOST) this.#events = this.#events.slice(-EVENTS_MOST);
  }

  /** Whether older events would not be told. */
  get isWhole(): boolean {
    return this.#events.length >= EVENTS_MOST;
  }

  /** null when nothing of that name is known. `read` is what was read of the ledger. */
  told(at: { readonly read: Stretch; readonly nowMs: number }): Explanation | null {
    if (this.#kind === null) return null;
    const facts = factsOfNow(this.#state, this.#id, { nowMs: at.nowMs, began: this.#began });
    const now = facts.length === 0 ? linesOfNow(this.#state, this.#id) : facts.map(({ says }) => says);
    const lines = [...now, ...askedLines(this.#state, this.#id)];
    const { from, to } = at.read;
    const looked = from > 1 && this.#kind !== "task" ? [`told by events ${from} to ${to}`] : [];
    return { kind: this.#kind, lines: [...lines, ...looked], facts, events: this.#events.slice(-EVENTS_MOST) };
  }
}

/** The robot whose start made this decision, by its id; null for another name, and for a start that is not known. */
function deciderOf(state: HubState, id: string): string | null {
  const boot = /^d-(.+)-\d+$/.exec(id)?.[1];
  if (boot === undefined) return null;
  const watches = [...state.watches.values()];
  return watches.find((watch) => watch.boot === boot || watch.boots.includes(boot))?.id ?? null;
}

/** Names the whole site, where nothing else is called so. */
const SITE = "site";

/** Which robot knows more of it, and by which name it is asked; null when none does, or it has no link. */
export function toAsk(
  state: HubState,
  found: Explanation,
  id: string,
): { readonly robot: string; readonly id: string } | null {
  const robot = found.kind === "decision" ? deciderOf(state, id) : found.kind === "robot" ? id : null;
  if (robot === null || typeof state.watches.get(robot)?.stream !== "number") return null;
  return { robot, id: found.kind === "decision" ? id : "" };
}

/** An explanation with what the robot itself has told. `events`: of the claim that its decision was about. */
export function withTold(
  found: Explanation,
  told: { readonly known: boolean; readonly lines: readonly string[] },
  events: readonly LedgerEvent[],
): Explanation {
  if (!told.known) return { ...found, lines: [...found.lines, ...told.lines.map((line) => `asked, it says: ${line}`)] };
  if (found.kind === "decision") return { ...found, lines: told.lines, events };
  const facts = found.facts.filter(({ code }) => code !== "EDGE_CAUSE");
  const dropped = new Set(found.facts.filter((fact) => !facts.includes(fact)).map(({ says }) => says));
  const edge = told.lines.map((says): Fact => ({ about: "", code: "EDGE_CAUSE", says }));
  const lines = [...found.lines.filter((line) => !dropped.has(line)), ...told.lines];
  return { ...found, facts: [...facts, ...edge], lines };
}

/** What the state alone knows it to be. */
function kindOf(state: HubState, id: string): string | null {
  if (deciderOf(state, id) !== null) return "decision";
  if (state.watches.has(id)) return "robot";
  if (state.site.destinations.has(id)) return "place";
  if (state.ledger.tasks.has(id) || state.ledger.endedIds.has(id)) return "task";
  const claims = [...state.ledger.claims.values()];
  if (claims.some(({ assignment }) => assignment === id)) return "assignment";
  if (state.fleets.has(id)) return "fleet";
  return id === SITE ? "site" : null;
}

function kindIn(body: LedgerBody, id: string): string | null {
  if (body.kind === "taskAccepted" && body.task === id) return "task";
  if (body.kind === "claimed" && body.assignment === id) return "assignment";
  return "token" in body && tokenKey(body.token) === id ? "token" : null;
}

function names(body: LedgerBody, id: string): boolean {
  for (const [key, value] of Object.entries(body)) {
    if (key !== "kind" && value === id) return true;
    if (key === "token" && tokenKey(value as { epoch: number; counter: number }) === id) return true;
  }
  return false;
}

/** What stands now, each fact asked of the core's own rules; none for what has no state. */
function factsOfNow(
  state: HubState,
  id: string,
  at: { readonly nowMs: number; readonly began: Beginnings },
): readonly Fact[] {
  const watch = state.watches.get(id);
  if (watch !== undefined) return robotFacts(state, watch, at);
  if (state.site.destinations.has(id)) return placeFacts(state, id, at);
  const task = state.ledger.tasks.get(id);
  if (task !== undefined) return taskFacts(state, task, at);
  const claim = [...state.ledger.claims.values()].find(({ assignment }) => assignment === id);
  if (claim !== undefined) return assignmentFacts(state, claim, at);
  const fleet = state.fleets.get(id);
  if (fleet !== undefined) return fleetFacts(state, fleet, at);
  return id === SITE ? siteFacts(state, at) : [];
}

function linesOfNow(state: HubState, id: string): readonly string[] {
  const decider = deciderOf(state, id);
  if (decider !== null) {
    const how = `drover-edge explain ${id} --data-dir DIR`;
    return [`a decision of ${decider}, which keeps its record itself: on its board, ${how}`];
  }
  return state.ledger.endedIds.has(id) ? ["it has ended, long ago"] : [];
}

/** What people have asked of an open task beside its stops, and what is foreseen of it. */
function askedLines(state: HubState, id: string): readonly string[] {
  const task = state.ledger.tasks.get(id);
  return task === undefined ? [] : asked(state, task);
}

function asked(state: HubState, task: Task): readonly string[] {
  const lines: string[] = [];
  const doneInMs = state.doneInMs.get(task.id);
  const estimate = doneInMs === undefined ? "" : `, done in ${Math.ceil(doneInMs / 1000)} s at best`;
  if (task.priority !== PRIORITY_USUAL || task.deadlineMs !== null) {
    const due =
      task.deadlineMs === null ? "" : `, to be done within ${Math.ceil(task.deadlineMs / 1000)} s of acceptance`;
    lines.push(`priority ${task.priority}${due}${estimate}`);
  }
  return lines;
}

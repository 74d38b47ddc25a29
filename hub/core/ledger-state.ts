// What the ledger says: the durable part of the hub's state, and nothing that is not in an event. A claim outlives its
// assignment: the place stays taken until a named exit (R4).

import { NO_TOKEN, type Token, tokenKey } from "../../proto/claim.js";
import type { ASSIGNMENT_ENDS, DeadlineVerdict } from "../../proto/ledger.js";
import type { Rung } from "../../proto/mode.js";
import type { Purpose } from "../../proto/wire.js";

export type TaskPhase = "WAITING" | "ACTIVE" | "DONE" | "TASK_FAILED" | "CANCELLED";

export interface Task {
  readonly id: string;
  readonly stops: readonly { readonly destinations: readonly string[] }[];
  readonly fleet: string;
  readonly dwellMs: number;
  readonly operator: string;
  readonly reason: string;
  readonly order: number; // of acceptance: the sequence of its event
  readonly acceptedWallMs: number; // for people
  readonly acceptedHubMs: number; // on the clock of acceptedEpoch's hub
  readonly acceptedEpoch: number;
  phase: TaskPhase;
  stopIndex: number;
  robot: string; // bound to; empty while waiting
  token: Token; // of the claim it acts on now; NO_TOKEN between two stops and while waiting
  cancelAsked: boolean;
  attempts: number; // assignments that ended without arrival at the present stop
  ended: string; // reason, when ended
  readonly priority: number;
  readonly deadlineMs: number | null; // after acceptance
  spentMs: number; // hub time in epochs before this one
  told: DeadlineVerdict | null; // of its deadline, last
  toldTimes: number;
  paused: Said | null;
}

/** Who asked for something that stands, and why. */
export interface Said {
  readonly operator: string;
  readonly reason: string;
}

export interface Claim {
  readonly token: Token;
  readonly assignment: string;
  readonly robot: string;
  readonly destination: string;
  readonly purpose: Purpose;
  readonly task: string;
  readonly stopIndex: number;
  phase: "assigned" | "standing" | "ended"; // acting towards it, has arrived, or acts on it no more
  lapsed: boolean;
  end: (typeof ASSIGNMENT_ENDS)[number] | null;
}

/**
 * Claims by token, in the order in which they were made. Nearly every question about claims is one about a robot's, so
 * those are kept too; what `ofRobot` gives does not change under who looks through it.
 */
export class Claims extends Map<string, Claim> {
  readonly #ofRobot = new Map<string, readonly Claim[]>();

  ofRobot(robot: string): readonly Claim[] {
    return this.#ofRobot.get(robot) ?? NONE;
  }

  override set(token: string, claim: Claim): this {
    this.delete(token);
    this.#ofRobot.set(claim.robot, [...this.ofRobot(claim.robot), claim]);
    return super.set(token, claim);
  }

  override delete(token: string): boolean {
    const claim = this.get(token);
    if (claim === undefined) return false;
    const left = this.ofRobot(claim.robot).filter((one) => one !== claim);
    if (left.length > 0) this.#ofRobot.set(claim.robot, left);
    else this.#ofRobot.delete(claim.robot);
    return super.delete(token);
  }

  override clear(): void {
    this.#ofRobot.clear();
    super.clear();
  }
}

const NONE: readonly Claim[] = [];

export interface Ceiling {
  readonly robot: string; // both empty: the site
  readonly fleet: string;
  readonly rung: Rung;
  readonly operator: string;
  readonly reason: string;
  readonly event: number; // by which it was set: another one is another ceiling, whatever its words
  readonly forMs?: number; // ends by itself; the clock of what follows is the hub's
  readonly sinceEpoch?: number;
  readonly sinceMs?: number;
  readonly spentMs?: number; // hub time in epochs before this one
}

/** R7: a person is asked before the robot climbs, and why it fell. */
export interface ClimbHeld {
  readonly rung: Rung;
  readonly cause: string;
}

/** A question that waits for a person (R12). */
export interface Question {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly facts: string; // what this version is about
  readonly version: number; // sequence of the event that asked it
  readonly answerMs: number;
  readonly safeDefault: string;
  readonly askedHubMs: number; // on the clock of askedEpoch's hub
  readonly askedEpoch: number;
}

export interface LedgerState {
  readonly tasksKept: number;
  events: number;
  epoch: number;
  startedMs: number; // hub time of the first event of this epoch
  lastMs: number; // and of the last one
  counter: number;
  lastGiven: Token; // R5: the highest token of the epochs before this one
  longestWaitMs: number; // R3, R5: W of any lease ever granted
  readonly absent: Map<string, string>; // robot to what was stated
  readonly drained: Map<string, Said>; // by robot
  readonly climbsHeld: Map<string, ClimbHeld>; // by robot
  readonly tasks: Map<string, Task>;
  readonly open: Set<string>; // ids of tasks that have not ended
  readonly claims: Claims; // by token
  readonly byDestination: Map<string, Claim>; // the one claim of a destination
  readonly ceilings: Map<string, Ceiling>; // by `ceilingKey`
  readonly questions: Map<string, Question>; // that wait, by id
  readonly ended: string[]; // ids of ended tasks still listed, oldest first
  readonly endedIds: Set<string>; // ids of all ended tasks, as far back as is kept
  readonly counts: { accepted: number; done: number; failed: number; cancelled: number };
}

/** `tasksKept`: how many ended tasks stay listed. */
export function emptyLedgerState(tasksKept = 5000): LedgerState {
  return {
    tasksKept,
    events: 0,
    epoch: 0,
    startedMs: 0,
    lastMs: 0,
    counter: 0,
    lastGiven: NO_TOKEN,
    longestWaitMs: 0,
    absent: new Map(),
    drained: new Map(),
    climbsHeld: new Map(),
    tasks: new Map(),
    open: new Set(),
    claims: new Claims(),
    byDestination: new Map(),
    ceilings: new Map(),
    questions: new Map(),
    ended: [],
    endedIds: new Set(),
    counts: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
  };
}

/** Key of a ceiling's scope. */
export function scopeKey(scope: { readonly robot: string; readonly fleet: string }): string {
  if (scope.robot !== "") return `robot/${scope.robot}`;
  return scope.fleet === "" ? "site" : `fleet/${scope.fleet}`;
}

/** Whom the hub names when it imposes a ceiling itself, for people to look. */
export const HUB = "hub";

/** The hub's own ceiling of a scope stands beside that of people, and neither takes the other's place. */
export function ceilingKey(
  ceiling: Pick<Ceiling, "robot" | "fleet" | "operator"> & Partial<Pick<Ceiling, "rung" | "forMs">>,
): string {
  if (ceiling.operator === HUB) return `${scopeKey(ceiling)} by hub`;
  return ceiling.forMs === undefined ? scopeKey(ceiling) : timedKey(ceiling, ceiling.rung ?? "HALT");
}

/** One that ends by itself stands beside those that do not and beside that of another rung: its end lifts no other. */
export function timedKey(scope: Pick<Ceiling, "robot" | "fleet">, rung: Rung): string {
  return `${scopeKey(scope)} ${rung} for a time`;
}

/** The rungs that may be imposed for a time; HALT ends by a person (R7). */
const TIMED = ["CONFIRM", "REACTIVE_ONLY"] as const satisfies readonly Rung[];

/** The ceilings of a scope: the hub's first. */
export function ceilingsOf(
  state: LedgerState,
  scope: Pick<Ceiling, "robot" | "fleet">,
): readonly (Ceiling | undefined)[] {
  return [
    state.ceilings.get(ceilingKey({ ...scope, operator: HUB })),
    state.ceilings.get(scopeKey(scope)),
    ...TIMED.map((rung) => state.ceilings.get(timedKey(scope, rung))),
  ];
}

/** All that bear on a robot: its own, its fleet's and the site's. */
export function ceilingsOn(
  state: LedgerState,
  { id, fleet }: { readonly id: string; readonly fleet: string },
): readonly Ceiling[] {
  if (state.ceilings.size === 0) return [];
  const scopes = [
    { robot: id, fleet: "" },
    { robot: "", fleet },
    { robot: "", fleet: "" },
  ];
  return scopes.flatMap((scope) => ceilingsOf(state, scope)).filter((ceiling) => ceiling !== undefined);
}

/** What one clearing of a scope takes: the hub's ceiling, else all of people's. */
export function takenByClearing(state: LedgerState, scope: Pick<Ceiling, "robot" | "fleet">): readonly Ceiling[] {
  const [ofHub, ...ofPeople] = ceilingsOf(state, scope);
  return ofHub === undefined ? ofPeople.filter((ceiling) => ceiling !== undefined) : [ofHub];
}

export function claimOf(state: LedgerState, token: Token): Claim | undefined {
  return state.claims.get(tokenKey(token));
}

/** The claims of one robot, in the order in which they were made. */
export function claimsOfRobot(state: LedgerState, robot: string): readonly Claim[] {
  return state.claims.ofRobot(robot);
}

/** The claim that a robot acts on, if any. */
export function actingClaim(state: LedgerState, robot: string): Claim | undefined {
  for (const claim of claimsOfRobot(state, robot)) if (claim.phase === "assigned") return claim;
  return undefined;
}

export function isEnded(task: Task): boolean {
  return task.phase === "DONE" || task.phase === "TASK_FAILED" || task.phase === "CANCELLED";
}

/** A task back in the queue: bound to nobody, or to the robot that carries it between two stops. */
export function unbind(task: Task, robot: string): void {
  task.token = NO_TOKEN;
  task.robot = robot;
  task.phase = robot === "" ? "WAITING" : "ACTIVE";
}

// R12: what waits for a person. What one could decide is derived from the state (doubts.ts); a doubt that has stood
// for a while becomes a question in the ledger, under a name and a version that say what exactly it is about. A
// question is answered once, expires to its safe default, or is withdrawn when what it was about is over; when that has
// changed it is asked anew, as another version.

import type { DecisionView } from "../../proto/operator-views.js";
import { choicesOf, isQuestionType, QUESTIONS, SAFE_DEFAULT } from "../../proto/questions.js";
import { type Doubt, doubtsOf, evidenceOf } from "./doubts.js";
import type { Question } from "./ledger-state.js";
import { letHold } from "./movements.js";
import type { HubState, Turn } from "./turn.js";

/** Whatever passes by itself within this time is asked of nobody. */
const GRACE_MS = 2000;
/** Robots come one by one after a start of the hub. */
const COMING_MS = 10_000;
const RECENT_MOST = 256;
const LOOK_MS = 250;

/** What the hub remembers of its questions and may forget. */
export interface Asking {
  lookedMs: number;
  /** Doubts that are not, or not so, asked yet, by key: since when they stand so. */
  readonly since: Map<string, { readonly facts: string; readonly sinceMs: number }>;
  /** Doubts that still stand and were decided, by key: not asked again before then while nothing of them changes. */
  readonly settled: Map<string, { readonly facts: string; readonly againMs: number }>;
  /** How the last questions ended, by name: for whoever answers late. */
  readonly recent: Map<string, string>;
}

export function noAsking(): Asking {
  return { lookedMs: Number.NEGATIVE_INFINITY, since: new Map(), settled: new Map(), recent: new Map() };
}

export const keyOf = ({ type, subject }: { readonly type: string; readonly subject: string }) => `${type} ${subject}`;

/** Asks, asks anew, lets expire and withdraws. */
export function stepQuestions(turn: Turn): void {
  const { asking, ledger } = turn.state;
  if (turn.nowMs - asking.lookedMs < LOOK_MS) return;
  asking.lookedMs = turn.nowMs;
  const doubts = new Map(doubtsOf(turn.state, turn.nowMs).map((doubt) => [keyOf(doubt), doubt]));
  for (const question of [...ledger.questions.values()]) {
    const { id, version } = question;
    if (!doubts.has(keyOf(question))) {
      turn.emit({ kind: "questionWithdrawn", question: id, version });
      remember(turn.state, id, "withdrawn, because it was over");
    } else if (leftMs(turn.state, question, turn.nowMs) <= 0) {
      turn.emit({ kind: "questionExpired", question: id, version, choice: SAFE_DEFAULT });
      if (question.type === "move") letHold(turn, question.subject.slice("robot/".length));
      const againMs = turn.nowMs + question.answerMs; // whoever comes later must find it in the queue
      settle(turn.state, question, { how: "not answered in time: it has expired", againMs });
    }
  }
  for (const key of [...asking.since.keys()]) if (!doubts.has(key)) asking.since.delete(key);
  for (const key of [...asking.settled.keys()]) if (!doubts.has(key)) asking.settled.delete(key);
  const open = new Map([...ledger.questions.values()].map((question) => [keyOf(question), question]));
  for (const [key, doubt] of doubts) consider(turn, doubt, { key, open: open.get(key) });
}

function consider(turn: Turn, doubt: Doubt, { key, open }: { key: string; open: Question | undefined }): void {
  const { asking, ledger } = turn.state;
  const { facts } = doubt;
  if (open?.facts === facts || isSettled(turn, key, facts)) {
    asking.since.delete(key);
    return;
  }
  const known = asking.since.get(key);
  if (known?.facts !== facts) asking.since.set(key, { facts, sinceMs: turn.nowMs });
  else if (turn.nowMs - known.sinceMs >= (doubt.type === "absent" ? COMING_MS : GRACE_MS)) {
    if (open === undefined && ledger.questions.size >= roomFor(turn, doubt)) return;
    asking.since.delete(key);
    asking.settled.delete(key);
    const { type, subject } = doubt;
    const question = open?.id ?? `${type}-${ledger.events + 1}`;
    const answerMs = turn.site.boundary[doubt.decision].answerMs ?? 0;
    turn.emit({ kind: "questionAsked", question, type, subject, facts, answerMs, safeDefault: SAFE_DEFAULT });
  }
}

/** R13: movements, of which there may be one for each robot, leave half of the queue to what is wrong. */
function roomFor({ site }: Turn, { type }: Doubt): number {
  const { humanDecisions } = site.config.limits;
  return type === "move" ? Math.floor(humanDecisions / 2) : humanDecisions;
}

/** Remembers that a question was decided, as long as its doubt stands, and how. */
export function settle(state: HubState, question: Question, by: { how: string; againMs: number }): void {
  state.asking.settled.set(keyOf(question), { facts: question.facts, againMs: by.againMs });
  remember(state, question.id, by.how);
}

function isSettled({ state, nowMs }: Turn, key: string, facts: string): boolean {
  const settled = state.asking.settled.get(key);
  return settled !== undefined && settled.facts === facts && nowMs < settled.againMs;
}

function remember({ asking: { recent } }: HubState, question: string, how: string): void {
  recent.delete(question);
  recent.set(question, how);
  if (recent.size > RECENT_MOST) recent.delete(recent.keys().next().value ?? "");
}

/** One that another start asked counts from this start: nobody could answer in between. */
function askedMs(state: HubState, question: Question): number {
  return question.askedEpoch === state.ledger.epoch ? question.askedHubMs : state.startedMs;
}

function leftMs(state: HubState, question: Question, nowMs: number): number {
  return askedMs(state, question) + question.answerMs - nowMs;
}

/** R12: what waits for a person, in one query; what expires first comes first. */
export function decisionViews(state: HubState, nowMs: number): readonly DecisionView[] {
  const views = [...state.ledger.questions.values()].map((question) => decisionView(state, question, nowMs));
  return views.sort((a, b) => a.deadlineLeftMs - b.deadlineLeftMs);
}

function decisionView(state: HubState, question: Question, nowMs: number): DecisionView {
  const { id, type, subject, version, facts, safeDefault } = question;
  const known = isQuestionType(type) ? QUESTIONS[type] : null;
  const choices: Readonly<Record<string, { readonly says: string }>> = known?.choices ?? {};
  return {
    ...{ id, subject, type, version, why: known?.why ?? "" },
    question: known?.asks ?? type,
    waitingMs: Math.max(0, nowMs - askedMs(state, question)),
    deadlineLeftMs: Math.max(0, leftMs(state, question, nowMs)),
    safeDefault: `${safeDefault}: ${choices[safeDefault]?.says ?? "nothing changes"}`,
    choices: isQuestionType(type) ? choicesOf(type) : [],
    evidence: [facts, ...evidenceOf(state, question, nowMs)].slice(0, 16),
  };
}

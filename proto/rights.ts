// Who may ask what of a site: one closed table from method to the least role. Whatever takes autonomy away, or asks for
// work, an operator may do; whatever gives autonomy or a place back past what sensors show needs a supervisor, because
// it is the statement of a person alone that a machine of 500 kg acts on (R4, R7). Viewers look. A method that the
// table does not name is nobody's (unknown means no).

import { type Refusal, refuse } from "./errors.js";
import { type AskKind, methodOf, type OperatorAsk } from "./operator.js";
import { choiceOf } from "./questions.js";

/** From the least to the most: each may all that the one before it may. */
export const ROLES = ["viewer", "operator", "supervisor"] as const;
export type Role = (typeof ROLES)[number];

/** The role that an act needs at least. */
export const ROLE_OF_ACT = {
  submitTask: "operator",
  cancelTask: "operator",
  halt: "operator",
  setMode: "operator", // a ceiling only lowers
  clearMode: "supervisor",
  freePlace: "supervisor",
  stateAbsent: "supervisor",
  pauseTask: "operator",
  resumeTask: "operator",
  drainRobot: "operator",
  undrainRobot: "operator", // it takes tasks again where its rung allows that
  answer: "operator", // and what the choice needs that is made
} as const satisfies Record<AskKind, Role>;

/** And a choice of a question. A movement that is approved passes no sensor by: it rests on all that others rest on. */
const ROLE_OF_CHOICE = { ...ROLE_OF_ACT, endTask: "supervisor", raise: "supervisor", move: "operator" } as const;

/** Methods that only look. */
const LOOKS = ["GetSite", "WatchSite", "ListRobots", "ListPlaces", "ListTasks", "Events", "Explain"] as const;

/** The least role of each method of FleetOperator. */
export const LEAST_ROLE: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...LOOKS.map((method) => [method, "viewer"] as const),
  ...Object.entries(ROLE_OF_ACT).map(([kind, role]) => [kind.charAt(0).toUpperCase() + kind.slice(1), role] as const),
]);

/** Whoever asks, as the hub has made sure of it. */
export interface Person {
  readonly operator: string;
  readonly role: Role;
  /** False for the one-time token of the hub's own machine: its holder says in each act who they are. */
  readonly isNamed: boolean;
}

/** Whether a role is at least another one. */
export function reaches(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Why this person may not call the method; null when they may. */
export function whyNotPermitted(person: Person, method: string): Refusal | null {
  const least = LEAST_ROLE.get(method);
  if (least !== undefined && reaches(person.role, least)) return null;
  const needs = least === undefined ? "no role may" : `it needs the role ${least}`;
  return refuse("NOT_PERMITTED", `cannot ${method}: ${needs}, ${person.operator} has ${person.role}`);
}

/** Who the ledger is to name for an act that says `said`; null when this person may not act under that name. */
export function actsAs(person: Person, said: string): string | null {
  if (!person.isNamed) return said;
  return said === "" || said === person.operator ? person.operator : null;
}

/** Why this person may not make this choice of a question; null when they may, and when there is no such choice. */
export function whyNotChosen(person: Person, question: string, choice: string): Refusal | null {
  const act = choiceOf(question, choice)?.act ?? null;
  const least: Role = act === null ? "operator" : ROLE_OF_CHOICE[act];
  if (reaches(person.role, least)) return null;
  return refuse(
    "NOT_PERMITTED",
    `cannot answer ${question} by ${choice}: it needs the role ${least}, ${person.operator} has ${person.role}`,
  );
}

/** Why this person may not do what they ask; null when they may. The same for every door. */
export function whyNotAsked(person: Person, ask: OperatorAsk): Refusal | null {
  const denied = whyNotPermitted(person, methodOf(ask.kind));
  if (denied !== null || ask.kind !== "answer") return denied;
  return whyNotChosen(person, ask.question, ask.choice);
}

/** The names of people in tokens and in the site file, as in certificates. */
export const PERSON_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** How the one-time token of a start begins: whoever has it must say who they are. */
export const ONE_TIME = "drover_once_";

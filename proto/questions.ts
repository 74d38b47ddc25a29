// R12: the closed table of questions for people: what each is about, what may be chosen, and which act a choice is.
// The safe default is always that nothing is given: it needs no act, and holds when nobody answers. A question's name
// begins with its type, so that who may make a choice can be told from the name alone.

import type { AskKind } from "./operator.js";

export interface Choice {
  /** The act that it is; endTask, raise and move have no method of their own. null: nothing changes. */
  readonly act: AskKind | "endTask" | "raise" | "move" | null;
  /** Whether it rests on what a person has seen. */
  readonly isSeen: boolean;
  readonly says: string;
}

const KEEP = { act: null, isSeen: false } as const;

export const QUESTIONS = {
  free: {
    asks: "is the place empty?",
    why: "the lease of the robot that held it has certainly lapsed, and silence frees nothing (R4)",
    choices: {
      free: { act: "freePlace", isSeen: true, says: "it is seen empty, and may be given away" },
      keep: { ...KEEP, says: "the place stays taken" },
    },
  },
  absent: {
    asks: "is the robot off the floor?",
    why: "it was not heard since the hub started, and may stand on any place (R4)",
    choices: {
      absent: { act: "stateAbsent", isSeen: true, says: "it is seen elsewhere, and blocks nothing" },
      keep: { ...KEEP, says: "it may be anywhere, and nothing is given away" },
    },
  },
  clear: {
    asks: "may it go on?",
    why: "what a person must clear waits for the person (R7)",
    choices: {
      clear: { act: "clearMode", isSeen: false, says: "cleared; it climbs when its evidence is good" },
      keep: { ...KEEP, says: "it stays as it is" },
    },
  },
  raise: {
    asks: "may it climb again?",
    why: "its evidence is good, and the site's boundary asks a person before it climbs",
    choices: {
      raise: { act: "raise", isSeen: false, says: "it climbs, as far as nothing else holds it" },
      keep: { ...KEEP, says: "it stays on its rung" },
    },
  },
  move: {
    asks: "may it make this movement?",
    why: "people hold it in CONFIRM, where each movement needs a person (R8); nothing else keeps it",
    choices: {
      move: { act: "move", isSeen: false, says: "it makes this one movement, and holds again" },
      keep: { ...KEEP, says: "it holds" },
    },
  },
  outcome: {
    asks: "was the task done?",
    why: "the robot that acted on it is silent and its lease has certainly lapsed: the outcome is not known (R10)",
    choices: {
      done: { act: "endTask", isSeen: true, says: "it is seen done, and ends so" },
      cancel: { act: "cancelTask", isSeen: false, says: "it ends as cancelled" },
      keep: { ...KEEP, says: "begun it stays with its robot; not begun, it goes to another" },
    },
  },
  fleet: {
    asks: "many robots went stale at once: is the network down?",
    why: "too large a share of the fleet is stale, so the observer is suspected (R9)",
    choices: {
      hold: { act: "setMode", isSeen: false, says: "the fleet is held in CONFIRM until a person clears it" },
      keep: { ...KEEP, says: "it climbs by itself when it is heard again" },
    },
  },
  interplay: {
    asks: "decisions that are each sound undo each other: what is in the way?",
    why: "somebody goes to and fro, or falls again and again; it is left alone for a while, doubled each time",
    choices: {
      go: { ...KEEP, says: "it is taken up again at once" },
      keep: { ...KEEP, says: "it stays left alone for its time" },
    },
  },
} as const satisfies Record<string, { asks: string; why: string; choices: Record<string, Choice> }>;

export type QuestionType = keyof typeof QUESTIONS;

export function isQuestionType(type: string): type is QuestionType {
  return Object.hasOwn(QUESTIONS, type);
}

/** The type that a question's name begins with; null for a name of none. */
export function typeOf(question: string): QuestionType | null {
  const type = question.slice(0, Math.max(0, question.indexOf("-")));
  return isQuestionType(type) ? type : null;
}

/** The choices of a type, the safe default last. */
export function choicesOf(type: QuestionType): readonly string[] {
  return Object.keys(QUESTIONS[type].choices);
}

/** The choice that holds when nobody answers. */
export const SAFE_DEFAULT = "keep";

/** What a choice of a question is; null for one that the table does not have. */
export function choiceOf(question: string, choice: string): Choice | null {
  const type = typeOf(question);
  const choices: Readonly<Record<string, Choice>> = type === null ? {} : QUESTIONS[type].choices;
  return Object.hasOwn(choices, choice) ? (choices[choice] ?? null) : null;
}

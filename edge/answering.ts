// R14: what the hub asks for people: a decision out of the history, or the rung and its causes. One at a time, with
// limits on what is read and said (R13): the control loop runs on the same thread. No answer is sent again.

import { type EdgeMessage, type HubMessage, WHY_CHARACTERS, WHY_LINES } from "../proto/wire.js";
import type { EdgeState } from "./core/types.js";
import { modeLines } from "./core/why.js";
import type { Explained } from "./recording/explain.js";
import { explainedLines } from "./recording/explain-text.js";
import { RecordingRefused } from "./recording/read.js";

type Ask = Extract<HubMessage, { kind: "askWhy" }>;
type Told = Extract<EdgeMessage, { kind: "toldWhy" }>;

export interface Answering {
  readonly state: EdgeState;
  readonly nowMs: () => number;
  /** Reads no more than a few milliseconds of this thread. Rejects with RecordingRefused for what is not known. */
  readonly explained: ((id: string) => Promise<Explained>) | null; // null: nothing is kept
  readonly send: (message: Told) => void;
}

/** R13: between the end of one answer and the next, so that no asking takes the thread from driving. */
const PAUSE_MS = 100;

export class Answers {
  #isBusy = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** Never rejects. */
  async take(ask: Ask, by: Answering): Promise<void> {
    if (this.#isBusy || by.nowMs() < this.#notBeforeMs)
      return by.send(answer(ask, { known: false, lines: ["it answers another question; ask again"] }));
    this.#isBusy = true;
    try {
      by.send(await answerTo(ask, by));
    } finally {
      this.#isBusy = false;
      this.#notBeforeMs = by.nowMs() + PAUSE_MS;
    }
  }
}

async function answerTo(ask: Ask, { state, nowMs, explained }: Answering): Promise<Told> {
  if (ask.id === "") return answer(ask, { known: true, lines: modeLines(state, nowMs()) });
  if (explained === null)
    return answer(ask, { known: false, lines: ["it keeps no history: its store cannot be used"] });
  try {
    const found = await explained(ask.id);
    return answer(ask, { known: true, claim: found.record.token, lines: explainedLines(found) });
  } catch (cause) {
    const why = cause instanceof RecordingRefused ? cause.message : "its history cannot be read";
    return answer(ask, { known: false, lines: [why] });
  }
}

function answer(
  { ask }: Ask,
  told: { readonly known: boolean; readonly claim?: string; readonly lines: readonly string[] },
): Told {
  const lines = told.lines.slice(0, WHY_LINES).map((line) => line.replace(/[^ -~]/g, "?").slice(0, WHY_CHARACTERS));
  return { kind: "toldWhy", ask, known: told.known, claim: told.claim ?? "", lines };
}

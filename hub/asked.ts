// R14: what robots are asked about themselves, and their answers. It passes by the core: an answer is for a person,
// carries no authority, and changes nothing. One question at a time to a robot, so many in all, each with a limit in
// time (R13); a robot of other software is asked nothing, since it may not know the question.

import type { EdgeMessage, HubMessage } from "../proto/wire.js";

export type Told = Extract<EdgeMessage, { kind: "toldWhy" }>;

/** The stream of a robot. */
export interface AskedStream {
  readonly id: number;
  readonly robot: string;
  send(message: HubMessage): void;
}

interface Asking {
  readonly ask: number;
  readonly done: (told: Told | null) => void;
  readonly timer: NodeJS.Timeout;
}

const ANSWER_MS = 1500;
const ASKING_MOST = 32;

export class Asked {
  readonly #software: string;
  readonly #answerMs: number;
  readonly #streams = new Map<number, AskedStream>();
  readonly #asking = new Map<number, Asking>(); // by stream
  #last = 0;

  constructor(software: string, answerMs = ANSWER_MS) {
    this.#software = software;
    this.#answerMs = answerMs;
  }

  /** Takes what comes on a stream. True: it was an answer, and the core has nothing to do with it. */
  took(stream: AskedStream, message: EdgeMessage): boolean {
    if (message.kind === "hello" && message.software === this.#software) this.#streams.set(stream.id, stream);
    if (message.kind !== "toldWhy") return false;
    const asking = this.#asking.get(stream.id);
    if (asking?.ask === message.ask) this.#end(stream.id, message);
    return true;
  }

  closed(stream: number): void {
    this.#streams.delete(stream);
    this.#end(stream, null);
  }

  /** A decision, or with an empty id the rung; null when nobody answers, in time, under that name. */
  ask(robot: string, id: string): Promise<Told | null> {
    const stream = [...this.#streams.values()].findLast((one) => one.robot === robot);
    if (stream === undefined || this.#asking.has(stream.id) || this.#asking.size >= ASKING_MOST)
      return Promise.resolve(null);
    this.#last += 1;
    const ask = this.#last;
    return new Promise((done) => {
      const timer = setTimeout(() => this.#end(stream.id, null), this.#answerMs);
      this.#asking.set(stream.id, { ask, done, timer });
      stream.send({ kind: "askWhy", ask, id });
    });
  }

  #end(stream: number, told: Told | null): void {
    const asking = this.#asking.get(stream);
    if (asking === undefined) return;
    this.#asking.delete(stream);
    clearTimeout(asking.timer);
    asking.done(told);
  }
}

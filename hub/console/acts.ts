// What a person does from the page. A halt is one key or click and never asks; every act carries operator and reason
// into the ledger; the hub's refusal is shown in its own words with the next step.

import type { OperatorAnswer } from "../../proto/operator.js";
import { isRefused } from "./api.js";
import type { HaltWatch } from "./halts.js";
import type { Notices } from "./notices.js";
import type { Store } from "./store.js";
import { nextStep } from "./words.js";

export type AskScope = { readonly robot: string } | { readonly fleet: string } | { readonly site: true };

export function scopeName(scope: AskScope): string {
  if ("robot" in scope) return scope.robot;
  return "fleet" in scope ? `fleet ${scope.fleet}` : "the whole site";
}

const HALT_REASON = "halt from console";

export class Acts {
  readonly #store: Store;
  readonly #notices: Notices;
  readonly #halts: HaltWatch;

  constructor(store: Store, parts: { readonly notices: Notices; readonly halts: HaltWatch }) {
    this.#store = store;
    this.#notices = parts.notices;
    this.#halts = parts.halts;
  }

  /** At once, without a question. What the hub told to whom is shown until every robot was seen to stand. */
  async halt(scope: AskScope): Promise<void> {
    const row = this.#halts.asked(scopeName(scope));
    try {
      const act = { operator: this.#operator, reason: HALT_REASON };
      const answer = await this.#store.api.act<{ told: string[]; notTold: string[] }>("halt", { act, scope });
      if (isRefused(answer)) row.failed(`${answer.message} ${nextStep(answer.code)}`);
      else row.answered(answer);
    } catch (cause) {
      row.failed(`the hub was not reached (${(cause as Error).message}): use the emergency stop`);
    }
  }

  lower(scope: AskScope, rung: string, reason: string): Promise<boolean> {
    return this.ask(`${scopeName(scope)} at most ${rung}`, "setMode", { scope, rung }, reason);
  }

  clear(scope: AskScope, reason: string): Promise<boolean> {
    return this.ask(`clear ${scopeName(scope)}`, "clearMode", { scope }, reason);
  }

  /** Asks the hub and tells what came of it. True when it was done. */
  async ask(what: string, kind: string, request: object, reason: string): Promise<boolean> {
    try {
      const act = { operator: this.#operator, reason };
      const answer = await this.#store.api.act<OperatorAnswer>(kind, { act, ...request });
      if (isRefused(answer)) {
        this.#notices.tell(`Refused: ${what}. ${answer.message}. ${nextStep(answer.code)}`, "refused");
        return false;
      }
      this.#notices.tell(`Done: ${what}${answerText(answer)}`, "done");
      return true;
    } catch (cause) {
      const why = (cause as Error).message;
      this.#notices.tell(`Not known whether done: ${what}. The hub was not reached (${why}).`, "refused");
      return false;
    }
  }

  get #operator(): string {
    return this.#store.operator === "" ? "console" : this.#store.operator;
  }
}

function answerText(answer: OperatorAnswer): string {
  if ("existed" in answer) return answer.existed ? `: task ${answer.task} was there already` : `: task ${answer.task}`;
  if ("done" in answer) return `: ${answer.done}`;
  return "phase" in answer ? `: it is ${answer.phase}` : "";
}

// A halt is over when every robot was seen to stand, not when it was asked for: until then this says who was told, who
// was not and until when that one may still move, and who has been seen standing since.

import type { LiveRobot } from "../../proto/console.js";
import { freshnessOf } from "./ages.js";
import { leaseWords } from "./attention.js";
import { byId, el, setText } from "./dom.js";
import type { Store } from "./store.js";
import { clockText, several } from "./words.js";

const STILL_MPS = 0.05;
const DONE_SHOWN_MS = 10_000;

export interface HaltRow {
  answered(answer: { readonly told: readonly string[]; readonly notTold: readonly string[] }): void;
  failed(why: string): void;
}

interface Halt {
  readonly element: HTMLElement;
  readonly words: HTMLElement;
  readonly scope: string;
  readonly askedMs: number; // page's clock
  readonly askedWallMs: number;
  told: readonly string[];
  notTold: readonly string[];
  failed: string;
  answered: boolean;
  readonly standing: Set<string>;
  doneMs: number | null;
}

export class HaltWatch {
  readonly #store: Store;
  readonly #list = byId("halts");
  readonly #halts = new Set<Halt>();

  constructor(store: Store) {
    this.#store = store;
    store.onChange(() => this.show());
  }

  asked(scope: string): HaltRow {
    const words = el("span");
    const element = el("li", {}, words);
    const halt: Halt = {
      ...{ element, words, scope, askedMs: this.#store.nowMs(), askedWallMs: this.#store.wallMs() },
      ...{ told: [], notTold: [], failed: "", answered: false, standing: new Set(), doneMs: null },
    };
    element.append(el("button", { type: "button", "aria-label": "put away", click: () => this.#remove(halt) }, "×"));
    this.#halts.add(halt);
    this.#list.append(element);
    this.show();
    return {
      answered: ({ told, notTold }) => {
        Object.assign(halt, { told, notTold, answered: true });
        this.show();
      },
      failed: (why) => {
        halt.failed = why;
        this.show();
      },
    };
  }

  show(): void {
    for (const halt of this.#halts) {
      this.#look(halt);
      setText(halt.words, this.#text(halt));
      halt.element.className = halt.failed !== "" ? "refused" : halt.doneMs === null ? "open" : "done";
      if (halt.doneMs !== null && this.#store.nowMs() - halt.doneMs > DONE_SHOWN_MS) this.#remove(halt);
    }
  }

  #remove(halt: Halt): void {
    this.#halts.delete(halt);
    halt.element.remove();
  }

  /** A robot stands when a pose that was captured after the halt says so, in HALT. */
  #look(halt: Halt): void {
    const { view, site } = this.#store;
    if (view === null || !halt.answered || halt.doneMs !== null) return;
    const viewAgeMs = this.#store.viewAgeMs();
    const sinceMs = this.#store.nowMs() - halt.askedMs;
    for (const id of [...halt.told, ...halt.notTold]) {
      const robot = view.robots[id];
      if (robot !== undefined && robot.rung === "HALT" && Math.abs(robot.speedMps) < STILL_MPS)
        if (freshnessOf(robot, site, viewAgeMs).ageMs < sinceMs) halt.standing.add(id);
    }
    if (halt.standing.size === halt.told.length + halt.notTold.length) halt.doneMs = this.#store.nowMs();
  }

  #text(halt: Halt): string {
    const head = `HALT of ${halt.scope}, ${clockText(halt.askedWallMs)}:`;
    if (halt.failed !== "") return `${head} NOT DONE. ${halt.failed}`;
    if (!halt.answered) return `${head} asked, no answer yet`;
    const all = halt.told.length + halt.notTold.length;
    const waited = halt.told.filter((id) => !halt.standing.has(id));
    const untold = halt.notTold.filter((id) => !halt.standing.has(id));
    const parts = [`${halt.told.length} told, ${halt.notTold.length} not told`];
    parts.push(`${halt.standing.size} of ${several(all, "robot")} seen standing`);
    if (waited.length > 0) parts.push(`told and not yet seen standing: ${some(waited)}`);
    if (untold.length > 0)
      parts.push(
        `not told: ${untold
          .slice(0, 6)
          .map((id) => this.#untold(id))
          .join(", ")}`,
      );
    return `${head} ${parts.join("; ")}`;
  }

  #untold(id: string): string {
    const robot: LiveRobot | undefined = this.#store.view?.robots[id];
    if (robot === undefined) return id;
    const seen = { viewAgeMs: this.#store.viewAgeMs(), isStale: this.#store.isStale };
    return `${id} (${leaseWords(robot, seen)})`;
  }
}

function some(ids: readonly string[]): string {
  return ids.length <= 8 ? ids.join(", ") : `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more`;
}

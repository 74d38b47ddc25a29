// Decisions by their confidence as ten bars, the surest first, each with its range, its number and its share in words:
// no colour is needed to read them.

import { decisionsOf } from "../../proto/confidence.js";
import { tenthText } from "./confidence.js";
import { el, Rows, setText } from "./dom.js";

interface Bar {
  readonly words: string;
  readonly percent: number;
  readonly isUnsure: boolean;
}

export class Tenths {
  readonly element: HTMLElement;
  readonly #note = el("p", { class: "empty" });
  readonly #rows: Rows<Bar>;

  constructor(title: string) {
    const list = el("ol", { class: "bars tenths" });
    this.element = el("figure", { class: "spark" });
    this.element.append(el("figcaption", {}, title), this.#note, list);
    this.#rows = new Rows(list, () => {
      const [words, bar] = [el("small"), el("span")];
      const update = (one: Bar) => {
        setText(words, one.words);
        bar.className = one.isUnsure ? "bar late" : "bar";
        bar.style.width = `${one.percent}%`;
      };
      return { element: el("li", {}, words, el("span", { class: "track" }, bar)), update };
    });
  }

  /** `none`: what is said where there is no decision; `least`: tenths that lie below it are named too unsure. */
  show(tenths: readonly number[], of: { readonly none: string; readonly least?: number | undefined }): void {
    const decisions = decisionsOf(tenths);
    this.#note.hidden = decisions > 0;
    setText(this.#note, of.none);
    const rows = decisions === 0 ? [] : tenths.map((found, tenth) => barOf(found, { tenth, decisions, ...of }));
    this.#rows.show(rows.map((bar, tenth) => [String(tenth), bar] as const).reverse());
  }
}

function barOf(
  found: number,
  {
    tenth,
    decisions,
    least = 0,
  }: { readonly tenth: number; readonly decisions: number; readonly least?: number | undefined },
): Bar {
  const percent = (100 * found) / decisions;
  const isUnsure = (tenth + 1) / 10 <= least;
  const share = found > 0 && percent < 1 ? "under 1" : percent.toFixed(0);
  const words = `${tenthText(tenth)}: ${found}, ${share} %${isUnsure && found > 0 ? ", too unsure" : ""}`;
  return { words, percent, isUnsure };
}

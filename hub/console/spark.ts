// A line of the last minutes on a small canvas, with its newest value beside it. Gaps stay gaps: what is not told is
// not drawn as zero.

import { coloursOf } from "./colours.js";
import { el, setText } from "./dom.js";

export interface SparkOptions {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly limit?: number; // drawn as a dashed line
  readonly most?: number; // the scale reaches at least to it
  readonly none?: string; // what is said where there is no newest value
}

const WIDTH = 220;
const HEIGHT = 40;

export class Spark {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #value: HTMLElement;
  readonly #options: SparkOptions;

  constructor(options: SparkOptions) {
    this.#options = options;
    this.#canvas = el("canvas", { width: String(WIDTH * 2), height: String(HEIGHT * 2), "aria-hidden": "true" });
    this.#value = el("b");
    this.element = el("figure", { class: "spark" });
    this.element.append(el("figcaption", {}, options.title, " ", this.#value), this.#canvas);
  }

  show(values: readonly (number | null)[]): void {
    const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
    const last = values.at(-1);
    const { format, none = "not told" } = this.#options;
    setText(this.#value, last === null || last === undefined ? none : format(last));
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const { late, accent } = coloursOf(["late", "accent"]);
    const { limit, most: least = 0 } = this.#options;
    const most = Math.max(...known, least, limit === undefined ? 0 : limit * 1.1, 1e-9);
    const y = (value: number) => 3 + (HEIGHT - 6) * (1 - Math.max(0, value) / most);
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (limit !== undefined) {
      context.strokeStyle = late;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(0, y(limit));
      context.lineTo(WIDTH, y(limit));
      context.stroke();
      context.setLineDash([]);
    }
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    context.beginPath();
    let open = false;
    values.forEach((value, index) => {
      if (value === null || !Number.isFinite(value)) {
        open = false;
        return;
      }
      const x = (WIDTH * index) / Math.max(1, values.length - 1);
      if (open) context.lineTo(x, y(value));
      else context.moveTo(x, y(value));
      open = true;
    });
    context.stroke();
  }
}

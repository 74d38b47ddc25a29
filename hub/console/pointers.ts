// One pointer drags, two pinch, and one that has hardly moved picks.

type Point = { readonly xPx: number; readonly yPx: number };

export interface PointerActs {
  readonly pan: (dxPx: number, dyPx: number) => void;
  readonly zoomAt: (factor: number, at: Point) => void;
  readonly pick: (xPx: number, yPx: number) => void;
}

const STILL_PX = 4;

export class Pointers {
  readonly #acts: PointerActs;
  readonly #held = new Map<number, Point>();
  #movedPx = 0;

  constructor(element: HTMLElement, acts: PointerActs) {
    this.#acts = acts;
    element.addEventListener("pointerdown", (event) => {
      if (this.#held.size === 0) this.#movedPx = 0;
      this.#held.set(event.pointerId, pointOf(event));
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => {
      if (this.#held.delete(event.pointerId) && this.#held.size === 0 && this.#movedPx <= STILL_PX)
        acts.pick(event.offsetX, event.offsetY);
    });
    element.addEventListener("pointercancel", (event) => this.#held.delete(event.pointerId));
  }

  #move(event: PointerEvent): void {
    const before = this.#held.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const [dxPx, dyPx] = [now.xPx - before.xPx, now.yPx - before.yPx];
    this.#held.set(event.pointerId, now);
    this.#movedPx += Math.abs(dxPx) + Math.abs(dyPx);
    const other = [...this.#held].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      const factor = distancePx(now, other) / Math.max(1, distancePx(before, other));
      this.#acts.zoomAt(factor, { xPx: (now.xPx + other.xPx) / 2, yPx: (now.yPx + other.yPx) / 2 });
    } else if (this.#movedPx > STILL_PX) this.#acts.pan(dxPx, dyPx);
  }
}

function pointOf({ offsetX, offsetY }: PointerEvent): Point {
  return { xPx: offsetX, yPx: offsetY };
}

function distancePx(one: Point, other: Point): number {
  return Math.hypot(one.xPx - other.xPx, one.yPx - other.yPx);
}

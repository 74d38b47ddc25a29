// Names on the map that do not hide each other: each takes the first free place around its robot, and gives way when
// there is none. The order is by need, so the names that matter are there. Pure.

export interface Label {
  readonly words: string;
  readonly x: number;
  readonly y: number;
  readonly radius: number; // of what it names
  readonly must: boolean; // it is shown even when it hides another
}

export interface Placed {
  readonly words: string;
  readonly x: number;
  readonly y: number;
}

const HEIGHT = 14;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** Where each label's middle is; those without room are left out. The map ends at `rightPx`. */
export function placeLabels(
  labels: readonly Label[],
  { widthOf, rightPx }: { readonly widthOf: (words: string) => number; readonly rightPx: number },
): Placed[] {
  const taken: Box[] = [];
  const placed: Placed[] = [];
  for (const { words, x, y, radius, must } of labels) {
    const width = widthOf(words) + 4;
    const within = Math.min(Math.max(x, width / 2), rightPx - width / 2); // of the map
    const off = radius + HEIGHT / 2 + 2;
    const places = [
      [within, y - off],
      [within, y + off],
      [x + off + width / 2, y],
      [x - off - width / 2, y],
    ] as const;
    const free = places.find(([atX, atY]) => isFree(taken, { left: atX - width / 2, top: atY - HEIGHT / 2, width }));
    const at = free ?? (must ? places[0] : undefined);
    if (at === undefined) continue;
    taken.push({ left: at[0] - width / 2, top: at[1] - HEIGHT / 2, width });
    placed.push({ words, x: at[0], y: at[1] });
  }
  return placed;
}

function isFree(taken: readonly Box[], { left, top, width }: Box): boolean {
  return taken.every(
    (other) => left >= other.left + other.width || other.left >= left + width || Math.abs(top - other.top) >= HEIGHT,
  );
}

// Seeded chance for whatever lays out sites: the same seed gives the same site everywhere. Integer arithmetic only.

export interface Chance {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
  /** A whole number from 0 up to, not including, `below`. */
  readonly whole: (below: number) => number;
  /** The items in a drawn order; the argument stays as it is. */
  readonly shuffled: <T>(items: readonly T[]) => T[];
}

/** A stream of chance from a whole number. A Weyl sequence whose values are mixed by multiply and shift. */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed | 0, 0x9e37_79b1) ^ 0x51ed_270b;
  const next = () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a_2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
  const whole = (below: number) => Math.floor(next() * below);
  const shuffled = <T>(items: readonly T[]) => {
    const rest = [...items];
    const out: T[] = [];
    while (rest.length > 0) {
      const at = whole(rest.length);
      const item = rest[at];
      const last = rest.pop();
      if (item === undefined || last === undefined) break;
      out.push(item);
      if (at < rest.length) rest[at] = last;
    }
    return out;
  };
  return { next, whole, shuffled };
}

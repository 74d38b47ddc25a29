// Chance for the simulated world: one seeded generator per subsystem, so that a further draw in one (a longer scan)
// changes nothing in another (the task stream). Same seed and same name give the same numbers on every machine.

const TWO_TO_32 = 4_294_967_296;

/** A stream of numbers; three 32-bit words and a counter of state, mixed at each draw. */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | null = null;

  constructor(seed: string | number) {
    this.#seed = String(seed);
    this.#a = hash32(`a:${this.#seed}`);
    this.#b = hash32(`b:${this.#seed}`);
    this.#c = hash32(`c:${this.#seed}`);
    for (let round = 0; round < 12; round += 1) this.#word();
  }

  /**
   * An independent generator for a subsystem; the same name gives the same stream again. Draws nothing from this one.
   */
  stream(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** Uniform from 0 (included) to 1 (excluded). */
  next(): number {
    return this.#word() / TWO_TO_32;
  }

  /** A whole number from 0 to below - 1. `below` is a whole number from 1 to 2^32. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** Uniform from `least` (included) to `most` (excluded). */
  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** Normal with mean 0 and deviation 1 (Marsaglia's polar method: two at a time). */
  gaussian(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      this.#spare = v * scale;
      return u * scale;
    }
  }

  #word(): number {
    const out = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) >>> 0;
    return out;
  }
}

/** Spreads text over 32 bits. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash ^ (hash >>> 13), 0x5bd1e995) >>> 0;
}

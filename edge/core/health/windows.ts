// The newest of something, counted as it comes and as it goes: bounded memory, no allocation after the start (R13).

/** What a window remembers, as plain values (R14). */
export interface ShareMemory {
  readonly ring: Uint8Array;
  readonly next: number;
  readonly size: number;
  readonly yes: number;
}

export interface BinMemory {
  readonly counts: Uint32Array;
  readonly ring: Uint8Array;
  readonly next: number;
  readonly size: number;
}

/** The newest answers to a question of yes or no. */
export class ShareWindow {
  readonly #ring: Uint8Array;
  #next = 0;
  #size = 0;
  #yes = 0;

  constructor(length: number) {
    this.#ring = new Uint8Array(length);
  }

  get size(): number {
    return this.#size;
  }

  /** Of the answers that are there; 0 without any. */
  get share(): number {
    return this.#size === 0 ? 0 : this.#yes / this.#size;
  }

  /** Of as many answers as fit in, those that are missing counted as no. */
  get shareOfAll(): number {
    return this.#yes / this.#ring.length;
  }

  add(isYes: boolean): void {
    const value = isYes ? 1 : 0;
    if (this.#size === this.#ring.length) this.#yes -= this.#ring[this.#next] as number;
    else this.#size += 1;
    this.#ring[this.#next] = value;
    this.#yes += value;
    this.#next = (this.#next + 1) % this.#ring.length;
  }

  get memory(): ShareMemory {
    return { ring: this.#ring, next: this.#next, size: this.#size, yes: this.#yes };
  }

  restore({ ring, next, size, yes }: ShareMemory): void {
    this.#ring.set(ring);
    this.#next = next;
    this.#size = size;
    this.#yes = yes;
  }

  clear(): void {
    this.#next = 0;
    this.#size = 0;
    this.#yes = 0;
  }
}

/** The newest rows of bins, one bin for each of several features, and how many rows lie in each bin. */
export class BinWindow {
  /** One stretch of bins for each feature, from `starts[feature]` on. */
  readonly counts: Uint32Array;
  readonly starts: Uint32Array;
  readonly #ring: Uint8Array;
  readonly #length: number;
  #next = 0;
  #size = 0;

  /** `bins`: how many each feature has, at most 256. */
  constructor(bins: readonly number[], length: number) {
    this.starts = new Uint32Array(bins.length);
    let all = 0;
    for (let feature = 0; feature < bins.length; feature += 1) {
      this.starts[feature] = all;
      all += bins[feature] as number;
    }
    this.counts = new Uint32Array(all);
    this.#ring = new Uint8Array(bins.length * length);
    this.#length = length;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts the newest row in place of the oldest. `binOf` gives the bin of each feature in it. */
  add(binOf: (feature: number) => number): void {
    const features = this.starts.length;
    const row = this.#next * features;
    const isFull = this.#size === this.#length;
    for (let feature = 0; feature < features; feature += 1) {
      const start = this.starts[feature] as number;
      if (isFull) this.#count(start + (this.#ring[row + feature] as number), -1);
      const bin = binOf(feature);
      this.#ring[row + feature] = bin;
      this.#count(start + bin, 1);
    }
    if (!isFull) this.#size += 1;
    this.#next = (this.#next + 1) % this.#length;
  }

  #count(at: number, by: number): void {
    this.counts[at] = (this.counts[at] as number) + by;
  }

  get memory(): BinMemory {
    return { counts: this.counts, ring: this.#ring, next: this.#next, size: this.#size };
  }

  restore({ counts, ring, next, size }: BinMemory): void {
    this.counts.set(counts);
    this.#ring.set(ring);
    this.#next = next;
    this.#size = size;
  }

  clear(): void {
    this.counts.fill(0);
    this.#next = 0;
    this.#size = 0;
  }
}

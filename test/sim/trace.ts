// What happened in a run. Each row has the true time, who, what, and a few words. Every row goes into a hash, so that
// equal hashes mean equal runs; rows are kept, or printed, only where somebody wants to read them.

export interface Row {
  readonly atUs: number;
  readonly who: string;
  readonly what: string;
  readonly says: string;
}

export class Trace {
  readonly #take: ((row: Row) => void) | null;
  #high = 0x811c9dc5;
  #low = 0x2545f491;
  #rows = 0;

  /** `take` gets every row; null: only the hash is kept. */
  constructor(take: ((row: Row) => void) | null) {
    this.#take = take;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of all rows so far: 16 hexadecimal digits. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  row(atUs: number, who: string, what: string, says: string): void {
    this.#rows += 1;
    this.#mix(atUs % 4_294_967_296);
    this.#text(who);
    this.#text(what);
    this.#text(says);
    this.#take?.({ atUs, who, what, says });
  }

  /** Numbers that are too many to be rows: they go into the hash alone. */
  numbers(a: number, b: number, c: number): void {
    this.#mix(a % 4_294_967_296);
    this.#mix((b * 1000) % 4_294_967_296);
    this.#mix((c * 1000) % 4_294_967_296);
  }

  #text(text: string): void {
    for (let index = 0; index < text.length; index += 1) this.#mix(text.charCodeAt(index));
  }

  #mix(value: number): void {
    const whole = value | 0;
    this.#high = Math.imul(this.#high ^ whole, 0x01000193);
    this.#low = Math.imul(this.#low ^ (whole + (this.#high >>> 13)), 0x85ebca6b);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** Thrown by a checker, and by the world for what it must not see. Ends the run. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly class: "safety" | "liveness";
  readonly checker: string;

  constructor(checker: string, says: string, kind: "safety" | "liveness" = "safety") {
    super(says);
    this.checker = checker;
    this.class = kind;
  }
}

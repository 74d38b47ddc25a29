// Where the functions of a source file begin and end, found from its tokens: declarations, methods, accessors,
// constructors, and arrows with a block or an expression. A class or an object literal is no function.

import type { Token } from "./tokens.js";

export interface FunctionExtent {
  readonly name: string; // the word before its parameters, or "arrow"
  readonly fromLine: number;
  readonly toLine: number;
}

const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with"]);
const ENDS_EXPRESSION = new Set([",", ";", ")", "]", "}"]);

/** The token after which a brace or a bracket still belongs to a type. */
const AWAITS_TYPE = new Set([":", "|", "&", "=>", "<", "?", ","]);
const TYPE_WORDS = new Set(["is", "extends", "keyof", "typeof", "readonly", "infer", "asserts", "unique", "new"]);

class Finder {
  readonly #tokens: readonly Token[];
  readonly #partner: readonly number[];
  readonly #found: FunctionExtent[] = [];
  /** The arrow at this index belongs to the parameters that open at the value. */
  readonly #opens = new Map<number, number>();

  constructor(tokens: readonly Token[], partner: readonly number[]) {
    this.#tokens = tokens;
    this.#partner = partner;
  }

  find(): readonly FunctionExtent[] {
    for (const [index, token] of this.#tokens.entries()) {
      if (token.kind !== "punct") continue;
      if (token.text === ")") this.#afterParameters(index);
      if (token.text === "=>") this.#arrow(index);
    }
    return this.#found;
  }

  #text(index: number): string {
    const token = this.#tokens[index];
    return token === undefined || token.kind === "string" || token.kind === "template" ? "" : token.text;
  }

  #line(index: number): number {
    return this.#tokens[index]?.line ?? 0;
  }

  #afterParameters(close: number): void {
    const open = this.#partner[close] ?? 0;
    const next = this.#text(close + 1);
    const end = next === ":" ? this.#typeEnd(close + 2) : close + 1;
    if (this.#text(end) === "=>") this.#opens.set(end, open);
    if (this.#text(end) === "{" && this.#isFunctionHead(open)) this.#add(open, this.#partner[end] ?? end);
  }

  #isFunctionHead(open: number): boolean {
    const before = this.#text(open - 1);
    if (CONTROL.has(before) && this.#text(open - 2) !== ".") return false;
    if (before === "await" && this.#text(open - 2) === "for") return false;
    return this.#text(open - 2) !== "extends";
  }

  /** The index behind the type that starts at `from`. */
  #typeEnd(from: number): number {
    let index = from;
    let awaits = true;
    while (index < this.#tokens.length) {
      const text = this.#text(index);
      if (text === "{" && !awaits) return index;
      if ([";", ")", "]", "}", "="].includes(text) || (text === "," && this.#angles(from, index) <= 0)) return index;
      const parenthesised = text === "(" || text === "[" || text === "{";
      const close: number = parenthesised ? (this.#partner[index] ?? index) : index;
      const functionType: boolean = text === "(" && awaits && this.#text(close + 1) === "=>";
      if (text === "=>") return index;
      index = functionType ? close + 2 : close + 1;
      awaits = functionType || AWAITS_TYPE.has(text) || TYPE_WORDS.has(text);
    }
    return index;
  }

  /** How many angle brackets are open at `to`. */
  #angles(from: number, to: number): number {
    let depth = 0;
    for (let index = from; index < to; index++) {
      if (this.#text(index) === "<") depth++;
      if (this.#text(index) === ">") depth--;
    }
    return depth;
  }

  #arrow(index: number): void {
    const open = this.#opens.get(index) ?? index - 1;
    if (this.#text(index + 1) === "{") {
      this.#add(open, this.#partner[index + 1] ?? index);
      return;
    }
    let end = index + 1;
    while (end < this.#tokens.length && !ENDS_EXPRESSION.has(this.#text(end))) {
      const close = this.#partner[end] ?? -1;
      end = close > end ? close + 1 : end + 1;
    }
    this.#add(open, end - 1);
  }

  #add(open: number, end: number): void {
    const before = this.#tokens[open - 1];
    const named = before?.kind === "word" && this.#text(open) === "(" && before.text !== "async";
    this.#found.push({ name: named ? before.text : "arrow", fromLine: this.#line(open), toLine: this.#line(end) });
  }
}

/** Every function of the file, outer ones and inner ones. `partner` is what `pairs` says of the same tokens. */
export function functionsOf(tokens: readonly Token[], partner: readonly number[]): readonly FunctionExtent[] {
  return new Finder(tokens, partner).find();
}

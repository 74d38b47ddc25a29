// TypeScript source as a flat list of tokens, for the checks that read code. Comments are kept apart, so that a word in
// prose is never taken for code; strings, templates and regular expressions are one token each, so that a bracket in a
// text never counts as a bracket. What it cannot read it refuses: a check must not pass because it understood nothing.

export type TokenKind = "word" | "number" | "string" | "template" | "regex" | "punct";

/** One token; `text` of a string is its content without quotes and with escapes as they were written. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number; // the first line is 1
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

export interface Scanned {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

const LONG_PUNCTUATION = ["**=", "...", "=>", "?.", "**"];
const WORDS_BEFORE_REGEX = new Set(
  "return typeof case in of delete void throw new instanceof else do await yield".split(" "),
);

class Scanner {
  readonly tokens: Token[] = [];
  readonly comments: Comment[] = [];
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** Depth of braces at each `${` that is open. */
  readonly #templates: number[] = [];
  #braces = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Scanned {
    if (this.#text.startsWith("#!")) this.#comment(this.#endOfLine());
    while (this.#at < this.#text.length) this.#next();
    if (this.#templates.length > 0) throw this.#refusal("a template that does not end");
    return { tokens: this.tokens, comments: this.comments };
  }

  #refusal(found: string): Error {
    return new Error(`cannot read line ${this.#line}: expected TypeScript, found ${found}`);
  }

  #next(): void {
    const char = this.#text.charAt(this.#at);
    const pair = this.#text.substr(this.#at, 2);
    if (char <= " " || char.trim() === "") this.#blank();
    else if (pair === "//") this.#comment(this.#endOfLine());
    else if (pair === "/*") this.#comment(this.#after("*/", this.#at + 2));
    else if (char === '"' || char === "'") this.#string(char);
    else if (char === "`") this.#template(this.#at + 1);
    else if (char === "}" && this.#templates.at(-1) === this.#braces) this.#resumeTemplate();
    else if (isWordStart(char)) this.#while("word", isWordPart);
    else if (isDigit(char) || (char === "." && isDigit(this.#text.charAt(this.#at + 1)))) this.#number();
    else if (char === "/" && this.#regexMayStart()) this.#regex();
    else this.#punctuation(char);
  }

  /** Moves on to `end` and counts lines. Returns the text that was passed. */
  #take(end: number): string {
    const taken = this.#text.slice(this.#at, end);
    this.#at = end;
    for (let at = taken.indexOf("\n"); at >= 0; at = taken.indexOf("\n", at + 1)) this.#line++;
    return taken;
  }

  #blank(): void {
    let end = this.#at + 1;
    while (this.#text.charAt(end) === " " || this.#text.charAt(end) === "\n") end++;
    this.#take(end);
  }

  #push(kind: TokenKind, end: number, trim = 0): void {
    const line = this.#line;
    const taken = this.#take(end);
    this.tokens.push({ kind, line, text: trim === 0 ? taken : taken.slice(trim, -trim) });
  }

  #comment(end: number): void {
    const line = this.#line;
    this.comments.push({ line, text: this.#take(end) });
  }

  #endOfLine(): number {
    const end = this.#text.indexOf("\n", this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #after(closing: string, from: number): number {
    const found = this.#text.indexOf(closing, from);
    if (found < 0) throw this.#refusal(`no ${closing} before the end`);
    return found + closing.length;
  }

  #while(kind: TokenKind, holds: (char: string) => boolean): void {
    let end = this.#at + 1;
    while (end < this.#text.length && holds(this.#text.charAt(end))) end++;
    this.#push(kind, end);
  }

  #number(): void {
    let end = this.#at + 1;
    while (isWordPart(this.#text.charAt(end)) || this.#text.charAt(end) === "." || this.#exponentSign(end)) end++;
    this.#push("number", end);
  }

  #exponentSign(at: number): boolean {
    const before = this.#text.charAt(at - 1);
    const hex = this.#text.charAt(this.#at + 1).toLowerCase() === "x";
    return "+-".includes(this.#text.charAt(at)) && this.#text.charAt(at) !== "" && "eE".includes(before) && !hex;
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (this.#text.charAt(end) !== quote) {
      const char = this.#text.charAt(end);
      if (char === "" || char === "\n") throw this.#refusal("a string that does not end");
      end += char === "\\" ? 2 : 1;
    }
    this.#push("string", end + 1, 1);
  }

  /** A piece of a template; its text begins at `from`, behind a back quote or the brace that ends a substitution. */
  #template(from: number): void {
    let end = from;
    while (this.#text.charAt(end) !== "`" && this.#text.substr(end, 2) !== "${") {
      if (end >= this.#text.length) throw this.#refusal("a template that does not end");
      end += this.#text.charAt(end) === "\\" ? 2 : 1;
    }
    const ends = this.#text.charAt(end) === "`";
    this.#push("template", ends ? end + 1 : end);
    if (ends) return;
    this.#push("punct", end + 2);
    this.#templates.push(this.#braces);
  }

  #resumeTemplate(): void {
    this.#templates.pop();
    this.#push("punct", this.#at + 1);
    this.#template(this.#at);
  }

  #regexMayStart(): boolean {
    const before = this.tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === "word") return WORDS_BEFORE_REGEX.has(before.text);
    return before.kind === "punct" && ![")", "]", "}"].includes(before.text);
  }

  #regex(): void {
    let end = this.#at + 1;
    let inClass = false;
    while (inClass || this.#text.charAt(end) !== "/") {
      const char = this.#text.charAt(end);
      if (char === "" || char === "\n") throw this.#refusal("a regular expression that does not end");
      if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      end += char === "\\" ? 2 : 1;
    }
    end++;
    while (isWordPart(this.#text.charAt(end))) end++;
    this.#push("regex", end);
  }

  #punctuation(char: string): void {
    const long = LONG_PUNCTUATION.find((one) => this.#text.startsWith(one, this.#at));
    if (char === "{") this.#braces++;
    if (char === "}") this.#braces--;
    this.#push("punct", this.#at + (long ?? char).length);
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function isWordStart(char: string): boolean {
  return char === "#" || char === "@" || (isWordPart(char) && !isDigit(char));
}

function isWordPart(char: string): boolean {
  if (char > "\x7f") return /^[\p{L}\p{N}]$/u.test(char);
  return (char >= "a" && char <= "z") || (char >= "A" && char <= "Z") || isDigit(char) || char === "_" || char === "$";
}

/** The tokens and comments of a source text. Throws, naming the line, where the text is no TypeScript. */
export function scan(text: string): Scanned {
  return new Scanner(text).scan();
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "${": "}" };

/** For each bracket the index of its partner, -1 for every other token. Throws when brackets do not pair. */
export function pairs(tokens: readonly Token[]): readonly number[] {
  const partner = new Array<number>(tokens.length).fill(-1);
  const open: { readonly index: number; readonly closing: string }[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "punct") continue;
    const closing = CLOSING[token.text];
    if (closing !== undefined) open.push({ index, closing });
    else if (token.text === ")" || token.text === "]" || token.text === "}") {
      const last = open.pop();
      if (last?.closing !== token.text) throw new Error(`line ${token.line}: ${token.text} closes nothing`);
      partner[last.index] = index;
      partner[index] = last.index;
    }
  }
  const left = open.at(-1);
  if (left !== undefined) throw new Error(`line ${tokens[left.index]?.line}: a bracket is not closed`);
  return partner;
}

// Which characters of a source file are code that runs: comments, imports, types, and the text in strings, templates
// and regular expressions are blanked out, each by blanks of the same length, so that places keep their offsets.

import { scan } from "../../../scripts/check/tokens.js";

/** The text with everything blanked that is no running code. Lines and offsets are as in the original. */
export function codeOf(text: string): string {
  return withoutTypes(withoutProse(text));
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function withoutProse(text: string): string {
  const { tokens, comments } = scan(text);
  let out = "";
  let comment = 0;
  for (const token of tokens) {
    const goesOn = token.kind === "template" && !token.text.startsWith("`"); // behind a brace, with nothing between
    while (!goesOn) {
      while (/\s/.test(text.charAt(out.length))) out += text.charAt(out.length);
      const prose = comments[comment]?.text;
      if (prose === undefined || !text.startsWith(prose, out.length)) break;
      out += blank(prose);
      comment += 1;
    }
    const length = token.kind === "string" ? token.text.length + 2 : token.text.length;
    const raw = text.slice(out.length, out.length + length);
    if (!raw.includes(token.text))
      throw new Error(`cannot place line ${token.line}: expected ${token.text}, found ${raw}`);
    out += token.kind === "word" || token.kind === "number" || token.kind === "punct" ? raw : blank(raw);
  }
  return out + blank(text.slice(out.length));
}

const DECLARES = /^(import|export \{|export \*|export type|export interface|type|interface|declare) ?/;

/** Declarations at the top that leave nothing behind when the types are taken away. */
function withoutTypes(code: string): string {
  const lines = code.split("\n");
  let depth = 0;
  let inside = false;
  for (const [index, line] of lines.entries()) {
    if (depth === 0 && !inside && DECLARES.test(line)) inside = true;
    for (const char of line) {
      if ("({[".includes(char)) depth += 1;
      if (")}]".includes(char)) depth -= 1;
    }
    if (!inside) continue;
    lines[index] = blank(line);
    const ends = /[;}]\s*$/.test(line);
    if (depth === 0 && ends) inside = false;
  }
  return lines.join("\n");
}

// What a module imports, read from its tokens: static and type imports, re-exports, dynamic and type-position imports,
// and require. A path that is computed cannot be judged and is told as such.

import type { Token } from "./tokens.js";

export type ImportTarget =
  | { readonly kind: "own"; readonly path: string } // a file of this project, as its source is named
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "package"; readonly name: string } // the package, without the path inside it
  | { readonly kind: "unknown"; readonly name: string }; // computed, absolute or outside the project

export interface Import {
  readonly line: number;
  readonly target: ImportTarget;
}

/** All imports of the module at `path`, in their order. */
export function importsOf(path: string, tokens: readonly Token[]): readonly Import[] {
  const found: Import[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || isMember(tokens, index)) continue;
    const specifier = specifierAt(tokens, index);
    if (specifier === null) continue;
    found.push({ line: token.line, target: targetOf(path, specifier) });
  }
  return found;
}

function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  return before === "." || before === "?." || before === "function";
}

/** The token that names what is imported at `index`; null when nothing is imported there. */
function specifierAt(tokens: readonly Token[], index: number): Token | null {
  const word = tokens[index]?.text;
  const next = tokens[index + 1];
  if (next === undefined) return null;
  if (word === "require" || word === "import") {
    if (next.text === "(" && next.kind === "punct") return called(tokens, index + 2);
    if (word === "require" || next.text === ".") return null;
    return next.kind === "string" ? next : fromClause(tokens, index + 1);
  }
  if (word === "export" && ["{", "*", "type"].includes(next.text)) return fromClause(tokens, index + 1);
  return null;
}

/** The only argument of a call, when it is a plain string; else the token that shows that it is computed. */
function called(tokens: readonly Token[], index: number): Token | null {
  const argument = tokens[index];
  if (argument === undefined) return null;
  const after = tokens[index + 1]?.text;
  const plain = argument.kind === "string" && (after === ")" || after === ",");
  return plain ? argument : { kind: "template", text: "a computed path", line: argument.line };
}

/** The string behind `from`, looking only at what can stand between `import` or `export` and it. */
function fromClause(tokens: readonly Token[], start: number): Token | null {
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token === undefined) return null;
    if (token.text === "from" && next?.kind === "string") return next;
    const joins = token.kind === "punct" && ["{", "}", ",", "*"].includes(token.text);
    if (!joins && token.kind !== "word" && token.kind !== "string") return null;
  }
  return null;
}

function targetOf(path: string, specifier: Token): ImportTarget {
  const name = specifier.text;
  if (specifier.kind !== "string") return { kind: "unknown", name };
  if (name.startsWith("node:")) return { kind: "node", name };
  if (name.startsWith("./") || name.startsWith("../")) return resolved(path, name);
  if (name.startsWith("/") || name.startsWith("#") || name.includes(":") || name === "drover") {
    return { kind: "unknown", name };
  }
  const parts = name.split("/");
  return { kind: "package", name: name.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? name) };
}

function resolved(path: string, name: string): ImportTarget {
  const parts = path.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return { kind: "unknown", name };
  }
  return { kind: "own", path: parts.join("/").replace(/\.js$/, ".ts") };
}

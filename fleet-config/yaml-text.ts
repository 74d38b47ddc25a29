// Reads YAML 1.2 that strangers may have written: bounded in size and depth before anything recursive sees it, no
// aliases, no tags, no duplicate keys, one document, only finite numbers. Gives the plain value and the line of each
// path.

import type { CST, Document, Node } from "yaml";
import { Composer, isAlias, isMap, isNode, isPair, isScalar, LineCounter, Parser, visit } from "yaml";
import { ConfigRefused, type Path, shown } from "./refused.js";

export const textBytesMost = 1_048_576;
export const depthMost = 32;

export interface YamlText {
  readonly value: unknown;
  /** Line of the key or item at a path, or of the nearest thing above it. */
  readonly lineOf: (path: Path) => number;
}

/** JSON pointer of a path: /robots/3/fleet. */
export function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

const STRICT = {
  version: "1.2",
  schema: "core",
  strict: true,
  uniqueKeys: true,
  stringKeys: true,
  merge: false,
  prettyErrors: false,
} as const;

/** Parses one document. Throws ConfigRefused. */
export function parseYaml(text: string, file: string): YamlText {
  const refuse = (line: number, found: string, expected: string, path = "") =>
    new ConfigRefused([{ file, path, line, found, expected }]);
  const size = Buffer.byteLength(text);
  if (size > textBytesMost) throw refuse(0, `${size} bytes`, `at most ${textBytesMost} bytes`);
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (body.trim() === "") throw refuse(0, "an empty file", "a YAML mapping");
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(body)];
  const deepAt = tooDeepAt(tokens);
  if (deepAt !== null)
    throw refuse(
      lines.linePos(deepAt).line,
      `nesting deeper than ${depthMost}`,
      `at most ${depthMost} levels of nesting`,
    );
  const [document, second] = new Composer(STRICT).compose(tokens, true, body.length);
  if (document === undefined) throw refuse(0, "no document", "a YAML mapping");
  const further = second === undefined ? [] : [{ pos: second.range, code: "MULTIPLE_DOCS", message: "" }];
  const [fault] = [...document.errors, ...document.warnings, ...further];
  if (fault !== undefined) {
    const at = lines.linePos(fault.pos[0]);
    const near = body.slice(fault.pos[0], fault.pos[0] + 40).split("\n", 1)[0] ?? "";
    throw refuse(at.line, `${shown(near)} at column ${at.col}`, expectedBy(fault.code, fault.message));
  }
  refuseSugar(document, (offset, found) =>
    refuse(lines.linePos(offset).line, found, "values written out: aliases, anchors and tags are not supported"),
  );
  const lineOf = (path: Path) => lineOfPath(document, path, lines);
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const wild = wildNumberAt(value, []);
  if (wild !== undefined)
    throw refuse(lineOf(wild.path), shown(wild.value), "a finite number, and 0 for zero", pointer(wild.path));
  return { value, lineOf };
}

function expectedBy(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "each key once in a mapping";
  if (code === "MULTIPLE_DOCS") return "one document";
  if (code === "TAG_RESOLVE_FAILED") return "no tags";
  if (code === "TAB_AS_INDENT") return "spaces as indentation";
  return `YAML 1.2 (${message})`;
}

/** Where a collection begins that lies too deep; null for nowhere. By a stack of its own, not by recursion. */
function tooDeepAt(tokens: readonly CST.Token[]): number | null {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (depth > depthMost) return token.offset;
    if (token.type === "document") {
      if (token.value) stack.push({ token: token.value, depth });
    } else if ("items" in token) {
      for (const item of token.items) {
        if (item.key) stack.push({ token: item.key, depth: depth + 1 });
        if (item.value) stack.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return null;
}

function refuseSugar(document: Document.Parsed, refuse: (offset: number, found: string) => ConfigRefused): void {
  visit(document, (_key, node) => {
    if (!isNode(node)) return;
    const offset = node.range?.[0] ?? 0;
    if (isAlias(node)) throw refuse(offset, `the alias *${node.source}`);
    if ("anchor" in node && typeof node.anchor === "string") throw refuse(offset, `the anchor &${node.anchor}`);
    if (node.tag !== undefined) throw refuse(offset, `the tag ${node.tag}`);
  });
}

function lineOfPath(document: Document.Parsed, path: Path, lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (!isPair(pair)) break;
      offset = startOf(pair.key, offset);
      node = pair.value;
    } else {
      node =
        isNode(node) && "get" in node
          ? (node as Node & { get(k: unknown, keep: true): unknown }).get(part, true)
          : undefined;
      if (!isNode(node)) break;
      offset = startOf(node, offset);
    }
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown, fallback: number): number {
  return isNode(node) ? (node.range?.[0] ?? fallback) : fallback;
}

function wildNumberAt(value: unknown, path: Path): { readonly path: Path; readonly value: number } | undefined {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? undefined : { path, value };
  if (typeof value !== "object" || value === null) return undefined;
  const list = Array.isArray(value);
  for (const [key, child] of Object.entries(value)) {
    const found = wildNumberAt(child, [...path, list ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

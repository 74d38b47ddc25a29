// The files that the checks read, as plain values: a test hands over files that exist nowhere.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Import, importsOf } from "./imports.js";
import { pairs, type Scanned, scan, type Token } from "./tokens.js";

/** The folders that hold the project's own files. */
export const FOLDERS = ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"] as const;

/** A file with its path from the root, with forward slashes. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface Module extends TextFile, Scanned {
  readonly partner: readonly number[];
  readonly imports: readonly Import[];
}

/** What one check saw and found wrong. A check that saw nothing has failed. */
export interface Check {
  readonly name: string;
  readonly counted: number;
  readonly unit: string;
  readonly problems: readonly string[];
}

export function isTest(path: string): boolean {
  return path.startsWith("test/");
}

/** A pure module by its place: the protocol or a core. */
export function isRule(path: string): boolean {
  return /^(proto|edge\/core|hub\/core)\//.test(path);
}

/** Whether the check passed: it saw something, and all of it was right. */
export function passed(check: Check): boolean {
  return check.counted > 0 && check.problems.length === 0;
}

/** A module of the tree from its text. Throws, naming the file, when the text cannot be read as TypeScript. */
export function moduleOf(file: TextFile): Module {
  try {
    const scanned = scan(file.text);
    const partner = pairs(scanned.tokens);
    return { ...file, ...scanned, partner, imports: importsOf(file.path, scanned.tokens) };
  } catch (cause) {
    throw new Error(`${file.path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Whether the word is used as a value or a type of its own: not as a member `x.word`, nor as the key `word:`. */
export function standsAlone(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  if (before === "." || before === "?.") return false;
  const after = tokens[index + 1]?.text;
  const key = after === ":" || (after === "?" && tokens[index + 2]?.text === ":");
  return !(key && (before === "{" || before === "," || before === ";" || before === "readonly"));
}

const SKIPPED = new Set(["node_modules", "__pycache__"]);

/** Paths, from the root, of the project's own files: what .gitignore names is left out. */
export function listFiles(root: string): readonly string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path);
      } else if (!isIgnored(path)) found.push(path);
    }
  };
  for (const folder of FOLDERS) walk(folder);
  return found.sort();
}

function isIgnored(path: string): boolean {
  return path.endsWith(".log") || /^proto\/codec\/generated\/[^/]+\.js$/.test(path);
}

/** The file's text, read as UTF-8. */
export function readTextFile(root: string, path: string): TextFile {
  return { path, text: readFileSync(join(root, path), "utf8") };
}

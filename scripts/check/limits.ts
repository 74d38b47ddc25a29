// Size limits over every file of code, tests too: a limit with a list of exceptions is a wish.

import { functionsOf } from "./functions.js";
import type { Check, Module, TextFile } from "./source.js";

export const MOST_FILE_LINES = 300;
export const MOST_FUNCTION_LINES = 60;
export const MOST_LINE_CHARACTERS = 120;
export const MEDIAN_FILE_LINES = 150;
const MOST_PAGE_BYTES = 512 * 1024;

/** The lines of a text; the end of the last line begins no further one. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

export function isCode(path: string): boolean {
  return /\.(ts|mjs|proto|py)$/.test(path);
}

/** The size checks. `files` holds every text file, `modules` those that are TypeScript or JavaScript. */
export function checkLimits(files: readonly TextFile[], modules: readonly Module[]): readonly Check[] {
  const code = files.filter((file) => isCode(file.path));
  return [fileLengths(code), medianLength(code), lineLengths(code), functionLengths(modules), fileSizes(files)];
}

function fileLengths(code: readonly TextFile[]): Check {
  const problems = code.flatMap(({ path, text }) => {
    const lines = linesOf(text).length;
    return lines > MOST_FILE_LINES ? [`${path}: ${lines} lines`] : [];
  });
  return { name: `no file over ${MOST_FILE_LINES} lines`, counted: code.length, unit: "files", problems };
}

function medianLength(code: readonly TextFile[]): Check {
  const sizes = code.map((file) => linesOf(file.text).length).sort((one, other) => one - other);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const problems = median < MEDIAN_FILE_LINES ? [] : [`the median is ${median} lines`];
  return { name: `median file under ${MEDIAN_FILE_LINES} lines`, counted: code.length, unit: "files", problems };
}

function lineLengths(code: readonly TextFile[]): Check {
  let counted = 0;
  const problems: string[] = [];
  for (const { path, text } of code) {
    for (const [index, line] of linesOf(text).entries()) {
      counted++;
      if (line.length > MOST_LINE_CHARACTERS) problems.push(`${path}:${index + 1}: ${line.length} characters`);
    }
  }
  return { name: `no line over ${MOST_LINE_CHARACTERS} characters`, counted, unit: "lines", problems };
}

function functionLengths(modules: readonly Module[]): Check {
  let counted = 0;
  const problems: string[] = [];
  for (const module of modules) {
    for (const { name, fromLine, toLine } of functionsOf(module.tokens, module.partner)) {
      counted++;
      const lines = toLine - fromLine + 1;
      if (lines > MOST_FUNCTION_LINES) problems.push(`${module.path}:${fromLine}: ${name} has ${lines} lines`);
    }
  }
  return { name: `no function over ${MOST_FUNCTION_LINES} lines`, counted, unit: "functions", problems };
}

function fileSizes(files: readonly TextFile[]): Check {
  const problems = files.flatMap(({ path, text }) => {
    if (text.includes("\0") || text.includes("\uFFFD")) return [`${path}: is binary, expected text`];
    if (/\.(js|js\.map|onnx|tsbuildinfo)$/.test(path)) return [`${path}: is generated, expected its source only`];
    return text.length > MOST_PAGE_BYTES ? [`${path}: ${text.length} characters`] : [];
  });
  return { name: "no generated or binary file", counted: files.length, unit: "files", problems };
}

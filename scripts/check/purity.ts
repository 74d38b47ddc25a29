// Names that a pure module does not speak: clocks, chance, timers, the process, and arithmetic whose last bit differs
// between engines. In a core and in the rules of proto, time and chance are arguments (R10, R14).

import { type Module, standsAlone } from "./source.js";

const BANNED = new Set([
  ...["Date", "performance", "process", "crypto", "Intl", "globalThis", "console", "fetch", "queueMicrotask"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
]);
const BANNED_OF_MATH = new Set(["random", "pow"]);

/** Each use of a banned name, as "LINE: what". A member or a key of the same name is none. */
export function bannedNames(module: Module): readonly string[] {
  const { tokens } = module;
  const problems: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const member = tokens[index + 2]?.text ?? "";
    const next = tokens[index + 1]?.text;
    if (token.kind === "punct") {
      const constant = tokens[index - 1]?.kind === "number" && tokens[index + 1]?.kind === "number";
      if (token.text.startsWith("**") && !constant) problems.push(`${token.line}: uses ${token.text}`);
    } else if (token.kind !== "word") continue;
    else if (token.text.startsWith("toLocale")) problems.push(`${token.line}: uses ${token.text}`);
    else if (!standsAlone(tokens, index)) continue;
    else if (BANNED.has(token.text)) problems.push(`${token.line}: uses ${token.text}`);
    else if (token.text === "Math" && next === "." && BANNED_OF_MATH.has(member)) {
      problems.push(`${token.line}: uses Math.${member}`);
    } else if (token.text === "Math" && next !== ".") {
      problems.push(`${token.line}: uses Math as a value, expected one of its functions by name`);
    }
  }
  return problems;
}

const ARGUMENT_READERS = /(^|\/)(main|options|arguments)\.ts$/;

/** Reads of the environment or of the arguments, as "LINE: what", for a module that is no main.ts. */
export function environmentReads(module: Module): readonly string[] {
  const { tokens } = module;
  const problems: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word") continue;
    if (token.text === "parseArgs" && !ARGUMENT_READERS.test(module.path)) {
      problems.push(`${token.line}: uses parseArgs, expected only in main.ts, options.ts and arguments.ts`);
    }
    if (token.text !== "process" || !standsAlone(tokens, index)) continue;
    const read = tokens[index + 2]?.text ?? "";
    const dotted = tokens[index + 1]?.text === "." || tokens[index + 1]?.text === "?.";
    if (dotted && (read === "env" || read === "argv" || read === "execArgv")) {
      problems.push(`${token.line}: reads process.${read}, expected only in main.ts`);
    } else if (!dotted) problems.push(`${token.line}: uses process as a value, expected one of its members by name`);
  }
  for (const { line, target } of module.imports) {
    const named = target.kind === "own" ? "" : target.name;
    if (named === "process" || named === "node:process") problems.push(`${line}: imports ${named}`);
  }
  return problems;
}

// Checks of comments and plain text: what each module says first, what must not stay, and what must never be published.

import { type Check, isRule, isTest, type Module, type TextFile } from "./source.js";

/** A mark that something was left undone. Built from parts, since this file is checked like all others. */
const UNDONE = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`);

function undone(files: readonly TextFile[]): Check {
  const problems = files.flatMap(({ path, text }) => linesWith(path, text, UNDONE));
  return { name: "nothing is marked as undone", counted: files.length, unit: "files", problems };
}

function linesWith(path: string, text: string, pattern: RegExp): readonly string[] {
  if (!pattern.test(text)) return [];
  const found = text.split("\n").flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [`${path}:${index + 1}: ${match[0]}`];
  });
  return found.length > 0 ? found : [`${path}: matches over several lines`];
}

/** Switches that turn a check off in the code, and where they are not allowed at all. */
function suppressions(modules: readonly Module[]): Check {
  const problems: string[] = [];
  for (const { path, comments } of modules) {
    for (const { line, text } of comments) {
      if (/@ts-(ignore|nocheck|expect-error)/.test(text)) problems.push(`${path}:${line}: switches the compiler off`);
      if (text.includes("biome-ignore") && isRule(path)) problems.push(`${path}:${line}: switches the linter off`);
    }
  }
  return { name: "no check is switched off", counted: modules.length, unit: "modules", problems };
}

function openingComments(modules: readonly Module[]): Check {
  const covered = modules.filter((module) => !isTest(module.path));
  const problems = covered.flatMap(({ path, tokens, comments }) => {
    const first = comments.find((comment) => !comment.text.startsWith("#!"));
    const opens = first !== undefined && first.line < (tokens[0]?.line ?? Number.POSITIVE_INFINITY);
    return opens ? [] : [`${path}: opens without a comment that says what it promises`];
  });
  return { name: "each module says what it promises", counted: covered.length, unit: "modules", problems };
}

/** Patterns of what must never be published: keys, access tokens, a private machine's paths, a mirror's address. */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|npm_[A-Za-z0-9]{36}|xox[abpr]-[A-Za-z0-9-]{10,})\b/,
  /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}/,
  /(?<![\w./-])\/(work|root|Users|home\/[a-z][\w-]*)\/[\w.-]+/,
  /https?:\/\/[^\s"']*@/,
];

function secrets(files: readonly TextFile[]): Check {
  const problems = files.flatMap(({ path, text }) => SECRETS.flatMap((pattern) => linesWith(path, text, pattern)));
  return { name: "no secret and no private path", counted: files.length, unit: "files", problems };
}

/** `files` holds every text file, `modules` those that are TypeScript or JavaScript. */
export function checkTexts(files: readonly TextFile[], modules: readonly Module[]): readonly Check[] {
  return [openingComments(modules), suppressions(modules), undone(files), secrets(files)];
}

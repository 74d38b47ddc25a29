// Checks of one token at a time: what the code must not say in its names, its types, its switches or its tests.

import { type Check, isRule, isTest, type Module, standsAlone } from "./source.js";

/** Words that the vocabulary replaces, where they cannot mean anything else, each with Drover's own word. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ...(["agv", "agvs", "bot", "bots", "vehicle", "vehicles"] as const).map((word) => [word, "robot"] as const),
  ...(["mission", "missions", "job", "jobs"] as const).map((word) => [word, "task"] as const),
  ...(["reservation", "reservations", "booking"] as const).map((word) => [word, "claim or assignment"] as const),
  ["ttl", "lease"],
]);

const isReal = (path: string): boolean => path.startsWith("test/real/");

/** A check of one token at a time: `judge` says what is wrong with the token at the index, or nothing. */
interface TokenCheck {
  readonly name: string;
  readonly covers: (path: string) => boolean;
  readonly judge: (module: Module, index: number) => string | undefined;
}

const TOKEN_CHECKS: readonly TokenCheck[] = [
  { name: "names keep to the vocabulary", covers: () => true, judge: offVocabulary },
  { name: "no type is any", covers: (path) => !isTest(path), judge: anyType },
  { name: "no switch of a core or of proto has a default", covers: isRule, judge: openSwitch },
  { name: "no test is left out or alone", covers: isTest, judge: partialTest },
  { name: "no test sleeps outside test/real", covers: (path) => isTest(path) && !isReal(path), judge: sleep },
];

/** The lower-case words that a name is made of: `leaseMsMax` is lease, ms, max. */
export function wordsOf(name: string): readonly string[] {
  const parts = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return parts
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((part) => part !== "");
}

function offVocabulary(module: Module, index: number): string | undefined {
  const name = module.tokens[index]?.text ?? "";
  const word = wordsOf(name).find((one) => REPLACED.has(one));
  return word === undefined ? undefined : `${name} says ${word}, expected ${REPLACED.get(word)}`;
}

function anyType(module: Module, index: number): string | undefined {
  const before = module.tokens[index - 1]?.text ?? "";
  const inType = [":", "<", "|", "&", "as", "=", ",", "=>", "(", "["].includes(before);
  const named = module.tokens[index]?.text === "any" && standsAlone(module.tokens, index);
  return named && inType && module.tokens[index + 1]?.text !== "(" ? "the type any, expected a type" : undefined;
}

function openSwitch(module: Module, index: number): string | undefined {
  const { tokens, partner } = module;
  if (tokens[index]?.text !== "default" || tokens[index + 1]?.text !== ":") return undefined;
  const block = enclosing(module, index);
  const close = block - 1;
  if (tokens[block]?.text !== "{" || tokens[close]?.text !== ")") return undefined;
  const isSwitch = tokens[(partner[close] ?? 0) - 1]?.text === "switch";
  return isSwitch ? "a default, expected a case for each kind" : undefined;
}

/** The index of the bracket that is open around a token; -1 outside all. */
function enclosing({ tokens, partner }: Module, index: number): number {
  let at = index - 1;
  while (at >= 0) {
    const other = partner[at] ?? -1;
    if (tokens[at]?.kind === "punct" && other > at) return at;
    at = other >= 0 ? other - 1 : at - 1;
  }
  return -1;
}

function partialTest({ tokens }: Module, index: number): string | undefined {
  const word = tokens[index]?.text ?? "";
  const member = tokens[index - 1]?.text === ".";
  const key = tokens[index + 1]?.text === ":" && !standsAlone(tokens, index);
  const called = tokens[index + 1]?.text === "(";
  if (word === "todo" && (member || key)) return "a test to be written, expected the test";
  if (word === "only" && ((member && called) || key)) return "a test that runs alone, expected all to run";
  const skips = word === "skip" && member && called;
  return skips ? "a test left out, expected { skip: reason } where data are absent" : undefined;
}

function sleep({ tokens }: Module, index: number): string | undefined {
  const word = tokens[index]?.text;
  const waits = (word === "setTimeout" || word === "setInterval") && standsAlone(tokens, index);
  return waits ? `${word}, expected a virtual clock` : undefined;
}

function checkTokens(check: TokenCheck, modules: readonly Module[]): Check {
  let counted = 0;
  const problems: string[] = [];
  for (const module of modules.filter((one) => check.covers(one.path))) {
    counted++;
    for (const [index, token] of module.tokens.entries()) {
      if (token.kind !== "word") continue;
      const problem = check.judge(module, index);
      if (problem !== undefined) problems.push(`${module.path}:${token.line}: ${problem}`);
    }
  }
  return { name: check.name, counted, unit: "modules", problems };
}

/** The checks of names, types, switches and tests over the modules. */
export function checkWords(modules: readonly Module[]): readonly Check[] {
  return TOKEN_CHECKS.map((check) => checkTokens(check, modules));
}

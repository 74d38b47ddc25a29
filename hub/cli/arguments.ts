// The command line as typed arguments, or a refusal that says what was expected and names the nearest word (exit 64).
// Nothing is executed when any part of it is unknown, given twice with different values, too long or not UTF-8. There
// are no abbreviations. Pure.

import { parseArgs } from "node:util";
import { usage } from "./failure.js";
import { meant } from "./nearest.js";

export interface Flag {
  readonly name: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  readonly says: string;
}

export interface CommandSpec {
  /** One or two words, e.g. "task add". */
  readonly name: string;
  /** Its positional arguments as the help shows them. */
  readonly takes: string;
  readonly least: number;
  readonly most: number;
  readonly flags: readonly Flag[];
  readonly says: string;
  readonly more?: readonly string[];
  /** All that its first positional argument can be, where that is a closed list. */
  readonly choices?: readonly string[];
}

export const ARGUMENTS_MOST = 256;
export const CHARACTERS_MOST = 16_384;

/** What was typed. `command` is null when only --help or --version was asked; `group` is then e.g. "task", or empty. */
export class Arguments<C extends CommandSpec> {
  constructor(
    readonly command: C | null,
    readonly group: string,
    readonly positionals: readonly string[],
    readonly flags: ReadonlyMap<string, string | true>,
  ) {}

  /** The value of a flag; undefined when it was not given. */
  text(name: string): string | undefined {
    const found = this.flags.get(name);
    return found === true ? undefined : found;
  }

  on(name: string): boolean {
    return this.flags.has(name);
  }
}

interface Given {
  readonly name: string;
  readonly raw: string;
  readonly value: string | undefined;
  readonly inline: boolean;
}

/** Reads the arguments after the program's name. Throws CliFailure USAGE. */
export function parseArguments<C extends CommandSpec>(
  argv: readonly string[],
  table: { readonly commands: readonly C[]; readonly global: readonly Flag[] },
): Arguments<C> {
  refuseUnfit(argv);
  const all = new Map(
    [...table.commands.flatMap(({ flags }) => flags), ...table.global].map((flag) => [flag.name, flag]),
  );
  const { given, words } = tokens(argv, all);
  for (const { name, raw } of given) {
    if (!all.has(name)) throw usage(`unknown flag "${raw}"${meant(raw, flagNames([...all.values()]))}`);
  }
  const flags = new Map<string, string | true>();
  for (const one of given) take(flags, one, all.get(one.name));
  const { command, group, rest } = findCommand(words, table.commands, flags.has("help") || flags.has("version"));
  if (command === null) return new Arguments<C>(null, group, rest, flags);
  const own = [...command.flags, ...table.global];
  for (const { name, raw } of given) {
    if (own.some((flag) => flag.name === name)) continue;
    throw usage(`drover ${command.name} has no flag "${raw}"${meant(raw, flagNames(own))}`);
  }
  if (!flags.has("help")) refuseCount(command, rest);
  return new Arguments(command, group, rest, flags);
}

function flagNames(flags: readonly Flag[]): string[] {
  return flags.map(({ name }) => `--${name}`);
}

function refuseUnfit(argv: readonly string[]): void {
  if (argv.length > ARGUMENTS_MOST) throw usage(`expected at most ${ARGUMENTS_MOST} arguments, found ${argv.length}`);
  argv.forEach((argument, index) => {
    const which = `argument ${index + 1}`;
    if (argument.length > CHARACTERS_MOST) {
      throw usage(`${which}: expected at most ${CHARACTERS_MOST} characters, found ${argument.length}`);
    }
    // The runtime replaces bytes that are no UTF-8 by this character before anybody can see them.
    if (argument.includes("\ufffd")) throw usage(`${which}: expected UTF-8, found other bytes`);
  });
}

function tokens(argv: readonly string[], all: ReadonlyMap<string, Flag>): { given: Given[]; words: string[] } {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const flag of all.values()) options[flag.name] = { type: flag.value === undefined ? "boolean" : "string" };
  if (all.has("help")) options.help = { type: "boolean", short: "h" };
  const parsed = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const given: Given[] = [];
  const words: string[] = [];
  for (const token of parsed.tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    given.push({ name: token.name, raw: token.rawName, value: token.value, inline: token.inlineValue === true });
  }
  return { given, words };
}

function take(flags: Map<string, string | true>, given: Given, flag: Flag | undefined): void {
  const { name, raw, value, inline } = given;
  if (flag?.value === undefined) {
    if (value !== undefined) throw usage(`${raw} takes no value, found "${value}"`);
    flags.set(name, true);
    return;
  }
  if (value === undefined) throw usage(`${raw} needs a value: ${raw} ${flag.value}`);
  if (value.startsWith("-") && !inline) {
    throw usage(`${raw} needs a value, found "${value}"; if that is the value, write ${raw}=${value}`);
  }
  const before = flags.get(name);
  if (before !== undefined && before !== value) {
    throw usage(`${raw} is given twice with different values: "${before}" and "${value}"`);
  }
  flags.set(name, value);
}

function findCommand<C extends CommandSpec>(
  words: readonly string[],
  commands: readonly C[],
  optional: boolean,
): { command: C | null; group: string; rest: readonly string[] } {
  const [first, second] = words;
  if (first === undefined) {
    if (optional) return { command: null, group: "", rest: [] };
    throw usage(`expected a command: ${commands.map(({ name }) => name).join(", ")}`);
  }
  const single = commands.find(({ name }) => name === first);
  if (single !== undefined) return { command: single, group: "", rest: words.slice(1) };
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) {
    const firsts = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
    throw usage(`unknown command "${first}"${meant(first, firsts)}`);
  }
  const double = group.find(({ name }) => name === `${first} ${second}`);
  if (double !== undefined) return { command: double, group: "", rest: words.slice(2) };
  if (second === undefined && optional) return { command: null, group: first, rest: [] };
  const seconds = group.map(({ name }) => name.slice(first.length + 1));
  const found = second === undefined ? "nothing" : `"${second}"${meant(second, seconds)}`;
  throw usage(`drover ${first}: expected one of ${seconds.join(", ")}, found ${found}`);
}

function refuseCount(command: CommandSpec, rest: readonly string[]): void {
  if (rest.length >= command.least && rest.length <= command.most) return;
  const expected = command.takes === "" ? "no arguments" : command.takes;
  const found = rest.length === 0 ? "nothing" : rest.map((word) => `"${word}"`).join(" ");
  throw usage(`drover ${command.name}: expected ${expected}, found ${found}`);
}

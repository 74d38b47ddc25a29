// What `drover completion bash` and `... zsh` print: a script for the person's shell, made from the table of commands,
// so that completion can never lag behind it. The scripts ask no hub: a key that is pressed waits for nobody. Pure.

import type { CommandSpec, Flag } from "./arguments.js";
import { type Command, positional } from "./command.js";
import { usage } from "./failure.js";
import { meant } from "./nearest.js";

export interface Table {
  readonly commands: readonly CommandSpec[];
  readonly global: readonly Flag[];
}

const SHELLS = ["bash", "zsh"] as const;
const OF_FILES = /^(FILE|DIR|PATH|MODEL)\b/;

/** The command, for a table that it is itself part of. */
export function completionOf(table: () => Table): Command {
  return {
    ...{ name: "completion", takes: "bash|zsh", least: 1, most: 1, flags: [], choices: SHELLS },
    says: "prints the completion of this command for your shell",
    more: [
      "bash: source <(drover completion bash), in ~/.bashrc",
      "zsh: source <(drover completion zsh), in ~/.zshrc after compinit",
    ],
    run: async (context) => {
      const shell = positional(context, 0);
      const found = SHELLS.find((name) => name === shell);
      if (found === undefined) {
        throw usage(`drover completion: expected bash or zsh, found "${shell}"${meant(shell, SHELLS)}`);
      }
      const lines = found === "bash" ? bashCompletion(table()) : zshCompletion(table());
      await context.out.result({ shell: found, script: lines.join("\n") }, () => lines);
    },
  };
}

/** One place of the command line: the words before it as a pattern of the shell, and what can stand there. */
interface Stand {
  readonly pattern: string;
  readonly words: readonly (readonly [word: string, says: string])[];
  readonly files: boolean;
  readonly flags: readonly Flag[];
}

function stands({ commands }: Table): readonly Stand[] {
  const firsts = new Map(commands.map(({ name, says }) => [name.split(" ")[0] ?? name, says] as const));
  const groups = [...firsts.keys()].filter((first) => !commands.some(({ name }) => name === first));
  const under = (group: string) => commands.filter(({ name }) => name.startsWith(`${group} `));
  const seconds = (group: string) =>
    under(group).map(({ name, says }) => [name.slice(group.length + 1), says] as const);
  const told = [...firsts].map(([first, says]) => {
    const isGroup = groups.includes(first);
    return [
      first,
      isGroup
        ? seconds(first)
            .map(([second]) => second)
            .join(", ")
        : says,
    ] as const;
  });
  return [
    { pattern: "''", words: told, files: false, flags: [] },
    ...groups.map((group) => ({ pattern: quoted(group), words: seconds(group), files: false, flags: [] })),
    ...commands.flatMap((command): Stand[] => {
      const { name, flags, takes, choices = [] } = command;
      const files = OF_FILES.test(takes);
      const words = choices.map((choice) => [choice, ""] as const);
      return [
        { pattern: quoted(name), words, files, flags },
        { pattern: `${quoted(`${name} `)}*`, words: [], files, flags },
      ];
    }),
  ];
}

function valueFlags({ commands, global }: Table): { readonly all: string; readonly files: string } {
  const flags = [...commands.flatMap((command) => command.flags), ...global].filter(({ value }) => value !== undefined);
  const names = (some: readonly Flag[]) => [...new Set(some.map(({ name }) => `--${name}`))].join(" | ");
  return { all: names(flags), files: names(flags.filter(({ value }) => OF_FILES.test(value ?? ""))) };
}

function flagWords(flags: readonly Flag[]): string {
  return flags.map(({ name }) => `--${name}`).join(" ");
}

/** The script for bash from 3.2 on. */
export function bashCompletion(table: Table): readonly string[] {
  const { all, files } = valueFlags(table);
  const cases = stands(table).map(({ pattern, words, files: isFile, flags }) => {
    const list = words.map(([word]) => word).join(" ");
    const own = flags.length === 0 ? "" : `flags=${quoted(flagWords(flags))}`;
    return caseOf(pattern, [list === "" ? "" : `list=${quoted(list)}`, isFile ? "files=1" : "", own]);
  });
  return `# Completion of drover for bash, made by drover completion bash.
_drover() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at= flag= literal= list= flags= files= i word IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == : ]]; then flag=-; continue; fi # bash breaks words there: HOST:PORT is one value
    if [[ $word == = && -n $flag ]]; then continue; fi
    if [[ -n $flag ]]; then flag=; continue; fi
    if [[ -n $literal ]]; then at=\${at:+$at }$word; continue; fi
    case $word in
      --) literal=1 ;;
      ${all}) flag=$word ;;
      -*) ;;
      *) at=\${at:+$at }$word ;;
    esac
  done
  if [[ $cur == : ]]; then return; fi
  if [[ $cur == = ]]; then cur=; fi
  case "$at" in
${cases.map((line) => `    ${line}`).join("\n")}
  esac
  if [[ -n $flag ]]; then
    list= files=
    case $flag in ${files}) files=1 ;; esac
  elif [[ $cur == -* && -z $literal ]]; then
    list="$flags ${flagWords(table.global)}" files=
  fi
  if [[ -n $list ]]; then COMPREPLY=($(compgen -W "$list" -- "$cur")); fi
  if [[ -n $files ]]; then
    compopt -o filenames 2> /dev/null
    IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _drover drover`.split("\n");
}

/** The script for zsh, with what each word says. */
export function zshCompletion(table: Table): readonly string[] {
  const { all, files } = valueFlags(table);
  const cases = stands(table).map(({ pattern, words, files: isFile, flags }) => {
    const own = flags.length === 0 ? "" : `flags=(${describedFlags(flags)})`;
    const list = words.length === 0 ? "" : `list=(${described(words)})`;
    return caseOf(`(${pattern}`, [list, isFile ? "files=1" : "", own]);
  });
  return `#compdef drover
# Completion of drover for zsh, made by drover completion zsh.
_drover() {
  local at= flag= literal= files= word
  local -a list flags every
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $flag ]]; then flag=; continue; fi
    if [[ -n $literal ]]; then at=\${at:+$at }$word; continue; fi
    case $word in
      (--) literal=1 ;;
      (${all}) flag=$word ;;
      (-*) ;;
      (*) at=\${at:+$at }$word ;;
    esac
  done
  case "$at" in
${cases.map((line) => `    ${line}`).join("\n")}
  esac
  every=(${describedFlags(table.global)})
  if [[ -n $flag ]]; then
    case $flag in (${files}) _files ;; esac
  elif [[ $words[CURRENT] == -* && -z $literal ]]; then
    _describe -t flags flag flags -- every
  elif [[ -n $files ]]; then
    _files
  elif (( $#list )); then
    _describe -t words word list
  fi
}
compdef _drover drover`.split("\n");
}

function caseOf(pattern: string, sets: readonly string[]): string {
  const body = sets.filter((part) => part !== "").join("; ");
  return `${pattern}) ${body === "" ? ":" : body} ;;`;
}

function described(words: Stand["words"]): string {
  return words.map(([word, says]) => quoted(says === "" ? word : `${word}:${says}`)).join(" ");
}

function describedFlags(flags: readonly Flag[]): string {
  return described(flags.map(({ name, says }) => [`--${name}`, says]));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

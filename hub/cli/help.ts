// What --help prints, made from the table of commands, so that it cannot forget one. Pure.

import { EXIT } from "../../proto/errors.js";
import type { CommandSpec, Flag } from "./arguments.js";

const FLAG_COLUMN = 22;

/** Help for all commands, or for those of one group, e.g. "task". */
export function overview(commands: readonly CommandSpec[], global: readonly Flag[], group: string): readonly string[] {
  const listed = commands.filter(({ name }) => group === "" || name.startsWith(`${group} `));
  const call = ({ name, takes }: CommandSpec) => (takes === "" ? name : `${name} ${takes}`);
  const widest = Math.max(...listed.map((command) => call(command).length));
  const lines = listed.map((command) => `  ${call(command).padEnd(widest)}  ${command.says}`);
  if (group !== "") return [`usage: drover ${group} COMMAND`, "", ...lines];
  return [
    "usage: drover COMMAND [FLAGS]      drover COMMAND --help",
    "",
    "Speaks to the hub of a site of mobile robots.",
    "",
    ...lines,
    "",
    "flags of every command:",
    ...global.map(flagLine),
    "",
    `exit codes: 0 done, ${Object.entries(EXIT)
      .map(([exitClass, code]) => `${code} ${exitClass}`)
      .join(", ")}`,
  ];
}

/** Help for one command. */
export function commandHelp(command: CommandSpec, global: readonly Flag[]): readonly string[] {
  return [
    ["usage: drover", command.name, command.takes, "[FLAGS]"].filter((part) => part !== "").join(" "),
    "",
    `${command.says.charAt(0).toUpperCase()}${command.says.slice(1)}.`,
    ...(command.more ?? []),
    ...(command.flags.length === 0 ? [] : ["", "flags:", ...command.flags.map(flagLine)]),
    "",
    "flags of every command:",
    ...global.map(flagLine),
  ];
}

function flagLine({ name, value, says }: Flag): string {
  const left = value === undefined ? `--${name}` : `--${name} ${value}`;
  return `  ${left.padEnd(FLAG_COLUMN)}${says}`;
}

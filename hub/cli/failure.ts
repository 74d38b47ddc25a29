// How a command of `drover` ends when it cannot do what was asked: a code, a sentence and the number it exits with.
// The number follows from the class of proto/errors.ts, so that scripts can tell "asked wrongly" from "later" from
// "unreachable".

import { EXIT, type ExitClass, REFUSALS, type Refusal, type RefusalCode } from "../../proto/errors.js";

/** Codes of this end, beside those that the hub refuses with. */
export const CLI_CODES = {
  USAGE: ["usage", "the command was asked wrongly; nothing was done"],
  UNREACHABLE: ["unavailable", "no connection to the hub; nothing was asked of it"],
  NOT_ANSWERED: ["unavailable", "the connection or the time ended before the answer; it is not known what the hub did"],
  NOT_UNDERSTOOD: ["unavailable", "the answer is not of the protocol that this command speaks"],
  NOT_TRUSTED: ["permission", "one end does not accept the certificate of the other"],
  NOT_PERMITTED: ["permission", "the hub or the system does not permit it"],
  NOT_OBEYED: ["later", "the halt stands at the hub, but not every robot is known to stand"],
  FILE: ["missing", "a file that was named cannot be read"],
  CONFIG_REFUSED: ["config", "the site's configuration is not sound"],
  MODEL_REFUSED: ["data", "the model is not admitted, or fails its trial"],
  RECORDING_REFUSED: ["data", "the recording cannot be read, or not by this program"],
  REPLAY_DIFFERS: ["software", "the core does not do what was recorded"],
  HUB_LATER: ["later", "the hub cannot do it now"],
  HUB_MISSING: ["missing", "the hub does not know it"],
  HUB_DATA: ["data", "the hub does not accept what was sent"],
  FAULT: ["software", "something is broken in this command or in the hub"],
} as const satisfies Record<string, readonly [ExitClass, string]>;
export type CliCode = keyof typeof CLI_CODES;

/** A command that was stopped by Ctrl-C, as shells number it. */
export const EXIT_INTERRUPTED = 130;

/** Thrown by a command; printed once, by run.ts. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly code: CliCode | RefusalCode | "INTERRUPTED";
  readonly exit: number;
  /** What --json adds to the error: what was found before it. */
  readonly details: object;

  constructor(code: CliFailure["code"], message: string, exit?: number, details: object = {}) {
    super(message);
    this.code = code;
    this.exit = exit ?? exitOf(code);
    this.details = details;
  }
}

function exitOf(code: CliFailure["code"]): number {
  if (code === "INTERRUPTED") return EXIT_INTERRUPTED;
  const [exitClass] = Object.hasOwn(CLI_CODES, code) ? CLI_CODES[code as CliCode] : REFUSALS[code as RefusalCode];
  return EXIT[exitClass];
}

/** Asked wrongly: exit 64, nothing done. */
export function usage(message: string): CliFailure {
  return new CliFailure("USAGE", message);
}

/** The person has ended what would go on for ever; that needs no words. */
export function interrupted(): CliFailure {
  return new CliFailure("INTERRUPTED", "");
}

/** A refusal of the hub as it ends a command. */
export function refused(refusal: Refusal): CliFailure {
  return new CliFailure(refusal.code, refusal.message);
}

// What to do after a command that has failed: one line for each code, so that no error leaves a person at a loss. Pure.

import type { RefusalCode } from "../../proto/errors.js";
import type { CommandSpec } from "./arguments.js";
import type { CliCode, CliFailure } from "./failure.js";

const WHO = "drover place list tells who holds what, drover explain PLACE tells why";
const SEE = "drover robots tells each robot's mode, link and age, drover explain ROBOT tells why";
const NAMES = "drover status, robots, place list and task list tell all names; no part of one is taken for it";
const VERSIONS = "compare drover --version on both machines; where they are the same, report it with the command";
const AGAIN = "ask again in a moment; drover status tells whether the hub is there";

const NEXT: Readonly<Record<Exclude<CliCode, "USAGE"> | RefusalCode, string>> = {
  UNREACHABLE: "see whether the hub runs, and whether --hub or $DROVER_HUB names it; its run.json tells its port",
  NOT_ANSWERED: "see with drover status, or a longer --timeout, what was done before you ask again",
  NOT_UNDERSTOOD: "compare drover --version on both machines",
  NOT_TRUSTED: "see with openssl x509 -in CERT -noout -subject -issuer -dates whether --cert is of this site",
  NOT_PERMITTED: "ask somebody who has the role, or as a user who may read the file",
  NOT_OBEYED: "look at each robot that did not obey, and use its emergency stop; drover robots shows the rest",
  FILE: "name a file that is there; a path begins in the folder in which you are",
  CONFIG_REFUSED: "change what the message names, then drover config check again",
  MODEL_REFUSED: "models/README.md says what a model must be; make it so and ask again",
  RECORDING_REFUSED: "replay it with the program and the Node that made it, or see drover replay --help",
  REPLAY_DIFFERS: "report it with the recording",
  HUB_LATER: AGAIN,
  HUB_MISSING: NAMES,
  HUB_DATA: VERSIONS,
  NOT_CONFIRMED: "drover explain TASK tells how far it is; until then take it that the robot may still move",
  FAULT: "report these lines with the command",
  BUSY: WHO,
  PLACE_UNKNOWN: "let the robots be heard, or look and say so with drover place free",
  UNKNOWN_ROBOT: NAMES,
  UNKNOWN_FLEET: NAMES,
  UNKNOWN_DESTINATION: NAMES,
  UNKNOWN_TASK: NAMES,
  UNKNOWN_ID: NAMES,
  UNKNOWN_TOKEN: WHO,
  STALE_TOKEN: WHO,
  NO_LEASE: SEE,
  LEASE_RUNNING: "ask again when that time is over; until then the robot may still move",
  NOT_AUTONOMOUS: "drover mode show tells what holds the robot",
  ROBOT_STALE: SEE,
  TASK_ENDED: "drover explain TASK tells how it ended",
  TASK_DIFFERS: "give another --id, or see with drover explain TASK what has this one",
  TOO_MANY: "ask again when some of them have ended",
  NO_ACT: "give --operator NAME and --reason TEXT",
  NOT_LOWER: "drover mode clear lets go of a ceiling; robots climb by themselves",
  NOTHING_TO_DO: "drover mode show tells what there is",
  WRONG_PROTOCOL: VERSIONS,
  WRONG_IDENTITY: "act with your own token or certificate, and leave --operator to it",
  MALFORMED: VERSIONS,
  SUPERSEDED: AGAIN,
  SITE_STOPPING: "ask again when the hub is back",
  QUESTION_SETTLED: "drover queue tells what waits now, drover events what was answered",
  QUESTION_CHANGED: "look at it again with drover queue, and answer the version that it shows",
  UNAUTHENTICATED: "give --token-file FILE or $DROVER_TOKEN; drover-hub token issue, on the hub's machine, makes one",
  DRAINED: "drover robot undrain ROBOT takes it back into service",
  PAUSED: "drover task resume TASK lets it go on",
};

/** What to do next; "" where nothing is to be done. `argv` is what was typed. */
export function nextStep(
  code: CliFailure["code"],
  { argv, commands }: { readonly argv: readonly string[]; readonly commands: readonly CommandSpec[] },
): string {
  if (code === "INTERRUPTED") return "";
  if (code !== "USAGE") return NEXT[code];
  const words = argv.filter((word) => !word.startsWith("-"));
  const [first = "", second = ""] = words;
  const found = commands.find(({ name }) => name === first || name === `${first} ${second}`);
  if (found !== undefined) return `drover ${found.name} --help`;
  return commands.some(({ name }) => name.startsWith(`${first} `)) ? `drover ${first} --help` : "drover --help";
}

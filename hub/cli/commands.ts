// The table of commands, in the order in which the help shows them, and the flags that every one of them takes.

import { ACTS } from "./acts.js";
import type { Flag } from "./arguments.js";
import { BOUNDARY } from "./boundary-show.js";
import type { Command } from "./command.js";
import { completionOf } from "./completion.js";
import { CONFIG } from "./config-check.js";
import { HALT } from "./halt.js";
import { MODEL } from "./model-check.js";
import { MODEL_FILE } from "./model-inspect.js";
import { QUEUE } from "./queue.js";
import { READS } from "./reads.js";
import { REPLAY } from "./replay.js";
import { STREAMS } from "./streams.js";
import { TAKING_OVER } from "./taking-over.js";

export const DEFAULT_HUB = "127.0.0.1:7443";

export const COMMANDS: readonly Command[] = [
  READS.status,
  READS.robots,
  STREAMS.watch,
  HALT.halt,
  ACTS.taskAdd,
  READS.taskList,
  TAKING_OVER.taskCancel,
  TAKING_OVER.taskPause,
  TAKING_OVER.taskResume,
  READS.modeShow,
  ACTS.modeSet,
  ACTS.modeClear,
  READS.placeList,
  ACTS.placeFree,
  ACTS.robotAbsent,
  TAKING_OVER.robotDrain,
  TAKING_OVER.robotUndrain,
  STREAMS.events,
  READS.explain,
  QUEUE.queue,
  QUEUE.answer,
  BOUNDARY.boundaryShow,
  REPLAY.replay,
  CONFIG.configCheck,
  MODEL.modelCheck,
  MODEL_FILE.modelInspect,
  completionOf(() => ({ commands: COMMANDS, global: GLOBAL_FLAGS })),
];

export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: "hub", value: "HOST:PORT", says: `the site's hub (default: $DROVER_HUB, else ${DEFAULT_HUB})` },
  { name: "ca", value: "FILE", says: "the site's own authority, PEM; --ca, --cert and --key go together" },
  { name: "cert", value: "FILE", says: "your certificate, PEM; its name is the operator" },
  { name: "key", value: "FILE", says: "the key of --cert, PEM" },
  { name: "token-file", value: "FILE", says: "who you are to the hub (default: $DROVER_TOKEN)" },
  { name: "timeout", value: "TIME", says: "longest wait for an answer (default 5s)" },
  { name: "json", says: "prints JSON: one value, or one per line for watch, --watch and events; refusals too" },
  { name: "help", says: "explains a command" },
  { name: "version", says: "prints the version" },
];

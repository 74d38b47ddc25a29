// Commands that change something at the site. Each carries operator and reason, asks no question back, and prints what
// was done once the hub has stored it. When no answer comes the failure says what may have happened, never that all is
// well.

import {
  type Act,
  type AnswerOf,
  type AskKind,
  CEILINGS,
  DWELL_MS_MOST,
  methodOf,
  OPERATOR_CHARACTERS_MOST,
  type OperatorAsk,
  PROSE_CHARACTERS_MOST,
  readAnswer,
  toAskRequest,
} from "../../proto/operator.js";
import { type Reader, words } from "../../proto/shape.js";
import { ACT_FLAGS, type Command, type Context, positional, SCOPE_FLAGS, SEEN_FLAG } from "./command.js";
import { shown } from "./escape.js";
import { CliFailure, usage } from "./failure.js";
import { anId, ceiling, durationMs, fit, scopeOf, scopeText, stopOf } from "./values.js";

const STOPS_MOST = 64;

const taskAdd: Command = {
  name: "task add",
  takes: "STOP...",
  least: 1,
  most: STOPS_MOST,
  flags: [
    { name: "fleet", value: "ID", says: "only by robots of this fleet" },
    { name: "id", value: "ID", says: "name of the task; asking again under one name makes no second task" },
    { name: "dwell", value: "TIME", says: "how long to stand at each stop (default 0s)" },
    ...ACT_FLAGS,
  ],
  says: "asks for a robot to go to each STOP in turn",
  more: ["A STOP is a destination, or alternatives: 'P1|P2' or P1,P2."],
  run: async (context) => {
    const { given, shell, out } = context;
    const task = anId(given.text("id") ?? shell.newTaskId(), "--id");
    const fleet = given.text("fleet");
    const dwell = given.text("dwell");
    const answer = await ask(context, "submitTask", {
      kind: "submitTask",
      act: actOf(context),
      task,
      stops: given.positionals.map(stopOf),
      fleet: fleet === undefined ? "" : anId(fleet, "--fleet"),
      dwellMs: dwell === undefined ? 0 : durationMs(dwell, { name: "--dwell", leastMs: 0, mostMs: DWELL_MS_MOST }),
    });
    const how = answer.existed ? "was accepted before, nothing added" : "accepted";
    await out.effect(answer, [`task ${shown(answer.task)} ${how}`]);
  },
};

const taskCancel: Command = {
  name: "task cancel",
  takes: "ID",
  least: 1,
  most: 1,
  flags: ACT_FLAGS,
  says: "ends a task; a robot that is under way for it is told to stop acting on it",
  run: async (context) => {
    const task = anId(positional(context, 0), "ID");
    const { phase } = await ask(context, "cancelTask", { kind: "cancelTask", act: actOf(context), task });
    const text = phase === "CANCELLED" ? "cancelled" : `is to be cancelled; it is ${phase} until its robot lets go`;
    await context.out.effect({ task, phase }, [`task ${task} ${text}`]);
  },
};

const modeSet: Command = {
  name: "mode set",
  takes: "RUNG",
  least: 1,
  most: 1,
  choices: CEILINGS,
  flags: [...SCOPE_FLAGS, ...ACT_FLAGS],
  says: "sets a ceiling that lowers the mode: REACTIVE_ONLY, CONFIRM or HALT",
  run: async (context) => {
    const rung = ceiling(positional(context, 0));
    const scope = scopeIn(context);
    await ask(context, "setMode", { kind: "setMode", act: actOf(context), scope, rung });
    await context.out.effect({ set: rung, ...scope }, [`${scopeText(scope)}: at most ${rung} until drover mode clear`]);
  },
};

const modeClear: Command = {
  name: "mode clear",
  takes: "",
  least: 0,
  most: 0,
  flags: [...SCOPE_FLAGS, ...ACT_FLAGS],
  says: "lets go of a ceiling, and with --robot of its latched causes; robots climb one rung at a time",
  run: async (context) => {
    const scope = scopeIn(context);
    await ask(context, "clearMode", { kind: "clearMode", act: actOf(context), scope });
    const what = scope.robot === "" ? "ceiling" : "ceiling and latches";
    await context.out.effect({ cleared: true, ...scope }, [
      `${scopeText(scope)}: ${what} cleared; drover mode show tells the rest`,
    ]);
  },
};

const placeFree: Command = {
  name: "place free",
  takes: "PLACE",
  least: 1,
  most: 1,
  flags: [SEEN_FLAG, ...ACT_FLAGS],
  says: "states that you have seen a place empty; refused while a lease may still run there",
  run: async (context) => {
    const place = anId(positional(context, 0), "PLACE");
    await ask(context, "freePlace", { kind: "freePlace", act: actOf(context), place, seen: seenOf(context) });
    await context.out.effect({ freed: place }, [`place ${place} stated free`]);
  },
};

const robotAbsent: Command = {
  name: "robot absent",
  takes: "ROBOT",
  least: 1,
  most: 1,
  flags: [{ ...SEEN_FLAG, says: "where you saw it instead, with your own eyes" }, ...ACT_FLAGS],
  says: "states that a robot is off the floor; refused while it is linked or its lease may still run",
  run: async (context) => {
    const robot = anId(positional(context, 0), "ROBOT");
    await ask(context, "stateAbsent", { kind: "stateAbsent", act: actOf(context), robot, seen: seenOf(context) });
    await context.out.effect({ absent: robot }, [`robot ${robot} stated absent`]);
  },
};

async function ask<K extends AskKind>(
  { hub }: Context,
  kind: K,
  request: Extract<OperatorAsk, { kind: K }>,
): Promise<AnswerOf<K>> {
  try {
    const read = readAnswer[kind] as unknown as Reader<AnswerOf<K>>;
    return await hub().ask(methodOf(kind), toAskRequest(request), read);
  } catch (error) {
    if (!(error instanceof CliFailure) || (error.code !== "NOT_ANSWERED" && error.code !== "INTERRUPTED")) throw error;
    const asked: OperatorAsk = request;
    const again = asked.kind === "submitTask" ? ` with --id ${asked.task}` : "";
    throw new CliFailure(
      error.code,
      `${error.message}; it may have been done. Asking again${again} is safe`,
      error.exit,
    );
  }
}

export function actOf(context: Context): Act {
  const reason = context.given.text("reason");
  if (reason === undefined) throw usage("an act needs --reason TEXT: it is written to the ledger beside your name");
  return { operator: operatorOf(context), reason: fit(words(PROSE_CHARACTERS_MOST), reason, "--reason") };
}

export function operatorOf({ given, shell, certified, hasOwnName }: Context, otherwise?: string): string {
  const said = given.text("operator") ?? certified();
  // A personal token says who asks, and the hub writes it down; whom the system names counts for less.
  if (said === undefined && hasOwnName()) return "";
  const name = said ?? shell.environment.user ?? otherwise;
  if (name === undefined) throw usage("an act needs --operator NAME: $USER is not set");
  return fit(words(OPERATOR_CHARACTERS_MOST), name, "--operator");
}

function seenOf({ given }: Context): string {
  const seen = given.text("seen");
  if (seen === undefined)
    throw usage("expected --seen TEXT: what you saw with your own eyes; nothing else frees a place (R4)");
  return fit(words(PROSE_CHARACTERS_MOST), seen, "--seen");
}

export function scopeIn({ given }: Context) {
  return scopeOf({ robot: given.text("robot"), fleet: given.text("fleet"), site: given.on("site") });
}

export const ACTS = { taskAdd, taskCancel, modeSet, modeClear, placeFree, robotAbsent } as const;

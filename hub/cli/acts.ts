// Commands that change something at the site. Each carries operator and reason, asks no question back, and prints what
// was done once the hub has stored it. When no answer comes the failure says what may have happened, never that all is
// well.

import { PRIORITY_MOST, SPAN_MS_MOST } from "../../proto/ledger.js";
import { CEILINGS, DWELL_MS_MOST, PROSE_CHARACTERS_MOST } from "../../proto/operator.js";
import { words } from "../../proto/shape.js";
import { actOf, ask } from "./asking.js";
import { ACT_FLAGS, type Command, type Context, positional, SCOPE_FLAGS, SEEN_FLAG } from "./command.js";
import { shown } from "./escape.js";
import { usage } from "./failure.js";
import { ageText } from "./units.js";
import { anId, ceiling, durationMs, fit, scopeOf, scopeText, stopOf, wholeNumber } from "./values.js";

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
    { name: "priority", value: "0-9", says: "9 before all else, 0 whenever (default 5); no task waits for ever" },
    { name: "deadline", value: "TIME", says: "to be done so long after acceptance; it says early when it cannot be" },
    ...ACT_FLAGS,
  ],
  says: "asks for a robot to go to each STOP in turn",
  more: ["A STOP is a destination, or alternatives: 'P1|P2' or P1,P2."],
  run: async (context) => {
    const { given, shell, out } = context;
    const task = anId(given.text("id") ?? shell.newTaskId(), "--id");
    const fleet = given.text("fleet");
    const dwell = given.text("dwell");
    const priority = given.text("priority");
    const answer = await ask(context, "submitTask", {
      kind: "submitTask",
      act: actOf(context),
      task,
      stops: given.positionals.map(stopOf),
      fleet: fleet === undefined ? "" : anId(fleet, "--fleet"),
      dwellMs: dwell === undefined ? 0 : durationMs(dwell, { name: "--dwell", leastMs: 0, mostMs: DWELL_MS_MOST }),
      ...(priority === undefined
        ? {}
        : { priority: wholeNumber(priority, { name: "--priority", least: 0, most: PRIORITY_MOST }) }),
      ...spanOf(given.text("deadline"), "deadlineMs", "--deadline"),
    });
    const how = answer.existed ? "was accepted before, nothing added" : "accepted";
    await out.effect(answer, [`task ${shown(answer.task)} ${how}`]);
  },
};

const modeSet: Command = {
  name: "mode set",
  takes: "RUNG",
  least: 1,
  most: 1,
  choices: CEILINGS,
  flags: [
    ...SCOPE_FLAGS,
    { name: "for", value: "TIME", says: "ends by itself, not before so long has passed; not for HALT" },
    ...ACT_FLAGS,
  ],
  says: "sets a ceiling that lowers the mode: REACTIVE_ONLY, CONFIRM or HALT",
  run: async (context) => {
    const rung = ceiling(positional(context, 0));
    const scope = scopeIn(context);
    const span = spanOf(context.given.text("for"), "forMs", "--for");
    await ask(context, "setMode", { kind: "setMode", act: actOf(context), scope, rung, ...span });
    const until =
      span.forMs !== undefined ? `for ${ageText(span.forMs)}, or until drover mode clear` : "until drover mode clear";
    await context.out.effect({ set: rung, ...scope, ...span }, [`${scopeText(scope)}: at most ${rung} ${until}`]);
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

function seenOf({ given }: Context): string {
  const seen = given.text("seen");
  if (seen === undefined)
    throw usage("expected --seen TEXT: what you saw with your own eyes; nothing else frees a place (R4)");
  return fit(words(PROSE_CHARACTERS_MOST), seen, "--seen");
}

export function scopeIn({ given }: Context) {
  return scopeOf({ robot: given.text("robot"), fleet: given.text("fleet"), site: given.on("site") });
}

/** An optional span of time under the name of its field. */
function spanOf<N extends string>(given: string | undefined, field: N, name: string): { [K in N]?: number } {
  if (given === undefined) return {};
  return { [field]: durationMs(given, { name, leastMs: 1, mostMs: SPAN_MS_MOST }) } as { [K in N]: number };
}

export const ACTS = { taskAdd, modeSet, modeClear, placeFree, robotAbsent } as const;

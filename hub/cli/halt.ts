// `drover halt`: asks at once and without a question, asks again while the hub is away, and then tells robot by robot
// what is known: obeyed, delivered, or not delivered. It ends with 0 only when every robot is known to stand.

import { methodOf, PROSE_CHARACTERS_MOST, readAnswer, type Scope, toAskRequest } from "../../proto/operator.js";
import { type RobotView, readListRobotsResponse } from "../../proto/operator-views.js";
import { words } from "../../proto/shape.js";
import { operatorOf, scopeIn } from "./acts.js";
import { ACT_FLAGS, type Command, type Context, SCOPE_FLAGS } from "./command.js";
import { CliFailure } from "./failure.js";
import { type Column, renderTable } from "./table.js";
import { ageText, several } from "./units.js";
import { fit, scopeText } from "./values.js";
import { pause } from "./watched.js";

const REASON = "halt from the command line";
const AGAIN_MS = 100;
/** One question may take so long while there is time for another. */
const ONCE_MS = 2000;
const AWAY = "the hub is away, and keeps the halt";
const EMERGENCY = "Use the emergency stop at the machine.";

const halt: Command = {
  name: "halt",
  takes: "",
  least: 0,
  most: 0,
  flags: [
    ...SCOPE_FLAGS,
    ...ACT_FLAGS.map((flag) => (flag.name === "reason" ? { ...flag, says: "why, if there is time to say it" } : flag)),
  ],
  says: "stands robots still under control, at once and without a question; latches until drover mode clear",
  more: [
    "Tells of each robot: obeyed (it follows the order and has been seen to stand since), delivered (it follows",
    "the order), or not delivered. Within --timeout it asks again while the hub is away, and waits for all to obey.",
    "Ends with 0 when all have obeyed, with 75 when the halt stands at the hub but not all are known to have obeyed.",
    "This is not an emergency stop: when people are in danger press the one on the machine.",
  ],
  run: async (context) => {
    const scope = scopeIn(context);
    const act = actOf(context);
    const endMs = performance.now() + context.timeoutMs();
    const whom = scopeText(scope);
    const meant = await insist(context, { scope, act, endMs }).catch((error: unknown) => {
      throw error instanceof CliFailure ? undelivered(error, whom) : error;
    });
    const rows = await untilObeyed(context, meant, endMs);
    const obeyed = rows.filter(({ state }) => state === "obeyed").length;
    const told = `halt of ${whom}: ${obeyed} of ${several(rows.length, "robot")} obeyed`;
    await context.out.effect({ robots: rows, obeyed }, [told, ...renderTable(COLUMNS, rows, context.out.width)]);
    if (obeyed === rows.length) return;
    const left = rows.filter(({ state }) => state !== "obeyed").map(({ robot }) => robot);
    throw new CliFailure("NOT_OBEYED", `not known to have obeyed: ${left.join(", ")}. ${EMERGENCY}`);
  },
};

const COLUMNS: readonly Column[] = [
  { key: "robot", title: "ROBOT", priority: 0, least: 5 },
  { key: "state", title: "HALT", priority: 1, least: 8 },
  { key: "detail", title: "WHAT IS KNOWN", priority: 2, least: 10 },
];

interface Row {
  readonly [key: string]: string;
  readonly robot: string;
  readonly state: string;
  readonly detail: string;
}

interface Wanted {
  readonly scope: Scope;
  readonly act: { readonly operator: string; readonly reason: string };
  readonly endMs: number;
}

/** A halt waits for nobody to find words. */
function actOf(context: Context): Wanted["act"] {
  const reason = fit(words(PROSE_CHARACTERS_MOST), context.given.text("reason") ?? REASON, "--reason");
  return { operator: operatorOf(context, "unknown"), reason };
}

/** Asks until the hub has stored it or the time is over; resolves to the robots that it is for. Throws CliFailure. */
async function insist(context: Context, { scope, act, endMs }: Wanted): Promise<readonly string[]> {
  const request = toAskRequest({ kind: "halt", act, scope });
  for (let told = false; ; ) {
    try {
      const leftMs = Math.max(1, endMs - performance.now());
      const answer = await context.hub().ask(methodOf("halt"), request, readAnswer.halt, Math.min(leftMs, ONCE_MS));
      return [...answer.told, ...answer.notTold];
    } catch (error) {
      if (!isAway(error, told) || context.shell.stop.aborted || performance.now() + AGAIN_MS >= endMs) throw error;
      if (!told) await context.shell.warn(`drover: not delivered yet: ${error.message}; asking again\n`);
      told = true;
      await pause(AGAIN_MS, context.shell.stop);
    }
  }
}

/** Whether the hub is away and may come back: one that starts again knows no token of the start before. */
function isAway(error: unknown, before: boolean): error is CliFailure {
  if (!(error instanceof CliFailure)) return false;
  if (before && error.code === "UNAUTHENTICATED") return true;
  return error.code === "UNREACHABLE" || error.code === "NOT_ANSWERED" || error.code === "SITE_STOPPING";
}

/** What is known of each robot once all have obeyed, or the time is over. */
async function untilObeyed(context: Context, meant: readonly string[], endMs: number): Promise<readonly Row[]> {
  let rows: readonly Row[] = meant.map((robot) => ({ robot, state: "not-delivered", detail: "the hub was not heard" }));
  while (!context.shell.stop.aborted) {
    const leftMs = Math.max(1, endMs - performance.now());
    try {
      const { robots } = await context.hub().ask("ListRobots", {}, readListRobotsResponse, Math.min(leftMs, ONCE_MS));
      rows = meant.map((robot) =>
        rowOf(
          robot,
          robots.find(({ id }) => id === robot),
        ),
      );
    } catch (error) {
      if (!isAway(error, true)) throw error;
      if (error.code !== "NOT_ANSWERED") rows = rows.map((row) => ({ ...row, detail: `${AWAY}, ${row.state} before` }));
    }
    if (rows.every(({ state }) => state === "obeyed") || performance.now() + AGAIN_MS >= endMs) break;
    await pause(AGAIN_MS, context.shell.stop);
  }
  return rows;
}

function rowOf(robot: string, view: RobotView | undefined): Row {
  if (view === undefined) return { robot, state: "not-delivered", detail: "the hub does not show it" };
  const state = view.halt === "" ? "not-delivered" : view.halt;
  return { robot, state, detail: detailOf(view) };
}

function detailOf({ halt: state, speedMps, ageBoundMs, linked, leaseLeftMs }: RobotView): string {
  const seen = `seen ${ageBoundMs === undefined ? "never" : `${ageText(ageBoundMs)} ago`}`;
  if (state === "obeyed") return `stands, ${seen}`;
  if (state === "delivered") return `follows the order; ${seen}, at ${speedMps.toFixed(1)} m/s`;
  if (linked) return "its link has the order and its edge has not said that it follows";
  const lease = leaseLeftMs === undefined ? "no lease runs" : `its lease ends within ${ageText(leaseLeftMs)}`;
  return `no link; ${lease}`;
}

/** Whether or not the hub answered, the person must not believe that robots stand. */
function undelivered(failure: CliFailure, whom: string): CliFailure {
  const { code, exit, message } = failure;
  if (code === "USAGE") return failure;
  const isOpen = code === "NOT_ANSWERED" || code === "INTERRUPTED";
  const told = isOpen ? "not confirmed, take it as not delivered" : "not delivered";
  return new CliFailure(code, `halt of ${whom}: ${told}. ${message}. ${EMERGENCY}`, exit);
}

export const HALT = { halt } as const;

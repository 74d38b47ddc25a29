// Why the robot stands on its rung, told by itself: every hold of its own ladder with what is still missing, and what
// the hub orders. Pure; read when somebody asks, and no rule reads it.

import { clearingOf } from "../../proto/clearing.js";
import { type CauseName, type Hold, severity } from "../../proto/mode.js";
import { ageText } from "../../proto/span-text.js";
import { ageMs } from "./channels.js";
import { slotWith } from "./controller/slots.js";
import { limitMsOf, REQUIRED, rungOf, whyNotReady } from "./modes.js";
import type { EdgeState } from "./types.js";

export function modeLines(state: EdgeState, nowMs: number): readonly string[] {
  const holds = [...state.ladder.values()]
    .filter(({ rung }) => rung !== "AUTONOMOUS")
    .sort((a, b) => severity(b.rung) - severity(a.rung));
  const { rung, causes } = state.hubOrder;
  const ordered =
    rung === "AUTONOMOUS" ? [] : [`the hub orders ${rung} by ${causes.map(({ name }) => name).join(", ")}`];
  const held = holds.map((hold) => holdLine(state, hold, nowMs));
  return [`as its board tells it: ${rungOf(state)}`, ...held, ...ordered, ...waitingModel(state)];
}

/** A candidate that has proven itself and may not take over yet. */
function waitingModel({ controllers }: EdgeState): readonly string[] {
  return slotWith(controllers, "shadow") === undefined || controllers.swap.waits === "" ? [] : [controllers.swap.waits];
}

function holdLine(state: EdgeState, hold: Hold, nowMs: number): string {
  const subject = hold.subject === "" ? "" : ` (${hold.subject})`;
  const since = hold.falls > 0 ? `, for ${ageText(nowMs - hold.fellMs)}` : "";
  const detail = hold.detail === "" ? "" : `: ${hold.detail}`;
  const { says } = clearingOf(hold, {
    ...{ policy: state.context.fleet.ladder, nowMs, missing: missingFor(state, hold, nowMs) },
    asked: `drover mode clear --robot ${state.context.robot} --reason TEXT`,
  });
  return `${hold.rung} by ${hold.name}${subject}, found by its edge${since}${detail}; ${says}`;
}

/** What the evidence of a hold lacks now, for people. */
function missingFor(state: EdgeState, { name, subject }: Hold, nowMs: number): string {
  if (name === "boot") return whyNotReady(state, nowMs) || "nothing more";
  const channel = REQUIRED.find((one) => one === subject);
  if (name !== "sensor-stale" || channel === undefined) return WANTED[name] ?? "good evidence";
  const found = ageMs(state, channel, nowMs);
  const age = Number.isFinite(found) ? `it is up to ${ageText(found)} old` : "none has come";
  return `${channel} under ${ageText(limitMsOf(state, channel) / 2)}, ${age}`;
}

/** What would be good evidence, where the cause does not name a channel and its age. */
const WANTED: Readonly<Partial<Record<CauseName, string>>> = {
  "sensor-frozen": "samples that do not repeat themselves",
  "pose-doubt": "a pose whose error is small enough",
  "planner-fault": "a planner that is ready and answers in time",
  "controller-fault": "a model that is ready, answers in time and is not refused",
  "canary-failed": "a golden vector with its own answer",
  "lease-lapsed": "a lease from the hub",
};

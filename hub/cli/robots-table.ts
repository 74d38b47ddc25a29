// The table of robots, one row each: mode with its worst cause, age bound, lease left, task, destination, speed,
// battery, plan time, activity. Pure; the demo runner shows the same table.

import { type Rung, severity } from "../../proto/mode.js";
import type { RobotView } from "../../proto/operator-views.js";
import type { Column, Row } from "./table.js";
import { ageText, leftText } from "./units.js";

export const robotColumns: readonly Column[] = [
  { key: "robot", title: "ROBOT", priority: 0, least: 8 },
  { key: "mode", title: "MODE", priority: 1, least: 13 },
  { key: "cause", title: "CAUSE", priority: 4, least: 12 },
  { key: "age", title: "AGE", align: "right", priority: 2, least: 5 },
  { key: "lease", title: "LEASE", align: "right", priority: 3, least: 5 },
  { key: "task", title: "TASK", priority: 6, least: 8 },
  { key: "destination", title: "DESTINATION", priority: 5, least: 8 },
  { key: "speed", title: "SPEED", align: "right", priority: 7, least: 7 },
  { key: "battery", title: "BATTERY", align: "right", priority: 8, least: 7 },
  { key: "plan", title: "PLAN", align: "right", priority: 10, least: 6 },
  { key: "activity", title: "ACTIVITY", priority: 9, least: 7 },
];

/** Rows for `robotColumns`, in the order of the views. */
export function robotRows(views: readonly RobotView[]): readonly Row[] {
  return views.map((view) => ({
    robot: view.id,
    mode: view.rung,
    cause: causeText(view),
    age: ageText(view.ageBoundMs),
    lease: leftText(view.leaseLeftMs),
    task: view.task || "-",
    destination: view.destination || "-",
    speed: Number.isFinite(view.speedMps) ? `${view.speedMps.toFixed(1)} m/s` : "-",
    battery: batteryText(view),
    plan: view.planMs === undefined || !Number.isFinite(view.planMs) ? "-" : `${view.planMs.toFixed(1)} ms`,
    activity: activityText(view),
  }));
}

/** The worst cause by name, and how many more there are: "telemetry-stale +1"; "-" without one. */
export function causeText({
  causes,
}: {
  readonly causes: readonly { readonly name: string; readonly rung: Rung }[];
}): string {
  const [worst] = [...causes].sort((a, b) => severity(b.rung) - severity(a.rung));
  if (worst === undefined) return "-";
  return causes.length === 1 ? worst.name : `${worst.name} +${causes.length - 1}`;
}

function batteryText({ chargeRatio, charging }: RobotView): string {
  if (chargeRatio === undefined || !Number.isFinite(chargeRatio)) return "-";
  return `${Math.floor(chargeRatio * 100)}%${charging ? " charging" : ""}`;
}

function activityText(view: RobotView): string {
  if (view.absent) return "absent";
  if (!view.linked) return "no link";
  const doing = view.drained === undefined ? view.activity || "-" : `${view.activity || "-"}, drained`;
  return view.blockedBy === "" ? doing : `${doing}, blocked by ${view.blockedBy}`;
}

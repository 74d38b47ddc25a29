// A site in lines for people: what stands still and why comes before what goes well. Pure.

import { RUNGS } from "../../proto/mode.js";
import type { DecisionView, FleetView, SiteView } from "../../proto/operator-views.js";
import { shown } from "./escape.js";
import { causeText } from "./robots-table.js";
import { type Column, cut, renderTable, wrap } from "./table.js";
import { ageText, several } from "./units.js";

const fleetColumns: readonly Column[] = [
  { key: "fleet", title: "FLEET", priority: 0, least: 5 },
  { key: "mode", title: "MODE", priority: 1, least: 7 },
  { key: "cause", title: "CAUSE", priority: 3, least: 8 },
  { key: "robots", title: "ROBOTS", align: "right", priority: 4, least: 3 },
  { key: "stale", title: "STALE", align: "right", priority: 2, least: 3 },
];

const decisionColumns: readonly Column[] = [
  { key: "id", title: "DECISION", priority: 0, least: 6 },
  { key: "waiting", title: "WAITING", align: "right", priority: 3, least: 5 },
  { key: "subject", title: "SUBJECT", priority: 2, least: 6 },
  { key: "question", title: "QUESTION", priority: 1, least: 10 },
  { key: "safeDefault", title: "ELSE", priority: 4, least: 6 },
];

/** The site at a glance. */
export function siteLines(view: SiteView, width: number): readonly string[] {
  return [
    ...wrap(headline(view), width, "  "),
    ...warnings(view).flatMap((line) => wrap(line, width, "  ")),
    ...wrap(robotsLine(view), width, "  "),
    ...wrap(tasksLine(view), width, "  "),
    "",
    ...renderTable(fleetColumns, view.fleets.map(fleetRow), width),
    ...decisionLines(view.decisions, width),
  ];
}

/** One line that says which site, for how long, and what its tasks do. */
export function headline({ site, epoch, upMs, events }: SiteView): string {
  return `site ${site}, epoch ${epoch}, up ${ageText(upMs)}, ${several(events, "event")}`;
}

/** What keeps the whole site from working; empty when nothing does. */
export function warnings({ restartWaitMs, grantsFrozen }: SiteView): readonly string[] {
  const lines: string[] = [];
  if (restartWaitMs > 0) lines.push(`restart wait: inherited claims are given away in ${ageText(restartWaitMs)}`);
  if (grantsFrozen) lines.push("grants are frozen: too many robots are stale at once");
  return lines;
}

function robotsLine({ robots }: SiteView): string {
  const rungs = RUNGS.map((rung) => [rung, robots.filter((robot) => robot.rung === rung).length] as const);
  const parts = rungs.filter(([, found]) => found > 0).map(([rung, found]) => `${found} ${rung}`);
  const silent = robots.filter((robot) => !robot.linked && !robot.absent).length;
  const absent = robots.filter((robot) => robot.absent).length;
  if (silent > 0) parts.push(`${silent} without link`);
  if (absent > 0) parts.push(`${absent} absent`);
  return [several(robots.length, "robot"), ...(parts.length === 0 ? [] : [parts.join(", ")])].join(": ");
}

export function tasksLine({ tasks }: SiteView): string {
  const { waiting, active, done, failed, cancelled } = tasks;
  return `tasks: ${waiting} waiting, ${active} active, ${done} done, ${failed} failed, ${cancelled} cancelled`;
}

function fleetRow(fleet: FleetView) {
  const { id, rung, robots, stale } = fleet;
  return { fleet: id, mode: rung, cause: causeText(fleet), robots: String(robots), stale: String(stale) };
}

function decisionLines(decisions: readonly DecisionView[], width: number): readonly string[] {
  if (decisions.length === 0) return [];
  const rows = decisions.map(({ id, question, subject, waitingMs, safeDefault }) => ({
    ...{ id, question, subject, safeDefault },
    waiting: ageText(waitingMs),
  }));
  return ["", cut("waiting for a person:", width > 0 ? width : 80), ...renderTable(decisionColumns, rows, width)];
}

/** When the next override of a robot ends by itself, where one does. */
function overrideLines(overrideLeftMs: number | undefined, width: number): readonly string[] {
  if (overrideLeftMs === undefined) return [];
  return wrap(`  an override ends by itself in ${ageText(overrideLeftMs)}`, width, "    ");
}

/** Every fleet and robot with its mode, and all causes below it. */
export function modeLines(view: SiteView, width: number): readonly string[] {
  const scopes = [
    ...view.fleets.map((fleet) => ({ name: `fleet ${fleet.id}`, ...fleet })),
    ...view.robots.map((robot) => ({ name: `robot ${robot.id}`, ...robot })),
  ];
  return scopes.flatMap(({ name, rung, causes, ...scope }) => [
    ...wrap(`${name}: ${rung}`, width, "  "),
    ...causes.flatMap((cause) => {
      const detail = cause.detail === "" ? "" : `: ${cause.detail}`;
      return wrap(`  ${cause.name} imposes ${shown(cause.rung)}${detail}`, width, "    ");
    }),
    ...overrideLines("overrideLeftMs" in scope ? scope.overrideLeftMs : undefined, width),
  ]);
}

// R7, R9: the rung that the hub imposes on each robot and fleet, from the age of telemetry and the ceilings of
// operators, and the orders that tell the robots. A fleet of which too large a share is stale falls together: then the
// observer is suspected, grants stop by themselves, and one question is raised instead of one per robot.

import type { FleetConfig } from "../../fleet-config/types.js";
import type { Verdict } from "../../proto/freshness.js";
import {
  type Cause,
  type CauseName,
  causesOf,
  type Ladder,
  type Rung,
  severity,
  stepLadder,
  worseRung,
} from "../../proto/mode.js";
import { scopeKey } from "./ledger-state.js";
import type { FleetWatch, HubState, Turn } from "./turn.js";
import { type RobotWatch, telemetryAge } from "./watch.js";

const DEMAND = { fresh: "AUTONOMOUS", late: "REACTIVE_ONLY", lost: "CONFIRM" } as const satisfies Record<Verdict, Rung>;

/** R9: so many robots must be stale before the observer is suspected. */
const STALE_LEAST = 2;

/** Steps every ladder at `turn.nowMs` and sends the orders that changed. */
export function stepModes(turn: Turn): void {
  const verdicts = new Map<string, Verdict>();
  for (const watch of turn.state.watches.values()) verdicts.set(watch.id, stepRobot(turn, watch));
  for (const fleet of turn.state.fleets.values()) stepFleet(turn, fleet, verdicts);
  for (const watch of turn.state.watches.values()) order(turn, watch);
}

/** The causes that the hub imposes on a robot: its own, its fleet's, and ceilings; worst first. */
export function hubCauses(state: HubState, watch: RobotWatch): readonly Cause[] {
  const fleet = state.fleets.get(watch.fleet);
  const all = [...causesOf(watch.ladder), ...causesOf(fleet?.ladder ?? new Map()), ...ceilingsFor(state, watch)];
  return all.sort((a, b) => severity(b.rung) - severity(a.rung));
}

export function worstOf(causes: readonly Cause[]): Rung {
  return causes.reduce<Rung>((worst, cause) => worseRung(worst, cause.rung), "AUTONOMOUS");
}

/** R7: the effective rung of a robot as far as the hub knows: its own causes and those that the edge reported. */
export function effectiveOf(state: HubState, watch: RobotWatch): Rung {
  return worseRung(watch.edgeRung, worstOf(hubCauses(state, watch)));
}

function ceilingsFor(state: HubState, watch: RobotWatch): readonly Cause[] {
  const keys = [
    scopeKey({ robot: watch.id, fleet: "" }),
    scopeKey({ robot: "", fleet: watch.fleet }),
    scopeKey({ robot: "", fleet: "" }),
  ];
  const causes: Cause[] = [];
  for (const key of keys) {
    const ceiling = state.ledger.ceilings.get(key);
    if (ceiling === undefined) continue;
    causes.push({
      name: "operator",
      rung: ceiling.rung,
      detail: `${ceiling.operator}: ${ceiling.reason}`.slice(0, 200),
    });
  }
  return causes;
}

function fleetOf(turn: Turn, watch: { readonly fleet: string }): FleetConfig {
  const fleet = turn.site.fleets.get(watch.fleet);
  if (fleet === undefined) throw new Error(`robot of fleet "${watch.fleet}", which the site does not have`);
  return fleet;
}

/**
 * A robot that was never heard in this incarnation is unknown rather than stale; one that was heard once can go stale.
 */
function stepRobot(turn: Turn, watch: RobotWatch): Verdict {
  const fleet = fleetOf(turn, watch);
  const age = telemetryAge(watch, fleet, { nowMs: turn.nowMs, site: turn.site });
  if (!watch.heard && age.verdict === "fresh" && watch.channels.get("pose")?.boot === watch.boot) watch.heard = true;
  const unknown = !watch.heard;
  const detail = unknown ? "not heard yet" : `${age.channel} is up to ${age.boundMs} ms old`;
  change(turn, watch, () =>
    stepLadder(watch.ladder, {
      signals: [
        signal("place-unknown", { demand: unknown ? "CONFIRM" : "AUTONOMOUS", calm: true, detail }),
        signal("config-differs", { demand: watch.configDiffers ? "CONFIRM" : "AUTONOMOUS", calm: true, detail: "" }),
        signal("identity-clash", { demand: watch.clashed ? "CONFIRM" : "AUTONOMOUS", calm: true, detail: "" }),
        ...(unknown ? [] : [signal("telemetry-stale", { demand: DEMAND[age.verdict], calm: age.calm, detail })]),
      ],
      nowMs: turn.nowMs,
      policy: fleet.ladder,
    }),
  );
  watch.clashed = false;
  return age.verdict;
}

function signal(name: CauseName, seen: { readonly demand: Rung; readonly calm: boolean; readonly detail: string }) {
  return { name, subject: "", ...seen };
}

function stepFleet(turn: Turn, watch: FleetWatch, verdicts: ReadonlyMap<string, Verdict>): void {
  const config = fleetOf(turn, { fleet: watch.id });
  const counted = [...turn.state.watches.values()].filter((robot) => robot.fleet === watch.id && robot.heard);
  const share = (bad: readonly Verdict[]) =>
    counted.filter((robot) => bad.includes(verdicts.get(robot.id) ?? "lost")).length / Math.max(1, counted.length);
  const stale = share(["late", "lost"]);
  // One robot alone is no sign of a broken observer, however small its fleet.
  const limit = Math.max(config.freshness.staleShare, STALE_LEAST / Math.max(1, counted.length));
  const demand: Rung = stale < limit ? "AUTONOMOUS" : share(["lost"]) < limit ? "REACTIVE_ONLY" : "CONFIRM";
  watch.counted = counted.length;
  watch.stale = Math.round(stale * counted.length);
  const detail = `${watch.stale} of ${watch.counted} robots are stale`;
  change(turn, watch, () =>
    stepLadder(watch.ladder, {
      signals: [signal("fleet-stale", { demand, calm: stale < limit, detail })],
      nowMs: turn.nowMs,
      policy: config.ladder,
    }),
  );
}

/**
 * Replaces a ladder and records it in the ledger when the rung that it imposes has changed, with the cause that did it.
 */
function change(turn: Turn, subject: RobotWatch | FleetWatch, next: () => Ladder): void {
  const before = causesOf(subject.ladder);
  subject.ladder = next();
  const after = causesOf(subject.ladder);
  const [from, to] = [worstOf(before), worstOf(after)];
  if (from === to) return;
  const cause = (severity(to) > severity(from) ? after : before)[0]?.name ?? "";
  const scope = "stream" in subject ? { robot: subject.id, fleet: "" } : { robot: "", fleet: subject.id };
  turn.emit({ kind: "modeChanged", ...scope, from, to, cause });
}

/** Sends a robot its order when rung or causes have changed; details alone are no change. */
function order(turn: Turn, watch: RobotWatch): void {
  const causes = hubCauses(turn.state, watch).slice(0, 32);
  const key = causes.map((cause) => `${cause.name}=${cause.rung}`).join(" ");
  if (key === watch.order.key && watch.order.sequence > 0) return;
  watch.order = { sequence: watch.order.sequence + 1, rung: worstOf(causes), causes, key };
  sendOrder(turn, watch);
}

/** Sends the robot's present order, again or for the first time on a stream. */
export function sendOrder(turn: Turn, watch: RobotWatch): void {
  const { sequence, rung, causes } = watch.order;
  turn.send(watch, { kind: "modeOrder", sequence, rung, causes });
}

// Why this robot and not another, at the moment of the proposal: what the matching saw of every other robot that could
// have had the task, and of every other place of its stop. Bounded; for people, no rule reads it.
import {
  type AssignmentWhy,
  WHY_CHARACTERS_MOST,
  WHY_PLACES_MOST,
  WHY_ROBOTS_MOST,
  type WhyNot,
} from "../../../proto/why.js";
import type { Round } from "./round.js";
import type { Bar, DispatchRobot, DispatchTask } from "./view.js";

/** R13: the nearest others whose reasons are looked for. */
const NEAR_MOST = 16;

interface Chosen {
  readonly robot: DispatchRobot;
  readonly task: DispatchTask;
  readonly destination: string;
  readonly costM: number;
}

export function whyThis(round: Round, chosen: Chosen): AssignmentWhy {
  const { task, robot } = chosen;
  const others = task.robot === null ? [...round.robots.values()].filter((other) => other !== robot) : [];
  const near = others.map((other) => ({ other, wayM: leastWayM(round, other, task) }));
  near.sort((a, b) => a.wayM - b.wayM || (a.other.id < b.other.id ? -1 : 1));
  const robots = near.slice(0, NEAR_MOST).map((of) => robotNot(round, chosen, of));
  return {
    costM: rounded(chosen.costM),
    waitedMs: Math.max(0, Math.round(round.urgencyMs(task))),
    lookedAt: others.length + 1,
    robots: robots.sort(byPromise).slice(0, WHY_ROBOTS_MOST),
    places: placesNot(round, chosen).slice(0, WHY_PLACES_MOST),
  };
}

/** Who could have had it stands before who could not; the nearest come first as it is, and sorting keeps that. */
function byPromise(a: WhyNot, b: WhyNot): number {
  const rank = (not: WhyNot) => (not.reason === "FURTHER" ? 0 : 1);
  return rank(a) - rank(b);
}

function robotNot(round: Round, chosen: Chosen, of: { other: DispatchRobot; wayM: number }): WhyNot {
  const { other, wayM } = of;
  const { reason, detail } = whyNot(round, chosen, of);
  const not = { subject: other.id, reason, detail: detail.slice(0, WHY_CHARACTERS_MOST) };
  return wayM < Number.POSITIVE_INFINITY ? { ...not, costM: rounded(wayM) } : not;
}

function leastWayM(round: Round, robot: DispatchRobot, task: DispatchTask): number {
  let leastM = Number.POSITIVE_INFINITY;
  for (const destination of task.stop) leastM = Math.min(leastM, round.costM(robot, destination));
  return leastM;
}

function whyNot(round: Round, chosen: Chosen, of: { other: DispatchRobot; wayM: number }): Bar {
  const { other, wayM } = of;
  return standing(round, chosen.task, other) ?? fitness(round, chosen, other) ?? compared(chosen, wayM);
}

/** What stands against the robot whatever the task. */
function standing(round: Round, task: DispatchTask, other: DispatchRobot): Bar | null {
  if (!round.suits(other, task)) return { reason: "FLEET_DIFFERS", detail: `it is of fleet ${other.fleet}` };
  if (other.availability === "unavailable")
    return other.why ?? { reason: "NOT_AUTONOMOUS", detail: "it may be given nothing now" };
  const inHand = round.inHand.get(other.id);
  if (inHand !== undefined) return { reason: "HAS_WORK", detail: `it has task ${inHand.id} in hand` };
  if (other.barred !== undefined) return other.barred;
  if (other.assignment !== null) {
    const to = other.assignment.destination ?? "where it is sent";
    return { reason: "HAS_WORK", detail: `it is on its way to ${to}` };
  }
  const given = round.proposals.get(other.id);
  if (given?.purpose === "CHARGE")
    return { reason: "CHARGE_LOW", detail: `its charge is ${percent(other.chargeRatio ?? 1)}: it goes to charge` };
  if (given !== undefined)
    return { reason: "TAKEN_BY_OTHER", detail: `it was given ${given.task || given.destination} in the same round` };
  if (round.keep?.robot === other.id)
    return { reason: "KEPT", detail: `it is kept for ${round.keep.task}, which has waited long` };
  return null;
}

/** What stands against the robot for this task. */
function fitness(round: Round, { task, destination }: Chosen, other: DispatchRobot): Bar | null {
  const energy = round.energy(other);
  const charge = percent(other.chargeRatio ?? 1);
  if (energy === "low") return { reason: "CHARGE_LOW", detail: `its charge is ${charge}` };
  if (energy === "charging" || energy === "reluctant")
    return { reason: "CHARGING", detail: `it charges, at ${charge}` };
  if (task.stop.every((place) => other.excluded.has(place)))
    return { reason: "FAILED_LATELY", detail: "it failed to get there lately" };
  if (round.costM(other, destination) === Number.POSITIVE_INFINITY)
    return { reason: "NO_WAY", detail: `it knows no way to ${destination}` };
  if (!round.canFinish(other, task, destination)) {
    const needed = percent(round.chargeFor(other, task, destination));
    return { reason: "CHARGE_LOW", detail: `its charge of ${charge} does not last: ${needed} needed` };
  }
  return null;
}

function compared({ costM }: Chosen, wayM: number): Bar {
  const furtherM = wayM - costM;
  if (furtherM >= 0) return { reason: "FURTHER", detail: `its way is ${furtherM.toFixed(1)} m longer` };
  return { reason: "TAKEN_BY_OTHER", detail: `it is ${(-furtherM).toFixed(1)} m nearer, and of more use elsewhere` };
}

function placesNot(round: Round, chosen: Chosen): WhyNot[] {
  const { robot, task } = chosen;
  return task.stop
    .filter((place) => place !== chosen.destination)
    .map((place) => {
      const { reason, detail } = placeNot(round, chosen, place);
      const wayM = round.costM(robot, place);
      const not = { subject: place, reason, detail: detail.slice(0, WHY_CHARACTERS_MOST) };
      return wayM < Number.POSITIVE_INFINITY ? { ...not, costM: rounded(wayM) } : not;
    });
}

function placeNot(round: Round, { robot, costM }: Chosen, place: string): Bar {
  const wayM = round.costM(robot, place);
  if (robot.excluded.has(place)) return { reason: "FAILED_LATELY", detail: `${robot.id} failed to get there lately` };
  if (wayM === Number.POSITIVE_INFINITY) return { reason: "NO_WAY", detail: `${robot.id} knows no way there` };
  const holder = round.blocker(place, robot.id);
  if (holder !== null) {
    const who =
      holder === "" ? "nobody knows whether it is free" : `it, or one in conflict with it, is held by ${holder}`;
    return { reason: "PLACE_HELD", detail: who };
  }
  if (round.isClosed(place)) return { reason: "TAKEN_BY_OTHER", detail: "it was given away in the same round" };
  return { reason: "FURTHER", detail: `${Math.max(0, wayM - costM).toFixed(1)} m further` };
}

/** To the centimetre, so that a ledger carries no noise. */
function rounded(wayM: number): number {
  return Math.round(Math.min(wayM, 1e9) * 100) / 100;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

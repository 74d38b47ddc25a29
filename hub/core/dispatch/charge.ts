// Low robots to free chargers, at least total way. A robot is low under `lowRatio` with no task in hand; where it
// charges it stays until `fullRatio`, or leaves from RESUME_RATIO on for a task that no other robot can take. A robot
// that stands on a charger which gives nothing for SETTLE_MS is low again and looks for another one. A charger is
// claimed like any place, so there are never more robots at chargers, or on their way to one, than there are chargers.
import { assign } from "./assign.js";
import { type Round, SETTLE_MS } from "./round.js";
import type { DispatchRobot } from "./view.js";

/** Free robots that want a charger and are not on their way to one. */
export function lowRobots(round: Round): DispatchRobot[] {
  return [...round.robots.values()].filter((robot) => round.isUnbound(robot) && round.energy(robot) === "low");
}

export function chargersOf(round: Round): string[] {
  const ids: string[] = [];
  for (const destination of round.destinations.values()) {
    if (destination.kind === "charge") ids.push(destination.id);
  }
  return ids;
}

/** Proposes CHARGE for as many low robots as there are chargers that they may claim. */
export function proposeCharging(round: Round): void {
  sendToChargers(round, () => lowRobots(round));
}

/**
 * After all tasks that can be given are given: idle robots under `idleRatio` go to chargers that no low robot could
 * use, and so do robots whose charge is all that keeps them from a task that waits.
 */
export function proposeTopUp(round: Round): void {
  if (lowRobots(round).length > 0) return;
  sendToChargers(round, () => [...round.robots.values()].filter((robot) => mayTopUp(round, robot)));
}

function mayTopUp(round: Round, robot: DispatchRobot): boolean {
  const ratio = robot.chargeRatio;
  if (ratio === null || robot.barred !== undefined || !round.isUnbound(robot)) return false;
  if (robot.charging || round.energy(robot) !== "ready") return false;
  if (isShortForTask(round, robot)) return true;
  const idleMs = round.idleMs(robot);
  const { idleRatio = 0 } = round.policyOf(robot);
  const atCharger = robot.standsOn !== null && round.destinations.get(robot.standsOn)?.kind === "charge";
  return ratio < idleRatio && idleMs !== null && idleMs >= SETTLE_MS && !atCharger;
}

/** Whether a task waits that it could be given with a full battery, and not with this one. */
function isShortForTask(round: Round, robot: DispatchRobot): boolean {
  if (round.policyOf(robot).rangeM === undefined) return false;
  return round.tasks.some((task) => {
    if (task.robot !== null || round.served.has(task.id) || !round.suits(robot, task)) return false;
    const choice = round.bestAlternative(robot, task);
    if (choice === null || round.canFinish(robot, task, choice.destination)) return false;
    return round.chargeFor(robot, task, choice.destination) <= round.policyOf(robot).fullRatio;
  });
}

function sendToChargers(round: Round, whom: () => DispatchRobot[]): void {
  const chargers = chargersOf(round);
  for (let pass = 0; pass < chargers.length; pass++) {
    const robots = whom();
    const costs = new Float64Array(robots.length * chargers.length).fill(Number.POSITIVE_INFINITY);
    for (const [row, robot] of robots.entries()) {
      for (const [column, charger] of chargers.entries()) {
        const elsewhere = robot.standsOn !== charger && round.isOpen(robot, charger, null);
        if (elsewhere) costs[row * chargers.length + column] = round.costM(robot, charger);
      }
    }
    const columnOf = assign(costs, { rows: robots.length, columns: chargers.length });
    let lost = 0;
    for (const [row, robot] of robots.entries()) {
      const destination = chargers[columnOf[row] as number];
      if (destination === undefined) continue;
      if (round.isClosed(destination)) lost++;
      else propose(round, { robot, destination });
    }
    if (lost === 0) return;
  }
}

function propose(round: Round, pair: { robot: DispatchRobot; destination: string }): void {
  const { robot, destination } = pair;
  const { lowRatio, idleRatio = 0 } = round.policyOf(robot);
  const ratio = robot.chargeRatio ?? 0;
  const limit = ratio < lowRatio ? lowRatio : Math.max(lowRatio, idleRatio);
  const why =
    ratio < limit
      ? `charge ratio ${ratio.toFixed(2)} is under ${limit.toFixed(2)}`
      : `charge ratio ${ratio.toFixed(2)} does not last for a task that waits`;
  const costM = round.costM(robot, destination);
  round.propose({ robot: robot.id, purpose: "CHARGE", task: "", destination, costM, why });
}

// Low robots to free chargers, at least total way. A robot is low under `lowRatio` with no task in hand; where it
// charges it stays until `fullRatio`, or leaves from RESUME_RATIO on for a task that no other robot can take. A robot
// that stands on a charger which gives nothing for SETTLE_MS is low again and looks for another one.
import { assign } from "./assign.js";
import type { Round } from "./round.js";
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
  const chargers = chargersOf(round);
  for (let pass = 0; pass < chargers.length; pass++) {
    const robots = lowRobots(round);
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
  const why = `charge ratio ${(robot.chargeRatio ?? 0).toFixed(2)} is under ${round.view.battery.lowRatio.toFixed(2)}`;
  const costM = round.costM(robot, destination);
  round.propose({ robot: robot.id, purpose: "CHARGE", task: "", destination, costM, why });
}

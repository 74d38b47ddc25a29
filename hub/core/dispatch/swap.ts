// A robot on its way makes way for a free one only for a real gain: the matching is stable below `swapGainM`, and a
// task is exchanged once. Only where the robot has just set off for the first stop, so that no load changes hands.
import type { Round } from "./round.js";
import type { DispatchRobot, DispatchTask, Swap, UnderWay } from "./view.js";

/** At most one exchange a round, the one that saves most: the next round sees what came of it. */
export function proposeSwap(round: Round): Swap[] {
  const leastM = round.view.policy?.swapGainM ?? 0;
  if (leastM <= 0) return [];
  let best: Swap | null = null;
  for (const task of round.view.underWay ?? []) {
    const robot = round.robots.get(task.robot);
    if (!task.isUnbegun || robot === undefined) continue;
    const wayM = round.costM(robot, task.destination);
    for (const other of round.robots.values()) {
      const gainM = wayM - otherWayM(round, { task, other });
      if (gainM > leastM && gainM > (best?.gainM ?? 0))
        best = { task: task.id, robot: robot.id, other: other.id, gainM };
    }
  }
  return best === null ? [] : [best];
}

function otherWayM(round: Round, of: { task: UnderWay; other: DispatchRobot }): number {
  const { task, other } = of;
  const asTask: DispatchTask = { ...task, robot: null, waitingSinceMs: 0, order: 0 };
  const isFree = round.isUnbound(other) && other.barred === undefined && round.energy(other) === "ready";
  if (!isFree || !round.suits(other, asTask) || !round.canFinish(other, asTask, task.destination))
    return Number.POSITIVE_INFINITY;
  return round.costM(other, task.destination);
}

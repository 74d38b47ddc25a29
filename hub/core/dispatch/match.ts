// Tasks to robots. Promises: each pass pairs as many free robots with waiting tasks as can be paired and, among
// those, at least total cost: metres to the cheapest open alternative, less a bonus for urgency, which is waiting
// with priority and deadline counted in (urgency.ts). Pairs of one pass that want conflicting places are settled for
// the more urgent one, and the losers are matched again among what is left. A robot whose charge does not last for a
// task has no pair with it. Exact up to CELLS_MAX pairs; above it each fleet's most urgent tasks are matched, and the
// rest wait a round (R13).
//
// No task starves. Let C be the longest way on the map and b the bonus per second.
// 1. For robots: suppose a robot that suits task t takes t' in a pass where t stays out although it has an open place
//    for that robot. Putting t in place of t' changes the total by less than C - b (age t - age t' - P), where P is
//    what priority and deadline can add at most, and least cost forbids a gain, so t' is at most C/b + P younger than
//    t. Only the finitely many tasks accepted by then can go before it, each once; so t goes at the latest when as
//    many robots have become free.
// 2. For places: others might claim t's place, or a neighbour of it, whenever a robot that suits t is not free. A
//    task that waited `starvingMs` therefore gets turns (see `keepForStarving`): during a turn one suitable robot is
//    kept for it and nothing new is claimed around one of its alternatives, except by robots that already block it
//    and must get out. As every holder leaves in the end, the place falls free with the robot ready. A task that no
//    robot could take now, because none is well or none's charge lasts, has no turns until one could.
// 3. For turns: turn n belongs to the k-th oldest starving task, k the number of trailing zero bits of n: the oldest
//    has every second turn, the next every fourth, and so on, however many starve. One task whose place never falls
//    free cannot take all turns, and a turn without a taker binds nothing.
import { assign } from "./assign.js";
import type { Round } from "./round.js";
import type { DispatchRobot, DispatchTask } from "./view.js";
import { inShares } from "./window.js";

export const AGE_BONUS_MPS = 0.5;
export const TURN_MS = 60_000;
/** More than any sum of ways and bonuses that it competes with: a charging robot goes only where no other one can. */
const RELUCTANCE_M = 1e6;
/** Each pass settles at least one pair; what is left after the last waits for the next round. */
const PASSES_MAX = 8;
/** Pairs of robot and task that one pass weighs. */
const CELLS_MAX = 200_000;

interface Pair {
  readonly robot: DispatchRobot;
  readonly task: DispatchTask;
  readonly choice: { readonly destination: string; readonly costM: number };
}

/** Proposes a robot and a place for as many tasks as it can. */
export function matchTasks(round: Round): void {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const robots = [...round.robots.values()].filter((robot) => mayWork(round, robot));
    const tasks = weighed(round, robots);
    const pairs = bestPairs(round, { robots, tasks });
    pairs.sort((a, b) => rank(round, a.task) - rank(round, b.task) || tasks.indexOf(a.task) - tasks.indexOf(b.task));
    let lost = 0;
    for (const pair of pairs) {
      if (round.isClosed(pair.choice.destination)) lost++;
      else round.proposeTask(pair.robot, pair.task, pair.choice);
    }
    if (lost === 0) return;
  }
}

/** Tasks that wait, most urgent first: those in hand, and of those that suit a robot as many as can be weighed. */
function weighed(round: Round, robots: readonly DispatchRobot[]): DispatchTask[] {
  const fleets = new Set(robots.map((robot) => robot.fleet));
  const suits = ({ fleet }: DispatchTask) => (fleet === "" ? robots.length > 0 : fleets.has(fleet));
  const open = round.tasks.filter((task) => task.robot === null && !round.served.has(task.id) && suits(task));
  const most = Math.floor(CELLS_MAX / Math.max(1, robots.length));
  const chosen = new Set(inShares(open, { most, fleetOf: ({ fleet }) => fleet }));
  return round.tasks.filter((task) => chosen.has(task) || (task.robot !== null && !round.served.has(task.id)));
}

function mayWork(round: Round, robot: DispatchRobot): boolean {
  if (!round.isFree(robot) || round.keep?.robot === robot.id) return false;
  if (round.inHand.has(robot.id)) return true;
  if (robot.barred !== undefined) return false;
  const energy = round.energy(robot);
  return energy === "ready" || energy === "reluctant";
}

/** Who wins a place that two want: a starving task, then a task in hand, then the one that waited longer. */
function rank(round: Round, task: DispatchTask): number {
  if (round.ageMs(task) >= round.starvingMs) return 0;
  return task.robot === null ? 2 : 1;
}

function bestPairs(round: Round, among: { robots: DispatchRobot[]; tasks: DispatchTask[] }): Pair[] {
  const { robots, tasks } = among;
  const costs = new Float64Array(robots.length * tasks.length).fill(Number.POSITIVE_INFINITY);
  const choices: (Pair["choice"] | null)[] = new Array(costs.length).fill(null);
  for (const [row, robot] of robots.entries()) {
    const inHand = round.inHand.get(robot.id);
    const reluctanceM = inHand === undefined && round.energy(robot) === "reluctant" ? RELUCTANCE_M : 0;
    for (const [column, task] of tasks.entries()) {
      if (inHand === undefined ? !round.suits(robot, task) : inHand !== task) continue;
      const choice = round.bestAlternative(robot, task);
      if (choice === null || !round.canFinish(robot, task, choice.destination)) continue;
      const cell = row * tasks.length + column;
      const bonusM = (round.urgencyMs(task) / 1000) * AGE_BONUS_MPS;
      costs[cell] = choice.costM + reluctanceM - bonusM;
      choices[cell] = choice;
    }
  }
  const pairs: Pair[] = [];
  const columnOf = assign(costs, { rows: robots.length, columns: tasks.length });
  for (const [row, robot] of robots.entries()) {
    const column = columnOf[row] as number;
    const task = tasks[column];
    const choice = choices[row * tasks.length + column] ?? null;
    if (column >= 0 && task !== undefined && choice !== null) pairs.push({ robot, task, choice });
  }
  return pairs;
}

/** Gives this turn to a starving task: serves it at once when it can be, else keeps a robot and a place for it. */
export function keepForStarving(round: Round): void {
  const turn = (Math.floor(round.nowMs / TURN_MS) + 1) >>> 0;
  let left = 31 - Math.clz32(turn & -turn);
  const starving = round.tasks.filter((task) => round.ageMs(task) >= round.starvingMs);
  starving.sort((a, b) => a.waitingSinceMs - b.waitingSinceMs || a.order - b.order);
  for (const task of starving) {
    if (!task.stop.some((destination) => canFallFree(round, { task, destination }))) continue;
    if (left-- > 0) continue;
    keepFor(round, task);
    return;
  }
}

/**
 * No hope while no robot could take it there even if all were free, or while its blocker is unknown or not available,
 * which takes a person: nothing is kept for it meanwhile.
 */
function canFallFree(round: Round, of: { task: DispatchTask; destination: string }): boolean {
  const { task, destination } = of;
  if (!round.isWithinReach(task, destination, (robot) => lastsFor(round, robot, of))) return false;
  const blocker = round.blocker(destination, "");
  if (blocker === null) return true;
  const robot = round.robots.get(blocker);
  return robot !== undefined && robot.availability !== "unavailable";
}

/** Whether its charge lets the robot take the task there without charging first. */
function lastsFor(round: Round, robot: DispatchRobot, of: { task: DispatchTask; destination: string }): boolean {
  if (of.task.robot === robot.id) return true;
  const energy = round.energy(robot);
  return (energy === "ready" || energy === "reluctant") && round.canFinish(robot, of.task, of.destination);
}

function keepFor(round: Round, task: DispatchTask): void {
  const openM = (robot: DispatchRobot) => {
    const best = round.bestAlternative(robot, task);
    const can = best !== null && round.canFinish(robot, task, best.destination);
    return can ? best.costM : Number.POSITIVE_INFINITY;
  };
  const taker = nearest(round, { task, costOf: openM });
  const open = taker === null ? null : round.bestAlternative(taker, task);
  if (taker !== null && open !== null) {
    round.proposeTask(taker, task, open);
    return;
  }
  const hopeful = task.stop.filter((destination) => canFallFree(round, { task, destination }));
  const place = hopeful.find((destination) => round.blocker(destination, "") === null) ?? hopeful[0];
  if (place === undefined) return;
  const places = round.around(place);
  const blockers = new Set<string>();
  for (const near of places) blockers.add(round.blocker(near, "") ?? "");
  const ready = nearest(round, {
    task,
    costOf: (robot) => {
      return round.canFinish(robot, task, place) ? round.costM(robot, place) : Number.POSITIVE_INFINITY;
    },
  });
  round.keep = { task: task.id, robot: ready?.id ?? null, places, blockers };
}

/** The free robot of least finite cost that suits the task and has no other task in hand, or null. */
function nearest(
  round: Round,
  by: { task: DispatchTask; costOf: (robot: DispatchRobot) => number },
): DispatchRobot | null {
  let found: DispatchRobot | null = null;
  let leastM = Number.POSITIVE_INFINITY;
  for (const robot of round.robots.values()) {
    if (!mayWork(round, robot) || !round.suits(robot, by.task)) continue;
    if (round.inHand.has(robot.id) && by.task.robot !== robot.id) continue;
    const costM = by.costOf(robot);
    if (costM < leastM) {
      leastM = costM;
      found = robot;
    }
  }
  return found;
}

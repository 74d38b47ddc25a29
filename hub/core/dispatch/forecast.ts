// When each task is done at the earliest, as far as can be seen now: robots finish what they have in hand, then take
// the waiting tasks in the order of their urgency, each the robot that is done with it first, at the speed that robots
// make on their way. Optimistic on purpose: places that are held, traffic and charging are not in it, so a task that
// is late by it is late indeed. Pure; the same view gives the same forecast.
import type { Round } from "./round.js";
import type { DispatchRobot, DispatchTask, UnderWay } from "./view.js";

/** R13: pairs of robot and task that one forecast looks at; tasks beyond are given what they take alone. */
const PAIRS_MAX = 20_000;

/** A robot as it will be once what it has in hand is done. */
interface Later {
  readonly robot: DispatchRobot;
  freeMs: number;
  xM: number;
  yM: number;
}

/** Milliseconds from now until each task is done, by id; no entry for one of which nothing is known. */
export function forecast(round: Round): Map<string, number> {
  const done = new Map<string, number>();
  const isAsked = [...round.tasks, ...(round.view.underWay ?? [])].some(({ deadlineMs }) => deadlineMs !== undefined);
  if (!isAsked || round.ways.speedMps <= 0) return done;
  const robots = laterRobots(round, done);
  let left = Math.floor(PAIRS_MAX / Math.max(1, robots.length));
  for (const task of round.tasks) {
    const doneMs = left-- > 0 ? take(round, task, robots) : null;
    const alone = aloneMs(round, task);
    if (doneMs !== null) done.set(task.id, doneMs);
    else if (alone !== null) done.set(task.id, alone);
  }
  return done;
}

/** Robots that work, and when and where each is done with what it is doing; notes the tasks under way. */
function laterRobots(round: Round, done: Map<string, number>): Later[] {
  const robots: Later[] = [];
  const underWay = new Map((round.view.underWay ?? []).map((task) => [task.robot, task]));
  for (const robot of round.robots.values()) {
    const task = underWay.get(robot.id);
    const later = task === undefined ? freeLater(round, robot) : afterTask(round, { robot, task });
    if (task !== undefined && later !== null) done.set(task.id, later.freeMs);
    const works = robot.availability !== "unavailable" && robot.barred === undefined;
    if (later !== null && works) robots.push(later);
  }
  return robots;
}

function freeLater(round: Round, robot: DispatchRobot): Later | null {
  const energy = round.energy(robot);
  if (robot.availability === "free" && (energy === "low" || energy === "charging")) return null;
  const to = robot.assignment?.destination;
  const at = to === undefined ? undefined : round.destinations.get(to);
  if (to === undefined || at === undefined) return { robot, freeMs: 0, xM: robot.xM, yM: robot.yM };
  return { robot, freeMs: round.ways.driveMs(round.costM(robot, to)), xM: at.xM, yM: at.yM };
}

function afterTask(round: Round, of: { robot: DispatchRobot; task: UnderWay }): Later | null {
  const { robot, task } = of;
  const wayM = round.costM(robot, task.destination);
  const end = round.ways.endOf(task, task.destination);
  const at = end === null ? undefined : round.destinations.get(end.destination);
  if (end === null || at === undefined || wayM === Number.POSITIVE_INFINITY) return null;
  return { robot, freeMs: round.ways.driveMs(wayM + end.tailM) + end.dwellMs, xM: at.xM, yM: at.yM };
}

/** Gives the task to the robot that is done with it first, and returns when; null when no robot can be given it. */
function take(round: Round, task: DispatchTask, robots: readonly Later[]): number | null {
  let best: { later: Later; doneMs: number; end: string } | null = null;
  for (const later of robots) {
    if (!round.suits(later.robot, task)) continue;
    for (const destination of task.stop) {
      const wayM = round.ways.wayM(later, destination);
      const end = round.ways.endOf(task, destination);
      if (end === null || wayM === Number.POSITIVE_INFINITY) continue;
      const doneMs = later.freeMs + round.ways.driveMs(wayM + end.tailM) + end.dwellMs;
      if (best === null || doneMs < best.doneMs) best = { later, doneMs, end: end.destination };
    }
  }
  if (best === null) return null;
  const at = round.destinations.get(best.end);
  if (at !== undefined) Object.assign(best.later, { freeMs: best.doneMs, xM: at.xM, yM: at.yM });
  return best.doneMs;
}

/** What the task takes of any robot, from the arrival at its present stop on. */
function aloneMs(round: Round, task: DispatchTask): number | null {
  const restMs = round.ways.restMs(task);
  return restMs === Number.POSITIVE_INFINITY ? null : restMs;
}

// Moves idle robots out of the way: off a destination that a blocked task or a low robot wants, out of circles in which
// each stands on the other's next stop, and home after a while, so that aisles stay clear.
//
// Promises. One move per need: a want that a robot is already leaving for is left alone, a place is promised to one
// want only, and of a chain or circle of robots that wait for each other only the last, or one, is moved; the others
// follow by themselves when its place falls free. No churn: a robot is sent only to a place that nobody waiting wants;
// a wanted place is the last resort, and only where a robot stands ready to use the place that becomes free, so that
// each move brings a task on. A robot that stands at home, on a park place or on a charger stays until its place is
// wanted.
import { chargersOf, lowRobots } from "./charge.js";
import { type Round, SETTLE_MS } from "./round.js";
import type { DispatchRobot, DispatchTask, Proposal } from "./view.js";

/** A want that has waited longer than this no longer counts on robots that were told to leave before this round. */
export const LEAVING_PATIENCE_MS = 120_000;

interface Want {
  /** For people: the task's id, or "charging of r1". */
  readonly label: string;
  /** The robot that would take the place; "" for any. */
  readonly asker: string;
  readonly alternatives: readonly string[];
  readonly ageMs: number;
  /** A robot stands ready to use the place, so a wanted place may serve as the last resort. */
  readonly ready: boolean;
  readonly charging: boolean;
}

interface Clearing {
  readonly round: Round;
  /** Places that fall free for a want; not offered again, not parked on. */
  readonly promised: Set<string>;
  /** Places that someone who waits could use, with their neighbourhood. */
  readonly wanted: ReadonlySet<string>;
  readonly othersHomes: ReadonlySet<string>;
}

/** Proposes PARK moves, for wants first and for idleness after; at most one per robot. */
export function clearPlaces(round: Round): void {
  const waiting = round.tasks.filter((task) => !round.served.has(task.id));
  const low = lowRobots(round);
  const clearing: Clearing = {
    round,
    promised: new Set(),
    wanted: wantedPlaces(round, { waiting, low }),
    othersHomes: new Set(round.view.homes.values()),
  };
  for (const want of wantsOf(round, { waiting, low })) serveWant(clearing, want);
  for (const robot of round.robots.values()) sendHome(clearing, robot);
}

function wantedPlaces(round: Round, by: { waiting: DispatchTask[]; low: DispatchRobot[] }): Set<string> {
  const named = new Set<string>();
  for (const task of by.waiting) for (const destination of task.stop) named.add(destination);
  if (by.low.length > 0) for (const charger of chargersOf(round)) named.add(charger);
  const wanted = new Set<string>();
  for (const destination of named) {
    if (round.destinations.has(destination)) for (const place of round.around(destination)) wanted.add(place);
  }
  return wanted;
}

/** Low robots, then tasks by age; only those that no open place is left for. */
function wantsOf(round: Round, by: { waiting: DispatchTask[]; low: DispatchRobot[] }): Want[] {
  const chargers = chargersOf(round);
  const wants: Want[] = by.low.map((robot) => ({
    label: `charging of ${robot.id}`,
    asker: robot.id,
    alternatives: chargers.filter((charger) => usable(round, { robot, destination: charger })),
    ageMs: round.idleMs(robot) ?? 0,
    ready: true,
    charging: true,
  }));
  const idle = by.waiting.length > 0 ? idleRobots(round) : [];
  for (const task of by.waiting) {
    const want = wantOf(round, task, idle);
    if (want !== null) wants.push(want);
  }
  return wants;
}

/** Robots that could take a task at once. */
function idleRobots(round: Round): DispatchRobot[] {
  return [...round.robots.values()].filter((robot) => {
    if (!round.isFree(robot) || round.inHand.has(robot.id) || robot.barred !== undefined) return false;
    const energy = round.energy(robot);
    return energy === "ready" || energy === "reluctant";
  });
}

function wantOf(round: Round, task: DispatchTask, idle: readonly DispatchRobot[]): Want | null {
  const common = { label: task.id, ageMs: round.ageMs(task), charging: false };
  if (task.robot !== null) {
    const robot = round.robots.get(task.robot);
    if (robot === undefined || !round.isFree(robot) || round.bestAlternative(robot, task) !== null) return null;
    const alternatives = task.stop.filter((destination) => usable(round, { robot, destination }));
    return { ...common, asker: robot.id, alternatives, ready: true };
  }
  const known = task.stop.filter((destination) => round.isWithinReach(task, destination));
  if (known.some((destination) => round.blocker(destination, "") === null && !round.isClosed(destination))) return null;
  const alternatives = known.filter((destination) => !round.isClosed(destination));
  const ready = idle.some((robot) => round.suits(robot, task));
  return { ...common, asker: "", alternatives, ready };
}

function usable(round: Round, pair: { robot: DispatchRobot; destination: string }): boolean {
  const { robot, destination } = pair;
  const reachable = round.costM(robot, destination) < Number.POSITIVE_INFINITY;
  return reachable && robot.standsOn !== destination && !round.isClosed(destination);
}

function serveWant(clearing: Clearing, want: Want): void {
  const places = want.alternatives.filter((place) => !clearing.promised.has(place));
  const found =
    places.find((place) => isBeingLeft(clearing.round, { place, want, asker: want.asker })) ??
    places.find((place) => vacate(clearing, { place, want, asker: want.asker, visited: new Set([want.asker]) }));
  if (found === undefined) return;
  for (const place of clearing.round.around(found)) clearing.promised.add(place);
}

interface Vacating {
  readonly place: string;
  readonly want: Want;
  readonly asker: string;
}

/** Whether the robot that blocks the place is on its way elsewhere, or is being sent there in this round. */
function isBeingLeft(round: Round, of: Vacating): boolean {
  const blocker = round.blocker(of.place, of.asker);
  const robot = blocker === null ? undefined : round.robots.get(blocker);
  if (robot === undefined) return false;
  const proposal = round.proposals.get(robot.id);
  if (proposal !== undefined) return !round.touches(proposal.destination, of.place);
  if (robot.availability !== "busy" || robot.assignment === null) return false;
  if (of.want.ageMs > LEAVING_PATIENCE_MS) return false;
  const { destination, purpose } = robot.assignment;
  if (destination !== undefined) return !round.touches(destination, of.place);
  return purpose !== "TASK" && robot.standsOn !== null && round.touches(robot.standsOn, of.place);
}

/**
 * Has the blocker of the place moved, or finds that it will move by itself: follows the robots that wait for each other
 * to the last one, or to one met before, which is a circle. False when nothing can be done about the place now.
 */
function vacate(clearing: Clearing, of: Vacating & { visited: Set<string> }): boolean {
  const { round } = clearing;
  const blocker = round.blocker(of.place, of.asker);
  const robot = blocker === null ? undefined : round.robots.get(blocker);
  if (robot === undefined || !isMovable(round, { robot, want: of.want })) return false;
  if (of.visited.has(robot.id)) return moveAside(clearing, { ...of, robot });
  of.visited.add(robot.id);
  const task = round.inHand.get(robot.id);
  if (task !== undefined && !round.served.has(task.id)) {
    for (const place of task.stop) {
      if (!usable(round, { robot, destination: place }) || round.blocker(place, robot.id) === null) continue;
      const next = { ...of, place, asker: robot.id };
      if (isBeingLeft(round, next) || vacate(clearing, next)) return true;
    }
  }
  return moveAside(clearing, { ...of, robot });
}

function isMovable(round: Round, of: { robot: DispatchRobot; want: Want }): boolean {
  if (!round.isFree(of.robot)) return false;
  const energy = round.energy(of.robot);
  return energy !== "charging" && !(of.want.charging && energy === "reluctant");
}

function moveAside(clearing: Clearing, of: Vacating & { robot: DispatchRobot }): boolean {
  const { round } = clearing;
  const spare = spareFor(clearing, of.robot, { from: of.place, tierMax: of.want.ready ? 5 : 4 });
  if (spare === null) return false;
  const why = `${of.want.label} waits for ${of.place}, which ${of.robot.id} blocks while it stands idle`;
  round.propose(parking(round, { robot: of.robot, destination: spare, why }));
  return true;
}

function parking(round: Round, of: { robot: DispatchRobot; destination: string; why: string }): Proposal {
  const costM = round.costM(of.robot, of.destination);
  return { robot: of.robot.id, purpose: "PARK", task: "", destination: of.destination, costM, why: of.why };
}

function sendHome(clearing: Clearing, robot: DispatchRobot): void {
  const { round } = clearing;
  const idleMs = round.idleMs(robot);
  if (robot.barred !== undefined || !round.isUnbound(robot) || robot.charging) return;
  if (idleMs === null || idleMs < SETTLE_MS) return;
  const stands = robot.standsOn;
  if (stands !== null) {
    const kind = round.destinations.get(stands)?.kind;
    if (kind === "park" || kind === "charge" || round.view.homes.get(robot.id) === stands) return;
  }
  const spare = spareFor(clearing, robot, { from: null, tierMax: 3 });
  if (spare === null) return;
  const why = `idle for ${Math.floor(idleMs / 1000)} s ${stands === null ? "on the floor" : `on ${stands}`}`;
  round.propose(parking(round, { robot, destination: spare, why }));
}

/**
 * Where a robot can stand: its home (tier 0), a park place (1), a charger (2), another robot's home (3), any other
 * place (4), each only if nobody waiting wants it, and a wanted place (5). The nearest of the lowest tier; null for
 * none.
 */
function spareFor(
  clearing: Clearing,
  robot: DispatchRobot,
  how: { from: string | null; tierMax: number },
): string | null {
  const { round } = clearing;
  let best: string | null = null;
  let bestTier = how.tierMax + 1;
  let bestM = Number.POSITIVE_INFINITY;
  for (const id of round.destinations.keys()) {
    const tier = tierOf(clearing, robot, id);
    if (tier > how.tierMax || tier > bestTier || id === robot.standsOn || clearing.promised.has(id)) continue;
    if (how.from !== null && round.touches(id, how.from)) continue;
    const costM = round.costM(robot, id);
    if ((tier === bestTier && costM >= bestM) || !round.isOpen(robot, id, null)) continue;
    best = id;
    bestTier = tier;
    bestM = costM;
  }
  return best;
}

function tierOf(clearing: Clearing, robot: DispatchRobot, id: string): number {
  const { round, wanted, othersHomes } = clearing;
  if (wanted.has(id)) return 5;
  if (round.view.homes.get(robot.id) === id) return 0;
  if (othersHomes.has(id)) return 3;
  const kind = round.destinations.get(id)?.kind;
  if (kind === "park") return 1;
  return kind === "charge" ? 2 : 4;
}

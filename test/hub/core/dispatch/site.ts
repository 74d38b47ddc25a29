// Values in domain words for the dispatch tests, and the table that runs one round per row.
import t from "tap";
import type {
  DestinationKind,
  DispatchDestination,
  DispatchRobot,
  DispatchTask,
  DispatchView,
  Proposal,
  TravelCosts,
} from "../../../../hub/core/dispatch/dispatch.js";
import { proposeAssignments } from "../../../../hub/core/dispatch/dispatch.js";
import type { BatteryPolicy } from "../../../../hub/core/dispatch/view.js";

export const battery = { lowRatio: 0.2, fullRatio: 0.95 };

export function aRobot(id: string, over: Partial<DispatchRobot> = {}): DispatchRobot {
  return {
    id,
    fleet: "f",
    xM: 0,
    yM: 0,
    chargeRatio: 0.8,
    charging: false,
    availability: "free",
    standsOn: null,
    assignment: null,
    excluded: new Set<string>(),
    idleSinceMs: null,
    ...over,
  };
}

let order = 0;
export function aTask(id: string, stop: string[], over: Partial<DispatchTask> = {}): DispatchTask {
  return { id, fleet: "", stop, robot: null, waitingSinceMs: 0, order: order++, ...over };
}

/** "X:pick@3" is the pick face X at x = 3, "X:pick@3,4" at (3, 4). */
export function places(...words: string[]): DispatchDestination[] {
  return words.map((word) => {
    const [id = "", rest = ""] = word.split(":");
    const [kind = "", at = ""] = rest.split("@");
    const [xM = 0, yM = 0] = at.split(",").map(Number);
    return { id, kind: kind as DestinationKind, xM, yM };
  });
}

export interface ViewParts {
  robots: DispatchRobot[];
  tasks?: DispatchTask[];
  destinations: DispatchDestination[];
  /** Destination to holder, beside what the robots stand on. */
  held?: Record<string, string>;
  conflicts?: [string, string][];
  homes?: Record<string, string>;
  battery?: BatteryPolicy;
  over?: Partial<DispatchView>;
}

export function aView(parts: ViewParts): DispatchView {
  const holds = new Map(Object.entries(parts.held ?? {}));
  for (const robot of parts.robots) if (robot.standsOn !== null) holds.set(robot.standsOn, robot.id);
  const pairs = parts.conflicts ?? [];
  const conflicts = (a: string, b: string) => pairs.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
  return {
    robots: parts.robots,
    tasks: parts.tasks ?? [],
    destinations: parts.destinations,
    homes: new Map(Object.entries(parts.homes ?? {})),
    battery: parts.battery ?? battery,
    ...parts.over,
    conflicts,
    holder: (destination, asker) => {
      let found: string | null = null;
      for (const [place, robot] of holds) {
        if (place !== destination && !conflicts(place, destination)) continue;
        if (found === null || found === asker) found = robot;
      }
      return found;
    },
  };
}

/** Straight ways. */
export function straight(destinations: readonly DispatchDestination[]): TravelCosts {
  const byId = new Map(destinations.map((destination) => [destination.id, destination]));
  return {
    costM: (xM, yM, id) => {
      const to = byId.get(id);
      return to === undefined ? Number.POSITIVE_INFINITY : Math.hypot(to.xM - xM, to.yM - yM);
    },
  };
}

/** "r1 TASK t1 X" per proposal. */
export function rows(proposals: readonly Proposal[]): string[] {
  return proposals.map((one) =>
    [one.robot, one.purpose, one.task, one.destination].filter((word) => word !== "").join(" "),
  );
}

export function propose(parts: ViewParts, nowMs = 0): string[] {
  return rows(proposeAssignments(aView(parts), straight(parts.destinations), nowMs));
}

/** Three pick faces in a row, two park places and two chargers behind them. */
export const floor = places(
  "A:pick@0",
  "B:pick@10",
  "C:pick@20",
  "P1:park@0,30",
  "P2:park@10,30",
  "K:charge@20,30",
  "L:charge@40,30",
);

export function at(id: string, xM: number, over: Partial<DispatchRobot> = {}): DispatchRobot {
  return aRobot(id, { xM, ...over });
}

export function on(id: string, place: string, over: Partial<DispatchRobot> = {}): DispatchRobot {
  const { xM = 0, yM = 0 } = floor.find((one) => one.id === place) ?? {};
  return aRobot(id, { xM, yM, standsOn: place, ...over });
}

export interface Row {
  readonly name: string;
  readonly parts: Partial<ViewParts> & Pick<ViewParts, "robots">;
  readonly expected: string[];
  readonly nowMs?: number;
}

export function check(name: string, table: Row[]): void {
  t.test(name, async (t) => {
    for (const { name, parts, expected, nowMs } of table)
      t.same(propose({ destinations: floor, ...parts }, nowMs ?? 0), expected, name);
  });
}

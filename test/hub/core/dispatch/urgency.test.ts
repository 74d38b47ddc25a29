// Priority and deadline: who goes first, that nobody waits for ever, and that a round does not depend on the order in
// which it is shown things.
import fc from "fast-check";
import t from "tap";
import { proposeAssignments } from "../../../../hub/core/dispatch/dispatch.js";
import { PRIORITY_STEP_MS, urgencyMs } from "../../../../hub/core/dispatch/urgency.js";
import { aTask, at, aView, check, floor, rows, straight } from "./site.js";

const policy = { priorityStepMs: 60_000, starvingMs: 300_000, swapGainM: 0 };

check("dispatch gives one robot to the most urgent of two tasks", [
  {
    name: "the nearer one when nothing else tells them apart",
    parts: { robots: [at("r1", 8)], tasks: [aTask("t1", ["A"]), aTask("t2", ["B"])] },
    expected: ["r1 TASK t2 B"],
  },
  {
    name: "the one of higher priority although it is farther",
    parts: { robots: [at("r1", 8)], tasks: [aTask("t1", ["A"], { priority: 6 }), aTask("t2", ["B"])] },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "the usual one before one that can wait",
    parts: { robots: [at("r1", 8)], tasks: [aTask("t1", ["A"]), aTask("t2", ["B"], { priority: 0 })] },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "one that has waited five steps longer before one that is four steps more urgent",
    nowMs: 5 * PRIORITY_STEP_MS,
    parts: {
      robots: [at("r1", 8)],
      tasks: [aTask("t1", ["A"]), aTask("t2", ["B"], { priority: 9, waitingSinceMs: 5 * PRIORITY_STEP_MS })],
    },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "the one whose deadline is near",
    parts: {
      robots: [at("r1", 8)],
      tasks: [aTask("t1", ["A"], { deadlineMs: 20_000, legs: [], dwellMs: 0 }), aTask("t2", ["B"])],
      over: { speedMps: 1, policy },
    },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "a deadline that is far off is nothing yet",
    parts: {
      robots: [at("r1", 8)],
      tasks: [aTask("t1", ["A"], { deadlineMs: 2_000_000, legs: [], dwellMs: 0 }), aTask("t2", ["B"])],
      over: { speedMps: 1, policy },
    },
    expected: ["r1 TASK t2 B"],
  },
]);

t.test("a task is overtaken only by tasks that came less than its priority's steps later", async (t) => {
  const of = (priority: number, waitingSinceMs: number, deadlineMs?: number) => {
    const due = deadlineMs === undefined ? {} : { deadlineMs };
    const task = aTask("t", ["A"], { priority, waitingSinceMs, ...due });
    return urgencyMs(task, { nowMs: 10_000_000, stepMs: 60_000, restMs: 0 });
  };
  t.ok(of(0, 0) > of(9, 9 * 60_000 + 1), "the least urgent before the most urgent of later");
  t.ok(of(0, 0) < of(9, 9 * 60_000 - 1));
  t.ok(of(0, 0) > of(9, 12 * 60_000 + 1, 1), "a missed deadline counts three steps, and no more");
  t.ok(of(5, 0, 10_060_000) > of(5, 0, 10_090_000), "the nearer the deadline the more urgent");
  t.equal(of(5, 0, 10_180_000), of(5, 0), "and nothing while there is time");
});

t.test("a task of the least priority is served while urgent ones keep coming", async (t) => {
  const nowMs = (minutes: number) => minutes * 60_000;
  let served = -1;
  for (let minute = 0; minute <= 20 && served < 0; minute += 1) {
    const fresh = aTask("new", ["B"], { priority: 9, waitingSinceMs: nowMs(minute) });
    const tasks = [aTask("old", ["A"], { priority: 0 }), fresh];
    const made = proposeAssignments(
      aView({ robots: [at("r1", 10)], tasks, destinations: floor, over: { policy: { ...policy, starvingMs: 1e9 } } }),
      straight(floor),
      nowMs(minute),
    );
    if (rows(made)[0] === "r1 TASK old A") served = minute;
  }
  t.equal(served, 10, "nine steps, and what its longer way counts for");
});

t.test("R14 a round gives the same whatever the order in which robots and tasks are shown", async () => {
  const places = fc.shuffledSubarray(["A", "B", "C"], { minLength: 1 });
  const arbitrary = fc.record({
    xs: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
    stops: fc.array(fc.tuple(places, fc.integer({ min: 3, max: 7 })), { minLength: 1, maxLength: 5 }),
    seed: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ xs, stops, seed }) => {
      const robots = xs.map((x, index) => at(`r${index}`, 5 * x));
      const tasks = stops.map(([stop, priority], order) => aTask(`t${order}`, stop, { priority, order }));
      const turned = <T>(list: readonly T[]): T[] => [
        ...list.slice(seed % list.length),
        ...list.slice(0, seed % list.length),
      ];
      const made = (shown: { robots: typeof robots; tasks: typeof tasks }) =>
        rows(proposeAssignments(aView({ ...shown, destinations: floor }), straight(floor), 0)).sort();
      const [a, b] = [made({ robots, tasks }), made({ robots: turned(robots), tasks: turned(tasks) })];
      if (a.join() !== b.join()) throw new Error(`${a.join()} and ${b.join()}`);
    }),
    { numRuns: 300 },
  );
});

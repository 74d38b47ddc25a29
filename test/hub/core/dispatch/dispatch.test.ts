// One row per rule of a dispatch round: who is asked to go where, and who is left alone.
import fc from "fast-check";
import t from "tap";
import { proposeAssignments } from "../../../../hub/core/dispatch/dispatch.js";
import { aRobot, aTask, at, aView, check, on, straight } from "./site.js";

check("dispatch matches free robots with waiting tasks", [
  { name: "nothing to do", parts: { robots: [on("r1", "P1")] }, expected: [] },
  {
    name: "least total, not the nearest first",
    parts: { robots: [at("r1", 9), at("r2", 14)], tasks: [aTask("t1", ["B"]), aTask("t2", ["A"])] },
    expected: ["r2 TASK t1 B", "r1 TASK t2 A"],
  },
  {
    name: "the cheapest alternative",
    parts: { robots: [at("r1", 18)], tasks: [aTask("t1", ["A", "C", "B"])] },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "R1 an alternative that another holds is passed over",
    parts: { robots: [at("r1", 18)], tasks: [aTask("t1", ["A", "C"])], held: { C: "" } },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "R1 a conflicting neighbour that another holds blocks as well",
    parts: { robots: [at("r1", 18)], tasks: [aTask("t1", ["C"])], held: { B: "" }, conflicts: [["B", "C"]] },
    expected: [],
  },
  {
    name: "a place that the robot itself holds is open to it",
    parts: { robots: [on("r1", "C")], tasks: [aTask("t1", ["C"])] },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "a place of which nothing is known is not",
    parts: { robots: [at("r1", 0)], tasks: [aTask("t1", ["Z"])] },
    expected: [],
  },
  {
    name: "a task of another fleet is not for it",
    parts: { robots: [at("r1", 0)], tasks: [aTask("t1", ["A"], { fleet: "g" })] },
    expected: [],
  },
  {
    name: "a place that it failed to reach is not",
    parts: { robots: [at("r1", 0, { excluded: new Set(["A"]) })], tasks: [aTask("t1", ["A", "B"])] },
    expected: ["r1 TASK t1 B"],
  },
  {
    name: "busy robots get nothing",
    parts: {
      robots: [at("r1", 0, { availability: "busy", assignment: { purpose: "PARK" } })],
      tasks: [aTask("t1", ["A"])],
    },
    expected: [],
  },
  {
    name: "R8 robots that are not well get nothing",
    parts: { robots: [at("r1", 0, { availability: "unavailable" })], tasks: [aTask("t1", ["A"])] },
    expected: [],
  },
]);

check("R1 dispatch never proposes conflicting places in one round", [
  {
    name: "one of two for the same place, the older",
    parts: {
      robots: [at("r1", 0), at("r2", 5)],
      tasks: [aTask("t1", ["A"], { waitingSinceMs: 5 }), aTask("t2", ["A"])],
    },
    nowMs: 10,
    expected: ["r1 TASK t2 A"],
  },
  {
    name: "the loser is matched again among its alternatives",
    parts: { robots: [at("r1", 0), at("r2", 1)], tasks: [aTask("t1", ["A"]), aTask("t2", ["A", "C"])] },
    expected: ["r1 TASK t1 A", "r2 TASK t2 C"],
  },
  {
    name: "the loser is matched again with another task",
    parts: {
      robots: [at("r1", 0), at("r2", 9)],
      tasks: [aTask("t1", ["A"]), aTask("t2", ["B"]), aTask("t3", ["C"])],
      conflicts: [["A", "B"]],
    },
    expected: ["r1 TASK t1 A", "r2 TASK t3 C"],
  },
]);

check("dispatch gives a task in hand to its robot first", [
  {
    name: "although another is nearer",
    parts: { robots: [at("r1", 0), at("r2", 19)], tasks: [aTask("t1", ["C"], { robot: "r1" }), aTask("t2", ["A"])] },
    expected: ["r1 TASK t1 C", "r2 TASK t2 A"],
  },
  {
    name: "and nothing else while its place is held",
    parts: { robots: [at("r1", 0)], tasks: [aTask("t1", ["C"], { robot: "r1" }), aTask("t2", ["A"])], held: { C: "" } },
    expected: [],
  },
  {
    name: "which wins the place over an older task",
    parts: {
      robots: [at("r1", 0), at("r2", 19)],
      tasks: [aTask("t2", ["C"]), aTask("t1", ["C"], { robot: "r1", waitingSinceMs: 9 })],
    },
    nowMs: 10,
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "even with a low battery",
    parts: { robots: [at("r1", 0, { chargeRatio: 0.1 })], tasks: [aTask("t1", ["C"], { robot: "r1" })] },
    expected: ["r1 TASK t1 C"],
  },
]);

t.test("dispatch reaches the least total of all pairings when places do not conflict", async () => {
  const cases = fc.record({
    robots: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 5 }),
    tasks: fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 99_000 }), fc.boolean()), {
      minLength: 1,
      maxLength: 5,
    }),
  });
  fc.assert(
    fc.property(cases, ({ robots: xs, tasks: wanted }) => {
      const destinations = wanted.map(([xM], i) => ({ id: `d${i}`, kind: "pick" as const, xM, yM: 0 }));
      const robots = xs.map((xM, i) => at(`r${i}`, xM, { fleet: i % 2 === 0 ? "f" : "g" }));
      const tasks = wanted.map(([, sinceMs, any], i) =>
        aTask(`t${i}`, [`d${i}`], { waitingSinceMs: sinceMs, fleet: any ? "" : "g" }),
      );
      const travel = straight(destinations);
      const nowMs = 100_000;
      const made = proposeAssignments(aView({ robots, tasks, destinations }), travel, nowMs);
      const bonusM = (id: string) =>
        ((nowMs - (tasks.find((task) => task.id === id)?.waitingSinceMs ?? 0)) / 1000) * 0.5;
      const totalM = made.reduce((sum, one) => sum + one.costM - bonusM(one.task), 0);
      let best = { pairs: 0, totalM: 0 };
      const visit = (i: number, used: number, pairs: number, sumM: number): void => {
        const task = tasks[i];
        if (task === undefined) {
          if (pairs > best.pairs || (pairs === best.pairs && sumM < best.totalM)) best = { pairs, totalM: sumM };
          return;
        }
        visit(i + 1, used, pairs, sumM);
        robots.forEach((robot, r) => {
          if ((used & (1 << r)) !== 0 || (task.fleet !== "" && task.fleet !== robot.fleet)) return;
          visit(i + 1, used | (1 << r), pairs + 1, sumM + travel.costM(robot.xM, 0, `d${i}`) - bonusM(task.id));
        });
      };
      visit(0, 0, 0, 0);
      return made.length === best.pairs && Math.abs(totalM - best.totalM) < 1e-6;
    }),
    { numRuns: 300 },
  );
});

t.test("R13 dispatch of 50 robots and 200 tasks takes a small part of a second", async (t) => {
  const destinations = Array.from({ length: 120 }, (_, i) => ({
    id: `d${i}`,
    kind: "pick" as const,
    xM: (i * 37) % 80,
    yM: (i * 11) % 30,
  }));
  const robots = Array.from({ length: 50 }, (_, i) => aRobot(`r${i}`, { xM: (i * 13) % 80, yM: (i * 7) % 30 }));
  const tasks = Array.from({ length: 200 }, (_, i) =>
    aTask(
      `t${i}`,
      [0, 1, 2].map((k) => `d${(i * 3 + k * 41) % 120}`),
      { waitingSinceMs: -i * 500 },
    ),
  );
  const view = { ...aView({ robots, tasks, destinations }), holder: () => null };
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const startMs = performance.now();
    t.equal(proposeAssignments(view, straight(destinations), 0).length, 50);
    leastMs = Math.min(leastMs, performance.now() - startMs);
  }
  t.comment(`50 robots x 200 tasks x 3 alternatives: ${leastMs.toFixed(1)} ms`);
  t.ok(leastMs < 250, `${leastMs.toFixed(1)} ms`);
});

// When tasks are done at the earliest, with what is before them; and that a robot on its way makes way for another one
// only for a real gain.
import t from "tap";
import { dispatchRound } from "../../../../hub/core/dispatch/dispatch.js";
import type { UnderWay } from "../../../../hub/core/dispatch/view.js";
import { aTask, at, aView, floor, straight, type ViewParts } from "./site.js";

const DUE = { deadlineMs: 1e9, dwellMs: 5000, legs: [] };
const policy = { priorityStepMs: 60_000, starvingMs: 300_000, swapGainM: 5 };

function round(parts: Omit<ViewParts, "destinations">) {
  const over = { speedMps: 2, policy, ...parts.over };
  return dispatchRound(aView({ ...parts, destinations: floor, over }), straight(floor), 0);
}

/** r1 at x is on its way to A for t0. */
function onItsWay(x: number, more: Partial<UnderWay> = {}) {
  const robot = at("r1", x, { availability: "busy", assignment: { purpose: "TASK", destination: "A" } });
  const underWay: UnderWay = {
    ...{ id: "t0", robot: "r1", destination: "A", isUnbegun: true, fleet: "", stop: ["A"], legs: [], dwellMs: 1000 },
    ...more,
  };
  return { robot, over: { underWay: [underWay] } };
}

t.test("a task takes its way, its stops and its dwell at the speed of the fleet", async (t) => {
  const tasks = [aTask("t1", ["B"], { ...DUE, legs: [["C"]] })];
  t.same([...round({ robots: [at("r1", 0)], tasks }).doneInMs], [["t1", 5000 + 5000 + 2 * 5000]]);
});

t.test("work before it counts: of its robot, and of tasks that are more urgent", async (t) => {
  const { robot, over } = onItsWay(20);
  const tasks = [aTask("t1", ["B"], DUE), aTask("t2", ["B"], { ...DUE, priority: 9 })];
  const { doneInMs } = round({ robots: [robot], tasks, over });
  t.equal(doneInMs.get("t0"), 10_000 + 1000);
  t.equal(doneInMs.get("t2"), 11_000 + 5000 + 5000, "the urgent one first");
  t.equal(doneInMs.get("t1"), 21_000 + 5000, "and then the other, from where that one ended");
});

t.test("without a robot that works a task takes at least its stops and dwell", async (t) => {
  const tasks = [aTask("t1", ["B"], { ...DUE, legs: [["C"]] })];
  const robots = [at("r1", 0, { availability: "unavailable" })];
  t.equal(round({ robots, tasks }).doneInMs.get("t1"), 5000 + 2 * 5000);
  t.equal(round({ robots: [], tasks: [aTask("t1", ["nowhere"], DUE)] }).doneInMs.size, 0, "of others nothing is known");
});

t.test("R13 nothing is estimated where no task has a deadline, and many tasks are bounded", async (t) => {
  t.equal(round({ robots: [at("r1", 0)], tasks: [aTask("t1", ["B"])] }).doneInMs.size, 0);
  const robots = Array.from({ length: 900 }, (_, index) => at(`r${index}`, index));
  const tasks = Array.from({ length: 900 }, (_, index) => aTask(`t${index}`, ["B"], DUE));
  t.equal(round({ robots, tasks }).doneInMs.size, 900);
});

t.test("a robot on its way makes way only for a gain above swapGainM", async (t) => {
  for (const [other, expected] of [
    [15, []],
    [14.9, [{ task: "t0", robot: "r1", other: "r2" }]],
  ] as const) {
    const { robot, over } = onItsWay(20);
    t.match(round({ robots: [robot, at("r2", other)], over }).swaps, expected, `r2 at ${other} m`);
    t.equal(round({ robots: [robot, at("r2", other)], over }).swaps.length, expected.length);
  }
});

t.test("no robot makes way with a load, for a robot that may not, or where the site wants none", async (t) => {
  const begun = onItsWay(20, { isUnbegun: false });
  t.same(round({ robots: [begun.robot, at("r2", 0)], over: begun.over }).swaps, []);
  const { robot, over } = onItsWay(20);
  for (const other of [
    { fleet: "g" },
    { barred: { reason: "DRAINED", detail: "" } as const },
    { chargeRatio: 0.1 },
    { availability: "unavailable" as const },
  ]) {
    const ofFleet = { underWay: over.underWay.map((task) => ({ ...task, fleet: "f" })) };
    t.same(round({ robots: [robot, at("r2", 0, other)], over: ofFleet }).swaps, [], JSON.stringify(other));
  }
  const none = { ...over, policy: { ...policy, swapGainM: 0 } };
  t.same(round({ robots: [robot, at("r2", 0)], over: none }).swaps, []);
});

// Why this robot and not that one: each of the others with its reason, the best of them first, and no more than a few.
import t from "tap";
import { dispatchRound } from "../../../../hub/core/dispatch/dispatch.js";
import type { DispatchRobot } from "../../../../hub/core/dispatch/view.js";
import { readAssignmentWhy, whyLines } from "../../../../proto/why.js";
import { aTask, at, aView, floor, on, straight, type ViewParts } from "./site.js";

function whyOf(parts: Omit<ViewParts, "destinations">, task = "t1") {
  const { proposals } = dispatchRound(aView({ ...parts, destinations: floor }), straight(floor), 5000);
  const found = proposals.find((one) => one.task === task)?.choice;
  if (found === undefined) throw new Error(`nobody is given ${task}`);
  return readAssignmentWhy(found, "why");
}

/** Beside r1, which stands at A and gets the task. */
function reasonOf(other: Partial<DispatchRobot>, more: Partial<ViewParts> = {}): string {
  const robots = [at("r1", 0), at("r2", 5, other)];
  const why = whyOf({
    robots,
    tasks: [aTask("t1", ["A"]), ...(more.tasks ?? [])],
    ...(more.over ? { over: more.over } : {}),
  });
  const [not] = why.robots;
  return `${not?.reason}: ${not?.detail}`;
}

t.test("every robot that lost is told with its reason", async (t) => {
  const rows: readonly [string, Partial<DispatchRobot>, Partial<ViewParts>?][] = [
    ["FURTHER: its way is 5.0 m longer", {}],
    [
      "ROBOT_STALE: its pose may be 9000 ms old",
      { availability: "unavailable", why: { reason: "ROBOT_STALE", detail: "its pose may be 9000 ms old" } },
    ],
    ["HAS_WORK: it is on its way to B", { availability: "busy", assignment: { purpose: "TASK", destination: "B" } }],
    [
      "DRAINED: it is drained by ada: wheels",
      { barred: { reason: "DRAINED", detail: "it is drained by ada: wheels" } },
    ],
    ["CHARGE_LOW: its charge is 10 %: it goes to charge", { chargeRatio: 0.1 }],
    ["CHARGING: it charges, at 50 %", { chargeRatio: 0.5, charging: true, standsOn: "K" }],
    ["FAILED_LATELY: it failed to get there lately", { excluded: new Set(["A"]) }],
    ["HAS_WORK: it has task t9 in hand", {}, { tasks: [aTask("t9", ["B"], { robot: "r2" })] }],
  ];
  for (const [expected, other, more] of rows) t.equal(reasonOf(other, more), expected);
  const fleets = whyOf({
    robots: [at("r1", 0), at("r2", 5, { fleet: "g" })],
    tasks: [aTask("t1", ["A"], { fleet: "f" })],
  });
  t.match(fleets.robots, [{ subject: "r2", reason: "FLEET_DIFFERS", detail: "it is of fleet g" }]);
});

t.test("a charge that does not last is told with what is needed", async (t) => {
  const battery = { lowRatio: 0.1, fullRatio: 0.9, reserveRatio: 0.1, rangeM: 100 };
  const why = whyOf({
    robots: [at("r1", 0, { chargeRatio: 0.8 }), at("r2", 0, { chargeRatio: 0.2 })],
    tasks: [aTask("t1", ["A"], { legs: [["C"]] })],
    battery,
  });
  t.match(why.robots, [{ subject: "r2", detail: "its charge of 20 % does not last: 30 % needed" }]);
});

t.test("a nearer robot that another task needs more is told so", async (t) => {
  const robots = [at("r1", 0), at("r2", 9)];
  const tasks = [aTask("t1", ["A"]), aTask("t2", ["B"])];
  const view = {
    robots: [at("r1", -100), at("r2", 0)],
    tasks: [aTask("t1", ["A"]), aTask("t2", ["B"], { fleet: "g" })],
  };
  t.match(whyOf({ robots, tasks }).robots, [{ subject: "r2", reason: "FURTHER" }]);
  t.match(whyOf(view).robots, [{ subject: "r1", reason: "FURTHER" }]);
});

t.test("other places of the stop are told with who holds them", async (t) => {
  const why = whyOf({
    robots: [at("r1", 9), on("r2", "B", { fleet: "g" })],
    tasks: [aTask("t1", ["B", "A", "C"], { fleet: "f" })],
  });
  t.match(why, { costM: 9, lookedAt: 2 });
  t.match(why.places, [
    { subject: "B", reason: "PLACE_HELD", detail: "it, or one in conflict with it, is held by r2" },
    { subject: "C", reason: "FURTHER", detail: "2.0 m further" },
  ]);
});

t.test("R13 of many the best few are told, nearest first", async (t) => {
  const robots = Array.from({ length: 40 }, (_, index) => at(`r${index + 10}`, index));
  const why = whyOf({ robots, tasks: [aTask("t1", ["A"])] });
  t.same(
    why.robots.map(({ subject }) => subject),
    ["r11", "r12", "r13", "r14", "r15"],
  );
  t.equal(why.lookedAt, 40);
  t.match(whyLines("r10", why)[0], /^r10 was the best of 40 robots: 0\.0 m away, its waiting counted for 5 s$/);
});

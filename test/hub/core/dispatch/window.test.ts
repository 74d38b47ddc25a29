// R13: a round looks at so many tasks and no more, and those of one fleet never hide those of another.
import t from "tap";
import type { DispatchTask } from "../../../../hub/core/dispatch/dispatch.js";
import { inShares, TASKS_MAX, tasksInSight } from "../../../../hub/core/dispatch/window.js";
import { aTask, at, check, floor, propose } from "./site.js";

const many = (count: number, over: (index: number) => Partial<DispatchTask>) =>
  Array.from({ length: count }, (_, index) => aTask(`m${index}`, ["A"], over(index)));

const silent = { fleet: "g", availability: "unavailable" } as const;
const drained = { fleet: "g", barred: { reason: "DRAINED", detail: "by ada" } } as const;
const busy = { fleet: "g", availability: "busy", assignment: { purpose: "TASK" } } as const;
const old = () => many(3 * TASKS_MAX, () => ({ fleet: "g" }));
const young = () => aTask("young", ["B"], { fleet: "f", waitingSinceMs: 50_000 });

check("R13 more tasks than a round looks at starve no task of another fleet", [
  {
    name: "of a fleet that is silent",
    parts: { robots: [at("r1", 0), at("g1", 0, silent)], tasks: [...old(), young()] },
    nowMs: 60_000,
    expected: ["r1 TASK young B"],
  },
  {
    name: "of a fleet that is drained",
    parts: { robots: [at("r1", 0), at("g1", 0, drained)], tasks: [...old(), young()] },
    nowMs: 60_000,
    expected: ["r1 TASK young B"],
  },
  {
    name: "of a fleet without robots",
    parts: { robots: [at("r1", 0)], tasks: [...old(), young()] },
    nowMs: 60_000,
    expected: ["r1 TASK young B"],
  },
  {
    name: "of a fleet that has other work",
    parts: { robots: [at("r1", 0), at("g1", 0, busy)], tasks: [...old(), young()] },
    nowMs: 60_000,
    expected: ["r1 TASK young B"],
  },
  {
    name: "of a fleet whose place is held",
    parts: { robots: [at("r1", 0), at("g1", 0, { fleet: "g" })], tasks: [...old(), young()], held: { A: "" } },
    nowMs: 60_000,
    expected: ["r1 TASK young B"],
  },
]);

t.test("R13 nor do they where the pairs that one matching weighs are few", async (t) => {
  const free = Array.from({ length: 800 }, (_, index) => at(`g${index}`, 0, { fleet: "g" }));
  const tasks = [...many(TASKS_MAX - 1, () => ({ fleet: "g" })), young()];
  t.ok(propose({ robots: [...free, at("r1", 0)], tasks, destinations: floor }, 60_000).includes("r1 TASK young B"));
});

t.test("R13 a round sees so many tasks, most urgent first, and all that are in hand", async (t) => {
  const tasks = [...many(2 * TASKS_MAX, (index) => ({ waitingSinceMs: (index * 7919) % 2003 }))];
  const inHand = aTask("hand", ["A"], { robot: "r1", waitingSinceMs: 9000 });
  const urgent = [...tasks, inHand].map((task) => ({ task, urgencyMs: -task.waitingSinceMs }));
  const seen = tasksInSight(urgent, [at("r1", 0)]);
  const naive = tasks.sort((a, b) => a.waitingSinceMs - b.waitingSinceMs || a.order - b.order).slice(0, TASKS_MAX);
  t.same(
    seen.map(({ task }) => task.id),
    [...naive, inHand].map(({ id }) => id),
  );
});

t.test("each fleet has its share, and what one does not need the most urgent of the others have", async (t) => {
  const tasks = ["g", "g", "g", "g", "g", "f", "f", "", "g"].map((fleet, index) => aTask(`${index}`, [], { fleet }));
  const of = (most: number) => inShares(tasks, { most, fleetOf: ({ fleet }) => fleet }).map(({ id }) => id);
  t.same(of(3), ["0", "5", "7"]);
  t.same(of(5), ["0", "1", "2", "5", "7"]);
  t.same(of(7), ["0", "1", "2", "3", "5", "6", "7"]);
  t.same(of(2), ["0", "5", "7"], "one of each in any case");
  t.equal(of(9).length, 9);
});

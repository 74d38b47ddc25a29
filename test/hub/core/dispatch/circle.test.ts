// Robots that stand on each other's next stop: one of them makes room, once, and every task is done.
import t from "tap";
import { aTask, check, on, places } from "./site.js";
import { type SimTask, simulate } from "./site-run.js";

const inHand = (id: string, place: string, robot: string, sinceMs = 0) =>
  aTask(id, [place], { robot, waitingSinceMs: sinceMs });

check("dispatch breaks a circle with one move", [
  {
    name: "of two",
    parts: { robots: [on("r1", "A"), on("r2", "B")], tasks: [inHand("t1", "B", "r1"), inHand("t2", "A", "r2")] },
    expected: ["r1 PARK P1"],
  },
  {
    name: "of three",
    parts: {
      robots: [on("r1", "A"), on("r2", "B"), on("r3", "C")],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "C", "r2"), inHand("t3", "A", "r3")],
    },
    expected: ["r1 PARK P1"],
  },
  {
    name: "by another member where the first may not go to the only spare place",
    parts: {
      robots: [on("r1", "A", { excluded: new Set(["P1"]) }), on("r2", "B")],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "A", "r2")],
      held: { P2: "", K: "", L: "", C: "" },
    },
    expected: ["r2 PARK P1"],
  },
  {
    name: "not at all while one of them is on its way out",
    parts: {
      robots: [
        on("r1", "A", { availability: "busy", assignment: { purpose: "PARK", destination: "P1" } }),
        on("r2", "B"),
      ],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "A", "r2")],
      held: { P1: "r1" },
    },
    expected: [],
  },
  {
    name: "nor where there is no spare place",
    parts: {
      robots: [on("r1", "A"), on("r2", "B")],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "A", "r2")],
      held: { P1: "", P2: "", K: "", L: "", C: "" },
    },
    expected: [],
  },
]);

check("dispatch moves only the last of a chain", [
  {
    name: "of three, the one without a task",
    parts: {
      robots: [on("r1", "A"), on("r2", "B"), on("r3", "C")],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "C", "r2")],
    },
    expected: ["r3 PARK P2"],
  },
  {
    name: "nobody while the last is leaving by itself",
    parts: {
      robots: [on("r1", "A"), on("r2", "B"), on("r3", "C")],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "C", "r2"), inHand("t3", "P1", "r3")],
    },
    expected: ["r3 TASK t3 P1"],
  },
  {
    name: "the middle where the last cannot be moved",
    parts: {
      robots: [on("r1", "A"), on("r2", "B"), on("r3", "C", { availability: "unavailable" })],
      tasks: [inHand("t1", "B", "r1"), inHand("t2", "C", "r2")],
    },
    expected: ["r2 PARK P2"],
  },
]);

function circleOf(count: number, spare: string): void {
  t.test(`a circle of ${count} with one spare place (${spare}) comes to its end`, async (t) => {
    const names = ["A", "B", "C", "D"].slice(0, count);
    const destinations = places(...names.map((name, i) => `${name}:pick@${10 * i}`), spare);
    const tasks: SimTask[] = names.map((name, i) => ({
      id: `t${i}`,
      stops: [[name], [names[(i + 1) % count] ?? ""]],
      fleet: "",
      atMs: 0,
    }));
    const robots = names.map((at, i) => ({ id: `r${i}`, at }));
    const { done, violations, moves } = simulate({ robots, tasks, destinations, untilMs: 600_000 });
    t.same(violations, []);
    t.equal(done.size, count);
    const firstDoneMs = Math.min(...[...done.values()].map((one) => one.atMs));
    const aside = moves.filter((move) => move.purpose === "PARK" && move.atMs < firstDoneMs);
    t.equal(aside.length, 1, "one move; going home when all is done does not count");
  });
}
circleOf(2, "S:park@5,20");
circleOf(3, "S:park@5,20");
circleOf(4, "S:park@5,20");
circleOf(3, "S:pack@5,20");

t.test("a circle whose only spare place is wanted by others still comes to its end", async (t) => {
  const destinations = places("A:pick@0", "B:pick@10", "S:pick@5,20");
  const tasks: SimTask[] = [
    { id: "t1", stops: [["A"], ["B"]], fleet: "", atMs: 0 },
    { id: "t2", stops: [["B"], ["A"]], fleet: "", atMs: 0 },
    { id: "t3", stops: [["S"]], fleet: "", atMs: 4000 },
    { id: "t4", stops: [["S"]], fleet: "h", atMs: 0 },
  ];
  const robots = [
    { id: "r1", at: "A" },
    { id: "r2", at: "B" },
  ];
  const { done, violations } = simulate({ robots, tasks, destinations, untilMs: 300_000 });
  t.same(violations, []);
  t.same([...done.keys()].sort(), ["t1", "t2", "t3"], "the task of a fleet without robots stays");
});

// No task starves: the bonus for waiting, the turns of starving tasks, and two streams made to starve one task.
import t from "tap";
import { TURN_MS } from "../../../../hub/core/dispatch/match.js";
import { STARVING_MS } from "../../../../hub/core/dispatch/round.js";
import { aTask, at, battery, check, on, places } from "./site.js";
import { simulate } from "./site-run.js";

check("dispatch prefers a task by as many metres as it waited longer times the bonus", [
  {
    name: "20 m nearer outweighs 39 s",
    parts: { robots: [at("r1", 0)], tasks: [aTask("near", ["A"], { waitingSinceMs: 39_000 }), aTask("far", ["C"])] },
    nowMs: 50_000,
    expected: ["r1 TASK near A"],
  },
  {
    name: "and not 41 s",
    parts: { robots: [at("r1", 0)], tasks: [aTask("near", ["A"], { waitingSinceMs: 41_000 }), aTask("far", ["C"])] },
    nowMs: 50_000,
    expected: ["r1 TASK far C"],
  },
]);

/**
 * Turn n begins at (n - 1) * TURN_MS; the second oldest starving task has turn 6, the oldest turn 7,
 * nobody here turn 8.
 */
const turn = (n: number) => (n - 1) * TURN_MS;
const busy = { availability: "busy", assignment: { purpose: "TASK" } } as const;
const young = { waitingSinceMs: turn(6) };
const low = { fleet: "g", chargeRatio: 0.1, ...busy } as const;

/**
 * "first" waits for A and "second" for B, whose neighbours are C, held, and P1, open; the other two tasks are young.
 */
const contested = {
  robots: [on("b1", "A", busy), on("b2", "C", busy), at("r1", 0), at("g1", 0, { fleet: "g" })],
  tasks: [
    aTask("first", ["A"], { fleet: "f" }),
    aTask("second", ["B"], { fleet: "g", waitingSinceMs: 1 }),
    aTask("y1", ["P1"], { fleet: "f", ...young }),
    aTask("y2", ["L"], { fleet: "g", ...young }),
  ],
  conflicts: [
    ["B", "C"],
    ["B", "P1"],
  ] as [string, string][],
};

check("dispatch keeps a robot and the places around for the starving task whose turn it is", [
  { name: "the second oldest", parts: contested, nowMs: turn(6) + 1, expected: [] },
  { name: "the oldest, whose robot is kept", parts: contested, nowMs: turn(7), expected: ["g1 TASK y2 L"] },
  { name: "nobody", parts: contested, nowMs: turn(8), expected: ["r1 TASK y1 P1", "g1 TASK y2 L"] },
  {
    name: "and serves it at once when it can, although another were cheaper",
    parts: {
      robots: [at("r1", 0)],
      tasks: [aTask("near", ["A"], { waitingSinceMs: 1 }), aTask("old", ["C"], { waitingSinceMs: 0 })],
    },
    nowMs: turn(7),
    expected: ["r1 TASK old C"],
  },
  {
    name: "but not for one whose place only a person can free",
    parts: {
      robots: [at("r1", 0)],
      tasks: [aTask("old", ["A"]), aTask("y1", ["B"], young)],
      held: { A: "" },
    },
    nowMs: turn(7),
    expected: ["r1 TASK y1 B"],
  },
  {
    name: "nor for one that no robot's charge lasts for",
    parts: {
      robots: [at("r1", 0), at("r2", 0, busy)],
      tasks: [aTask("old", ["B"], { legs: [["L"], ["B"]] }), aTask("y1", ["B"], young)],
      battery: { ...battery, rangeM: 80 },
    },
    nowMs: turn(7),
    expected: ["r1 TASK y1 B"],
  },
  {
    name: "nor for one whose every robot has to charge first",
    parts: {
      robots: [at("r1", 0), at("g1", 0, { fleet: "g", chargeRatio: 0.3, charging: true }), on("g2", "K", low)],
      tasks: [aTask("old", ["B"], { fleet: "g" }), aTask("y1", ["B"], { fleet: "f", ...young })],
    },
    nowMs: turn(7),
    expected: ["r1 TASK y1 B"],
  },
  {
    name: "and lets a robot with a task in hand move on when no robot could use the kept place",
    parts: {
      robots: [on("b2", "C", busy), at("r1", 0), at("g1", 0, { fleet: "g", ...busy })],
      tasks: [aTask("old", ["B"], { fleet: "g" }), aTask("hand", ["P1"], { robot: "r1", ...young })],
      conflicts: [
        ["B", "C"],
        ["B", "P1"],
      ],
    },
    nowMs: turn(7),
    expected: ["r1 TASK hand P1"],
  },
  {
    name: "nor keeps in a robot that blocks the place",
    parts: {
      robots: [on("r1", "C"), at("g1", 0, { fleet: "g" })],
      tasks: [aTask("old", ["B"], { fleet: "g" }), aTask("hand", ["P1"], { robot: "r1", ...young })],
      conflicts: [
        ["B", "C"],
        ["B", "P1"],
      ],
    },
    nowMs: turn(7),
    expected: ["r1 TASK hand P1"],
  },
]);

t.test("a far task is served although nearer ones keep arriving", async (t) => {
  const destinations = places("N0:pick@0", "N1:pick@4", "N2:pick@8", "FAR:pick@150");
  const near = Array.from({ length: 250 }, (_, i) => ({
    id: `n${i}`,
    stops: [[`N${i % 3}`]],
    fleet: "",
    atMs: i * 4000,
  }));
  const tasks = [...near, { id: "far", stops: [["FAR"]], fleet: "", atMs: 60_000 }];
  const { done } = simulate({ robots: [{ id: "r0", at: "N0" }], tasks, destinations, untilMs: 1_200_000 });
  const waitedMs = done.get("far")?.waitedMs ?? Number.POSITIVE_INFINITY;
  t.comment(`far task waited ${waitedMs / 1000} s`);
  t.ok(waitedMs < 700_000, `${waitedMs} ms`);
});

t.test("a place is kept for a starving task although its neighbours are never left", async (t) => {
  const destinations = places(
    "X:pick@20",
    "N0:pick@18",
    "N1:pick@22",
    "G0:pick@20,30",
    "G1:pick@24,30",
    "P:park@0",
    "R:park@40",
  );
  const stream = (id: string, fleet: string, place: string) =>
    Array.from({ length: 100 }, (_, i) => ({ id: `${id}${i}`, stops: [[place]], fleet, atMs: i * 6000 }));
  const tasks = [
    ...stream("a", "f", "N0"),
    ...stream("b", "f", "N1"),
    ...stream("g", "g", "G0"),
    ...stream("h", "g", "G1"),
    { id: "x", stops: [["X"]], fleet: "g", atMs: 30_000 },
  ];
  const robots = [
    { id: "f0", at: "N0", fleet: "f" },
    { id: "f1", at: "N1", fleet: "f" },
    { id: "g0", at: "G0", fleet: "g" },
  ];
  const conflicts: [string, string][] = [
    ["X", "N0"],
    ["X", "N1"],
  ];
  const { done, violations } = simulate({ robots, tasks, destinations, conflicts, untilMs: 900_000, dwellMs: 12_000 });
  t.same(violations, []);
  const waitedMs = done.get("x")?.waitedMs ?? Number.POSITIVE_INFINITY;
  t.comment(`waited ${waitedMs / 1000} s`);
  t.ok(waitedMs < STARVING_MS + 3 * TURN_MS, `${waitedMs} ms`);
});

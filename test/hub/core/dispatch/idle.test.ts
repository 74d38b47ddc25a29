// Rules about robots that have nothing to do: off wanted places, to chargers, home; and who is left in peace.
import { aTask, at, check, on } from "./site.js";

const low = { chargeRatio: 0.1 };
/** Somebody whose fleet the wanted place is for, busy elsewhere. */
const g = at("g1", 50, { fleet: "g", availability: "busy", assignment: { purpose: "TASK" } });

check("dispatch moves an idle robot off a place that is wanted", [
  {
    name: "to its home",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "g" })], homes: { r1: "P2" } },
    expected: ["r1 PARK P2"],
  },
  {
    name: "to the nearest park place without one",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "g" })] },
    expected: ["r1 PARK P1"],
  },
  {
    name: "to another robot's home only when no other park or charger is left",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "g" })], homes: { r2: "P1" } },
    expected: ["r1 PARK P2"],
  },
  {
    name: "to a charger when the park places are taken",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "g" })], held: { P1: "", P2: "" } },
    expected: ["r1 PARK K"],
  },
  {
    name: "to an unwanted place of any kind when nothing else is left",
    parts: {
      robots: [on("r1", "A"), g],
      tasks: [aTask("t1", ["A"], { fleet: "g" }), aTask("t2", ["B"], { fleet: "h" })],
      held: { P1: "", P2: "", K: "", L: "" },
    },
    expected: ["r1 PARK C"],
  },
  {
    name: "never to a wanted one while nobody is ready",
    parts: {
      robots: [on("r1", "A"), g],
      tasks: [aTask("t1", ["A", "B"], { fleet: "g" }), aTask("t2", ["C"], { fleet: "g" })],
      held: { B: "", P1: "", P2: "", K: "", L: "" },
    },
    expected: [],
  },
  {
    name: "to another robot's home when it is the last unwanted place of its kind",
    parts: {
      robots: [on("r1", "A"), g],
      tasks: [aTask("t1", ["A"], { fleet: "g" })],
      held: { P2: "", K: "", L: "" },
      homes: { r2: "P1" },
    },
    expected: ["r1 PARK P1"],
  },
  {
    name: "to a wanted one as the last resort when a robot is ready",
    parts: {
      robots: [on("r1", "A"), at("g1", 50, { fleet: "g" })],
      tasks: [aTask("t1", ["A"], { fleet: "g" }), aTask("t2", ["B"], { fleet: "h" })],
      held: { C: "", P1: "", P2: "", K: "", L: "" },
    },
    expected: ["r1 PARK B"],
  },
  {
    name: "not for a task that no robot of the site could serve",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "h" })] },
    expected: [],
  },
  {
    name: "although another alternative is open that nobody can reach",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A", "Z"], { fleet: "g" })] },
    expected: ["r1 PARK P1"],
  },
  {
    name: "also when another robot is busy on the other alternative",
    parts: {
      robots: [on("r1", "A"), { ...g, standsOn: "B" }],
      tasks: [aTask("t1", ["A", "B"], { fleet: "g" })],
    },
    expected: ["r1 PARK P1"],
  },
  {
    name: "also when one that left for it is on its way for longer than the task can wait",
    parts: {
      robots: [
        g,
        on("r1", "A"),
        on("r2", "B", { availability: "busy", assignment: { purpose: "PARK", destination: "P2" } }),
      ],
      tasks: [aTask("t1", ["A", "B"], { fleet: "g" })],
      held: { P2: "r2" },
    },
    nowMs: 120_001,
    expected: ["r1 PARK P1"],
  },
  {
    name: "not while an alternative is open",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A", "B"], { fleet: "g" })] },
    expected: [],
  },
  {
    name: "not when it takes the task itself",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"])] },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "not when it goes to another task anyway",
    parts: { robots: [on("r1", "A"), g], tasks: [aTask("t1", ["A"], { fleet: "g" }), aTask("t2", ["C"])] },
    expected: ["r1 TASK t2 C"],
  },
  {
    name: "not off for a task whose robot is not well",
    parts: {
      robots: [on("r1", "A"), at("r2", 5, { availability: "unavailable" })],
      tasks: [aTask("t1", ["A"], { robot: "r2" })],
    },
    expected: [],
  },
  {
    name: "only one of two for one task",
    parts: { robots: [on("r1", "A"), on("r2", "B"), g], tasks: [aTask("t1", ["A", "B"], { fleet: "g" })] },
    expected: ["r1 PARK P1"],
  },
  {
    name: "both of two for two tasks",
    parts: {
      robots: [on("r1", "A"), on("r2", "B"), g],
      tasks: [aTask("t1", ["A", "B"], { fleet: "g" }), aTask("t2", ["A", "B"], { fleet: "g" })],
    },
    expected: ["r1 PARK P1", "r2 PARK P2"],
  },
  {
    name: "none while one is leaving",
    parts: {
      robots: [
        g,
        on("r1", "A"),
        on("r2", "B", { availability: "busy", assignment: { purpose: "PARK", destination: "P2" } }),
      ],
      tasks: [aTask("t1", ["A", "B"], { fleet: "g" })],
      held: { P2: "r2" },
    },
    expected: [],
  },
]);

check("dispatch sends a low robot to a free charger", [
  {
    name: "the nearest, and gives it no task",
    parts: { robots: [at("r1", 20, low)], tasks: [aTask("t1", ["C"])] },
    expected: ["r1 CHARGE K"],
  },
  {
    name: "two robots to two chargers at least total way",
    parts: { robots: [at("r1", 20, low), at("r2", 0, low)] },
    expected: ["r1 CHARGE L", "r2 CHARGE K"],
  },
  {
    name: "one of two where the chargers conflict",
    parts: { robots: [at("r1", 20, low), at("r2", 0, low)], conflicts: [["K", "L"]] },
    expected: ["r1 CHARGE L"],
  },
  { name: "not when it stands there", parts: { robots: [on("r1", "K", { ...low, charging: true })] }, expected: [] },
  {
    name: "another one when this one gives nothing for 10 s",
    parts: { robots: [on("r1", "K", { ...low, idleSinceMs: 0 })] },
    nowMs: 10_000,
    expected: ["r1 CHARGE L"],
  },
  {
    name: "but gives it time to make contact",
    parts: { robots: [on("r1", "K", { ...low, idleSinceMs: 0 })] },
    nowMs: 9_000,
    expected: [],
  },
  {
    name: "none without a battery that it reports",
    parts: { robots: [at("r1", 20, { chargeRatio: null })], tasks: [aTask("t1", ["C"])] },
    expected: ["r1 TASK t1 C"],
  },
]);

check("dispatch leaves a charging robot on its charger until it is full", [
  {
    name: "no task under 0.6",
    parts: { robots: [on("r1", "K", { chargeRatio: 0.5, charging: true })], tasks: [aTask("t1", ["A"])] },
    expected: [],
  },
  {
    name: "a task from 0.6 on when no other robot is there",
    parts: { robots: [on("r1", "K", { chargeRatio: 0.6, charging: true })], tasks: [aTask("t1", ["A"])] },
    expected: ["r1 TASK t1 A"],
  },
  {
    name: "another robot, however far, goes first",
    parts: {
      robots: [on("r1", "K", { chargeRatio: 0.6, charging: true }), at("r2", 900)],
      tasks: [aTask("t1", ["C"])],
    },
    expected: ["r2 TASK t1 C"],
  },
  {
    name: "full it is like any",
    parts: {
      robots: [on("r1", "K", { chargeRatio: 0.95, charging: true }), at("r2", 900)],
      tasks: [aTask("t1", ["C"])],
    },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "it moves off, full, for a low one",
    parts: { robots: [on("r1", "K", { chargeRatio: 0.95, charging: true }), at("r2", 0, low)], held: { L: "" } },
    expected: ["r1 PARK P2"],
  },
  {
    name: "it stays, not full, for a low one",
    parts: { robots: [on("r1", "K", { chargeRatio: 0.9, charging: true }), at("r2", 0, low)], held: { L: "" } },
    expected: [],
  },
]);

check("dispatch sends a robot home after 10 s idle", [
  {
    name: "from a pick face",
    parts: { robots: [on("r1", "A", { idleSinceMs: 0 })], homes: { r1: "P2" } },
    nowMs: 10_000,
    expected: ["r1 PARK P2"],
  },
  {
    name: "not before",
    parts: { robots: [on("r1", "A", { idleSinceMs: 0 })], homes: { r1: "P2" } },
    nowMs: 9_999,
    expected: [],
  },
  {
    name: "not without knowing since when",
    parts: { robots: [on("r1", "A")], homes: { r1: "P2" } },
    nowMs: 99_999,
    expected: [],
  },
  {
    name: "from the floor",
    parts: { robots: [at("r1", 0, { idleSinceMs: 0 })], homes: { r1: "P2" } },
    nowMs: 10_000,
    expected: ["r1 PARK P2"],
  },
  {
    name: "to a park place when the home is held",
    parts: { robots: [on("r1", "A", { idleSinceMs: 0 })], homes: { r1: "P2" }, held: { P2: "" } },
    nowMs: 10_000,
    expected: ["r1 PARK P1"],
  },
  {
    name: "stays at home, of whatever kind",
    parts: { robots: [on("r1", "A", { idleSinceMs: 0 })], homes: { r1: "A" } },
    nowMs: 60_000,
    expected: [],
  },
  {
    name: "stays on a park place",
    parts: { robots: [on("r1", "P1", { idleSinceMs: 0 })], homes: { r1: "P2" } },
    nowMs: 60_000,
    expected: [],
  },
  {
    name: "stays on a charger",
    parts: { robots: [on("r1", "K", { idleSinceMs: 0 })], homes: { r1: "P2" } },
    nowMs: 60_000,
    expected: [],
  },
  {
    name: "stays with a task in hand",
    parts: {
      robots: [on("r1", "A", { idleSinceMs: 0 })],
      tasks: [aTask("t1", ["C"], { robot: "r1" })],
      held: { C: "" },
    },
    nowMs: 60_000,
    expected: [],
  },
  {
    name: "stays where every park place is held",
    parts: { robots: [on("r1", "A", { idleSinceMs: 0 })], held: { P1: "", P2: "", K: "", L: "" } },
    nowMs: 60_000,
    expected: [],
  },
]);

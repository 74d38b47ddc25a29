// Charging as policy: when a robot goes, until when it stays, what it may take with the charge that it has, and never
// more of them than chargers.
import t from "tap";
import { proposeAssignments } from "../../../../hub/core/dispatch/dispatch.js";
import { aTask, at, aView, check, floor, on, places, rows, straight } from "./site.js";
import { simulate } from "./site-run.js";

const battery = { lowRatio: 0.2, fullRatio: 0.95, resumeRatio: 0.6, idleRatio: 0.7, reserveRatio: 0.1, rangeM: 100 };
const IDLE = { idleSinceMs: -20_000 };

check("dispatch charges by the policy of the fleet", [
  {
    name: "an idle robot under idleRatio tops up at a charger that nobody needs",
    parts: { robots: [at("r1", 0, { chargeRatio: 0.65, ...IDLE })], battery },
    expected: ["r1 CHARGE K"],
  },
  {
    name: "not before it has stood idle for a while",
    parts: { robots: [at("r1", 0, { chargeRatio: 0.65, idleSinceMs: 0 })], battery },
    expected: [],
  },
  {
    name: "not above idleRatio",
    parts: { robots: [at("r1", 0, { chargeRatio: 0.75, ...IDLE })], battery, held: { P1: "", P2: "" } },
    expected: ["r1 PARK K"],
  },
  {
    name: "a low robot goes first, and none tops up while one is left without",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.65, ...IDLE }), at("r2", 0, { chargeRatio: 0.1 })],
      battery,
      held: { K: "", L: "" },
    },
    expected: ["r1 PARK P1"],
  },
  {
    name: "a task comes before topping up",
    parts: { robots: [at("r1", 0, { chargeRatio: 0.65, ...IDLE })], tasks: [aTask("t1", ["C"])], battery },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "another fleet has its own policy",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.4 }), at("c1", 0, { fleet: "carts", chargeRatio: 0.4 })],
      tasks: [aTask("t1", ["A"]), aTask("t2", ["B"])],
      battery,
      over: { fleetBattery: new Map([["carts", { ...battery, lowRatio: 0.5 }]]) },
    },
    expected: ["c1 CHARGE K", "r1 TASK t1 A"],
  },
  {
    name: "resumeRatio says when a charging robot may leave for a task",
    parts: {
      robots: [on("r1", "K", { chargeRatio: 0.5, charging: true })],
      tasks: [aTask("t1", ["A"])],
      battery: { ...battery, resumeRatio: 0.45 },
    },
    expected: ["r1 TASK t1 A"],
  },
]);

check("a robot is given no task that its charge does not last for", [
  {
    name: "way, stops after it and reserve counted in: 20 + 20 m of 100, and 0.1",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.49 })],
      tasks: [aTask("t1", ["C"], { legs: [["A"]] })],
      battery,
    },
    expected: ["r1 CHARGE K"],
  },
  {
    name: "just enough",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.51 })],
      tasks: [aTask("t1", ["C"], { legs: [["A"]] })],
      battery,
    },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "the farther robot when the nearer one's charge does not last",
    parts: {
      robots: [at("r1", 20, { chargeRatio: 0.25 }), at("r2", 0, { chargeRatio: 0.9 })],
      tasks: [aTask("t1", ["C"], { legs: [["A"]] })],
      battery,
    },
    expected: ["r2 TASK t1 C"],
  },
  {
    name: "one that it has in hand it finishes",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.15 })],
      tasks: [aTask("t1", ["C"], { robot: "r1", legs: [["A"]] })],
      battery,
    },
    expected: ["r1 TASK t1 C"],
  },
  {
    name: "nor goes to charge for one that no charge would last for",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.9 })],
      tasks: [aTask("t1", ["C"], { legs: [["A"], ["C"], ["A"], ["C"], ["A"]] })],
      battery,
    },
    expected: [],
  },
]);

t.test("never more robots go to chargers than there are, whatever their charge", async (t) => {
  for (let robots = 1; robots <= 8; robots += 1) {
    const low = Array.from({ length: robots }, (_, index) => at(`r${index}`, 3 * index, { chargeRatio: 0.1, ...IDLE }));
    const made = proposeAssignments(aView({ robots: low, destinations: floor, battery }), straight(floor), 0);
    const charging = rows(made).filter((row) => row.includes("CHARGE"));
    t.equal(charging.length, Math.min(robots, 2));
    t.equal(new Set(charging.map((row) => row.split(" ").at(-1))).size, charging.length, "each its own");
  }
});

t.test("a shift of many tasks ends, and no robot runs empty on its way", async (t) => {
  const destinations = places("A:pick@0", "B:pick@40", "K:charge@20,5", "H1:park@0,10", "H2:park@40,10");
  const tasks = Array.from({ length: 30 }, (_, index) => {
    return { id: `t${index}`, stops: [["A"], ["B"]], fleet: "", atMs: index * 20_000 };
  });
  const result = simulate({
    robots: [
      { id: "r1", at: "H1", chargeRatio: 1 },
      { id: "r2", at: "H2", chargeRatio: 0.5 },
    ],
    ...{ tasks, destinations, untilMs: 4_000_000, drainPerM: 0.005, battery: { ...battery, rangeM: 200 } },
  });
  t.same(result.violations, []);
  t.equal(result.done.size, 30);
  t.ok(result.lowestRatio >= 0.1, `never under the reserve: ${result.lowestRatio}`);
});

check("a robot that people hold back moves only as far as is needed", [
  {
    name: "drained: neither home nor to a charger, whatever its charge",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.1, ...IDLE, barred: { reason: "DRAINED", detail: "" } })],
      homes: { r1: "P1" },
    },
    expected: [],
  },
  {
    name: "with the load of a paused task: to a charger when it is low",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.1, ...IDLE, barred: { reason: "CARRIES_LOAD", detail: "" } })],
    },
    expected: ["r1 CHARGE K"],
  },
  {
    name: "but not to top up, and not home",
    parts: {
      robots: [at("r1", 0, { chargeRatio: 0.5, ...IDLE, barred: { reason: "CARRIES_LOAD", detail: "" } })],
      ...{ homes: { r1: "P1" }, battery },
    },
    expected: [],
  },
  {
    name: "off a place that is wanted",
    parts: {
      robots: [on("r1", "A", { barred: { reason: "DRAINED", detail: "" } }), at("r2", 50)],
      tasks: [aTask("t1", ["A"])],
    },
    expected: ["r1 PARK P1"],
  },
]);

// The edge's core as a whole: from its start through a drive to an arrival, and again from its recorded inputs.
import t from "tap";
import { Edge } from "../../../edge/core/edge.js";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { EdgeUnderTest, moves } from "./edge-under-test.js";
import { roomGrid } from "./yard.js";

t.test("robot that is granted a destination drives there, arrives, and says so once it is stored", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const grant = robot.grant("P1");
  t.ok(
    robot.run(60_000, () => robot.sent("outcome").length > 0),
    robot.edge.state.blockedBy,
  );
  t.match(robot.sent("grantAnswer"), [{ token: grant.token, accepted: true }]);
  t.match(robot.sent("outcome"), [{ result: "ARRIVED", token: grant.token, assignment: grant.assignment }]);
  t.ok(Math.hypot(robot.base.xM - 20.5, robot.base.yM - 5) < 0.2, "it stands there");
  t.match(robot.stored.holdings, [{ token: grant.token, arrived: true }]);
  t.same(robot.stored.outbox, [], "the hub has acknowledged it");
  t.same(robot.edge.state.plan.misses, 0);
  const tokens = new Set(robot.commands().flatMap((command) => (moves(command) ? [command.token?.counter] : [])));
  t.same([...tokens], [1], "every command that moved it named the claim");
  const fromMs = robot.nowMs;
  robot.run(2000);
  t.notOk(robot.commands(fromMs + 100).some(moves), "and stays");
});

t.test("robot that is granted a place after the other drives to each", async (t) => {
  const robot = new EdgeUnderTest().ready();
  for (const place of ["P3", "P2"] as const) {
    robot.grant(place);
    const before = robot.sent("outcome").length;
    t.ok(
      robot.run(90_000, () => robot.sent("outcome").length > before),
      `${place}: ${robot.edge.state.blockedBy}`,
    );
  }
  t.match(
    robot.sent("outcome").map((outcome) => outcome.result),
    ["ARRIVED", "ARRIVED"],
  );
});

t.test("R14 the same inputs give the same effects, bit for bit", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.base.silent.add("scan");
  robot.run(1500);
  robot.base.silent.clear();
  robot.order("REACTIVE_ONLY");
  robot.run(1500);
  const { context } = robot;
  const again = new Edge({ context, memory: EMPTY_MEMORY, grid: roomGrid(), clocks: robot.clocksAt(1_000_000) });
  const effects = robot.inputs.flatMap(({ atMs, input }) => [...again.step(input, atMs)]);
  const text = (all: readonly object[]) => JSON.stringify(all, (_, v) => (v instanceof Float32Array ? [...v] : v));
  const lived = robot.effects.map(({ effect }) => effect);
  t.equal(effects.length, lived.length);
  t.equal(text([...effects].sort(byKind)), text([...lived].sort(byKind)));
});

// Inputs that follow from effects are nested in the test and flat in the replay: their order among kinds differs.
function byKind(a: { readonly kind: string }, b: { readonly kind: string }): number {
  return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
}

t.test(
  "R7 edge starts in CONFIRM and is autonomous once every sensor and the planner have shown themselves",
  async (t) => {
    const robot = new EdgeUnderTest();
    const missing = () => robot.edge.state.ladder.get("boot")?.detail;
    robot.connect();
    robot.base.silent.add("scan");
    robot.run(3000);
    t.equal(robot.rung, "CONFIRM");
    t.equal(missing(), "waits for a fresh scan");
    robot.base.silent.clear();
    robot.run(500);
    t.equal(missing(), "waits for the planner");
    robot.step({ kind: "plannerReady" });
    robot.run(100);
    t.equal(robot.rung, "AUTONOMOUS");
    const told = robot.sent("modeReport").map((report) => report.rung);
    t.same([...new Set(told)], ["CONFIRM", "AUTONOMOUS"]);
    t.ok(told.slice(told.indexOf("AUTONOMOUS")).every((rung) => rung === "AUTONOMOUS"));
  },
);

t.test("R7 edge that waited for evidence longer than falls are remembered still starts", async (t) => {
  const robot = new EdgeUnderTest({
    fleet: (fleet) => ({ ...fleet, ladder: { ...fleet.ladder, fallMemoryMs: 5000 } }),
  });
  robot.connect();
  robot.run(8000);
  t.equal(robot.rung, "CONFIRM");
  t.doesNotThrow(() => {
    robot.step({ kind: "plannerReady" });
    robot.run(200);
  });
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test(
  "R6 telemetry is tagged with the time since the last hub nonce, negative for what was captured before it",
  async (t) => {
    const robot = new EdgeUnderTest().ready();
    robot.isHubAnswering = false;
    const fromMs = robot.nowMs;
    const { hubNonce, hubNonceReceivedMs } = robot.edge.state.link;
    robot.run(1000);
    const poses = robot.of("publish", fromMs + 50).filter(({ sample }) => sample.channel === "pose");
    t.equal(poses.length, 5);
    for (const { sample } of poses) {
      t.equal(sample.hubNonce, hubNonce);
      t.equal(sample.elapsedMs, sample.capturedMs - hubNonceReceivedMs);
    }
    robot.base.silent.add("pose");
    robot.run(300);
    robot.hear({ kind: "renewed", nonce: 9999, leaseMs: 0, hubNonce: 7777 });
    const heardMs = robot.nowMs;
    robot.run(250);
    const last = robot.of("publish", heardMs).find(({ sample }) => sample.channel === "pose");
    t.equal(last?.sample.hubNonce, 7777);
    t.ok((last?.sample.elapsedMs ?? 0) < -200, `elapsed ${last?.sample.elapsedMs}`);
    const sequences = robot.of("publish").filter(({ sample }) => sample.channel === "pose");
    t.ok(
      sequences.every(({ sample }, index) => sample.sequence === index + 1),
      "sequences grow by one",
    );
  },
);

t.test("R6 telemetry before a welcome carries no nonce, and none of an older stream", async (t) => {
  const robot = new EdgeUnderTest();
  robot.run(500);
  t.ok(robot.of("publish").length > 0);
  t.ok(robot.of("publish").every(({ sample }) => sample.hubNonce === 0));
  robot.connect();
  robot.run(500);
  const fromMs = robot.nowMs + 1;
  robot.step({ kind: "linkClosed", reason: "cut" });
  robot.step({ kind: "linkOpened" });
  robot.run(500);
  t.ok(robot.of("publish", fromMs).every(({ sample }) => sample.hubNonce === 0));
});

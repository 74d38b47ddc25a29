// R2, R8, R11: from evidence to a command: never a movement without a lease that covers it, braking before its end, a
// planner that is late, gone or wrong, and outcomes that rest on fresh evidence.
import t from "tap";
import { EdgeUnderTest, moves } from "./edge-under-test.js";
import { solve } from "./motion/dijkstra.js";

t.test("R2 no command moves the robot without a lease, and none is valid beyond its end", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.isHubAnswering = false;
  robot.run(6000);
  robot.isHubAnswering = true;
  robot.run(3000);
  let moving = 0;
  for (const command of robot.commands()) {
    if (!moves(command)) continue;
    moving += 1;
    if (command.sentMonotonicMs >= command.leaseEndMonotonicMs) t.fail(`moved at ${command.sentMonotonicMs}`);
    const endsMs = command.sentMonotonicMs + command.validForMs;
    if (endsMs > command.leaseEndMonotonicMs) t.fail(`valid until ${endsMs}, lease ${command.leaseEndMonotonicMs}`);
    if (command.validForMs > robot.config.lease.deadmanMs) t.fail(`valid for ${command.validForMs} ms`);
  }
  t.ok(moving > 50, `${moving} commands moved it`);
  t.ok(robot.base.speedMps > 0.5, "with a lease again, it drives on");
});

t.test("R2 robot brakes M before its lease ends and stands by then", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const endMs = robot.leaseEndMs;
  robot.isHubAnswering = false;
  robot.run(endMs - robot.context.brakeAheadMs - robot.nowMs - 50);
  t.ok(robot.base.speedMps > 1, "it drives until then");
  robot.run(200);
  const brakes = robot.commands(endMs - robot.context.brakeAheadMs);
  t.ok(brakes.length > 0);
  t.notOk(brakes.some(moves), "and only brakes from then on");
  robot.run(endMs - robot.nowMs);
  t.equal(robot.base.speedMps, 0);
});

t.test("R2 a grant that no answered renewal has named moves nothing", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.isHubAnswering = false;
  robot.grant("P1");
  const fromMs = robot.nowMs;
  robot.run(1000);
  t.match(robot.sent("grantAnswer"), [{ accepted: true }]);
  t.ok(robot.leaseEndMs > robot.nowMs, "there is a lease, but for nothing");
  t.notOk(robot.commands(fromMs).some(moves));
  robot.isHubAnswering = true;
  robot.run(2000);
  t.ok(robot.commands(fromMs).some(moves));
});

t.test("commands come each tick, with rising sequence, and stand when there is nothing to do", async (t) => {
  const robot = new EdgeUnderTest();
  robot.run(1000);
  robot.ready();
  robot.run(1000);
  const commands = robot.commands();
  t.equal(commands.length, robot.of("tick").length);
  t.ok(commands.every((command, index) => index === 0 || command.sequence > (commands[index - 1]?.sequence ?? 0)));
  t.notOk(commands.some(moves));
  t.ok(commands.every((command) => command.token === undefined && command.validForMs > 0));
});

t.test("R2 sequence of commands goes on over a restart, since the base refuses lower ones", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const last = robot.commands().at(-1)?.sequence ?? 0;
  const again = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  again.nowMs = robot.nowMs + 1000;
  again.run(50);
  t.ok((again.commands()[0]?.sequence ?? 0) > last);
});

t.test(
  "R11 a plan past its deadline means reactive rules at once, and a silent planner is killed after three",
  async (t) => {
    const robot = new EdgeUnderTest().driving();
    const { plannerDeadlineMs } = robot.config.limits;
    robot.planner = "silent";
    robot.run(plannerDeadlineMs + 250);
    t.equal(robot.rung, "REACTIVE_ONLY");
    t.equal(robot.edge.state.plan.misses, 1);
    t.equal(robot.of("killPlanner").length, 0);
    robot.run(2 * plannerDeadlineMs);
    t.equal(robot.of("killPlanner").length, 1);
    robot.run(5000);
    t.equal(robot.of("killPlanner").length, 1, "once");
    t.equal(robot.edge.state.plan.misses, 1, "one plan, one miss");
    robot.planner = "answers";
    robot.step({ kind: "plannerGone", why: "killed" });
    robot.run(1000);
    robot.step({ kind: "plannerReady" });
    t.ok(
      robot.run(30_000, () => robot.rung === "AUTONOMOUS"),
      "a new planner and a dwell give autonomy back",
    );
    t.ok(robot.run(20_000, () => robot.sent("outcome").some((outcome) => outcome.result === "ARRIVED")));
  },
);

t.test("R11 a plan that comes late is thrown away; one for another question is ignored", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.planner = "silent";
  robot.run(1000);
  const flight = robot.edge.state.plan.flight;
  if (flight === null) throw new Error("no plan under way");
  const { plans, misses } = robot.edge.state.plan;
  const field = { kind: "local", width: 2, height: 2, value: new Float32Array(4), sweeps: 1, inferenceMs: 1 } as const;
  robot.step({ kind: "planned", result: { id: flight.id + 1, ...field } });
  t.equal(robot.edge.state.plan.flight, flight, "an answer to nothing");
  robot.step({ kind: "planned", result: { id: flight.id, ...field } });
  t.equal(robot.edge.state.plan.flight, null);
  t.same([robot.edge.state.plan.plans, robot.edge.state.plan.misses], [plans, misses], "counted when it was missed");
  t.equal(robot.rung, "REACTIVE_ONLY");
});

t.test("R8 on REACTIVE_ONLY the robot finishes a path that was validated and stands at its end", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.order("REACTIVE_ONLY");
  const fromMs = robot.nowMs;
  robot.run(40_000);
  t.equal(robot.of("plan", fromMs + 50).length, 0);
  t.equal(robot.base.speedMps, 0);
  t.ok(Math.hypot(robot.base.xM - 20.5, robot.base.yM - 5) < 0.2, `it stands at ${robot.base.xM}, ${robot.base.yM}`);
});

t.test("R8 on REACTIVE_ONLY without a validated path the robot stands", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.order("REACTIVE_ONLY");
  robot.grant("P1");
  robot.run(5000);
  t.notOk(robot.commands().some(moves));
});

for (const where of ["all around it", "before it, wherever it turns"]) {
  t.test(`R1 robot that makes no headway, for something stands ${where}, says FAILED`, async (t) => {
    const robot = new EdgeUnderTest().ready();
    const destination = "P1";
    robot.grant(destination);
    const cast = robot.base.sample.bind(robot.base);
    robot.base.sample = (channel, nowMs) => {
      const sample = cast(channel, nowMs);
      if (sample.channel !== "scan") return sample;
      const isThere = (ray: number) => where === "all around it" || Math.cos(ray * sample.angleStepRad) > 0.3;
      const nearM = 0.55 + 0.001 * (nowMs % 7);
      return { ...sample, rangeM: sample.rangeM.map((range, ray) => (isThere(ray) ? Math.min(range, nearM) : range)) };
    };
    t.ok(
      robot.run(120_000, () => robot.sent("outcome").length > 0),
      robot.edge.state.activity,
    );
    t.match(robot.sent("outcome"), [{ result: "FAILED", reason: /no headway for 45 s towards P1/ }]);
    t.same(robot.stored.holdings, []);
  });
}

t.test("R8 robot that stands because its lease has ended does not say that it failed", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.isHubAnswering = false;
  robot.run(100_000);
  t.equal(robot.sent("outcome").filter((outcome) => outcome.result === "FAILED").length, 0);
});

t.test("R6 arrival is not told on evidence that is not fresh", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.run(60_000, () => Math.hypot(robot.base.xM - 20.5, robot.base.yM - 5) < 0.6);
  for (const channel of ["pose", "scan", "odometry"] as const) robot.base.silent.add(channel);
  robot.run(5000);
  t.equal(robot.sent("outcome").length, 0);
  robot.base.silent.clear();
  t.ok(robot.run(60_000, () => robot.sent("outcome").length > 0));
});

t.test("dwell at a destination is stood through before the arrival is told", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.grant("P1", { dwellMs: 5000 });
  robot.run(60_000, () => robot.edge.state.activity === "arrived");
  const { sinceMs = 0 } = robot.edge.state.dwell ?? {};
  t.ok(sinceMs > 0);
  t.ok(robot.run(20_000, () => robot.edge.state.dwell === null));
  t.equal(robot.nowMs - sinceMs, 5000, "for as long as was asked, and no tick longer");
  t.ok(robot.run(1000, () => robot.sent("outcome").length > 0));
});

t.test("R11 a plan whose answer finds no pose is lost, and the next one is asked for", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.planner = "silent";
  t.ok(robot.run(3000, () => robot.edge.state.plan.flight !== null));
  const asked = robot.of("plan").at(-1);
  robot.edge.state.channels.clear(); // as after a suspension
  if (asked !== undefined) robot.step({ kind: "planned", result: solve(asked.request) });
  robot.planner = "answers";
  const before = robot.of("plan").length;
  t.ok(robot.run(60_000, () => robot.of("plan").length > before));
});

// What a safety review found about the right to act, one test each: a claim moves the robot only when an answered
// renewal has named it (R1, R2), arrival needs fresh senses (R6), a place without headway is given back (R1), what the
// robot cannot carry out it does not take, and it forgets what is over (R13).
import t from "tap";
import { sameToken } from "../../../proto/claim.js";
import { EdgeUnderTest, moves, TICK_MS } from "./edge-under-test.js";

/** The hub answers the newest renewal. */
function answer(robot: EdgeUnderTest, leaseMs: number): void {
  const sent = robot.sent("renew").at(-1);
  if (sent === undefined) throw new Error("no renewal was sent");
  robot.hear({ kind: "renewed", nonce: sent.nonce, leaseMs, hubNonce: 1000 + sent.nonce });
}

t.test("R1, R2 grant that was held up moves nothing before a renewal that names it was answered", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const { leaseMs, renewMs } = robot.config.lease;
  robot.isHubAnswering = false;
  robot.run(renewMs);
  answer(robot, leaseMs); // names nothing
  const late = robot.grant("P1");
  const grantedMs = robot.nowMs;
  t.ok(robot.leaseEndMs > robot.nowMs + 2000, "a lease runs, and it is not for this");
  robot.run(renewMs + TICK_MS);
  t.ok(
    robot
      .sent("renew")
      .at(-1)
      ?.acting.some((token) => sameToken(token, late.token)),
  );
  answer(robot, 0); // the hub has given the place to another
  robot.run(2000);
  t.ok(robot.commands(grantedMs).every((command) => !moves(command)));
  answer(robot, leaseMs);
  const answeredMs = robot.nowMs;
  robot.run(1000);
  t.ok(robot.commands(answeredMs).some(moves), "then it drives");
});

t.test("R2 renewal that was sent before the grant covers nothing of it, however late its answer comes", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const { leaseMs, renewMs } = robot.config.lease;
  robot.isHubAnswering = false;
  robot.run(renewMs);
  const before = robot.sent("renew").at(-1);
  robot.grant("P1");
  const grantedMs = robot.nowMs;
  robot.hear({ kind: "renewed", nonce: before?.nonce ?? 0, leaseMs, hubNonce: 1000 });
  robot.run(2500);
  t.ok(robot.commands(grantedMs).every((command) => !moves(command)));
});

t.test("R6 robot that stands at its destination has not arrived while its pose is old", async (t) => {
  const robot = new EdgeUnderTest();
  const place = robot.config.destinations.find(({ id }) => id === "P1");
  Object.assign(robot.base, { xM: place?.xM, yM: place?.yM });
  robot.ready();
  robot.base.silent.add("pose");
  robot.run(5000);
  robot.grant("P1");
  robot.run(10_000);
  t.equal(robot.sent("outcome").length, 0);
  robot.base.silent.clear();
  robot.run(60_000, () => robot.sent("outcome").length > 0);
  t.match(robot.sent("outcome"), [{ result: "ARRIVED" }]);
});

t.test("R1 robot that holds in REACTIVE_ONLY gives its destination back after the give-up time", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.order("REACTIVE_ONLY");
  const { token } = robot.grant("P1");
  robot.run(44_000);
  t.equal(robot.sent("outcome").length, 0);
  robot.run(2000);
  t.match(robot.sent("outcome"), [{ result: "FAILED", token }]);
  t.same(robot.edge.state.memory.holdings, []);
});

t.test("R8 robot that holds for want of a lease gives nothing back", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.order("REACTIVE_ONLY");
  robot.isHubAnswering = false;
  robot.grant("P1");
  robot.run(120_000);
  t.equal(robot.sent("outcome").length, 0, "without headway, and without the right to make any");
  robot.isHubAnswering = true;
  robot.order("AUTONOMOUS");
  robot.run(10_000);
  t.ok(robot.commands().some(moves), "it goes on when the hub is back");
});

t.test("R13 grant of a destination that this site file does not have is refused", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const { token } = robot.grant("nowhere");
  robot.run(1000);
  t.match(robot.sent("grantAnswer"), [{ token, accepted: false, refusal: "UNKNOWN_DESTINATION" }]);
  t.same(robot.stored.holdings, []);
  t.equal(robot.edge.state.active.size, 0);
});

t.test("R13 what the robot remembers of grants stays bounded over 200 of them", async (t) => {
  const robot = new EdgeUnderTest().ready();
  for (let grants = 0; grants < 200; grants += 1) {
    robot.grant("P1");
    t.equal(robot.edge.state.active.size, 1);
  }
  t.equal(robot.edge.state.memory.holdings.length, 1);
  t.equal(robot.edge.state.held.length, 0);
});

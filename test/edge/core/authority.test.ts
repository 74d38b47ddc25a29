// R2, R5, R10: what the robot may act on: grants that are stored before they are acted on, tokens that only grow, a
// lease that counts from the sending of a renewal, and outcomes that are told until the hub has them.
import t from "tap";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { EdgeUnderTest, moves } from "./edge-under-test.js";

t.test("R10 no command bears a grant's token and no answer goes out before the grant is stored", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.isStoring = false;
  const { token } = robot.grant("P1");
  robot.run(3000);
  t.equal(robot.sent("grantAnswer").length, 0);
  t.notOk(robot.commands().some((command) => command.token !== undefined || moves(command)));
  robot.store();
  t.match(robot.sent("grantAnswer"), [{ token, accepted: true }]);
  robot.run(3000);
  t.ok(robot.commands().some((command) => moves(command) && command.token?.counter === token.counter));
});

t.test("R10 every save stands before what rests on it, and what waits for it follows", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.grant("P1");
  const kinds = robot.effects.map(({ effect }) => (effect.kind === "send" ? effect.message.kind : effect.kind));
  t.ok(kinds.indexOf("save") >= 0 && kinds.indexOf("save") < kinds.indexOf("grantAnswer"));
});

t.test("R5 token that is not higher than all seen is refused and changes nothing", async (t) => {
  for (const highest of [
    { epoch: 1, counter: 10 },
    { epoch: 2, counter: 1 },
  ]) {
    const robot = new EdgeUnderTest({ memory: { ...EMPTY_MEMORY, highestToken: highest } }).ready();
    for (const counter of [9, 10]) robot.grant("P1", { token: { epoch: 1, counter } });
    t.match(robot.sent("grantAnswer"), [
      { accepted: false, refusal: "STALE_TOKEN" },
      { accepted: false, refusal: "STALE_TOKEN" },
    ]);
    robot.run(2000);
    t.notOk(robot.commands().some(moves));
    t.same(robot.edge.state.memory.holdings, []);
    t.same(robot.edge.state.memory.highestToken, highest);
  }
});

t.test("R5 numbers, not text: counter 10 is above 9, and epoch 10 above 9", async (t) => {
  const robot = new EdgeUnderTest({ memory: { ...EMPTY_MEMORY, highestToken: { epoch: 9, counter: 9 } } }).ready();
  robot.grant("P1", { token: { epoch: 9, counter: 10 } });
  robot.grant("P2", { token: { epoch: 10, counter: 1 } });
  t.match(robot.sent("grantAnswer"), [{ accepted: true }, { accepted: true }]);
  t.same(robot.stored.highestToken, { epoch: 10, counter: 1 });
});

t.test("R10 repeated grant is answered again and saved once", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.isStoring = false;
  const before = robot.of("save").length;
  const grant = robot.grant("P1");
  robot.hear({ kind: "grant", ...grant });
  t.equal(robot.of("save").length, before + 1);
  t.equal(robot.sent("grantAnswer").length, 0);
  robot.store();
  for (let times = 0; times < 2; times += 1) robot.hear({ kind: "grant", ...grant });
  t.equal(robot.of("save").length, before + 1);
  t.equal(robot.sent("grantAnswer").length, 3);
});

t.test("R2 lease counts from the sending of the renewal, whatever the answer's delay", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.isHubAnswering = false;
  robot.run(500);
  const renewals = robot.effects.filter(({ effect }) => effect.kind === "send" && effect.message.kind === "renew");
  const last = renewals.at(-1);
  const nonce = robot.sent("renew").at(-1)?.nonce ?? 0;
  const sentMs = last?.atMs ?? 0;
  robot.run(1300);
  robot.hear({ kind: "renewed", nonce, leaseMs: 3000, hubNonce: 900 });
  t.equal(robot.leaseEndMs, sentMs + 3000);
  robot.hear({ kind: "renewed", nonce: nonce + 50, leaseMs: 3000, hubNonce: 901 });
  t.equal(robot.leaseEndMs, sentMs + 3000, "an answer to nothing");
  const { nonce: later = 0 } = robot.sent("renew").at(-1) ?? {};
  robot.hear({ kind: "renewed", nonce: later, leaseMs: 900_000, hubNonce: 902 });
  t.ok(robot.leaseEndMs <= robot.nowMs + 3000, "a hub cannot lengthen D");
});

t.test("R2 renewals go out each period, name what would be acted on, and none before the welcome", async (t) => {
  const robot = new EdgeUnderTest();
  robot.step({ kind: "plannerReady" });
  robot.run(1000);
  t.equal(robot.sent("renew").length, 0);
  robot.step({ kind: "linkOpened" });
  robot.run(1000);
  t.equal(robot.sent("renew").length, 0, "not before the welcome");
  robot.hear({ kind: "welcome", session: "s", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
  robot.run(4000);
  const renewals = robot.sent("renew");
  t.equal(renewals.length, 10);
  t.ok(renewals.every((renew, index) => renew.nonce === (renewals[0]?.nonce ?? 0) + index));
  const { token } = robot.grant("P1");
  robot.run(500);
  t.same(robot.sent("renew").at(-1)?.acting, [token]);
});

t.test(
  "R2 no lease survives a suspended board or a clock that went back; answers to older renewals give none",
  async (t) => {
    const robot = new EdgeUnderTest().driving();
    const { nonce = 0 } = robot.sent("renew").at(-1) ?? {};
    robot.isHubAnswering = false;
    robot.suspendedMs += 2000;
    robot.run(50);
    t.equal(robot.leaseEndMs, Number.NEGATIVE_INFINITY);
    t.same(robot.commands(robot.nowMs).map(moves), [false], "it stands at once");
    robot.hear({ kind: "renewed", nonce, leaseMs: 3000, hubNonce: 900 });
    t.equal(robot.leaseEndMs, Number.NEGATIVE_INFINITY);
    t.equal(robot.rung, "CONFIRM");
    t.ok(robot.causes.includes("clock-fault"));
  },
);

t.test("R2 lease is not stored: a restarted edge has none and acts on nothing until it is granted anew", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const [grant] = robot.stored.holdings;
  const again = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  t.equal(again.leaseEndMs, Number.NEGATIVE_INFINITY);
  again.ready();
  t.match(again.sent("hello"), [
    { boot: "boot2", highestToken: { epoch: 1, counter: 1 }, holdings: [{ arrived: false }] },
  ]);
  again.run(3000);
  t.notOk(again.commands().some(moves), "the hub has not sent the grant again");
  if (grant === undefined) throw new Error("no holding");
  const { arrived: _, ...sent } = grant;
  again.hear({ kind: "grant", ...sent });
  t.match(again.sent("grantAnswer"), [{ accepted: true }], "the same token again is no lower one");
  again.run(4000);
  t.ok(again.commands().some(moves));
});

t.test("R2 a closed link takes nothing back and gives nothing: the robot drives until it must brake", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.step({ kind: "linkClosed", reason: "cut" });
  const endMs = robot.leaseEndMs;
  t.ok(endMs > robot.nowMs + 1500);
  const fromMs = robot.nowMs;
  robot.run(6000);
  const driven = robot.commands(fromMs).filter(moves);
  t.ok(driven.length > 10);
  t.ok((driven.at(-1)?.sentMonotonicMs ?? 0) < endMs - robot.context.brakeAheadMs);
  t.equal(robot.sent("renew").filter((renew) => renew.nonce > robot.edge.state.link.nonce).length, 0);
});

t.test("R5 withdrawal drops the right before the hub is told, and tells it once it is stored", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.isStoring = false;
  const [held] = robot.edge.state.memory.holdings;
  if (held === undefined) throw new Error("no holding");
  const { token, assignment } = held;
  robot.hear({ kind: "withdraw", token, assignment, reason: "cancelled" });
  const fromMs = robot.nowMs + 50;
  robot.run(2500);
  t.notOk(robot.commands(fromMs).some(moves), "it acts on it no more");
  t.same(robot.sent("renew").at(-1)?.acting, []);
  t.equal(robot.sent("outcome").length, 0, "R10: and not while it is sent again either");
  robot.store();
  t.match(robot.sent("outcome"), [{ result: "RELEASED", token, assignment, reason: "cancelled" }]);
  robot.hear({ kind: "withdraw", token, assignment, reason: "cancelled" });
  t.equal(robot.sent("outcome").length, 1, "asked again, there is nothing left to release");
});

t.test("R5 withdrawal of what was never held is answered once its token is refused for ever", async (t) => {
  const robot = new EdgeUnderTest().ready();
  robot.isStoring = false;
  const token = { epoch: 1, counter: 5 };
  robot.hear({ kind: "withdraw", token, assignment: "a1-5", reason: "cancelled" });
  t.equal(robot.sent("grantAnswer").length, 0);
  robot.store();
  t.match(robot.sent("grantAnswer"), [{ token, accepted: false, refusal: "UNKNOWN_TOKEN" }]);
  robot.isStoring = true;
  robot.grant("P1", { token });
  t.match(robot.sent("grantAnswer").at(-1), { accepted: false, refusal: "STALE_TOKEN" }, "a grant that comes late");
});

t.test("R2 tokens that the welcome voids are dropped, arrived ones stay as places where it may stand", async (t) => {
  const hold = (counter: number, arrived: boolean) => {
    const token = { epoch: 1, counter };
    const place = { destination: "P1", purpose: "TASK", task: "t1", dwellMs: 0 } as const;
    return { token, assignment: `a1-${counter}`, arrived, ...place };
  };
  const memory = {
    ...EMPTY_MEMORY,
    highestToken: { epoch: 1, counter: 3 },
    holdings: [hold(1, true), hold(2, false), hold(3, false)],
  };
  const robot = new EdgeUnderTest({ memory });
  robot.connect([
    { epoch: 1, counter: 1 },
    { epoch: 1, counter: 3 },
  ]);
  t.same(
    robot.stored.holdings.map((held) => held.token.counter),
    [1, 2],
  );
});

t.test("R5, R10 hub that asks back what was arrived under, and has lost that, is told again", async (t) => {
  const token = { epoch: 1, counter: 3 };
  const place = { task: "t1", destination: "P1", purpose: "TASK", dwellMs: 0 } as const;
  const holdings = [{ token, assignment: "a1-3", ...place, arrived: true }];
  const robot = new EdgeUnderTest({ memory: { ...EMPTY_MEMORY, highestToken: token, holdings } }).ready();
  for (let times = 0; times < 2; times += 1)
    robot.hear({ kind: "withdraw", token, assignment: "a1-3", reason: "cancelled" });
  robot.run(200);
  const told = robot.sent("outcome").filter((outcome) => outcome.token.counter === 3);
  t.ok(told.length > 0 && told.every(({ result }) => result === "ARRIVED"));
});

t.test("R10 outcome is sent again until the hub has stored it, over links and restarts", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.isHubDeaf = true;
  const [held] = robot.edge.state.memory.holdings;
  if (held === undefined) throw new Error("no holding");
  robot.hear({ kind: "withdraw", token: held.token, assignment: held.assignment, reason: "x" });
  robot.run(3500);
  t.ok(robot.sent("outcome").length >= 4);
  const ids = new Set(robot.sent("outcome").map((outcome) => outcome.id));
  t.equal(ids.size, 1, "always the same id");
  const again = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  again.isHubDeaf = true;
  again.connect();
  again.run(100);
  t.match(again.sent("outcome"), [{ id: [...ids][0], result: "RELEASED" }]);
  again.hear({ kind: "outcomeStored", id: "o-of-somebody-else" });
  t.equal(again.stored.outbox.length, 1);
  again.hear({ kind: "outcomeStored", id: [...ids][0] ?? "" });
  t.same(again.stored.outbox, []);
  const fromCount = again.sent("outcome").length;
  again.run(3000);
  t.equal(again.sent("outcome").length, fromCount);
});

t.test("R8 orders of the hub count by their sequence; a new session starts over", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const order = (sequence: number, rung: "AUTONOMOUS" | "HALT" | "CONFIRM") =>
    robot.hear({ kind: "modeOrder", sequence, rung, causes: [] });
  order(5, "HALT");
  t.equal(robot.rung, "HALT");
  order(4, "AUTONOMOUS");
  t.equal(robot.rung, "HALT", "an older order");
  robot.run(500);
  t.equal(robot.sent("renew").at(-1)?.modeSequence, 5);
  order(5, "HALT");
  order(6, "CONFIRM");
  t.equal(robot.rung, "CONFIRM");
  robot.step({ kind: "linkClosed", reason: "cut" });
  robot.connect();
  t.equal(robot.rung, "CONFIRM", "what was ordered stands until the next order");
  order(1, "AUTONOMOUS");
  t.equal(robot.rung, "AUTONOMOUS", "the sequence of another session");
});

t.test("R10 an edge whose store fails tells nothing that is not stored, and stands", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.isStoring = false;
  robot.step({ kind: "storeFault", why: "the disk is full" });
  const fromMs = robot.nowMs;
  robot.run(1000);
  t.equal(robot.rung, "HALT");
  t.notOk(robot.commands(fromMs + 50).some(moves));
  const answers = robot.sent("grantAnswer").length;
  robot.grant("P2");
  robot.run(500);
  t.equal(robot.sent("grantAnswer").length, answers);
});

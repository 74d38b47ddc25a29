// What the simulator found about whom the edge obeys, one test each: an order before the welcome (R7), a command that
// is written later than it was made (R2), two hubs of one site (R5), and words about a stop before this one (R7).
import t from "tap";
import { mayWrite } from "../../../edge/core/gate.js";
import { EdgeUnderTest, moves } from "./edge-under-test.js";

t.test("R7 order that overtakes the welcome on a new stream is obeyed, whatever came on the old one", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const order = (sequence: number, rung: "AUTONOMOUS" | "HALT") =>
    robot.hear({ kind: "modeOrder", sequence, rung, causes: [] });
  order(7, "AUTONOMOUS");
  robot.step({ kind: "linkClosed", reason: "cut" });
  robot.step({ kind: "linkOpened" });
  order(1, "HALT");
  t.equal(robot.rung, "HALT");
  robot.hear({ kind: "welcome", session: "s2", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
  robot.run(500);
  t.equal(robot.rung, "HALT");
  t.equal(robot.sent("renew").at(-1)?.modeSequence, 1, "the welcome does not forget it");
});

t.test("R2 moving command is not written after its board was suspended or its clock went back", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const moving = robot.commands().at(-1);
  if (moving === undefined || !moves(moving)) throw new Error("it does not drive");
  const standing = { ...moving, speedMps: 0, turnRadps: 0 };
  const made = { monotonicMs: robot.nowMs, bootMs: robot.nowMs, wallMs: 0 };
  const later = (monotonicMs: number, suspendedMs = 0) => {
    return { monotonicMs: robot.nowMs + monotonicMs, bootMs: robot.nowMs + monotonicMs + suspendedMs, wallMs: 0 };
  };
  t.ok(mayWrite(moving, { made, now: later(5) }));
  for (const [what, now] of [
    ["suspended for a minute", later(5, 60_000)],
    ["with a clock that went back", later(-5)],
    ["stopped until its lease was over", later(robot.config.lease.leaseMs)],
  ] as const) {
    t.notOk(mayWrite(moving, { made, now }), `a board that was ${what}`);
    t.ok(mayWrite(standing, { made, now }), "which may still be told to stand");
  }
});

t.test("R5 edge follows no lower epoch, no second hub of one epoch, and no hub before that is durable", async (t) => {
  let robot = new EdgeUnderTest();
  const follows = (epoch: number, incarnation: string) => {
    robot.meet(epoch, incarnation);
    return robot.asks();
  };
  t.ok(follows(6, "X"));
  t.notOk(follows(5, "X"));
  t.notOk(follows(6, "Y"), "what X has given away Y cannot know");
  t.ok(follows(6, "X"), "the one that it followed");
  robot.isStoring = false;
  t.notOk(follows(7, "Y"), "before the store has it");
  robot.store();
  t.ok(robot.asks());
  robot = new EdgeUnderTest({ memory: robot.stored, boot: "boot2" });
  t.notOk(follows(6, "X"), "nor after a restart");
  t.match(robot.sent("hello"), [{ followsEpoch: 7, followsIncarnation: "Y" }]);
  t.ok(follows(7, "Y"));
  robot.isStoring = false;
  t.notOk(follows(8, "Z"));
  robot.step({ kind: "storeFault", why: "the disk is full" });
  t.ok(robot.asks(), "what will never be durable is not waited for");
  t.ok(follows(9, "Z"));
  t.equal(robot.rung, "HALT", "since it stands");
});

t.test("R7 stop that is pressed anew between two ticks is not opened by what people were told before", async (t) => {
  const robot = new EdgeUnderTest().ready();
  const press = (isPressed: boolean) => {
    robot.nowMs += 1;
    robot.base.emergencyStop = isPressed;
    robot.step({ kind: "sample", sample: robot.base.sample("base", robot.nowMs) });
  };
  robot.base.emergencyStop = true;
  robot.run(200);
  const told = robot.sent("modeReport").at(-1)?.sequence ?? 0;
  const clear = (report: number) => {
    robot.hear({ kind: "clearLatches", causes: ["emergency-stop"], operator: "ada", reason: "seen to", report });
    robot.run(200);
    return robot.rung;
  };
  press(false);
  press(true);
  robot.tick();
  robot.base.emergencyStop = false;
  robot.run(200);
  t.equal(clear(told), "HALT", "told of the first one only");
  robot.run(1000);
  const again = robot.sent("modeReport").at(-1)?.sequence ?? 0;
  t.equal(clear(again), "AUTONOMOUS");
});

// R11, blast radius: a candidate takes over only by a permission of the hub that is for this model, on this link, young
// enough and not used yet; without one what drives goes on. Whatever gives the wheel back needs none.
import t from "tap";
import type { ControllerModels } from "../../../edge/core/controller/slots.js";
import { modeLines } from "../../../edge/core/why.js";
import type { HubMessage } from "../../../proto/wire.js";
import { action, chase, controller } from "./chaser.js";
import { begin, hasArrived, live, NEW, notes, OLD, slot } from "./driven.js";
import { type Answering, EdgeUnderTest } from "./edge-under-test.js";
import { swapAnswer } from "./swap-answer.js";

const CONTROLLERS: ControllerModels = { live: controller("1.0.0"), candidate: controller("2.0.0") };
const PLACES = ["P2", "P1"] as const;

/** A robot whose candidate is soon proven, and a hub that says nothing to it by itself. */
function asking(swaps: EdgeUnderTest["swaps"] = "silent", candidate: Answering = chase): EdgeUnderTest {
  const robot = new EdgeUnderTest({ controllers: CONTROLLERS, models: { promoteAfterMs: 2000 } });
  robot.swaps = swaps;
  return begin(robot, [
    [OLD, chase],
    [NEW, candidate],
  ]);
}

/** Lets it drive to and fro for so long. */
function drive(robot: EdgeUnderTest, ms: number, until: () => boolean = () => false): boolean {
  return robot.run(ms, () => {
    const trips = robot.sent("outcome").filter(({ result }) => result === "ARRIVED").length;
    const given = Math.max(0, ...robot.edge.state.memory.holdings.map(({ token }) => token.counter));
    if (trips === given) robot.grant(PLACES[trips % 2 === 0 ? 1 : 0]);
    return until();
  });
}

/** It has asked just now. */
function asked(robot: EdgeUnderTest): ReturnType<typeof robot.sent<"askSwap">>[number] {
  const before = robot.sent("askSwap").length;
  if (!drive(robot, 20_000, () => robot.sent("askSwap").length > before)) throw new Error("it has not asked");
  const ask = robot.sent("askSwap").at(-1);
  if (ask === undefined) throw new Error("it has not asked");
  return ask;
}

t.test("R11 a proven candidate asks the hub, and takes over in the tick after it is allowed", async (t) => {
  const robot = asking();
  const ask = asked(robot);
  t.same(ask, {
    ...{ kind: "askSwap", ask: 1, model: "chaser", version: "2.0.0", from: OLD },
    sha256: controller("2.0.0").sha256.slice(0, 16),
  });
  t.equal(live(robot), OLD, "what drives goes on meanwhile");
  robot.hear(swapAnswer(ask, "allows"));
  t.ok(
    robot.run(200, () => live(robot) === NEW),
    "it takes over",
  );
  t.equal(robot.sent("askSwap").length, 1);
});

t.test("R11 without an answer it waits, asks again at its pace, says so once, and the model goes on", async (t) => {
  const robot = asking();
  asked(robot);
  drive(robot, 45_000);
  t.equal(live(robot), OLD);
  const { length } = robot.sent("askSwap");
  t.ok(length >= 4 && length <= 5, `${length} questions in 45 s`);
  t.same(notes(robot, "model waits"), [`${NEW} waits to take over: the hub has not answered in time`]);
  t.equal(robot.rung, "AUTONOMOUS");
  t.ok(hasArrived(robot));
});

t.test("R11 a refusal is noted once, with its code, told to whoever asks why, and the next yes is taken", async (t) => {
  const robot = asking("refuses");
  asked(robot);
  drive(robot, 30_000);
  t.equal(live(robot), OLD);
  t.ok(robot.sent("askSwap").length >= 3);
  const says = `${NEW} waits to take over: TOO_MANY: the test refuses`;
  t.same(notes(robot, "model waits"), [says]);
  t.ok(modeLines(robot.edge.state, robot.nowMs).includes(says));
  robot.swaps = "allows";
  t.ok(drive(robot, 20_000, () => live(robot) === NEW));
  t.notOk(modeLines(robot.edge.state, robot.nowMs).includes(says));
});

t.test(
  "R11 no permission for another model, question or file is taken, nor a word that nothing was asked",
  async (t) => {
    const wrong: readonly Partial<Extract<HubMessage, { kind: "swapAnswer" }>>[] = [
      { version: "3.0.0" },
      { model: "other" },
      { sha256: "0123456789abcdef" },
      { ask: 7 },
    ];
    const robot = asking();
    const ask = asked(robot);
    for (const over of wrong) {
      robot.hear(swapAnswer(ask, "allows", over));
      robot.run(500);
      t.equal(live(robot), OLD, Object.keys(over)[0] ?? "");
    }
    const fresh = asking();
    fresh.hear(swapAnswer(ask, "allows"));
    fresh.run(2500, () => fresh.sent("askSwap").length > 0);
    t.equal(live(fresh), OLD, "before it has asked");
    fresh.hear(swapAnswer(ask, "refuses"));
    fresh.hear(swapAnswer(ask, "allows"));
    fresh.run(1000);
    t.equal(live(fresh), OLD, "the first answer counts");
  },
);

t.test(
  "R11 a permission that comes too late, or waited too long, is none: its age counts from the question",
  async (t) => {
    const late = asking();
    const ask = asked(late);
    late.run(5050);
    late.hear(swapAnswer(ask, "allows"));
    late.run(1000);
    t.equal(live(late), OLD);
    for (const [belowMs, driver] of [
      [1000, NEW],
      [5500, OLD],
    ] as const) {
      const held = asking();
      const question = asked(held);
      held.order("REACTIVE_ONLY"); // where it advises nothing
      held.run(500);
      held.hear(swapAnswer(question, "allows"));
      held.run(belowMs - 500);
      t.equal(live(held), OLD);
      held.order("AUTONOMOUS");
      held.run(2000);
      t.equal(live(held), driver, `used after ${belowMs} ms`);
    }
  },
);

t.test("R2 R11 a permission ends with its link, and with a suspended board", async (t) => {
  const cut = asking();
  const ask = asked(cut);
  cut.hear(swapAnswer(ask, "allows"));
  cut.step({ kind: "linkClosed", reason: "cut" });
  cut.run(300);
  t.equal(live(cut), OLD, "the link is gone");
  t.match(notes(cut, "model waits"), [/no link to a hub$/]);
  cut.step({ kind: "linkOpened" });
  cut.hear({
    ...{ kind: "welcome", session: "s1-2", epoch: 1, hubNonce: 900, void: [], incarnation: "h1" },
    answersSwaps: true,
  });
  cut.hear(swapAnswer(ask, "allows"));
  cut.run(1000);
  t.equal(live(cut), OLD, "another link");
  const slept = asking();
  const before = asked(slept);
  slept.hear(swapAnswer(before, "allows"));
  slept.suspendedMs += 60_000;
  slept.run(1000);
  t.equal(live(slept), OLD);
});

t.test("R11 a hub that does not know the question is never asked, and nothing takes over under it", async (t) => {
  const robot = new EdgeUnderTest({ controllers: CONTROLLERS, models: { promoteAfterMs: 2000 } });
  begin(robot, [
    [OLD, chase],
    [NEW, chase],
  ]);
  robot.step({ kind: "linkClosed", reason: "cut" });
  robot.step({ kind: "linkOpened" });
  robot.hear({ kind: "welcome", session: "s1-2", epoch: 1, hubNonce: 900, void: [], incarnation: "h1" });
  drive(robot, 30_000);
  t.equal(live(robot), OLD);
  t.same(robot.sent("askSwap"), []);
  t.match(notes(robot, "model waits"), [/the hub does not know the question$/]);
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test("R11 the model before comes back at once without a question, link or no link", async (t) => {
  let isBad = false;
  const robot = asking("allows", (run) => (isBad ? action(Number.NaN, 0) : chase(run)));
  t.ok(drive(robot, 20_000, () => live(robot) === NEW));
  const { length } = robot.sent("askSwap");
  robot.isHubDeaf = true;
  robot.step({ kind: "linkClosed", reason: "cut" });
  isBad = true;
  t.ok(robot.run(100, () => live(robot) === OLD));
  t.equal(slot(robot, NEW).role, "failed");
  t.equal(robot.sent("askSwap").length, length);
});

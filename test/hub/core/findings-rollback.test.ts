// What fresh eyes broke around a ledger that is not the newest, and around two hubs (R5), one test each.
import t from "tap";
import { firstNonce } from "../../../hub/core/identity.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";
import type { StubRobot } from "./stub-robot.js";

const SITE = { robot: "", fleet: "" } as const;

/** Lets the robot say hello as one that has followed this hub. */
function hasFollowed(robot: StubRobot, followsEpoch: number, followsIncarnation: string): void {
  const { hello } = Object.getPrototypeOf(robot) as StubRobot;
  robot.hello = () => ({ ...hello.call(robot), followsEpoch, followsIncarnation }) as ReturnType<StubRobot["hello"]>;
}

function hubsCeiling(site: SiteUnderTest) {
  return site.hub.state.ledger.ceilings.get("site by hub");
}

t.test("R5 token of an older epoch that the ledger never gave shows a rollback, once", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const backup = [...site.events];
  site.script.want("r1", "C");
  site.run(600);
  const seen = site.robot("r1").highestToken;
  t.same(seen, { epoch: 1, counter: 1 }, "given after the copy was made");
  for (const events of [[...site.events], backup]) {
    const again = new SiteUnderTest({ events });
    again.robot("r1").highestToken = seen;
    hasFollowed(again.robot("r1"), 1, "h1");
    again.connect("r1");
    const isOlder = events === backup;
    t.equal(again.hub.state.ledger.epoch, isOlder ? 3 : 2, isOlder ? "begins above" : "the newest ledger knows it");
    t.equal(hubsCeiling(again) !== undefined, isOlder);
    again.connect("r1");
    again.restart();
    again.connect("r1");
    t.equal(again.hub.state.ledger.epoch, isOlder ? 4 : 3, "what it has begun above it does not find again");
  }
});

t.test("R4, R5 hub that begins above believes no older statement of people", async (t) => {
  const site = ready(new SiteUnderTest(), "r2");
  site.run(site.waitMs);
  t.same(site.ask({ kind: "stateAbsent", act: ACT, robot: "r1", seen: "in the workshop" }), {});
  hasFollowed(site.robot("r2"), 5, "another"); // which may have sent r1 anywhere
  site.connect("r2");
  t.same([...site.hub.state.ledger.absent.keys()], []);
  site.run(2 * site.waitMs);
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
  site.run(1000);
  site.script.want("r2", "C");
  site.run(1000);
  t.equal(site.holder("C"), undefined, "r1 may stand anywhere");
});

t.test("R4, R5 a place that was stated free is looked at anew when the hub begins above", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.disconnect("r1");
  site.robot("r1").isTelling = false;
  site.run(2 * site.waitMs);
  t.same(site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "it is empty" }), {});
  hasFollowed(site.robot("r2"), 5, "another");
  site.connect("r2");
  site.run(2 * site.waitMs);
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
  site.run(1000);
  site.script.want("r2", "C");
  site.run(1000);
  t.equal(site.holder("C"), undefined);
});

t.test("R5 hub that begins above ends every stream, so that each robot hears of the new epoch", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  hasFollowed(site.robot("r1"), 5, "another");
  site.connect("r1");
  t.match(site.robot("r1").last("welcome"), { epoch: 6 });
  t.equal(site.robot("r2").endedBy, "SUPERSEDED");
  site.connect("r2");
  t.match(site.robot("r2").last("welcome"), { epoch: 6 });
});

t.test("R7 ceiling that the hub imposes takes no person's place, and is cleared first", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  site.ask({ kind: "setMode", act: { operator: "ada", reason: "wet floor" }, scope: SITE, rung: "REACTIVE_ONLY" });
  hasFollowed(site.robot("r1"), 5, "another");
  site.connect("r1");
  site.run(site.waitMs + 1000);
  t.equal(site.robot("r1").order?.rung, "CONFIRM");
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
  t.match(site.robot("r1").order, { rung: "REACTIVE_ONLY", causes: [{ detail: "ada: wet floor" }] });
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
  t.same([...site.hub.state.ledger.ceilings.keys()], []);
});

t.test("R7, R12 nobody acts under the name of the hub", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  const act = { operator: "hub", reason: "test" };
  t.match(site.ask({ kind: "halt", act, scope: SITE }), { code: "WRONG_IDENTITY" });
  t.same(site.bodies("ceilingSet"), []);
});

t.test("R7 two processes of one name mean CONFIRM over restarts of the hub, until a person has looked", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  const robot = site.robot("r1");
  for (const boot of ["another", robot.boot]) {
    robot.stream = null;
    robot.boot = boot;
    site.connect("r1");
  }
  for (let starts = 0; starts < 2; starts += 1) {
    site.restart();
    site.connect("r1");
    site.run(30_000);
    t.match(robot.order, { rung: "CONFIRM", causes: [{ name: "operator", detail: /^hub: identity-clash/ }] });
  }
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } }), {});
  t.match(robot.order, { rung: "AUTONOMOUS" });
});

t.test("R13 robot that has seen the highest epoch that is taken is served for ever after", async (t) => {
  const site = new SiteUnderTest({ robots: 1 });
  const robot = site.robot("r1");
  hasFollowed(robot, 2 ** 20, "another");
  for (let starts = 0; starts < 3; starts += 1) {
    site.connect("r1");
    const { epoch, incarnation } = robot.last("welcome") ?? { epoch: 0, incarnation: "" };
    t.equal(epoch, 2 ** 20 + 1 + starts);
    hasFollowed(robot, epoch, incarnation);
    site.connect("r1");
    t.equal(robot.endedBy, "");
    site.restart();
  }
});

t.test("R6 two hubs of one epoch send no nonce alike, so that none takes the other's for its own", async (t) => {
  const nonces = (incarnation: string) => {
    const site = new SiteUnderTest();
    Object.assign(site.hub.state, { incarnation, hubNonce: firstNonce(incarnation) });
    ready(site, "r1").run(10_000);
    return [...(site.hub.state.watches.get("r1")?.nonces.keys() ?? [])];
  };
  const [one, other] = [new Set(nonces("one")), nonces("other")];
  t.ok(one.size > 10 && other.length > 10);
  t.same(
    other.filter((nonce) => one.has(nonce)),
    [],
  );
  t.equal(new SiteUnderTest().hub.state.hubNonce, firstNonce("h1"), "a hub begins where its incarnation says");
});

t.test("R6 newest wins also over what a hub has forgotten: an older sample that comes late is not taken", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const robot = site.robot("r1");
  robot.isTelling = false;
  const [older, newer] = [robot.pose(site.nowMs), robot.pose(site.nowMs)];
  const heard = () => site.hub.state.watches.get("r1")?.channels.get("pose")?.sequence;
  site.step({ kind: "telemetry", sample: newer });
  t.equal(heard(), newer.sequence);
  site.disconnect("r1");
  site.run(2 * site.waitMs);
  t.same(site.ask({ kind: "stateAbsent", act: ACT, robot: "r1", seen: "in the workshop" }), {});
  t.equal(heard(), undefined);
  site.step({ kind: "telemetry", sample: older });
  t.equal(heard(), undefined);
});

t.test(
  "R6 newest wins for each process of a robot: an older sample comes again after another one has told",
  async (t) => {
    const site = ready(new SiteUnderTest(), "r1", "r2");
    const robot = site.robot("r1");
    const { boot } = robot;
    robot.isTelling = false;
    const heard = () => site.hub.state.watches.get("r1")?.channels.get("pose");
    const tell = (sample: ReturnType<typeof robot.pose>) => site.step({ kind: "telemetry", sample });
    const speakAs = (name: string) => {
      site.disconnect("r1");
      robot.boot = name;
      site.connect("r1");
      site.run(400);
    };
    const [older, newer] = [robot.pose(site.nowMs), robot.pose(site.nowMs)];
    tell(newer);
    speakAs("another");
    tell(robot.pose(site.nowMs));
    t.equal(heard()?.boot, "another");
    speakAs(boot);
    tell(older);
    t.equal(heard()?.boot, "another", "the older one of the first process is not taken");
    for (let turn = 0; turn < 40; turn += 1) speakAs(`process ${turn}`);
    t.ok((site.hub.state.watches.get("r1")?.orders.size ?? 99) <= 16 * 3, "what is remembered is bounded");
  },
);

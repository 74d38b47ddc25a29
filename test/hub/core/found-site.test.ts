// What the simulator found at the hub alone, one test each: a robot that stood on a neighbour before it was heard (R1),
// and another hub that speaks for the same site (R5).
import t from "tap";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";
import type { StubRobot } from "./stub-robot.js";

const SITE = { robot: "", fleet: "" } as const;

t.test("R1 robot that is heard for the first time standing on a place holds its neighbourhood at once", async (t) => {
  for (const { speedMps, given } of [
    { speedMps: 0, given: undefined },
    { speedMps: 1, given: "r1" },
  ]) {
    const site = ready(new SiteUnderTest(), "r1");
    const other = site.robot("r2");
    other.standAt(site.site.destinations.get("A") ?? other);
    other.speedMps = speedMps;
    site.connect("r2"); // A and B are in conflict
    for (let rounds = 0; rounds < 5; rounds += 1) {
      site.script.want("r1", "B");
      site.run(500);
    }
    t.equal(site.holder("B"), given, given === undefined ? "it may have stood there for long" : "it drives through");
  }
});

/** Lets the robot say hello as one that has followed this hub. */
function hasFollowed(robot: StubRobot, followsEpoch: number, followsIncarnation: string): void {
  const { hello } = Object.getPrototypeOf(robot) as StubRobot;
  robot.hello = () => ({ ...hello.call(robot), followsEpoch, followsIncarnation }) as ReturnType<StubRobot["hello"]>;
}

t.test("R5 hub that hears of another hub begins above it, and grants nothing until people have looked", async (t) => {
  for (const [epoch, incarnation] of [
    [5, "h1"], // its own name, from before a rollback
    [1, "another"],
  ] as const) {
    const site = ready(new SiteUnderTest(), "r1", "r2");
    const { state } = site.hub;
    hasFollowed(site.robot("r1"), 1, state.incarnation);
    site.connect("r1");
    t.equal(state.ledger.epoch, 1, "itself is no other hub");
    hasFollowed(site.robot("r1"), epoch, incarnation);
    site.connect("r1");
    const { ledger, watches } = state;
    t.equal(ledger.epoch, epoch + 1, `above epoch ${epoch} of ${incarnation}`);
    t.match(site.robot("r1").last("welcome"), { epoch: epoch + 1, incarnation: state.incarnation });
    for (const watch of watches.values())
      t.match(watch, { heard: false, channels: new Map() }, `${watch.id} may have been given work by the other`);
    t.match(ledger.ceilings.get("site by hub"), { rung: "CONFIRM", operator: "hub", reason: /another hub.* epoch \d/ });
    t.equal(site.robot("r2").endedBy, "SUPERSEDED", "it must hear of the new epoch");
    site.connect("r2");
    const want = () => {
      site.script.want("r2", "C");
      site.run(1000);
      return site.holder("C");
    };
    site.run(2 * site.waitMs);
    t.equal(want(), undefined);
    t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
    site.run(1000);
    t.equal(want(), "r2", "then it does, by higher tokens");
    t.equal(site.robot("r2").last("grant")?.token.epoch, epoch + 1);
  }
});

t.test("R4 place stays held while a process that another one has superseded may still drive to it", async (t) => {
  for (const hub of ["goes on", "starts anew"] as const) {
    const site = ready(new SiteUnderTest(), "r1", "r2");
    const robot = site.robot("r1");
    site.script.want("r1", "C");
    site.run(600);
    t.equal(site.holder("C"), "r1", "the first process acts on it");
    const lapsesMs = site.hub.state.watches.get("r1")?.leaseEndMs ?? Number.POSITIVE_INFINITY;
    if (hub === "starts anew") site.restart(100);
    robot.stream = null;
    robot.boot = "a second one";
    site.connect("r1");
    site.run(300);
    site.say("r1", robot.outcome("RELEASED"));
    t.ok(
      site.run(20_000, () => site.holder("C") === undefined),
      `hub ${hub}: freed, for a fresh pose shows the robot far away`,
    );
    t.ok(site.nowMs >= lapsesMs, `at ${site.nowMs}, the first process may act until ${lapsesMs}`);
    t.ok(site.nowMs < lapsesMs + 2000, "and then at once");
  }
});

t.test(
  "R3 robot that another hub answers may hold a lease of it: no statement of a person frees its place",
  async (t) => {
    for (const { agoMs, refused } of [
      { agoMs: 100, refused: true }, // the nonce of another hub, heard a moment ago
      { agoMs: 60_000, refused: false }, // that hub is long gone
    ]) {
      const site = ready(new SiteUnderTest(), "r1", "r2");
      site.script.want("r1", "C");
      site.run(600);
      const robot = site.robot("r1");
      site.disconnect("r1");
      robot.isTelling = false;
      site.run(2 * site.waitMs);
      const hubNonce = 77;
      site.step({ kind: "telemetry", sample: { ...robot.pose(site.nowMs), hubNonce, elapsedMs: agoMs } });
      const free = () => site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "it is empty" });
      const absent = () => site.ask({ kind: "stateAbsent", act: ACT, robot: "r1", seen: "in the workshop" });
      if (refused) {
        t.match(free(), { code: "LEASE_RUNNING" }, "it may be on its way there");
        t.match(absent(), { code: "LEASE_RUNNING" });
        site.run(site.waitMs);
      }
      t.same(free(), {}, refused ? "it has told nothing more for W" : `it heard of that hub ${agoMs} ms ago`);
      t.same(absent(), {});
    }
  },
);

t.test("R4 place stays held while a robot that has let go of it in motion may still roll there", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.script.want("r1", "C");
  site.run(600);
  const robot = site.robot("r1");
  robot.speedMps = 2;
  site.say("r1", robot.outcome("RELEASED"));
  const endedMs = site.nowMs;
  t.ok(site.run(5000, () => site.holder("C") === undefined));
  const { deadmanMs, brakingMs } = site.site.config.lease;
  const tookMs = site.nowMs - endedMs;
  t.ok(tookMs >= deadmanMs + brakingMs, `freed after ${tookMs} ms, it rolls for ${deadmanMs + brakingMs}`);
  t.ok(tookMs < 2 * (deadmanMs + brakingMs), "and no later");
});

t.test("R4 robot at the rim of a place that lapsed under it is sent there, and holds it again", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const robot = site.robot("r1");
  const place = site.site.destinations.get("C");
  if (place === undefined) throw new Error("no C");
  site.script.want("r1", "C");
  site.run(600);
  robot.standAt({ xM: place.xM + place.footprintRadiusM + 0.1, yM: place.yM }); // neither on it nor outside
  site.run(400);
  site.say("r1", robot.outcome("ARRIVED"));
  site.disconnect("r1");
  robot.isTelling = false;
  site.run(2 * site.waitMs);
  t.match(site.hub.state.ledger.byDestination.get("C"), { robot: "r1", lapsed: true });
  robot.isTelling = true;
  site.connect("r1");
  t.ok(site.run(60_000, () => site.hub.state.ledger.byDestination.get("C")?.lapsed === false));
  t.match(robot.last("grant"), { destination: "C", purpose: "PARK", token: { counter: 2 } });
  t.equal(site.holder("C"), "r1");
});

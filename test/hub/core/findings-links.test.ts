// What a safety review found on the link and around a start of the hub, one test each: leases for what the hub does not
// hold (R1, R2), another site file (R1), two processes of one name (R3), a ledger that was rolled back (R5).
import t from "tap";
import { compareTokens } from "../../../proto/claim.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";
import type { StubRobot } from "./stub-robot.js";

const SITE = { robot: "", fleet: "" } as const;

function causes(robot: StubRobot): readonly string[] {
  return robot.order?.causes.map(({ name }) => name) ?? [];
}

/** Lets the robot say hello with the hash of a site file; no argument: of the hub's. */
function setFile(robot: StubRobot, configHash = "config"): void {
  const { hello } = Object.getPrototypeOf(robot) as StubRobot;
  robot.hello = () => ({ ...hello.call(robot), configHash }) as ReturnType<StubRobot["hello"]>;
}

/** Its process is gone for the hub only when the stream says so: a new one speaks under the same name. */
function anotherProcess(site: SiteUnderTest, boot: string): StubRobot {
  const robot = site.robot("r1");
  robot.reboot();
  robot.boot = boot;
  return site.connect("r1");
}

/** Waits for the first lease of more than 0 ms from now on; gives when it came, infinite for never. */
function leasedMs(site: SiteUnderTest, forMs: number): number {
  const robot = site.robot("r1");
  robot.leaseMs = 0;
  return site.run(forMs, () => robot.leaseMs > 0) ? site.nowMs : Number.POSITIVE_INFINITY;
}

t.test("R1, R2 renewal that names what was given to another gets no lease, and is asked to let go", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const robot = site.robot("r1");
  robot.isAnswering = false; // the grant is held up on its way
  site.script.want("r1", "C");
  site.run(600);
  const token = site.hub.state.ledger.byDestination.get("C")?.token;
  if (token === undefined) throw new Error("r1 was not given C");
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "CONFIRM", causes: [] });
  t.ok(
    site.run(30_000, () => site.holder("C") === undefined),
    "its claim lapses, is abandoned, and it is seen elsewhere",
  );
  site.script.want("r2", "C");
  site.run(600);
  t.equal(site.holder("C"), "r2");
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "AUTONOMOUS", causes: [] });
  robot.holdings.set("late", { token, assignment: "a1-1", destination: "C", arrived: false }); // now it comes
  robot.isObeying = false;
  t.equal(leasedMs(site, 5000), Number.POSITIVE_INFINITY);
  t.same(robot.last("withdraw")?.token, token);
  robot.holdings.clear();
  t.ok(leasedMs(site, 1000) < Number.POSITIVE_INFINITY, "and one again when it has let go");
});

t.test(
  "R1 robot on another site file is in CONFIRM, without lease and grants, until its file is the hub's",
  async (t) => {
    const site = ready(new SiteUnderTest(), "r2");
    const robot = site.robot("r1");
    setFile(robot, "of another map");
    site.connect("r1");
    t.ok(site.run(5000, () => robot.leaseMs > 0 || site.nowMs % 500 > 0) && robot.leaseMs === 0);
    site.script.want("r1", "C");
    t.equal(leasedMs(site, 5000), Number.POSITIVE_INFINITY);
    t.equal(robot.order?.rung, "CONFIRM");
    t.ok(causes(robot).includes("config-differs"));
    t.equal(site.holder("C"), undefined);
    setFile(robot);
    site.connect("r1");
    t.ok(leasedMs(site, 1000) < Number.POSITIVE_INFINITY);
    t.same(causes(robot), []);
  },
);

t.test("R1 robot that comes back on another site file is not told again what it was granted", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.script.want("r1", "C");
  site.run(600);
  const robot = site.robot("r1");
  t.equal(robot.count("grant"), 1);
  setFile(robot, "of another map");
  site.connect("r1");
  site.run(3000);
  t.equal(robot.count("grant"), 1);
});

t.test("R5 restart waits for the longest W of any lease, also when the braking time was longer", async (t) => {
  const slow = new SiteUnderTest({ change: (config) => ({ ...config, lease: { ...config.lease, brakingMs: 9000 } }) });
  const next = new SiteUnderTest({ events: slow.events });
  t.ok(slow.waitMs > next.waitMs);
  t.equal(next.hub.state.restartUntilMs - next.nowMs, slow.waitMs);
  const third = new SiteUnderTest({ events: next.events });
  t.equal(third.hub.state.restartUntilMs - third.nowMs, slow.waitMs, "over any number of starts");
});

for (const link of ["open", "closed"] as const) {
  t.test(`R3 second process gets no lease before the first one's has lapsed, whose link is ${link}`, async (t) => {
    const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
    const lapsesMs = site.hub.state.watches.get("r1")?.leaseEndMs ?? Number.POSITIVE_INFINITY;
    if (link === "closed") site.disconnect("r1");
    anotherProcess(site, "boot2");
    const gotMs = leasedMs(site, 20_000);
    t.ok(gotMs >= lapsesMs, `at ${gotMs}, the first one's lapses at ${lapsesMs}`);
    t.ok(gotMs < lapsesMs + 1000, "and then at once");
  });
}

t.test("R3 robot that comes back under the same boot has its lease at once", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.disconnect("r1");
  site.connect("r1");
  t.ok(leasedMs(site, 1000) < Number.POSITIVE_INFINITY);
});

t.test("R7 boot that comes back shows two processes of one name: CONFIRM until a person has looked", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const robot = site.robot("r1");
  const { boot } = robot;
  anotherProcess(site, "clone");
  site.run(1000);
  t.notOk(causes(robot).includes("identity-clash"), "a restart is none");
  anotherProcess(site, boot);
  t.equal(leasedMs(site, 60_000), Number.POSITIVE_INFINITY);
  t.equal(robot.order?.rung, "CONFIRM");
  t.ok(causes(robot).includes("identity-clash"));
  t.same(site.ask({ kind: "clearMode", act: ACT, scope: { robot: "r1", fleet: "" } }), {});
  t.ok(leasedMs(site, 1000) < Number.POSITIVE_INFINITY);
  t.notOk(causes(robot).includes("identity-clash"));
});

t.test("R5 hub that was rolled back begins above all that was given, and waits W", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.disconnect("r2");
  site.robot("r2").isTelling = false;
  site.run(10_000);
  const seen = { epoch: site.hub.state.ledger.epoch + 4, counter: 17 };
  site.robot("r1").highestToken = seen;
  site.connect("r1");
  const foundMs = site.nowMs;
  t.ok(site.hub.state.ledger.epoch > seen.epoch);
  const freePlace = () => site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "empty" });
  t.match(freePlace(), { code: "LEASE_RUNNING" }, "a robot may act on what the lost ledger gave");
  site.run(foundMs + site.waitMs - 50 - site.nowMs);
  t.match(freePlace(), { code: "LEASE_RUNNING" });
  site.run(50);
  t.same(freePlace(), {});
});

t.test(
  "R5, R7 rolled back hub grants nothing until a person clears it, over restarts; then by higher tokens",
  async (t) => {
    const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
    const seen = { epoch: site.hub.state.ledger.epoch, counter: 17 };
    site.robot("r1").highestToken = seen;
    site.connect("r1");
    for (let starts = 0; starts < 3; starts += 1) {
      site.run(10_000);
      const stands = site.hub.state.ledger.ceilings.get("site by hub");
      t.match(stands, { rung: "CONFIRM", operator: "hub", reason: /rolled back: r1 has seen token 1\.17/ });
      site.ask({ kind: "setMode", act: ACT, scope: SITE, rung: "REACTIVE_ONLY" }); // lowers, and lifts nothing
      t.equal(site.robot("r1").order?.rung, "CONFIRM");
      site.restart();
      ready(site, "r1");
    }
    t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
    t.match(site.robot("r1").order, { rung: "REACTIVE_ONLY" }, "that person's own ceiling still stands");
    t.same(site.ask({ kind: "clearMode", act: ACT, scope: SITE }), {});
    site.run(1000);
    site.script.want("r1", "C");
    site.run(1000);
    const given = site.robot("r1").last("grant")?.token;
    t.ok(given !== undefined && compareTokens(given, seen) > 0);
    t.equal(site.robot("r1").acting().length, 1, "which the robot takes");
  },
);

t.test("R5 a token of an absurd epoch is refused, and lifts nothing", async (t) => {
  const site = new SiteUnderTest({ robots: 1 });
  site.robot("r1").highestToken = { epoch: 2 ** 21, counter: 1 };
  const before = site.hub.state.ledger.epoch;
  site.connect("r1");
  t.match(site.effects.at(-1), { kind: "end", code: "MALFORMED" });
  t.equal(site.hub.state.ledger.epoch, before);
});

// R1, R3, R4: who may have which destination, when a claim has lapsed, and the named exits by which a place becomes
// free.
import t from "tap";
import { type ClaimAsk, claim, whyNoGrants, whyNotFree } from "../../../hub/core/claims.js";
import { Turn } from "../../../hub/core/turn.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

const C = { xM: 15, yM: 10 };
const FAR = { xM: 6, yM: 6 };

function ask(robot: string, destination: string, over: Partial<ClaimAsk> = {}): ClaimAsk {
  return { robot, destination, purpose: "PARK", task: "", stopIndex: 0, dwellMs: 0, ...over };
}

/** Asks the ledger for a claim, as dispatch would; the code of the refusal, or "given". */
function asked(site: SiteUnderTest, what: ClaimAsk): string {
  const answer = claim(new Turn(site.hub.state, { nowMs: site.nowMs, wallMs: 0 }), what);
  return "code" in answer ? answer.code : "given";
}

/** Whether the ledger would give a destination, without taking it. */
function free(site: SiteUnderTest, robot: string, destination: string): string {
  return whyNotFree(site.hub.state, { robot, destination }, site.nowMs)?.code ?? "free";
}

/** Gives a robot a place by a round of dispatch. */
function give(site: SiteUnderTest, robot: string, destination: string): void {
  site.script.want(robot, destination);
  site.run(600);
  if (site.holder(destination) !== robot) throw new Error(`${robot} was not given ${destination}`);
}

t.test("R1 held destination, and one that conflicts with it, is refused with the holder's name", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  give(site, "r1", "A");
  t.match(whyNotFree(site.hub.state, { robot: "r2", destination: "A" }, site.nowMs), {
    code: "BUSY",
    message: "cannot give A to r2: A is held by r1",
  });
  t.match(whyNotFree(site.hub.state, { robot: "r2", destination: "B" }, site.nowMs), {
    code: "BUSY",
    message: "cannot give B to r2: A is held by r1",
  });
  t.equal(free(site, "r2", "C"), "free");
  t.equal(free(site, "r1", "B"), "free", "its own hold does not stand in a robot's way");
  t.equal(free(site, "r1", "Z"), "UNKNOWN_DESTINATION");
});

t.test("R8 robot is given nothing without link, lease, freshness or AUTONOMOUS", async (t) => {
  const why = (site: SiteUnderTest) => {
    const watch = site.hub.state.watches.get("r1");
    if (watch === undefined) throw new Error("no watch");
    return whyNoGrants(site.hub.state, watch, site.nowMs)?.code ?? "may";
  };
  const fresh = () => ready(new SiteUnderTest({ robots: 1 }), "r1");
  t.equal(why(fresh()), "may");
  const unlinked = fresh();
  unlinked.disconnect("r1");
  t.equal(why(unlinked), "NO_LEASE");
  const silent = fresh();
  silent.robot("r1").isRenewing = false;
  silent.run(silent.waitMs + 100);
  t.equal(why(silent), "NO_LEASE");
  for (const rung of ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const) {
    const lowered = fresh();
    lowered.say("r1", { kind: "modeReport", sequence: 0, rung, causes: [] });
    t.equal(why(lowered), "NOT_AUTONOMOUS", rung);
  }
  const dark = ready(
    new SiteUnderTest({
      ...{ robots: 1 },
      change: (config) => ({ ...config, decisions: { ...config.decisions, dispatch: { telemetryMs: 1000 } } }),
    }),
    "r1",
  );
  dark.robot("r1").isTelling = false;
  dark.run(1500);
  t.equal(why(dark), "ROBOT_STALE");
  t.equal(asked(dark, ask("r1", "C")), "ROBOT_STALE");
});

t.test("R1 robot on its way is not sent elsewhere, nor given another task for where it goes", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.submit("t2", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  t.equal(asked(site, ask("r1", "D")), "BUSY");
  t.equal(asked(site, ask("r1", "C", { purpose: "TASK", task: "t2" })), "BUSY");
  t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "ACTIVE", token: { counter: 1 } });
});

t.test("R1 a task that another robot carries, that has ended or does not exist, is not given", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.submit("t1", ["C", "D"]);
  site.submit("t2", ["C"]);
  site.ask({ kind: "cancelTask", act: ACT, task: "t2" });
  site.script.want("r1", "C", "t1");
  site.run(600);
  const count = site.events.length;
  t.not(asked(site, ask("r2", "D", { purpose: "TASK", task: "t1" })), "given", "carried by r1");
  t.not(asked(site, ask("r2", "D", { purpose: "TASK", task: "t2" })), "given", "cancelled");
  t.not(asked(site, ask("r2", "D", { purpose: "TASK", task: "t9" })), "given", "unknown");
  t.equal(site.events.length, count);
});

t.test("R1 robot that is or may be on a place blocks it, claim or no claim", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const r2 = site.robot("r2");
  r2.speedMps = 0.5;
  r2.standAt(C);
  site.run(300);
  t.equal(free(site, "r1", "C"), "BUSY", "r2 drives through");
  r2.standAt({ xM: C.xM + 3, yM: C.yM });
  site.run(1000);
  t.equal(free(site, "r1", "C"), "free");
  r2.errorM = 2.5;
  site.run(300);
  t.equal(free(site, "r1", "C"), "BUSY", "r2 may be on it, says its own error");
});

t.test("R4 silent robot may be as far as it could drive until its lease has lapsed, and no farther", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  site.robot("r2").standAt({ xM: C.xM + 5, yM: C.yM });
  site.run(400);
  t.equal(free(site, "r1", "C"), "free");
  site.disconnect("r2");
  site.robot("r2").isTelling = false;
  site.run(3000);
  t.equal(free(site, "r1", "C"), "BUSY", "at 2 m/s it can have come");
  t.equal(free(site, "r1", "H1"), "free", "but not to the other end");
  site.run(120_000);
  t.equal(free(site, "r1", "H1"), "free");
  t.equal(free(site, "r1", "C"), "BUSY", "time alone frees nothing");
});

t.test("R4 robot that was never heard blocks every place until it is heard or stated absent", async (t) => {
  const site = ready(new SiteUnderTest(), "r1");
  site.run(60_000);
  for (const place of ["A", "B", "C", "D", "H1"]) t.equal(free(site, "r1", place), "PLACE_UNKNOWN", place);
  t.same(site.ask({ kind: "stateAbsent", act: ACT, robot: "r2", seen: "charging in the workshop" }), {});
  t.equal(free(site, "r1", "C"), "free");
  site.connect("r2");
  t.equal(free(site, "r1", "C"), "PLACE_UNKNOWN", "linked again, and not seen yet");
  site.run(500);
  t.equal(free(site, "r1", "C"), "free");
});

t.test("R3 claim lapses W after the receipt of the last renewal and not a tick before", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  give(site, "r1", "C");
  const r1 = site.robot("r1");
  r1.isRenewing = false;
  site.say("r1", r1.renew());
  const receivedMs = site.nowMs;
  site.run(60_000, () => site.bodies("claimLapsed").length > 0);
  t.ok(site.nowMs - receivedMs >= site.waitMs, "not before");
  t.ok(site.nowMs - receivedMs < site.waitMs + 50, "and at the next tick");
  t.equal(site.holder("C"), "r1", "R4: lapsed is not free");
});

t.test("R4 lapsed place stays taken although its robot is seen elsewhere by an older position", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  give(site, "r1", "C");
  const r1 = site.robot("r1");
  r1.standAt(FAR);
  site.disconnect("r1");
  r1.isTelling = false;
  site.run(60_000, () => site.bodies("claimLapsed").length > 0);
  site.run(12_500);
  t.match(site.bodies("assignmentEnded"), [{ end: "ABANDONED" }], "its work is given up");
  site.connect("r1");
  site.step({ kind: "telemetry", sample: r1.pose(site.nowMs, 13_000) });
  site.run(100);
  t.equal(site.holder("C"), "r1", "a position from before the lapse proves nothing");
  t.not(free(site, "r2", "C"), "free");
  site.step({ kind: "telemetry", sample: r1.pose(site.nowMs, 100) });
  site.run(100);
  t.match(site.bodies("claimFreed"), [{ exit: "SEEN_ELSEWHERE" }]);
  t.equal(free(site, "r2", "C"), "free");
});

t.test("R4 position captured before the lapse frees nothing, however the two clocks drift", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
  give(site, "r1", "C");
  const r1 = site.robot("r1");
  r1.standAt(C);
  site.run(400);
  site.say("r1", r1.outcome("ARRIVED"));
  site.disconnect("r1");
  r1.isTelling = false;
  site.run(60_000, () => site.bodies("claimLapsed").length > 0);
  const lapsedMs = site.nowMs;
  site.run(3000);
  site.connect("r1");
  r1.standAt(FAR);
  const { rhoHub, rhoRobot } = site.site.config.lease;
  // While the hub's fast clock shows this much since the capture, the robot's slow clock shows that much.
  const onRobot = (hubMs: number) => Math.floor((hubMs / (1 + rhoHub)) * (1 - rhoRobot));
  for (const beforeMs of [400, 100, 10]) {
    site.say("r1", r1.renew());
    site.step({ kind: "telemetry", sample: r1.pose(site.nowMs, onRobot(site.nowMs - lapsedMs + beforeMs)) });
    site.step({ kind: "tick" });
    t.equal(site.holder("C"), "r1", `captured ${beforeMs} ms before the lapse`);
  }
  site.step({ kind: "telemetry", sample: r1.pose(site.nowMs, 1000) });
  site.step({ kind: "tick" });
  t.match(site.bodies("claimFreed"), [{ exit: "SEEN_ELSEWHERE" }], "one captured after it does");
});

t.test("R4 arrived robot keeps its place until a fresh position shows that it has left", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  give(site, "r1", "C");
  const r1 = site.robot("r1");
  r1.standAt(C);
  site.run(400);
  site.say("r1", r1.outcome("ARRIVED"));
  site.run(5000);
  t.equal(site.holder("C"), "r1");
  r1.standAt({ xM: C.xM + 0.9, yM: C.yM });
  site.run(1000);
  t.equal(site.holder("C"), "r1", "its body still reaches in");
  r1.standAt({ xM: C.xM + 1.6, yM: C.yM });
  r1.isTelling = false;
  site.run(1000);
  t.equal(site.holder("C"), "r1", "nobody has told the hub");
  r1.isTelling = true;
  site.run(400);
  t.match(site.bodies("claimFreed"), [{ exit: "LEFT" }]);
});

t.test("R4 place is stated free only by name, with what was seen, and never while a lease may run", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
  give(site, "r1", "C");
  const state = (over: object) => site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "it is empty", ...over });
  t.match(state({ act: { operator: "", reason: "x" } }), { code: "NO_ACT" });
  t.match(state({ seen: " " }), { code: "NO_ACT" });
  t.match(state({ place: "Z" }), { code: "UNKNOWN_DESTINATION" });
  t.match(state({}), { code: "LEASE_RUNNING" });
  site.disconnect("r1");
  site.robot("r1").isTelling = false;
  let refused = 0;
  site.run(60_000, () => {
    const answer = state({});
    if ("code" in answer) refused += 1;
    return !("code" in answer);
  });
  t.ok(refused > site.waitMs / 60, `${refused} times refused`);
  t.match(site.bodies("claimFreed"), [{ exit: "STATED_FREE", operator: "ada", seen: "it is empty" }]);
  t.equal(free(site, "r2", "C"), "free", "the silent robot is not thought to be there");
  t.match(site.bodies("assignmentEnded"), [{ end: "ABANDONED" }]);
  give(site, "r2", "C");
});

t.test("R4 robot that comes back after its place was stated free does not act on it again", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
  give(site, "r1", "C");
  site.disconnect("r1");
  site.robot("r1").isTelling = false;
  site.run(site.waitMs + 500);
  t.same(site.ask({ kind: "freePlace", act: ACT, place: "C", seen: "it is empty" }), {});
  give(site, "r2", "C");
  const r1 = site.connect("r1");
  t.match(r1.last("welcome")?.void, [{ counter: 1 }]);
  t.same(r1.acting(), []);
});

t.test("R1 robot that stands on a conflicting place without a claim blocks its neighbour", async (t) => {
  const site = ready(new SiteUnderTest(), "r1", "r2");
  const r2 = site.robot("r2");
  site.say("r2", { kind: "modeReport", sequence: 0, rung: "HALT", causes: [] });
  r2.standAt({ xM: 3, yM: 10 });
  site.run(4000);
  t.equal(site.holder("A"), undefined, "a halted robot is given no claim");
  t.equal(free(site, "r1", "A"), "BUSY");
  t.equal(free(site, "r1", "B"), "BUSY", "A and B must not be held at the same time");
  r2.standAt({ xM: 3, yM: 5 });
  site.run(1000);
  t.equal(free(site, "r1", "B"), "free");
});

t.test("R13 what the hub remembers of claims does not grow with lapses", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  for (let lapse = 0; lapse < 5; lapse += 1) {
    site.disconnect("r1");
    site.run(site.waitMs + 500);
    site.connect("r1");
    site.run(1500);
  }
  t.equal(site.hub.state.ledger.counter, 6);
  const watch = site.hub.state.watches.get("r1");
  t.ok((watch?.lapsedMs.size ?? 9) <= 1, `${watch?.lapsedMs.size} lapses remembered`);
  t.ok((watch?.grants.size ?? 9) <= 1);
});

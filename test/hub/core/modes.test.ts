// R7, R8, R9: what the hub takes away as telemetry grows old, for one robot and for a fleet, and how it gives it back.
import t from "tap";
import { fleetOf } from "../../../fleet-config/defaults.js";
import type { FleetConfig } from "../../../fleet-config/types.js";
import { effectiveOf } from "../../../hub/core/modes.js";
import { RUNGS, worseRung } from "../../../proto/mode.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

function alone(change: (fleet: FleetConfig) => FleetConfig = (fleet) => fleet): SiteUnderTest {
  // With three robots of which two go on, the fleet does not fall with the one.
  const site = new SiteUnderTest({ robots: 3, fleets: [change(fleetOf("pickers"))] });
  return ready(site, "r1", "r2", "r3");
}

function rungOf(site: SiteUnderTest, robot: string): string | undefined {
  return site.robot(robot).order?.rung;
}

/** Runs until a robot's order is of this rung; gives the time it took, or undefined. */
function until(site: SiteUnderTest, at: { readonly robot: string; readonly rung: string; readonly mostMs: number }) {
  const fromMs = site.nowMs;
  return site.run(at.mostMs, () => rungOf(site, at.robot) === at.rung) ? site.nowMs - fromMs : undefined;
}

t.test("R7 robot without fresh telemetry falls to REACTIVE_ONLY within 5 s and to CONFIRM within 30 s", async (t) => {
  const site = alone();
  site.robot("r1").isTelling = false;
  const late = until(site, { robot: "r1", rung: "REACTIVE_ONLY", mostMs: 60_000 }) ?? 0;
  t.ok(late > 4000 && late <= 5000, `after ${late} ms`);
  t.match(site.robot("r1").order?.causes, [{ name: "telemetry-stale", rung: "REACTIVE_ONLY" }]);
  const lost = until(site, { robot: "r1", rung: "CONFIRM", mostMs: 60_000 }) ?? 0;
  t.ok(late + lost > 25_000 && late + lost <= 30_000, `after ${late + lost} ms`);
  t.equal(rungOf(site, "r2"), "AUTONOMOUS", "the others go on");
  const changes = site.bodies("modeChanged").filter((body) => body.robot === "r1");
  t.match(changes.map((body) => `${body.from} ${body.to} ${body.cause}`).slice(-2), [
    "AUTONOMOUS REACTIVE_ONLY telemetry-stale",
    "REACTIVE_ONLY CONFIRM telemetry-stale",
  ]);
});

t.test("R8 REACTIVE_ONLY renews and grants nothing new; CONFIRM and HALT renew nothing", async (t) => {
  for (const rung of RUNGS.slice(1)) {
    const site = alone();
    if (rung === "AUTONOMOUS") continue;
    site.ask({ kind: "setMode", act: ACT, scope: { robot: "r1", fleet: "" }, rung });
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(1000);
    t.equal(site.holder("C"), undefined, `${rung}: nothing new`);
    t.equal(site.robot("r1").leaseMs, rung === "REACTIVE_ONLY" ? 3000 : 0, `${rung}: renewal`);
  }
});

t.test("R8 what a robot holds goes on in REACTIVE_ONLY and lapses in CONFIRM", async (t) => {
  for (const rung of ["REACTIVE_ONLY", "CONFIRM"] as const) {
    const site = alone();
    site.submit("t1", ["C"]);
    site.script.want("r1", "C", "t1");
    site.run(600);
    site.ask({ kind: "setMode", act: ACT, scope: { robot: "r1", fleet: "" }, rung });
    site.run(site.waitMs + 1000);
    t.equal(site.bodies("claimLapsed").length, rung === "CONFIRM" ? 1 : 0, rung);
    t.equal(site.holder("C"), "r1");
  }
});

t.test("R7 the effective rung is the worst of what the edge reports and the hub imposes", async (t) => {
  for (const edge of RUNGS) {
    for (const hub of RUNGS) {
      const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
      site.say("r1", { kind: "modeReport", sequence: 0, rung: edge, causes: [] });
      if (hub !== "AUTONOMOUS") site.ask({ kind: "setMode", act: ACT, scope: { robot: "", fleet: "" }, rung: hub });
      const watch = site.hub.state.watches.get("r1");
      if (watch === undefined) throw new Error("no watch");
      t.equal(effectiveOf(site.hub.state, watch), worseRung(edge, hub), `${edge} and ${hub}`);
    }
  }
});

t.test("R7 recovery takes a dwell per rung of telemetry within half its limit", async (t) => {
  const site = alone();
  const r1 = site.robot("r1");
  r1.isTelling = false;
  until(site, { robot: "r1", rung: "CONFIRM", mostMs: 60_000 });
  r1.isTelling = true;
  const first = until(site, { robot: "r1", rung: "REACTIVE_ONLY", mostMs: 60_000 }) ?? 0;
  const second = until(site, { robot: "r1", rung: "AUTONOMOUS", mostMs: 60_000 }) ?? 0;
  t.ok(first >= 10_000 && first < 10_600, `one rung after ${first} ms`);
  t.ok(second >= 10_000 && second < 10_600, `the next after ${second} ms`);
});

t.test("R7 telemetry between half and the whole limit neither takes a rung nor gives one back", async (t) => {
  const site = alone();
  const r1 = site.robot("r1");
  r1.isTelling = false;
  until(site, { robot: "r1", rung: "REACTIVE_ONLY", mostMs: 60_000 });
  const tell = () => {
    if (site.nowMs % 200 === 0) site.step({ kind: "telemetry", sample: r1.pose(site.nowMs, 2800) });
    return false;
  };
  site.run(60_000, tell);
  t.equal(rungOf(site, "r1"), "REACTIVE_ONLY");
});

t.test("R7 repeated falls double the dwell", async (t) => {
  const site = alone();
  const r1 = site.robot("r1");
  const recoveries: number[] = [];
  for (let fall = 0; fall < 3; fall += 1) {
    r1.isTelling = false;
    until(site, { robot: "r1", rung: "REACTIVE_ONLY", mostMs: 60_000 });
    r1.isTelling = true;
    recoveries.push(until(site, { robot: "r1", rung: "AUTONOMOUS", mostMs: 120_000 }) ?? 0);
  }
  t.same(
    recoveries.map((ms) => Math.round(ms / 10_000)),
    [1, 2, 4],
    recoveries.join(" "),
  );
});

t.test("R9 fleet falls together when the share of stale robots is reached, and not below it", async (t) => {
  const site = alone();
  site.robot("r1").isTelling = false;
  site.run(60_000);
  t.equal(site.hub.state.watches.get("r1")?.verdict, "lost");
  t.equal(rungOf(site, "r3"), "AUTONOMOUS", "1 of 3 is below one half");
  site.robot("r2").isTelling = false;
  const late = until(site, { robot: "r3", rung: "REACTIVE_ONLY", mostMs: 10_000 });
  t.ok(late !== undefined && late > 4000 && late <= 5000, `2 of 3 after ${late} ms, although only one is lost`);
  t.match(site.robot("r3").order?.causes, [{ name: "fleet-stale" }]);
  const falls = site.bodies("modeChanged").filter((body) => body.fleet === "pickers");
  t.match(falls, [{ from: "AUTONOMOUS", to: "REACTIVE_ONLY", cause: "fleet-stale" }], "one event, not one per robot");
  site.submit("t1", ["C"]);
  site.script.want("r3", "C", "t1");
  site.run(1000);
  t.equal(site.holder("C"), undefined, "grants are frozen");
  t.equal(site.robot("r3").leaseMs, 3000, "renewals are not");
  t.ok(until(site, { robot: "r3", rung: "CONFIRM", mostMs: 40_000 }), "later the whole fleet must be confirmed");
  site.robot("r1").isTelling = true;
  site.robot("r2").isTelling = true;
  const back = until(site, { robot: "r3", rung: "AUTONOMOUS", mostMs: 120_000 }) ?? 0;
  t.ok(back >= 20_000, `a dwell per rung: ${back} ms`);
});

t.test("R9 fleets fall apart from each other", async (t) => {
  const site = new SiteUnderTest({ robots: 3, fleets: [fleetOf("pickers"), fleetOf("tuggers")] });
  ready(site, "r1", "r2", "r3");
  site.robot("r2").isTelling = false;
  site.run(10_000);
  t.equal(site.hub.state.fleets.get("tuggers")?.stale, 1);
  t.equal(site.hub.state.fleets.get("pickers")?.stale, 0);
  t.equal(rungOf(site, "r1"), "AUTONOMOUS");
});

t.test("R9 robots that are not heard yet, or stated absent, are not counted as stale", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1");
  site.run(20_000);
  t.match(site.hub.state.fleets.get("pickers"), { counted: 1, stale: 0 });
  t.equal(rungOf(site, "r1"), "AUTONOMOUS");
});

t.test("R6 telemetry of another boot, an unknown nonce, an old sequence or the future is not taken", async (t) => {
  const site = alone();
  const r1 = site.robot("r1");
  r1.isTelling = false;
  const watch = site.hub.state.watches.get("r1");
  const taken = (over: object) => {
    const before = watch?.channels.get("pose");
    site.step({ kind: "telemetry", sample: { ...r1.pose(site.nowMs), ...over } });
    return watch?.channels.get("pose") !== before;
  };
  t.equal(taken({}), true);
  t.equal(taken({ boot: "other" }), false);
  t.equal(taken({ hubNonce: 0 }), false);
  t.equal(taken({ hubNonce: 2 ** 40 }), false);
  t.equal(taken({ hubNonce: (r1.last("renewed")?.hubNonce ?? 0) + 1 }), false, "one that was sent to another");
  t.equal(taken({ sequence: 1 }), false);
  t.equal(taken({ elapsedMs: 10_000_000 }), false);
  t.equal(taken({ robot: "r9" }), false);
  t.equal(watch?.refused, 6);
  t.equal(taken({}), true, "and a good one still is");
});

t.test("R4 robot that restarts is not autonomous until fresh evidence of its new boot has come", async (t) => {
  const site = alone();
  const r1 = site.robot("r1");
  site.disconnect("r1");
  r1.reboot();
  r1.isTelling = false;
  site.connect("r1");
  site.run(site.waitMs);
  t.match(r1.order, { rung: "CONFIRM", causes: [{ name: "place-unknown" }] });
  t.equal(r1.leaseMs, 0);
  r1.isTelling = true;
  site.run(1000);
  t.match(r1.order, { rung: "AUTONOMOUS", causes: [] });
  t.equal(r1.leaseMs, 3000);
});

t.test("R7 hub without telemetry of a robot since its start imposes CONFIRM, and counts no fall for it", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }));
  site.robot("r1").isTelling = false;
  site.connect("r1");
  site.run(60_000);
  t.match(site.robot("r1").order, { rung: "CONFIRM", causes: [{ name: "place-unknown" }] });
  site.robot("r1").isTelling = true;
  site.run(500);
  t.equal(rungOf(site, "r1"), "AUTONOMOUS", "it clears by itself, without a dwell");
});

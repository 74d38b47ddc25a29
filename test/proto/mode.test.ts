// R7, R8: rungs, permissions, and how each cause of the closed table imposes its rung and gives it back.
import t from "tap";
import {
  CAUSES,
  type CauseName,
  causesOf,
  clearLatches,
  effectiveRung,
  type Ladder,
  type LadderPolicy,
  NO_HOLDS,
  PERMITS,
  RUNGS,
  type Rung,
  type Signal,
  severity,
  stepLadder,
  worseRung,
} from "../../proto/mode.js";
import { cause as readCause, rung as readRung } from "../../proto/wire.js";

const policy: LadderPolicy = { dwellMs: 10_000, maxDoublings: 3, fallMemoryMs: 600_000 };
const NAMES = Object.keys(CAUSES) as CauseName[];
const DWELLING = NAMES.filter((name) => CAUSES[name].clear === "dwell");

function signal(name: CauseName, demand: Rung, calm = demand === "AUTONOMOUS", subject = ""): Signal {
  return { name, subject, demand, calm, detail: `${name} ${demand}` };
}

function at(ladder: Ladder, nowMs: number, ...signals: readonly Signal[]): Ladder {
  return stepLadder(ladder, { signals, nowMs, policy });
}

t.test("R7 worseRung is the lower one, for all rungs and all rungs", async (t) => {
  t.same(RUNGS, ["AUTONOMOUS", "REACTIVE_ONLY", "CONFIRM", "HALT"]);
  for (const [a, one] of RUNGS.entries()) {
    t.equal(severity(one), a);
    for (const [b, other] of RUNGS.entries()) t.equal(worseRung(one, other), RUNGS[Math.max(a, b)]);
  }
});

t.test("R8 each rung permits what its row says, and never more than the rung above", async (t) => {
  t.same(PERMITS, {
    AUTONOMOUS: { newGrants: true, renewals: true, models: true, motion: "planned" },
    REACTIVE_ONLY: { newGrants: false, renewals: true, models: false, motion: "reactive" },
    CONFIRM: { newGrants: false, renewals: false, models: false, motion: "none" },
    HALT: { newGrants: false, renewals: false, models: false, motion: "none" },
  });
  const motions = ["none", "reactive", "planned"];
  for (let index = 1; index < RUNGS.length; index += 1) {
    const upper = PERMITS[RUNGS[index - 1] as Rung];
    const lower = PERMITS[RUNGS[index] as Rung];
    for (const key of ["newGrants", "renewals", "models"] as const)
      t.ok(upper[key] || !lower[key], `${key} at ${RUNGS[index]}`);
    t.ok(motions.indexOf(upper.motion) >= motions.indexOf(lower.motion));
  }
});

t.test("R7 every cause takes its rung at once and keeps it while its evidence is bad", async (t) => {
  for (const name of NAMES) {
    for (const demand of ["REACTIVE_ONLY", "CONFIRM", "HALT"] as const) {
      let ladder = at(NO_HOLDS, 0, signal(name, demand));
      t.equal(effectiveRung(ladder), demand, `${name} demands ${demand}`);
      for (const nowMs of [1, 9999, 60_000, 10_000_000]) ladder = at(ladder, nowMs, signal(name, "AUTONOMOUS", false));
      t.equal(effectiveRung(ladder), demand, `${name}: nothing demanded, but not calm`);
      ladder = at(ladder, 20_000_000);
      t.equal(effectiveRung(ladder), demand, `${name}: no signal`);
    }
  }
});

t.test("R7 a cause goes down any number of rungs at once, and is never lifted by a milder demand", async (t) => {
  for (const name of NAMES) {
    for (const first of RUNGS) {
      for (const second of RUNGS) {
        const ladder = at(at(NO_HOLDS, 0, signal(name, first, false)), 1, signal(name, second, false));
        t.equal(effectiveRung(ladder), worseRung(first, second), `${name}: ${first}, then ${second}`);
      }
    }
  }
});

t.test("R7 a cause that clears when calm climbs to what it demands at once", async (t) => {
  const calm = NAMES.filter((name) => CAUSES[name].clear === "calm");
  t.same(calm.sort(), ["boot", "config-differs", "lease-lapsed", "place-unknown"]);
  for (const name of calm) {
    const fallen = at(NO_HOLDS, 0, signal(name, "HALT"));
    t.equal(effectiveRung(at(fallen, 1, signal(name, "REACTIVE_ONLY", true))), "REACTIVE_ONLY");
    t.equal(effectiveRung(at(fallen, 1, signal(name, "AUTONOMOUS"))), "AUTONOMOUS");
  }
});

t.test("R7 a cause that dwells climbs one rung at a time, each after the whole dwell", async (t) => {
  t.ok(DWELLING.length >= 6);
  for (const name of DWELLING) {
    let ladder = at(NO_HOLDS, 0, signal(name, "HALT"));
    const seen: string[] = [];
    let last: Rung = "HALT";
    for (let nowMs = 1000; nowMs <= 40_000; nowMs += 500) {
      ladder = at(ladder, nowMs, signal(name, "AUTONOMOUS"));
      const rung = effectiveRung(ladder);
      if (rung !== last) seen.push(`${rung} at ${nowMs}`);
      last = rung;
    }
    t.same(seen, ["CONFIRM at 11000", "REACTIVE_ONLY at 21000", "AUTONOMOUS at 31000"], name);
  }
});

t.test("R7 a dwell begins anew when the evidence is not calm, and stops at what is still demanded", async (t) => {
  const fallen = at(NO_HOLDS, 0, signal("telemetry-stale", "CONFIRM"));
  let ladder = at(fallen, 1000, signal("telemetry-stale", "AUTONOMOUS"));
  ladder = at(ladder, 9000, signal("telemetry-stale", "AUTONOMOUS", false));
  ladder = at(ladder, 10_000, signal("telemetry-stale", "AUTONOMOUS"));
  ladder = at(ladder, 19_999, signal("telemetry-stale", "AUTONOMOUS"));
  t.equal(effectiveRung(ladder), "CONFIRM");
  t.equal(effectiveRung(at(ladder, 20_000, signal("telemetry-stale", "AUTONOMOUS"))), "REACTIVE_ONLY");
  let partly = at(fallen, 1000, signal("telemetry-stale", "REACTIVE_ONLY", true));
  for (let nowMs = 2000; nowMs < 90_000; nowMs += 1000)
    partly = at(partly, nowMs, signal("telemetry-stale", "REACTIVE_ONLY", true));
  t.equal(effectiveRung(partly), "REACTIVE_ONLY");
});

/** Falls at `nowMs`, is calm from then on; gives when the rung was free again. */
function fallAndRecover(ladder: Ladder, nowMs: number): { readonly ladder: Ladder; readonly freeMs: number } {
  let next = at(ladder, nowMs, signal("sensor-stale", "REACTIVE_ONLY"));
  for (let laterMs = nowMs; ; laterMs += 1000) {
    next = at(next, laterMs, signal("sensor-stale", "AUTONOMOUS"));
    if (effectiveRung(next) === "AUTONOMOUS") return { ladder: next, freeMs: laterMs };
  }
}

t.test("R7 the dwell doubles with each repeated fall of one cause, up to 8 times, and is forgiven later", async (t) => {
  let ladder: Ladder = NO_HOLDS;
  let nowMs = 0;
  for (const factor of [1, 2, 4, 8, 8, 8]) {
    const fell = fallAndRecover(ladder, nowMs);
    t.equal(fell.freeMs - nowMs, factor * policy.dwellMs, `factor ${factor}`);
    ladder = fell.ladder;
    nowMs = fell.freeMs + 1000;
  }
  const forgiven = fallAndRecover(at(ladder, nowMs + policy.fallMemoryMs), nowMs + policy.fallMemoryMs + 1000);
  t.equal(forgiven.freeMs - (nowMs + policy.fallMemoryMs + 1000), policy.dwellMs);
});

t.test("R7 a further step down within one fall does not count as another fall", async (t) => {
  let ladder = at(NO_HOLDS, 0, signal("telemetry-stale", "REACTIVE_ONLY"));
  ladder = at(ladder, 25_000, signal("telemetry-stale", "CONFIRM"));
  t.equal(ladder.get("telemetry-stale")?.falls, 1);
});

t.test("R7 boot does not count as a fall of any other cause", async (t) => {
  let ladder = at(NO_HOLDS, 0, signal("boot", "CONFIRM"));
  ladder = at(ladder, 5000, signal("boot", "AUTONOMOUS"));
  t.equal(effectiveRung(ladder), "AUTONOMOUS", "it clears by itself, without a dwell");
  t.equal(fallAndRecover(ladder, 6000).freeMs, 6000 + policy.dwellMs, "the first fall after it dwells once");
});

t.test("R7 a latch opens only when a person asks and its evidence is good", async (t) => {
  const latched = NAMES.filter((name) => CAUSES[name].clear === "person");
  t.ok(latched.includes("emergency-stop") && latched.includes("bumper") && latched.includes("operator"));
  for (const name of latched) {
    let ladder = at(NO_HOLDS, 0, signal(name, "HALT"));
    for (const nowMs of [1, 10_000, 10_000_000]) ladder = at(ladder, nowMs, signal(name, "AUTONOMOUS"));
    t.equal(effectiveRung(ladder), "HALT", `${name}: good evidence without a person`);
    const stillBad = at(ladder, 10_000_001, signal(name, "HALT"));
    t.equal(effectiveRung(clearLatches(stillBad, [name])), "HALT", `${name}: a person, but the cause is there`);
    const unsure = at(ladder, 10_000_001, signal(name, "AUTONOMOUS", false));
    t.equal(effectiveRung(clearLatches(unsure, [name])), "HALT", `${name}: a person, but nothing is known`);
    const others = NAMES.filter((other) => other !== name);
    t.equal(effectiveRung(clearLatches(ladder, others)), "HALT", `${name}: a person, for other causes`);
    t.equal(effectiveRung(clearLatches(ladder, [name])), "AUTONOMOUS", `${name}: a person and good evidence`);
  }
});

t.test("R7 a person does not lift what clears by itself", async (t) => {
  const own = NAMES.filter((name) => CAUSES[name].clear !== "person");
  for (const name of own) {
    const ladder = at(at(NO_HOLDS, 0, signal(name, "CONFIRM")), 1, signal(name, "REACTIVE_ONLY", true));
    t.equal(effectiveRung(clearLatches(ladder, NAMES)), effectiveRung(ladder), name);
  }
});

t.test("R7 the effective rung is the worst of all causes, and one that clears lifts no other", async (t) => {
  for (const one of RUNGS) {
    for (const other of RUNGS) {
      let ladder = at(NO_HOLDS, 0, signal("lease-lapsed", one), signal("place-unknown", other));
      t.equal(effectiveRung(ladder), worseRung(one, other));
      ladder = at(ladder, 1, signal("lease-lapsed", "AUTONOMOUS"));
      t.equal(effectiveRung(ladder), other, `${one} cleared, ${other} stays`);
    }
  }
});

t.test("R7 subjects of one cause hold and clear apart from each other", async (t) => {
  let ladder = at(NO_HOLDS, 0, signal("sensor-stale", "REACTIVE_ONLY", false, "scan"));
  ladder = at(ladder, 0, signal("sensor-stale", "REACTIVE_ONLY", false, "pose"));
  for (let nowMs = 0; nowMs <= 30_000; nowMs += 1000) {
    const both = [
      signal("sensor-stale", "AUTONOMOUS", true, "scan"),
      signal("sensor-stale", "REACTIVE_ONLY", false, "pose"),
    ];
    ladder = at(ladder, nowMs, ...both);
  }
  t.equal(effectiveRung(ladder), "REACTIVE_ONLY");
  t.same(
    causesOf(ladder).map((cause) => cause.detail),
    ["sensor-stale REACTIVE_ONLY"],
  );
});

t.test("R7 causesOf lists what imposes something, worst first", async (t) => {
  const ladder = at(
    NO_HOLDS,
    0,
    signal("pose-doubt", "REACTIVE_ONLY"),
    signal("emergency-stop", "HALT"),
    signal("lease-lapsed", "AUTONOMOUS"),
    signal("manual", "CONFIRM"),
  );
  t.same(
    causesOf(ladder).map((cause) => `${cause.name} ${cause.rung}`),
    ["emergency-stop HALT", "manual CONFIRM", "pose-doubt REACTIVE_ONLY"],
  );
});

t.test("R7 an unknown rung reads as HALT on the wire", async (t) => {
  for (const known of RUNGS) t.equal(readRung(known, "m.rung"), known);
  for (const odd of ["RUNG_UNSPECIFIED", "autonomous", "AUTONOMOUS ", "", 0, 1, 7, null, undefined, {}])
    t.equal(readRung(odd, "m.rung"), "HALT", JSON.stringify(odd));
  t.equal(readCause({ name: "made-up", rung: "GO_FASTER", detail: "" }, "m").rung, "HALT");
});

t.test("R7 a dwell begins anew when its cause went unsignalled", async (t) => {
  let ladder = at(NO_HOLDS, 0, signal("telemetry-stale", "REACTIVE_ONLY"));
  ladder = at(ladder, 1000, signal("telemetry-stale", "AUTONOMOUS"));
  ladder = at(ladder, 5000, signal("boot", "AUTONOMOUS"));
  ladder = at(ladder, 11_500, signal("telemetry-stale", "AUTONOMOUS"));
  t.equal(effectiveRung(ladder), "REACTIVE_ONLY", "calm since 1 s would have been enough");
  ladder = at(ladder, 21_500, signal("telemetry-stale", "AUTONOMOUS"));
  t.equal(effectiveRung(ladder), "AUTONOMOUS");
});

t.test(
  "R7 a ladder of which nothing has changed comes back as it is, and its details stay those of the cause",
  async (t) => {
    const bad = signal("planner-fault", "REACTIVE_ONLY");
    const fallen = at(NO_HOLDS, 0, bad);
    t.equal(at(fallen, 50, bad), fallen, "the same evidence");
    t.not(at(fallen, 50, { ...bad, detail: "gone" }), fallen, "another detail");
    const well = signal("planner-fault", "AUTONOMOUS");
    const climbed = at(at(fallen, 100, well), 100 + policy.dwellMs, well);
    t.equal(effectiveRung(climbed), "AUTONOMOUS");
    const rests = at(climbed, 150 + policy.dwellMs, well);
    t.equal(at(rests, 200 + policy.dwellMs, well, signal("pose-doubt", "AUTONOMOUS")), rests, "at rest");
    t.equal(rests.get("planner-fault")?.detail, bad.detail);
    t.equal(at(rests, policy.fallMemoryMs + 1, well).size, 0, "until it is forgotten");
  },
);

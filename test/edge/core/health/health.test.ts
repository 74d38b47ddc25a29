// R7: each measure of a model's health at its limit, what is forgotten with a finding, and the way back.
import t from "tap";
import { Health, type ModelDecision, type WatchedModel } from "../../../../edge/core/health/health.js";
import { defaultedParts } from "../../../../fleet-config/defaults.js";
import type { HealthPolicy } from "../../../../fleet-config/types.js";
import { referenceOf } from "../../../../models/reference.js";
import type { Signal } from "../../../../proto/mode.js";
import { chanceFrom } from "../../../proto/true-time.js";
import { EdgeUnderTest } from "../edge-under-test.js";
import { PLANNER, POLICY } from "../policy.js";

const GOOD: ModelDecision = { confidence: 0.9, ageMs: 100, isRefused: false, features: null, atMs: 0 };

function healthOf(change: Partial<HealthPolicy> = {}, model: Partial<WatchedModel> = {}): Health {
  const policy = { ...defaultedParts().health, decisions: 20, leastDecisions: 10, driftEveryMs: 0, ...change };
  return new Health({ policy, controlMs: 50, models: [PLANNER, { ...POLICY, ...model }] });
}

/** The causes that fall now, each with what it says. */
function fallen(health: Health): readonly string[] {
  const signals: Signal[] = [];
  health.signals(signals);
  return signals.flatMap(({ name, demand, detail }) => (demand === "AUTONOMOUS" ? [] : [`${name}: ${detail}`]));
}

function decide(health: Health, count: number, change: Partial<ModelDecision> = {}): void {
  for (let one = 0; one < count; one += 1) health.decided(POLICY.name, { ...GOOD, ...change });
}

const SHARES = [
  ["model-unsure", { confidence: 0.59 }, { confidence: 0.6 }],
  ["model-unsure", { confidence: Number.NaN }, { confidence: 1 }],
  ["model-inputs-old", { ageMs: 401 }, { ageMs: 400 }],
  ["model-inputs-old", { ageMs: Number.POSITIVE_INFINITY }, { ageMs: 0 }],
  ["model-refused", { isRefused: true }, { isRefused: false }],
] as const;

for (const [name, bad, good] of SHARES) {
  t.test(`R7 ${name} falls above half of the decisions, not at half: ${JSON.stringify(bad)}`, async (t) => {
    const health = healthOf();
    decide(health, 10, good);
    decide(health, 10, bad);
    t.same(fallen(health), [], "10 of 20");
    decide(health, 1, bad);
    t.match(fallen(health), [new RegExp(`^${name}: a-policy: 55 % .* at most 50 %$`)], "11 of 20");
  });

  t.test(`R7 ${name} is not judged on less than the least decisions: ${JSON.stringify(bad)}`, async (t) => {
    const health = healthOf();
    decide(health, 9, bad);
    t.same(fallen(health), []);
    decide(health, 1, bad);
    t.equal(fallen(health).length, 1);
  });

  t.test(`R7 ${name} tells a finding once and forgets what led to it: ${JSON.stringify(bad)}`, async (t) => {
    const health = healthOf();
    decide(health, 20, bad);
    t.equal(fallen(health).length, 1);
    t.same(fallen(health), []);
    decide(health, 9, bad);
    t.same(fallen(health), [], "it needs as many decisions again");
    decide(health, 1, bad);
    t.equal(fallen(health).length, 1);
  });
}

t.test("R7 a share of 1 never falls, and of 0 with the first", async (t) => {
  const never = healthOf({ unsureShare: 1, oldShare: 1, refusedShare: 1 });
  decide(never, 100, { confidence: 0, ageMs: 9000, isRefused: true });
  t.same(fallen(never), []);
  const at0 = healthOf({ unsureShare: 0 });
  decide(at0, 19);
  decide(at0, 1, { confidence: 0 });
  t.match(fallen(at0), [/^model-unsure/]);
});

t.test("R7 model-fallback counts the time that other rules drove, in the newest time on AUTONOMOUS", async (t) => {
  const health = healthOf({ fallbackMs: 5000 }); // 100 steps
  for (let step = 0; step < 50; step += 1) health.drove(POLICY.name, true);
  t.same(fallen(health), [], "half of the time");
  for (let step = 0; step < 40; step += 1) health.drove(POLICY.name, false);
  health.drove(POLICY.name, true);
  t.match(fallen(health), [/^model-fallback: a-policy: 51 % of the newest time/]);
  for (let step = 0; step < 50; step += 1) health.drove(POLICY.name, true);
  t.same(fallen(health), [], "counted anew");
  for (let step = 0; step < 60; step += 1) health.drove(POLICY.name, false);
  for (let step = 0; step < 50; step += 1) health.drove(POLICY.name, true);
  t.same(fallen(health), [], "what is older than the window counts no more");
});

const chance = chanceFrom(9);
const rows = (count: number, shift = 0) => Array.from({ length: count }, () => [chance() + shift, 5, chance()]);

t.test("R7 model-drift falls when an input is spread otherwise, and names it", async (t) => {
  const health = healthOf({}, { reference: referenceOf("obs", rows(2000)) });
  for (const features of rows(1500)) health.decided(POLICY.name, { ...GOOD, features });
  t.same(fallen(health), []);
  t.ok(health.figures(POLICY.name).driftIndex < 0.1, `${health.figures(POLICY.name).driftIndex}`);
  let until = 0;
  for (const features of rows(1000, 0.5)) {
    health.decided(POLICY.name, { ...GOOD, features });
    until += 1;
    const found = fallen(health);
    if (found.length === 0) continue;
    t.match(found, [/^model-drift: a-policy: input obs\[0\] is 0\.\d\d off its reference, at most 0\.25$/]);
    break;
  }
  t.ok(until < 500, `found after ${until} of 1000 decisions`);
  t.equal(health.figures(POLICY.name).driftIndex, 0, "and forgotten");
  t.same(fallen(health), []);
});

t.test("R7 model-drift is not judged on less than the least decisions", async (t) => {
  const policy = { driftSamples: 1000, leastDriftSamples: 500 };
  const health = healthOf(policy, { reference: referenceOf("obs", rows(2000)) });
  for (const features of rows(499, 3)) health.decided(POLICY.name, { ...GOOD, features });
  t.same(fallen(health), []);
  for (const features of rows(50, 3)) health.decided(POLICY.name, { ...GOOD, features });
  t.match(fallen(health), [/^model-drift/]);
});

t.test("R7 model-drift counts one decision in each second, however many there are", async (t) => {
  const policy = { driftSamples: 100, leastDriftSamples: 100, driftEveryMs: 1000 };
  const health = healthOf(policy, { reference: referenceOf("obs", rows(2000)) });
  const fall = (everyMs: number, fromMs: number): number => {
    for (let atMs = fromMs; atMs < fromMs + 600_000; atMs += everyMs) {
      health.decided(POLICY.name, { ...GOOD, features: [9, 9, 9], atMs });
      if (fallen(health).length > 0) return atMs - fromMs;
    }
    return Number.NaN;
  };
  t.equal(fall(50, 0), 99_000);
  t.equal(fall(1000, 1_000_000), 99_000);
  t.equal(fall(1500, 2_000_000), 99 * 1500);
});

t.test("R7 canary-failed holds until the next good one, whatever time passes", async (t) => {
  const health = healthOf();
  health.canary(POLICY.name, "y[0] is off");
  for (let step = 0; step < 5; step += 1) t.same(fallen(health), ["canary-failed: a-policy: y[0] is off"]);
  health.canary(PLANNER.name, "");
  t.equal(fallen(health).length, 1, "that of another model says nothing");
  health.canary(POLICY.name, "");
  t.same(fallen(health), []);
});

t.test("R7 models are watched each for itself; an unknown one is a fault of the code", async (t) => {
  const health = healthOf();
  for (let one = 0; one < 20; one += 1) health.decided(PLANNER.name, { ...GOOD, isRefused: true });
  decide(health, 20);
  t.match(fallen(health), [/^model-refused: planner:/]);
  t.throws(() => health.decided("other", GOOD), { message: /watched model, found "other"/ });
  t.throws(() => healthOf({}, { name: PLANNER.name }), { message: /once, found "planner" again/ });
  t.match(health.figures(POLICY.name), { decisions: 20, confidence: [0, 0, 0, 0, 0, 0, 0, 0, 0, 20], unsureShare: 0 });
});

t.test(
  "R7 how many of the newest decisions were too unsure outlives the finding, and a restored watch goes on",
  async (t) => {
    const health = healthOf();
    decide(health, 8, { confidence: 0.95 });
    decide(health, 12, { confidence: 0.41 });
    t.equal(fallen(health).length, 1);
    const newest = { confidence: [0, 0, 0, 0, 12, 0, 0, 0, 0, 8], unsure: 12 };
    t.match(health.figures(POLICY.name), { ...newest, unsureShare: 0 });
    const other = healthOf();
    other.restore(health.memory);
    for (const one of [health, other]) {
      decide(one, 10, { confidence: 0.6 });
      t.match(one.figures(POLICY.name), { confidence: [0, 0, 0, 0, 10, 0, 10, 0, 0, 0], unsure: 10 }, "the oldest go");
    }
  },
);

t.test("R7 a model that stays unsure falls again after each dwell, which doubles", async (t) => {
  const robot = new EdgeUnderTest().driving();
  const { dwellMs } = robot.context.fleet.ladder;
  const { health } = robot.edge.state;
  const backMs: number[] = [];
  for (let fall = 0; fall < 4; fall += 1) {
    for (let one = 0; one < 60; one += 1) health.decided(POLICY.name, { ...GOOD, confidence: 0.1 });
    robot.run(100);
    t.equal(robot.rung, "REACTIVE_ONLY");
    const fellMs = robot.nowMs;
    t.ok(robot.run(20 * dwellMs, () => !robot.causes.includes("model-unsure")));
    backMs.push(Math.round((robot.nowMs - fellMs) / dwellMs));
  }
  t.same(backMs, [1, 2, 4, 8]);
});

t.test("R8 a drive without trouble is well: no fallback, no old input, nothing refused", async (t) => {
  const robot = new EdgeUnderTest().driving();
  robot.run(4000);
  const figures = robot.edge.state.health.figures(PLANNER.name);
  t.ok(figures.decisions > 30, `${figures.decisions} plans`);
  t.match(figures, { oldShare: 0, refusedShare: 0, fallbackShare: 0, unsureShare: 0 });
  t.equal(robot.rung, "AUTONOMOUS");
});

t.test("R11 a planner that is too slow for driving, yet within its deadline, falls by model-fallback", async (t) => {
  const slow = { plannerDeadlineMs: 60_000 };
  const robot = new EdgeUnderTest({ site: (site) => ({ ...site, limits: { ...site.limits, ...slow } }) }).driving();
  const { fallbackMs, fallbackShare } = robot.config.health;
  robot.planner = "silent";
  const fromMs = robot.nowMs;
  robot.run(9000);
  t.equal(robot.rung, "AUTONOMOUS");
  const { fallbackShare: share } = robot.edge.state.health.figures(PLANNER.name);
  t.ok(Math.abs(share - 7500 / fallbackMs) < 0.02, `${share} after 9 s, 1.5 s of which the last plan was good for`);
  t.ok(robot.run(fallbackMs, () => robot.rung !== "AUTONOMOUS" || robot.edge.state.activity === "arrived"));
  t.same([robot.rung, robot.causes], ["REACTIVE_ONLY", ["model-fallback"]]);
  const tookMs = robot.nowMs - fromMs;
  t.ok(Math.abs(tookMs - 1500 - fallbackShare * fallbackMs) < 300, `after ${tookMs} ms`);
});

t.test("R6 a planner that is asked on old scans falls by model-inputs-old", async (t) => {
  const robot = new EdgeUnderTest();
  robot.base.captureOf = (atMs) => ({ monotonicMs: atMs - 420 });
  robot.ready().grant("P1");
  t.ok(robot.run(20_000, () => robot.rung !== "AUTONOMOUS"));
  t.same(robot.causes, ["model-inputs-old"]);
});

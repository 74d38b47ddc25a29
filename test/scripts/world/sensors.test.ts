// What a simulated base reports: honest bounds, growing sequences, frozen channels, the battery, and the seed.

import t from "tap";
import { ONBOARD_CHANNELS } from "../../../proto/topics.js";
import { readOnboard } from "../../../proto/wire.js";
import { Random } from "../../../scripts/world/random.js";
import { type SensorOptions, Sensors } from "../../../scripts/world/sensors.js";
import { World } from "../../../scripts/world/world.js";
import { anEmptyGrid, aSetPoint, LIMITS } from "./helpers.js";

function sensing(over: Partial<SensorOptions> = {}) {
  const start = { xM: 5, yM: 5, headingRad: 0 };
  const robots = [{ id: "r1", radiusM: 0.4, start, limits: LIMITS }];
  const world = new World({ grid: anEmptyGrid(40, 10), robots, random: new Random(1), nowMs: 1000.7 });
  const sensors = new Sensors({ world, robot: "r1", baseBoot: "b1", random: new Random(2), ...over });
  return { world, sensors };
}

t.test("every sample is one that the edge's readers accept, captured at the world's time", async (t) => {
  const { sensors, world } = sensing();
  for (const channel of ONBOARD_CHANNELS) {
    for (const sequence of [1, 2, 3]) {
      world.step(world.nowMs + 100);
      const sample = readOnboard[channel](sensors.sample(channel), channel);
      t.match(sample.capture, { baseBoot: "b1", sequence, monotonicMs: Math.floor(world.nowMs) }, channel);
    }
  }
});

t.test("R6 the error bound of a pose is never exceeded, and the error is not nothing", async (t) => {
  const { sensors } = sensing();
  let worst = 0;
  let sum = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const pose = readOnboard.pose(sensors.sample("pose"), "pose");
    const error = Math.hypot(pose.xM - 5, pose.yM - 5);
    if (error > pose.errorM) t.fail(`error ${error} beyond the bound ${pose.errorM}`);
    worst = Math.max(worst, error);
    sum += error;
  }
  t.ok(worst > 0.03, `the worst of 20000 is ${worst}`);
  t.ok(sum / 20_000 > 0.01 && sum / 20_000 < 0.02, `the mean is ${sum / 20_000}`);
});

t.test("a frozen channel repeats its value under new stamps until it is thawed", async (t) => {
  const { sensors, world } = sensing();
  const live = readOnboard.scan(sensors.sample("scan"), "scan");
  sensors.freeze("scan");
  world.step(world.nowMs + 100);
  const frozen = readOnboard.scan(sensors.sample("scan"), "scan");
  t.same(frozen.rangeM, live.rangeM);
  t.equal(frozen.capture.sequence, live.capture.sequence + 1);
  t.equal(frozen.capture.monotonicMs, (live.capture.monotonicMs ?? 0) + 100);
  sensors.thaw("scan");
  t.notSame(readOnboard.scan(sensors.sample("scan"), "scan").rangeM, live.rangeM);
});

t.test("the battery falls with time and distance and rises at a charger", async (t) => {
  const battery = { idlePerS: 0.001, drivenPerM: 0.01, chargedPerS: 0.005 };
  const away = sensing({ battery, chargeRatio: 0.5 });
  away.world.step(11_000.7);
  const idle = readOnboard.battery(away.sensors.sample("battery"), "battery");
  t.ok(Math.abs(idle.chargeRatio - 0.49) < 1e-9 && !idle.charging, `after 10 s of standing: ${idle.chargeRatio}`);
  away.world.command("r1", aSetPoint({ sentMonotonicMs: 11_000 }), 11_001);
  away.world.step(12_001);
  const driven = readOnboard.battery(away.sensors.sample("battery"), "battery").chargeRatio;
  const metres = away.world.robot("r1").drive.travelledM;
  t.ok(metres > 0.05 && Math.abs(idle.chargeRatio - driven - 0.001 - metres * 0.01) < 1e-6, `${metres} m: ${driven}`);
  const home = sensing({ battery, chargeRatio: 0.5, chargers: [{ xM: 5.2, yM: 5, reachM: 0.3 }] });
  home.world.step(11_000.7);
  const charged = readOnboard.battery(home.sensors.sample("battery"), "battery");
  t.ok(
    Math.abs(charged.chargeRatio - 0.55) < 1e-9 && charged.charging,
    `after 10 s at the charger: ${charged.chargeRatio}`,
  );
});

t.test("base tells bumper, emergency stop and the last command applied", async (t) => {
  const { sensors, world } = sensing();
  t.match(sensors.sample("base"), { emergencyStop: false, bumper: false, manual: false, commandSequence: 0 });
  world.command("r1", aSetPoint({ sequence: 7, sentMonotonicMs: 1001 }), 1001);
  world.command("r1", aSetPoint({ sequence: 6, sentMonotonicMs: 1001 }), 1001);
  world.pressEmergencyStop("r1");
  t.match(sensors.sample("base"), { emergencyStop: true, commandSequence: 7 });
});

t.test("random streams are repeatable, independent of each other, uniform and normal", async (t) => {
  const take = (random: Random): number[] => Array.from({ length: 20 }, () => random.next());
  t.same(take(new Random(7).stream("a")), take(new Random(7).stream("a")));
  t.notSame(take(new Random(7).stream("a")), take(new Random(7).stream("b")));
  t.notSame(take(new Random(7)), take(new Random(8)));
  const random = new Random("moments");
  const uniform = Array.from({ length: 20_000 }, () => random.next());
  const normal = Array.from({ length: 20_000 }, () => random.gaussian());
  const mean = (of: number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  t.ok(Math.abs(mean(uniform) - 0.5) < 0.01 && uniform.every((value) => value >= 0 && value < 1));
  t.ok(Math.abs(mean(normal)) < 0.03 && Math.abs(mean(normal.map((value) => value * value)) - 1) < 0.05);
  t.same(new Set(Array.from({ length: 200 }, () => random.below(5))), new Set([0, 1, 2, 3, 4]));
});

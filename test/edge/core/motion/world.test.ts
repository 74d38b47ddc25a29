import t from "tap";
import { aisle, clutter, crossing, door, room, straight } from "./scenarios.js";
import { runWorld, type World, type WorldSpec } from "./world.js";

function isUntouched(test: { same(a: unknown, b: unknown, why: string): boolean }, world: World, what: string): void {
  test.same(world.touches, [], `${what}: nothing touches, seed ${world.spec.seed}`);
}

function arrivals(world: World): number {
  return world.robots.reduce((sum, robot) => sum + robot.arrivals, 0);
}

t.test("one robot drives a free straight of 20 m at more than 75 % of its highest speed", async (test) => {
  const world = runWorld(straight(1));
  isUntouched(test, world, "straight");
  const tookS = (world.robots[0]?.arrivedAtMs[0] ?? Infinity) / 1000;
  test.ok(20 / tookS > 0.75 * world.physics.maxSpeedMps, `20 m in ${tookS} s, settling included`);
});

t.test("two robots pass each other head-on in an aisle of 3.5 m", async (test) => {
  for (const seed of [1, 2, 3, 4]) {
    const world = runWorld(aisle(seed));
    isUntouched(test, world, "aisle");
    test.equal(arrivals(world), 2, `both arrive, seed ${seed}, after ${world.nowMs} ms`);
  }
});

t.test("two robots that want through one door of one cell never touch, and mostly get through", async (test) => {
  let through = 0;
  for (const seed of [1, 2, 3, 4]) {
    const world = runWorld(door(seed));
    isUntouched(test, world, "door");
    through += arrivals(world);
  }
  test.ok(through >= 6, `${through} of 8 get through in 90 s`);
});

t.test("four robots get over a blind crossing", async (test) => {
  for (const seed of [1, 2]) {
    const world = runWorld(crossing(seed));
    isUntouched(test, world, "crossing");
    test.equal(arrivals(world), 4, `all arrive, seed ${seed}, after ${world.nowMs} ms`);
  }
});

t.test("robots in an open room keep arriving and never touch", async (test) => {
  const shortened = (spec: WorldSpec, seconds: number): WorldSpec => ({ ...spec, seconds });
  const four = runWorld(shortened(room(1, 4), 25));
  isUntouched(test, four, "room");
  test.ok(arrivals(four) >= 5, `${arrivals(four)} arrivals of four robots in 25 s`);
  const eight = runWorld(shortened(room(2, 8), 12));
  isUntouched(test, eight, "full room");
  test.ok(arrivals(eight) >= 2, `${arrivals(eight)} arrivals of eight robots in 12 s`);
});

t.test("robots among obstacles keep arriving and never touch", async (test) => {
  const world = runWorld({ ...clutter(1, 4), seconds: 40 });
  isUntouched(test, world, "clutter");
  test.ok(arrivals(world) >= 5, `${arrivals(world)} arrivals of four robots in 40 s`);
});

t.test("robots whose edge dies in motion are stopped by their dead-man before they touch anything", async (test) => {
  for (const seed of [1, 2, 3, 4]) {
    const deadFrom = (robot: number): number => (robot % 2 === 1 ? 1500 + 1300 * seed + 900 * robot : Infinity);
    isUntouched(test, runWorld({ ...crossing(seed), seconds: 20, deadFrom }), "crossing");
  }
});

t.test("robots with a scan of only 16 rays drive slower and never touch", async (test) => {
  const fine = runWorld(aisle(5));
  const coarse = runWorld({ ...aisle(5), rays: 16 });
  isUntouched(test, coarse, "aisle");
  test.equal(arrivals(coarse), 2);
  test.ok(coarse.nowMs > fine.nowMs, `${coarse.nowMs} ms, with 120 rays ${fine.nowMs} ms`);
});

t.test("R14 the same seed drives the same course, bit for bit", async (test) => {
  const course = (): number[] =>
    runWorld({ ...room(5, 3), seconds: 10 }).robots.flatMap((robot) => [robot.xM, robot.yM]);
  test.same(course(), course());
});

t.test("R8 on REACTIVE_ONLY a validated path is finished slowly, on HALT the robot stands", async (test) => {
  let fastest = 0;
  const rungAt: WorldSpec["rungAt"] = (nowMs) =>
    nowMs < 5000 ? "AUTONOMOUS" : nowMs < 15_000 ? "REACTIVE_ONLY" : "HALT";
  const world = runWorld({
    ...straight(3),
    seconds: 18,
    rungAt,
    onTick: ({ nowMs }, robot) => {
      if (nowMs > 7000 && nowMs < 15_000) fastest = Math.max(fastest, robot.speedMps);
    },
  });
  test.ok(fastest <= world.physics.reactiveSpeedMps + 1e-9, `no faster than the reactive speed, found ${fastest}`);
  test.ok(fastest > 0.8 * world.physics.reactiveSpeedMps, `it goes on along its path, found ${fastest}`);
  test.equal(world.robots[0]?.speedMps, 0);
  test.ok((world.robots[0]?.drivenM ?? 0) < 13, "it stopped on HALT before the end");
});

t.test("R11 a field of negated costs drives nobody to a target", async (test) => {
  const world = runWorld({ ...straight(4), seconds: 20, spoil: (value) => 100 - value });
  test.equal(arrivals(world), 0);
  isUntouched(test, world, "spoilt plan");
});

t.test("R11 without any plan the robot holds", async (test) => {
  const world = runWorld({ ...straight(4), seconds: 5, isPlannerDead: true });
  test.equal(world.robots[0]?.drivenM, 0);
  test.equal(world.robots[0]?.activity, "holding");
});

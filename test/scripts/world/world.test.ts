// The simulated world: exact contacts, no touch stepped over by a stall, a faithful trace.

import t from "tap";
import type { ContactLine, PoseLine } from "../../../scripts/judge/trace.js";
import { discsTouch, discTouchesMap } from "../../../scripts/world/contact.js";
import { Random } from "../../../scripts/world/random.js";
import { World, type WorldRobot } from "../../../scripts/world/world.js";
import { aGrid, anEmptyGrid, aSetPoint, LIMITS } from "./helpers.js";

function aRobot(id: string, start: { xM: number; yM: number; headingRad?: number }): WorldRobot {
  return { id, radiusM: 0.4, start: { headingRad: 0, ...start }, limits: LIMITS };
}

function aWorld(robots: readonly WorldRobot[], grid = anEmptyGrid(30, 10)) {
  const lines: (PoseLine | ContactLine)[] = [];
  const world = new World({ grid, robots, random: new Random(3), nowMs: 1000, record: (line) => lines.push(line) });
  return { world, lines };
}

/** Drives a robot straight by commands each 100 ms. */
function drive(world: World, id: string, forMs: number): void {
  const end = world.nowMs + forMs;
  while (world.nowMs < end) {
    const nowMs = world.nowMs;
    world.command(id, aSetPoint({ sequence: 1_000_000 + nowMs, sentMonotonicMs: nowMs }), nowMs);
    world.step(Math.min(end, nowMs + 100));
  }
}

t.test("discsTouch is exact at the sum of the radii", async (t) => {
  const a = { xM: 0, yM: 0, radiusM: 0.5 };
  t.notOk(discsTouch(a, { xM: 1, yM: 0, radiusM: 0.5 }));
  t.ok(discsTouch(a, { xM: 0.999_999, yM: 0, radiusM: 0.5 }));
});

t.test("discTouchesMap is exact at sides, corners and the border", async (t) => {
  const grid = aGrid([".....", "..#..", "....."]);
  for (const [xM, yM, touches] of [
    [1.5, 1.5, false], // side exactly at the radius
    [1.500_001, 1.5, true],
    [1.646, 0.646, false], // corner (2, 1) at 0.5006
    [1.647, 0.647, true],
    [0.5, 0.5, false],
    [0.499_999, 1.5, true], // over the border
    [4.500_001, 1.5, true],
    [2.5, 1.5, true], // inside
  ] as const) {
    t.equal(discTouchesMap({ xM, yM, radiusM: 0.5 }, grid), touches, `(${xM}, ${yM})`);
  }
});

t.test("two robots that meet are stopped, bumpers pressed, one contact recorded", async (t) => {
  const { world, lines } = aWorld([aRobot("r1", { xM: 2, yM: 5 }), aRobot("r2", { xM: 6, yM: 5 })]);
  drive(world, "r1", 6000);
  const contacts = lines.filter((line) => line.kind === "contact");
  t.equal(contacts.length, 1);
  t.match(contacts[0], { a: "r1", b: "r2" });
  t.equal(world.contactCount, 1);
  const [r1, r2] = [world.robot("r1"), world.robot("r2")];
  t.ok(r1.bumper && r2.bumper);
  t.equal(r1.drive.speedMps, 0);
  const gapM = r2.drive.xM - r1.drive.xM;
  t.ok(gapM < 0.8 && gapM > 0.78, `it stopped at the touch: ${gapM}`);
  t.equal(
    world.command("r1", aSetPoint({ sequence: 99_999_999, sentMonotonicMs: world.nowMs }), world.nowMs),
    "inhibited",
  );
  world.setDown("r1", { xM: 2, yM: 5, headingRad: 0 });
  t.equal(world.command("r1", aSetPoint({ sequence: 99_999_999, sentMonotonicMs: world.nowMs }), world.nowMs), null);
});

t.test("a robot that meets the map is stopped", async (t) => {
  const { world, lines } = aWorld([aRobot("r1", { xM: 1.5, yM: 1.5 })], aGrid(["........", "........", "......#."]));
  drive(world, "r1", 5500);
  t.equal(lines.filter((line) => line.kind === "contact").length, 0, "the way along y = 1.5 passes the block at 0.5");
  const blocked = aWorld([aRobot("r1", { xM: 1.5, yM: 1.2 })], aGrid(["........", "........", "......#."]));
  drive(blocked.world, "r1", 5500);
  t.match(
    blocked.lines.filter((line) => line.kind === "contact"),
    [{ a: "r1", b: "map" }],
  );
});

t.test("a stall steps over no touch", async (t) => {
  const { world, lines } = aWorld([aRobot("r1", { xM: 2, yM: 5 }), aRobot("r2", { xM: 3.1, yM: 5 })]);
  drive(world, "r1", 500);
  world.step(60_000);
  t.equal(lines.filter((line) => line.kind === "contact").length, 1);
  t.ok(world.robot("r1").drive.xM < world.robot("r2").drive.xM, "it did not pass through");
});

t.test("true poses are recorded at 10 Hz on the world's clock, also through a stall", async (t) => {
  const { world, lines } = aWorld([aRobot("r1", { xM: 2, yM: 5 })]);
  drive(world, "r1", 2000);
  world.step(world.nowMs + 600);
  const poses = lines.filter((line) => line.kind === "pose");
  t.ok(poses.length >= 24 && poses.length <= 28, `${poses.length} poses in 2.6 s`);
  const gaps = poses.slice(1).map((pose, index) => pose.t - (poses[index]?.t ?? 0));
  t.ok(Math.max(...gaps) <= 110, `largest gap ${Math.max(...gaps)} ms`);
  t.ok(poses.some((pose) => pose.speed > 0.9));
});

t.test("a start in contact is refused", async (t) => {
  t.throws(() => aWorld([aRobot("r1", { xM: 0.3, yM: 5 })]), { message: /r1 cannot start at \(0.3, 5\): blocked/ });
  t.throws(() => aWorld([aRobot("r1", { xM: 2, yM: 5 }), aRobot("r2", { xM: 2.5, yM: 5 })]), {
    message: /r1 is there/,
  });
  t.throws(() => aWorld([aRobot("r1", { xM: 2, yM: 5 }), aRobot("r1", { xM: 5, yM: 5 })]), { message: /already/ });
});

t.test("an emergency stop brakes and lasts until it is released", async (t) => {
  const { world } = aWorld([aRobot("r1", { xM: 2, yM: 5 })]);
  drive(world, "r1", 1000);
  world.pressEmergencyStop("r1");
  world.step(world.nowMs + 1000);
  t.equal(world.robot("r1").drive.speedMps, 0);
  const again = (): string | null =>
    world.command("r1", aSetPoint({ sequence: 99_999_999, sentMonotonicMs: world.nowMs }), world.nowMs);
  t.equal(again(), "inhibited");
  world.releaseEmergencyStop("r1");
  t.equal(again(), null);
});

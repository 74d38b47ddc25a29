// The judge on what the simulated world records: it agrees with the world about touches, and about motion after a
// lease.

import t from "tap";
import { Judge, type Verdict } from "../../../scripts/judge/judge.js";
import { runLengths, type SiteLine, type TraceLine } from "../../../scripts/judge/trace.js";
import { Random } from "../../../scripts/world/random.js";
import { World } from "../../../scripts/world/world.js";
import { anEmptyGrid, aSetPoint, LIMITS } from "../world/helpers.js";

const GRID = anEmptyGrid(60, 20, 0.5);
const ROBOTS = [
  { id: "r1", radiusM: 0.4, start: { xM: 2, yM: 5, headingRad: 0 }, limits: LIMITS },
  { id: "r2", radiusM: 0.4, start: { xM: 20, yM: 5, headingRad: Math.PI }, limits: LIMITS },
];
const brakingMs = Math.ceil((LIMITS.maxSpeedMps / LIMITS.brakeMps2) * 1000);

/** Both robots drive towards each other until `driveMs`, under leases that end `leaseMs` after each command. */
function judgedRun(run: {
  readonly driveMs: number;
  readonly leaseMs: number;
  readonly contacts: "kept" | "left out";
}): Verdict {
  const { width, height, cellM, originXM, originYM } = GRID;
  const site: SiteLine = {
    ...{ kind: "site", t: 0, site: "straight", destinations: [], conflicts: [], deadmanMs: LIMITS.deadmanMs },
    ...{ brakingMs, waitMs: 5000, limits: { telemetryLimitMs: 5000 }, robots: ROBOTS },
    map: { width, height, cellM, originXM, originYM, blockedRle: runLengths(GRID.blocked) },
  };
  const judge = new Judge();
  const take = (line: TraceLine): void => {
    if (line.kind !== "contact" || run.contacts === "kept") judge.take(line);
  };
  take(site);
  const world = new World({ grid: GRID, robots: ROBOTS, random: new Random(4), nowMs: 0, record: take });
  for (let now = 0; now <= 20_000; now += 50) {
    for (const { id } of now <= run.driveMs ? ROBOTS : []) {
      const setPoint = aSetPoint({ sequence: now + 1, sentMonotonicMs: now, speedMps: 1.5 });
      const applied = world.command(id, setPoint, now) === null;
      const end = { leaseEndMs: now + run.leaseMs, token: null, rung: "AUTONOMOUS", validMs: 300 };
      take({ kind: "command", t: now, robot: id, sequence: now + 1, speed: 1.5, turn: 0, applied, ...end });
    }
    world.step(now + 50);
  }
  return judge.verdict();
}

t.test("R2 a base that its watchdog stops never moves longer than the judge allows", async (t) => {
  const verdict = judgedRun({ driveMs: 3000, leaseMs: 1, contacts: "kept" });
  t.same(verdict.findings, []);
  t.ok(verdict.drivenTotalM > 6, `${verdict.drivenTotalM} m`);
});

t.test("a meeting counts as one collision, and the poses alone show it", async (t) => {
  t.equal(judgedRun({ driveMs: 20_000, leaseMs: 1000, contacts: "kept" }).zeros.collisions, 1);
  t.equal(judgedRun({ driveMs: 20_000, leaseMs: 1000, contacts: "left out" }).zeros.collisions, 1);
});

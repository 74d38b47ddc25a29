// Derived values with their numbers, the conflict relation against a naive version, and destinations against their map.

import fc from "fast-check";
import t from "tap";
import { conflictsOf } from "../../fleet-config/conflicts.js";
import { deriveSite, driveGridOf, gridProblems, planGridOf } from "../../fleet-config/derive.js";
import { parseMovingAi } from "../../fleet-config/maps.js";
import type { Destination } from "../../fleet-config/types.js";
import { parseSite } from "../../fleet-config/validate.js";
import { soundMap, soundSite, spoilt, withLease } from "./helpers/site.js";

t.test("R3 W, R2 M and the least lease follow from the lease's constants", async (t) => {
  const derived = deriveSite(parseSite(soundSite, "site.yaml"));
  t.equal(derived.waitMs, Math.ceil(1.1 * (3000 / 0.9 + 300 + 800)) + 1);
  t.equal(derived.brakeAheadMs, 1260);
  t.equal(derived.leaseAboveMs, 3 * 400 + 200 + 1260);
  t.equal(derived.brakingM, 0.8);
});

t.test("R2 a lease one millisecond above its least is accepted", async (t) => {
  t.equal(parseSite(withLease("leaseMs: 2661"), "site.yaml").lease.leaseMs, 2661);
});

t.test("defaults are those of the design", async (t) => {
  const { fleets, lease, limits, decisions, battery } = parseSite(soundSite, "site.yaml");
  t.match(lease, { leaseMs: 3000, renewMs: 400, rhoRobot: 0.1, rhoHub: 0.1, missedRenewals: 2 });
  t.match(fleets[0], {
    freshness: { channels: { pose: { limitMs: 5000, lostMs: 30_000 } }, staleShare: 0.5 },
    ladder: { dwellMs: 10_000, maxDoublings: 3, fallMemoryMs: 600_000, bootNeedsPerson: false },
  });
  t.equal(fleets[0]?.freshness.channels.battery, undefined);
  t.equal(limits.plannerDeadlineMs, 250);
  t.equal(decisions.dispatch.telemetryMs, 5000);
  t.match(battery, { lowRatio: 0.3, fullRatio: 0.9 });
});

const destinations: fc.Arbitrary<readonly Destination[]> = fc
  .array(fc.record({ x: fc.nat(12), y: fc.nat(12), r: fc.constantFrom(0.5, 1, 1.5), with: fc.array(fc.nat(9)) }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((places) =>
    places.map(({ x, y, r, with: others }, index) => ({
      ...{ id: `d${index}`, xM: x, yM: y, headingRad: 0, footprintRadiusM: r, kind: "point" as const },
      conflictsWith: others.filter((other) => other < places.length).map((other) => `d${other}`),
    })),
  );

t.test(
  "R1 conflicts are the pairs named on either side and the footprints that overlap, symmetric, never with itself",
  async (t) => {
    fc.assert(
      fc.property(destinations, (all) => {
        const conflicts = conflictsOf({ destinations: all });
        for (const a of all) {
          for (const b of all) {
            const near = Math.hypot(a.xM - b.xM, a.yM - b.yM) < a.footprintRadiusM + b.footprintRadiusM - 1e-9;
            const named = a.conflictsWith?.includes(b.id) === true || b.conflictsWith?.includes(a.id) === true;
            const wanted = a !== b && (near || named);
            if (conflicts.get(a.id)?.includes(b.id) !== wanted) throw new Error(`${a.id} and ${b.id}: not ${wanted}`);
          }
        }
        return conflicts.size === all.length;
      }),
    );
    t.pass("as the naive version says");
  },
);

t.test("R1 footprints that only touch do not conflict", async (t) => {
  const at = (id: string, xM: number): Destination => ({
    id,
    xM,
    yM: 0,
    headingRad: 0,
    footprintRadiusM: 0.45,
    kind: "point",
  });
  t.same(conflictsOf({ destinations: [at("a", 0), at("b", 0.9)] }).get("a"), []);
  t.same(conflictsOf({ destinations: [at("a", 0), at("b", 0.89)] }).get("a"), ["b"]);
});

t.test("a destination must lie on a free place of the map with room for the robot", async (t) => {
  const grid = parseMovingAi(soundMap, 1);
  const problems = (from: string, to: string) => gridProblems(parseSite(spoilt(from, to), "site.yaml"), grid);
  t.same(problems("xM: 1.5", "xM: 1.5"), []);
  t.match(problems("xM: 1.5", "xM: 0.5"), [{ path: ["destinations", 0], found: "A1 at 0.5, 1.5: on a blocked cell" }]);
  t.match(problems("xM: 1.5", "xM: -3"), [
    { found: "A1 at -3, 1.5: off the map", expected: "x from 0 to 6 m and y from 0 to 6 m" },
  ]);
  t.match(problems("xM: 1.5", "xM: 1.2"), [
    { found: "A1 at 1.2, 1.5: 0.20 m from something blocked", expected: "at least the robot's radius, 0.35 m" },
  ]);
  t.match(problems("cellM: 1", "cellM: 1, planCellM: 1.5"), [
    { path: ["map", "planCellM"], found: "1.5", expected: "a whole multiple of the cell, 1 m" },
  ]);
});

t.test("the planning grid is coarsened as the map says, and the driving grid keeps radius and margin", async (t) => {
  const grid = parseMovingAi(soundMap, 1);
  const config = parseSite(spoilt("cellM: 1", "cellM: 1, planCellM: 2"), "site.yaml");
  t.match(planGridOf(config, grid), { width: 3, height: 3, cellM: 2 });
  const fine = parseSite(soundSite, "site.yaml");
  t.equal(planGridOf(fine, grid), grid);
  t.same(driveGridOf(fine, grid).blocked, grid.blocked, "0.45 m is less than half a cell");
  const wide = parseSite(spoilt("marginM: 0.1", "marginM: 0.2"), "site.yaml");
  t.equal(driveGridOf(wide, grid).blocked.filter((blocked) => blocked === 0).length, 4);
});

t.test("R13 a key's days are days of the calendar, and nothing of models is named twice", async (t) => {
  const key = (more: string) => `{ id: team, publicKey: "${"A".repeat(43)}="${more} }`;
  const refusal = (models: string) => {
    try {
      parseSite(`${soundSite}models: ${models}\n`, "site.yaml");
      return "";
    } catch (cause) {
      return (cause as Error).message;
    }
  };
  t.equal(refusal(`{ signed: true, keys: [${key(", notAfter: 2026-02-28")}] }`), "");
  t.match(refusal(`{ keys: [${key(', notAfter: "2026-02-31"')}] }`), /expected a day of the calendar/);
  t.match(refusal(`{ keys: [${key(', revokedFrom: "2026-13-01"')}] }`), /expected a day of the calendar/);
  t.match(refusal(`{ keys: [${key("")}, ${key("")}] }`), /each id once in keys/);
  t.match(refusal("{ signed: true }"), /at least one of models.keys/);
  const floor = (version: string) => `{ model: a, version: ${version} }`;
  t.match(refusal(`{ floors: [${floor("1.0.0")}, ${floor("2.0.0")}] }`), /each model once/);
});

// Zones that robots keep out of are walls of the map that robots drive by, and of no other.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { cellAt, centreOf } from "../../fleet-config/grid.js";
import { fenced } from "../../fleet-config/keep-out.js";
import { loadSite } from "../../fleet-config/load.js";

const FREE = { width: 40, height: 30, cellM: 0.5, originXM: -4, originYM: 2, blocked: new Uint8Array(1200) };

t.test("every point of a zone lies on a blocked cell, and no cell far from it is blocked", async (t) => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const corner = fc.record({
    xM: fc.double({ min: -3, max: 14, noNaN: true }),
    yM: fc.double({ min: 3, max: 15, noNaN: true }),
  });
  const property = fc.property(corner, corner, corner, share, share, (a, b, c, u, v) => {
    const grid = fenced(FREE, [{ id: "zone", corners: [a, b, c] }]);
    const [s, r] = u + v > 1 ? [1 - u, 1 - v] : [u, v];
    const [xM, yM] = [a.xM + s * (b.xM - a.xM) + r * (c.xM - a.xM), a.yM + s * (b.yM - a.yM) + r * (c.yM - a.yM)];
    const far = grid.blocked.findIndex((cell, index) => {
      const { xM: x, yM: y } = centreOf(grid, index);
      const awayM = Math.max(
        Math.min(a.xM, b.xM, c.xM) - x,
        x - Math.max(a.xM, b.xM, c.xM),
        Math.min(a.yM, b.yM, c.yM) - y,
        y - Math.max(a.yM, b.yM, c.yM),
      );
      return cell === 1 && awayM > grid.cellM;
    });
    return grid.blocked[cellAt(grid, xM, yM)] === 1 && far === -1;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});

t.test("a zone with a bay leaves the bay free", async (t) => {
  const points = [0, 2, 10, 2, 10, 10, 7, 10, 7, 5, 3, 5, 3, 10, 0, 10];
  const corners = Array.from({ length: 8 }, (_, at) => ({ xM: points[2 * at] ?? 0, yM: points[2 * at + 1] ?? 0 }));
  const grid = fenced(FREE, [{ id: "u", corners }]);
  t.equal(grid.blocked[cellAt(grid, 5.2, 9.2)], 0, "in the bay");
  t.equal(grid.blocked[cellAt(grid, 1.2, 9.2)], 1);
  t.equal(grid.blocked[cellAt(grid, 8.2, 4.2)], 1);
  t.equal(fenced(FREE, []), FREE);
  t.ok(
    FREE.blocked.every((cell) => cell === 0),
    "the map itself stays as it is",
  );
});

function siteWith(folder: string, corners: readonly (readonly [number, number])[]): string {
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: 9 }, () => ".".repeat(16)).join("\n");
  writeFileSync(join(folder, "a.map"), `type octile\nheight 9\nwidth 16\nmap\n${rows}\n`);
  const zone = { id: "stairs", corners: corners.map(([xM, yM]) => ({ xM, yM })) };
  const site = {
    ...{ schema: 1, site: "tiny", map: { file: "a.map", format: "movingai", cellM: 1, keepOut: [zone] } },
    destinations: [{ id: "home", xM: 2.5, yM: 4.5, headingRad: 0, footprintRadiusM: 0.4, kind: "park" }],
    fleets: [{ id: "fleet" }],
    robots: [{ id: "r1", fleet: "fleet", home: "home" }],
    lease: { deadmanMs: 300, brakingMs: 800 },
    physics: {
      ...{ radiusM: 0.25, maxSpeedMps: 0.6, maxTurnRadps: 1, accelMps2: 0.8, brakeMps2: 0.9, reactiveSpeedMps: 0.3 },
      ...{ marginM: 0.1, arriveM: 0.15, settleMs: 300, poseErrorMaxM: 0.3, jerkMps3: 2 },
    },
  };
  writeFileSync(join(folder, "site.yaml"), JSON.stringify(site));
  return join(folder, "site.yaml");
}

t.test("a site's zones are blocked where robots drive, and free on the floor as it is", async (t) => {
  const file = siteWith(join(t.testdir(), "a"), [
    [8, 2],
    [11, 2],
    [11, 7],
    [8, 7],
  ]);
  const { grid, floor, config } = loadSite(file);
  t.equal(grid.blocked[cellAt(grid, 9.5, 4.5)], 1);
  t.equal(floor.blocked[cellAt(floor, 9.5, 4.5)], 0);
  t.equal(config.physics.jerkMps3, 2);
});

t.test("a destination in a zone is refused by its name, and a zone needs three corners", async (t) => {
  const around = [
    [1, 3],
    [4, 3],
    [4, 6],
    [1, 6],
  ] as const;
  t.throws(() => loadSite(siteWith(join(t.testdir(), "b"), around)), {
    message: /home at 2.5, 4.5: on a blocked cell/,
  });
  t.throws(() => loadSite(siteWith(join(t.testdir(), "c"), around.slice(0, 2))), { message: /corners/ });
});

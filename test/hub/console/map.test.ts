// The map's own arithmetic: metres to pixels and back, the area that a silent robot can have reached, labels that do
// not hide each other, and what is drawn of now and of the past.

import fc from "fast-check";
import t from "tap";
import { placeLabels } from "../../../hub/console/labels.js";
import { isArea, liveScene, pastScene } from "../../../hub/console/scene.js";
import { blockedOf, spread } from "../../../hub/console/spread.js";
import { fit, panBy, toM, toPx, zoomAt } from "../../../hub/console/view-box.js";
import { runsOf } from "../../../hub/web/answers.js";
import type { ConsoleSite, LiveView, PastSite } from "../../../proto/console.js";
import { aRobot, aSite } from "../cli/stub-views.js";

const EXTENT = { xM: -5, yM: 2, widthM: 60, heightM: 40 };
const SIZE = { width: 800, height: 600 };

t.test("the whole site fits, and a zoom keeps the point under the pointer", async (t) => {
  const box = fit(EXTENT, SIZE);
  for (const [xM, yM] of [
    [-5, 2],
    [55, 42],
  ] as const) {
    const [x, y] = toPx(box, xM, yM);
    t.ok(x >= 0 && x <= 800 && y >= 0 && y <= 600, `${x}, ${y}`);
  }
  const at = { xPx: 200, yPx: 333 };
  const before = toM(box, at.xPx, at.yPx);
  const after = toM(zoomAt(box, 3, at, 0.1), at.xPx, at.yPx);
  t.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
  t.equal(zoomAt(box, 1e-9, at, 2).scale, 2, "never smaller than the least");
  const [xM] = toM(panBy(box, 10 * box.scale, 0), 0, 0);
  t.ok(Math.abs(xM - (toM(box, 0, 0)[0] - 10)) < 1e-9);
});

function aMap(rows: readonly string[]): { map: ConsoleSite["map"]; blocked: Uint8Array } {
  const [width, height] = [rows[0]?.length ?? 0, rows.length];
  const cells = [...rows].reverse().join("");
  const blocked = Uint8Array.from(cells, (cell) => (cell === "@" ? 1 : 0));
  const map = { width, height, cellM: 1, originXM: 0, originYM: 0, runs: runsOf(blocked) };
  return { map, blocked };
}

t.test("the grid comes over as it was", async (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 60 }), (cells) => {
      const blocked = Uint8Array.from(cells);
      const map = { width: cells.length, height: 1, cellM: 1, originXM: 0, originYM: 0, runs: runsOf(blocked) };
      return blockedOf(map).join() === blocked.join();
    }),
    { seed: 1 },
  );
  t.pass("runs there and back");
});

t.test("R4 the area goes around walls, and leaves out no cell that can be reached in a straight line", async (t) => {
  const { map, blocked } = aMap([".....", ".@@@.", ".@.@.", ".@@@.", "....."]);
  const inside = spread(map, blocked, { xM: 2.5, yM: 2.5, radiusM: 30 });
  t.same(inside, [12], "one that is walled in stays there");
  const open = aMap(Array.from({ length: 41 }, () => ".".repeat(41)));
  for (const radiusM of [0, 3, 7.5, 15]) {
    const cells = new Set(spread(open.map, open.blocked, { xM: 20.9, yM: 20.1, radiusM }));
    for (let y = 0.5; y < 41; y += 1)
      for (let x = 0.5; x < 41; x += 1)
        if (Math.hypot(x - 20.9, y - 20.1) <= radiusM && !cells.has(Math.floor(y) * 41 + Math.floor(x)))
          t.fail(`${x}, ${y} within ${radiusM} m is left out`);
    t.ok(cells.size <= 12 + 4.6 * (radiusM + 2) ** 2, `${cells.size} cells for ${radiusM} m`);
  }
  const wall = aMap(["..@..", "..@..", "..@..", "..@..", "....."]);
  const around = new Set(spread(wall.map, wall.blocked, { xM: 0.5, yM: 4.5, radiusM: 2 }));
  t.notOk(around.has(4 * 5 + 4), "what lies behind a wall is too far by the way around it");
  t.equal(spread(open.map, open.blocked, { xM: 20, yM: 20, radiusM: Number.POSITIVE_INFINITY }), null);
  t.equal(spread(open.map, open.blocked, { xM: -1, yM: 2, radiusM: 1 }), null);
});

const SPACE = { widthOf: () => 30, rightPx: 800 };

t.test("labels do not hide each other; one that must be there is", async (t) => {
  const label = (words: string, must = false) => ({ words, x: 100, y: 100, radius: 6, must });
  const placed = placeLabels(
    [..."abcdefg"].map((words) => label(words)),
    SPACE,
  );
  t.equal(placed.length, 4, "four places around a point");
  const forced = placeLabels([...[..."abcde"].map((words) => label(words)), label("r1", true)], SPACE);
  t.same(forced.at(-1), { words: "r1", x: 100, y: 85 });
  const edge = placeLabels(
    [
      { ...label("r2"), x: 3 },
      { ...label("r3"), x: 799, y: 300 },
    ],
    SPACE,
  );
  t.same(
    edge.map(({ x }) => x),
    [17, 783],
    "none is cut at the edge of the map",
  );
});

const SITE = {
  fleets: [{ id: "pickers", channels: { pose: { limitMs: 5000, lostMs: 30_000 } }, dwellMs: 10_000 }],
  ...{ maxSpeedMps: 2, rhoHub: 0.1, destinations: [{ id: "P1" }, { id: "P2" }] },
  robots: ["r1", "r2", "r3"].map((id) => ({ id, fleet: "pickers", home: "P1" })),
} as unknown as ConsoleSite;

t.test("a silent robot is an area, one without a pose is nowhere, an absent one is not there", async (t) => {
  const { robots: _, ...site } = aSite();
  const view: LiveView = {
    site: { ...site, wallMs: 0 },
    robots: {
      r1: aRobot("r1"),
      r2: aRobot("r2", { ageBoundMs: 9000, telemetryVerdict: "late" }),
      r3: aRobot("r3", { pose: undefined, ageBoundMs: undefined, telemetryVerdict: "lost" }),
      r4: aRobot("r4", { absent: true }),
    },
    places: {},
  };
  const scene = liveScene(view, { site: SITE, viewAgeMs: 0, isStale: false });
  t.same(
    scene.robots.map((robot) => [robot.id, isArea(robot)]),
    [
      ["r1", false],
      ["r2", true],
    ],
  );
  t.same(scene.nowhere, ["r3"]);
  const old = liveScene(view, { site: SITE, viewAgeMs: 60_000, isStale: true });
  t.ok(old.robots.every(isArea), "in a view that is a minute old nobody is a point");
});

t.test("the past: claims from the ledger, poses only where they were kept, and nothing that is not told", async (t) => {
  const past: PastSite = {
    ...{ sequence: 7, wallMs: 1, epoch: 1, tasks: [], ceilings: [], absent: ["r3"], poses: { r1: [1, 2, 0, 300] } },
    counts: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
    places: [{ id: "P1", robot: "r1", task: "t1", token: "1.2", lapsed: true, phase: "assigned" }],
    modes: [{ robot: "r1", fleet: "", rung: "CONFIRM", cause: "boot" }],
  };
  const scene = pastScene(past, SITE);
  t.match(scene.robots, [{ id: "r1", xM: 1, yM: 2, rung: "CONFIRM", destination: "P1" }]);
  t.same(scene.nowhere, ["r2"], "not recorded is nowhere, absent is not there");
  t.same(scene.places.get("P1"), { state: "LAPSED_UNKNOWN", robot: "r1" });
  t.same(scene.places.get("P2"), { state: "NOT_TOLD", robot: "" }, "the ledger does not tell that it was empty");
  t.same(pastScene({ ...past, poses: null }, SITE).robots, []);
});

// R6 on the page: an age that is shown is never smaller than the age that is so, whatever the network did to the view
// on its way, also when the stream stands and when the page's machine slept.

import t from "tap";
import { freshnessOf, HubClock, leaseLeftMs, limitOf, PageClock, possibleM } from "../../../hub/console/ages.js";
import type { ConsoleSite, LiveRobot } from "../../../proto/console.js";
import { NEVER_FRESH } from "../../../proto/freshness.js";
import { aRobot } from "../cli/stub-views.js";

const SITE = {
  fleets: [{ id: "pickers", channels: { pose: { limitMs: 5000, lostMs: 30_000 } }, dwellMs: 10_000 }],
  ...{ maxSpeedMps: 2, rhoHub: 0.1 },
} as unknown as ConsoleSite;

t.test("R6 the age of a view is never less than it is, for any delay of question, answer and view", async (t) => {
  for (const offsetMs of [0, 1e6, -1e6])
    for (const askDelayMs of [0, 3, 400])
      for (const viewDelayMs of [0, 5, 2500]) {
        const clock = new HubClock();
        const page = (trueMs: number) => trueMs + offsetMs;
        clock.anchor(page(1000), 1000 + askDelayMs); // the hub reads its clock when the question is there
        const madeMs = 5000;
        const shownMs = madeMs + viewDelayMs;
        const found = clock.sinceMs(madeMs, page(shownMs));
        t.ok(found >= viewDelayMs, `${found} >= ${viewDelayMs}`);
        t.ok(found <= viewDelayMs + askDelayMs + 10, `${found} is no more than the question took`);
        t.ok(clock.sinceMs(madeMs, page(shownMs + 60_000)) >= viewDelayMs + 60_000, "and goes on growing");
      }
  t.equal(new HubClock().sinceMs(1, 2), NEVER_FRESH, "before any answer nothing is fresh");
});

t.test("a page whose machine slept counts the time in which it slept", async (t) => {
  const clock = new PageClock({ monotonicMs: 100, wallMs: 1000 });
  t.equal(clock.read({ monotonicMs: 350, wallMs: 1250 }), 350);
  t.equal(clock.read({ monotonicMs: 600, wallMs: 61_500 }), 60_600, "a minute asleep");
  t.equal(clock.read({ monotonicMs: 700, wallMs: 61_600 }), 60_700);
  t.equal(clock.read({ monotonicMs: 800, wallMs: 1000 }), 60_800, "a wall clock that goes back makes nothing younger");
});

t.test("the ring closes from fresh over late to lost, and the hub's own verdict is never made better", async (t) => {
  const of = (over: Partial<LiveRobot>, viewAgeMs: number) => freshnessOf(aRobot("r1", over), SITE, viewAgeMs);
  t.match(of({ ageBoundMs: 300 }, 0), { verdict: "fresh", ageMs: 300 });
  t.match(of({ ageBoundMs: 300 }, 4701), { verdict: "late", ageMs: 5001 }, "it grows with the age of the view");
  t.match(of({ ageBoundMs: 300 }, 30_000), { verdict: "lost", share: 1 });
  t.match(of({ ageBoundMs: 300, telemetryVerdict: "lost" }, 0), { verdict: "lost" });
  t.match(of({ ageBoundMs: 300, telemetryVerdict: "odd" }, 0), { verdict: "lost" }, "an unknown verdict is the worst");
  t.match(of({ ageBoundMs: undefined, telemetryVerdict: "lost" }, 0), {
    verdict: "lost",
    ageMs: NEVER_FRESH,
    share: 1,
  });
  t.equal(of({ ageBoundMs: 15_000 }, 0).share, 0.5);
  t.same(limitOf(SITE, "unknown"), { limitMs: 0, lostMs: 0 }, "without a contract nothing is fresh");
});

t.test("R2 what is left of a lease goes down with the age of the view, and ends", async (t) => {
  const robot = aRobot("r1", { leaseLeftMs: 2000 });
  t.equal(leaseLeftMs(robot, 500), 1500);
  t.equal(leaseLeftMs(robot, 9000), 0, "that none runs only the hub can say");
  t.equal(leaseLeftMs(aRobot("r1", { leaseLeftMs: undefined }), 0), undefined);
});

t.test("R4 a silent robot can be as far as its lease let it drive, and anywhere when that is not known", async (t) => {
  const far = (over: Partial<LiveRobot>, at: { ageMs: number; isStale?: boolean }) =>
    possibleM(
      { ...aRobot("r1", { errorM: 0.5, ageBoundMs: 10_000 }), ...over },
      { site: SITE, nowMs: 100_000, isStale: false, ...at },
    );
  t.equal(far({ leaseEndMs: 1e9 }, { ageMs: 10_000 }), 20.5, "a lease that runs: it drives all the time");
  t.equal(
    far({ leaseEndMs: 90_900 }, { ageMs: 10_000 }),
    2.5,
    "its lease ended 0.9 s of the hub's clock after the pose",
  );
  t.equal(far({ leaseEndMs: 80_000 }, { ageMs: 10_000 }), 0.5, "its lease had ended before");
  t.equal(far({ leaseEndMs: undefined }, { ageMs: 10_000 }), 20.5, "a lease that nobody knows of bounds nothing");
  t.equal(
    far({ leaseEndMs: 80_000 }, { ageMs: 12_000, isStale: true }),
    24.5,
    "it may have been renewed since the view",
  );
  t.equal(far({ leaseEndMs: 80_000 }, { ageMs: NEVER_FRESH }), Number.POSITIVE_INFINITY);
});

// Frames of the console: what the page puts together is what the hub had, whatever changed, came or went.

import fc from "fast-check";
import t from "tap";
import { frameOf, type LiveRobot, type LiveView, withFrame } from "../../proto/console.js";
import { PLACE_STATES } from "../../proto/operator-views.js";
import { aRobot, aSite } from "../hub/cli/stub-views.js";

const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
const robots = fc.record({
  ageBoundMs: maybe(fc.nat(50_000)),
  leaseLeftMs: maybe(fc.nat(5000)),
  leaseEndMs: maybe(fc.nat(900_000)),
  task: fc.constantFrom("", "t1", "t2"),
  pose: maybe(fc.record({ xM: fc.nat(9), yM: fc.nat(9), headingRad: fc.nat(3) })),
  causes: fc.array(
    fc.record({ name: fc.constantFrom("operator", "boot"), rung: fc.constant("HALT" as const), detail: fc.string() }),
  ),
  pathM: fc.array(fc.nat(9), { maxLength: 4 }),
});
const views: fc.Arbitrary<LiveView> = fc
  .record({
    robots: fc.tuple(robots, robots),
    states: fc.tuple(...[0, 1].map(() => fc.constantFrom(...PLACE_STATES))),
    nowMs: fc.nat(9999),
  })
  .map(({ robots: [one, other], states, nowMs }) => {
    const { robots: _, ...site } = aSite({ nowMs });
    const place = (id: string, at: number) => {
      return {
        id,
        state: states[at] ?? "FREE",
        robot: "",
        task: "",
        token: at === 0 ? { epoch: 1, counter: nowMs } : undefined,
        detail: "",
      };
    };
    const robot = (id: string, over: Partial<LiveRobot>): LiveRobot => ({ ...aRobot(id), ...over }) as LiveRobot;
    return {
      site: { ...site, wallMs: nowMs },
      robots: { r1: robot("r1", one), r2: robot("r2", other) },
      places: { P1: place("P1", 0), P2: place("P2", 1) },
    };
  });

/** As it is after the way over the network, where absent and undefined are the same. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

t.test("frames put together on the page give the views of the hub, one after another", async (t) => {
  fc.assert(
    fc.property(fc.array(views, { minLength: 1, maxLength: 6 }), (sequence) => {
      let shown: LiveView | null = null;
      let before: LiveView | null = null;
      for (const view of sequence) {
        const frame = plain(frameOf(before, view, [])) as ReturnType<typeof frameOf>;
        shown = withFrame(shown, frame);
        before = view;
        if (JSON.stringify(sorted(plain(shown))) !== JSON.stringify(sorted(plain(view)))) return false;
      }
      return true;
    }),
    { seed: 7, numRuns: 300 },
  );
  t.pass("300 sequences");
});

/** With keys in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

t.test("a frame holds only what changed, and changes without a view are refused", async (t) => {
  const { robots: _, ...site } = aSite();
  const view: LiveView = { site: { ...site, wallMs: 1 }, robots: { r1: aRobot("r1") }, places: {} };
  const next = { ...view, robots: { r1: { ...aRobot("r1"), leaseLeftMs: undefined, speedMps: 0.5 } } };
  const frame = frameOf(view, next, []);
  t.same(frame, {
    full: false,
    site: {},
    robots: { r1: { leaseLeftMs: null, speedMps: 0.5 } },
    places: {},
    events: [],
  });
  t.equal(withFrame(view, frame).robots.r1?.leaseLeftMs, undefined);
  t.throws(() => withFrame(null, frame), /before a full one/);
  t.ok(frameOf(null, view, []).full);
});

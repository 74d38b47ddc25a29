// The site as it was: whatever is asked in whatever order, the answer is what the events up to there give; a newer
// question takes the place of one that waits; and poses are told only for times that are remembered.

import fc from "fast-check";
import t from "tap";
import { apply } from "../../../hub/core/apply.js";
import { emptyLedgerState } from "../../../hub/core/ledger-state.js";
import { Past } from "../../../hub/web/past.js";
import { Trail } from "../../../hub/web/trail.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import { aRobot, aSite } from "../cli/stub-views.js";

const act = { operator: "ada", reason: "test" };

/** Tasks that are accepted and cancelled, ceilings that come and go, and hubs that start. */
function aLedger(length: number): LedgerEvent[] {
  let epoch = 0;
  return Array.from({ length }, (_, at): LedgerEvent => {
    const bodies: LedgerBody[] = [
      { kind: "taskAccepted", task: `t${at}`, stops: [{ destinations: ["P1"] }], fleet: "", dwellMs: 0, ...act },
      { kind: "taskEnded", task: `t${at - 1}`, end: "END_CANCELLED", reason: "asked" },
      { kind: "ceilingSet", robot: "r1", fleet: "", rung: "HALT", ...act },
      { kind: "modeChanged", robot: "r1", fleet: "", from: "AUTONOMOUS", to: "HALT", cause: "operator" },
      { kind: "ceilingCleared", robot: "r1", fleet: "", ...act },
      { kind: "taskAccepted", task: `t${at}`, stops: [{ destinations: ["P2"] }], fleet: "", dwellMs: 0, ...act },
    ];
    const starts = at % 1000 === 0;
    if (starts) epoch += 1;
    const start: LedgerBody = { kind: "hubStarted", epoch, longestWaitMs: 0, configHash: "h", software: "s" };
    const body = starts ? start : (bodies[(at - 1 - Math.floor(at / 1000)) % 6] as LedgerBody);
    const fits = body.kind !== "taskEnded" || (at - 1) % 1000 !== 0;
    const told: LedgerBody = fits ? body : { kind: "robotEnrolled", robot: "r1" };
    return { sequence: at + 1, schema: 1, epoch, hubMs: at, wallMs: 1000 * at, body: told };
  });
}

const EVENTS = aLedger(7000);

function aPast() {
  let reads = 0;
  const port = {
    eventCount: () => EVENTS.length,
    events: async (from: number, most: number) => {
      reads += 1;
      return EVENTS.slice(from - 1, from - 1 + most);
    },
  };
  const past = new Past({ port, breathe: async () => {} });
  return { past, reads: () => reads };
}

function expected(to: number) {
  const state = emptyLedgerState(50);
  for (const event of EVENTS.slice(0, to)) apply(state, event);
  return {
    counts: { ...state.counts },
    open: [...state.open].slice(0, 500),
    ceilings: state.ceilings.size,
    epoch: state.epoch,
  };
}

t.test("R14 any event in any order gives the state that the events up to it give", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: EVENTS.length }), { minLength: 1, maxLength: 5 }),
      async (asked) => {
        const { past } = aPast();
        for (const sequence of asked) {
          const found = await past.at(sequence);
          const wanted = expected(sequence);
          t.equal(found?.sequence, sequence);
          t.same(
            {
              counts: found?.counts,
              open: found?.tasks.map(({ id }) => id),
              ceilings: found?.ceilings.length,
              epoch: found?.epoch,
            },
            wanted,
          );
        }
      },
    ),
    { seed: 3, numRuns: 12 },
  );
});

t.test(
  "a step back begins at a state that was kept, and the modes begin anew with each start of the hub",
  async (t) => {
    const { past, reads } = aPast();
    await past.at(EVENTS.length);
    const whole = reads();
    await past.at(EVENTS.length - 10);
    t.ok(reads() - whole <= 60, `${reads() - whole} reads of 50 events`);
    t.same((await past.at(5000 + 5))?.modes, [{ robot: "r1", fleet: "", rung: "HALT", cause: "operator" }]);
    t.same((await past.at(5001))?.modes, [], "what was before a start is not told after it");
    t.equal((await past.at(10 ** 9))?.sequence, EVENTS.length);
  },
);

t.test("R13 of many questions at once only the newest is worked off", async (t) => {
  const { past, reads } = aPast();
  const answers = await Promise.all([6000, 5000, 4000, 3000, 1200].map((at) => past.at(at)));
  t.same(
    answers.map((found) => found?.sequence ?? null),
    [null, null, null, null, 1200],
  );
  t.ok(reads() <= 40, `${reads()} reads`);
  const broken = new Past({ port: { eventCount: () => 5, events: async () => [] } });
  await t.rejects(broken.at(3), /event 1 cannot be read/);
});

t.test("the trail tells poses of the last half hour, leases that have ended, and nothing else", async (t) => {
  const trail = new Trail(["r1", "r2"]);
  const view = (nowMs: number, xM: number) =>
    aSite({
      nowMs,
      robots: [
        aRobot("r1", { pose: { xM, yM: 2, headingRad: 0 }, leaseLeftMs: nowMs < 3000 ? 4000 : undefined }),
        aRobot("r2", { pose: undefined, ageBoundMs: undefined, leaseLeftMs: undefined }),
        aRobot("r9"),
      ],
    });
  for (let at = 0; at < 1900; at += 1) trail.take(view(at * 1000, at), 1_000_000 + at * 1000);
  t.equal(trail.posesAt(1_000_000), null, "more than half an hour ago");
  t.same(trail.posesAt(1_000_000 + 1_500_400), { r1: [1500, 2, 0, 340] }, "one without a pose is not made up");
  t.equal(trail.posesAt(1_000_000 + 1_905_000), null, "nor the future");
  const told = trail.of("r1", 1_899_000 + 700);
  t.equal(told?.series.xM.length, 1800);
  t.same([told?.series.xM[0], told?.series.xM.at(-1), told?.endedAgoMs], [100, 1899, 700]);
  t.same(trail.of("r2", 0)?.series.xM.at(-1), null);
  t.equal(trail.withLease(aRobot("r1", { leaseLeftMs: undefined })).leaseEndMs, 6000, "where its last lease ended");
  trail.take(aSite({ nowMs: 2e6, robots: [aRobot("r1", { planMs: 9, telemetryVerdict: "late" })] }), 3e6);
  t.same(trail.of("r1", 2e6)?.series.planMs.at(-1), null, "the last word of a silent robot is no sample of now");
  const confidence = { least: 0.5, unsure: 1, tenths: [0, 0, 0, 1, 0, 0, 0, 0, 0, 7] };
  const unsure = (over: object, of: object = {}) => {
    const model = { name: "m 1.0.0", drives: true, confidence, ...of };
    trail.take(aSite({ nowMs: 3e6, robots: [aRobot("r1", { model, ...over })] }), 4e6);
    return trail.of("r1", 3e6)?.series.unsure.at(-1);
  };
  t.equal(unsure({}), 12.5, "of each 100 decisions");
  const nothing = [{ telemetryVerdict: "late" }, { model: undefined }].map((over) => unsure(over));
  const tenths = confidence.tenths.map(() => 0);
  const none = [{ drives: false }, { confidence: undefined }, { confidence: { ...confidence, unsure: 0, tenths } }];
  t.same([...nothing, ...none.map((of) => unsure({}, of))], [null, null, null, null, null], "unknown is no figure");
  t.equal(trail.of("r9", 0), undefined);
  t.equal(trail.withLease(aRobot("r2")).leaseEndMs, undefined);
});

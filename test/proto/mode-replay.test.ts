// R7: the ladder against a naive replay that keeps every signal ever seen and works the rung out from the whole
// history.
import fc from "fast-check";
import t from "tap";
import {
  CAUSES,
  type CauseName,
  clearLatches,
  effectiveRung,
  type Ladder,
  NO_HOLDS,
  RUNGS,
  type Rung,
  severity,
  stepLadder,
} from "../../proto/mode.js";

const policy = { dwellMs: 100, maxDoublings: 3, fallMemoryMs: 3000 };

interface Seen {
  readonly nowMs: number;
  readonly demand: number; // severity
  readonly calm: boolean;
  readonly person: boolean; // a person clears before the signal is seen
}

/** One cause's rung after its whole history, told as the rule tells it. */
function naive(rule: "calm" | "dwell" | "person", history: readonly Seen[]): number {
  let rung = 0;
  let calmFromMs: number | null = null;
  const fallsMs: number[] = [];
  let lastGood = false;
  for (const { nowMs, demand, calm, person } of history) {
    if (rule === "person" && person && rung > 0 && lastGood) {
      rung = 0;
      fallsMs.length = 0;
    }
    lastGood = demand === 0 && calm;
    if (rung === 0 && fallsMs.length > 0 && nowMs - (fallsMs.at(-1) ?? 0) > policy.fallMemoryMs) fallsMs.length = 0;
    if (demand > rung) {
      if (rung === 0) fallsMs.push(nowMs);
      rung = demand;
      calmFromMs = null;
    } else if (demand === rung || !calm || rule === "person") {
      calmFromMs = null;
    } else if (rule === "calm") {
      rung = demand;
    } else {
      calmFromMs ??= nowMs;
      const doublings = Math.min(fallsMs.length - 1, policy.maxDoublings);
      const needMs = [1, 2, 4, 8][doublings] ?? 0;
      if (nowMs - calmFromMs >= needMs * policy.dwellMs) {
        rung -= 1;
        calmFromMs = nowMs;
      }
    }
  }
  return rung;
}

const step = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 4000 })),
  demand: fc.integer({ min: 0, max: 3 }),
  calm: fc.boolean(),
  person: fc.boolean(),
  quiet: fc.integer({ min: 0, max: 12 }), // as many calm steps of half a dwell follow
});

function historyOf(
  steps: readonly { readonly [K in "afterMs" | "demand" | "quiet"]: number }[],
  drawn: readonly Seen[],
) {
  const history: Seen[] = [];
  let nowMs = 0;
  for (const [index, { afterMs, quiet }] of steps.entries()) {
    const seen = drawn[index];
    if (seen === undefined) continue;
    nowMs += afterMs;
    history.push({ ...seen, nowMs });
    for (let more = 0; more < quiet; more += 1) {
      nowMs += policy.dwellMs / 2;
      history.push({ nowMs, demand: 0, calm: true, person: false });
    }
  }
  return history;
}

for (const name of ["lease-lapsed", "telemetry-stale", "emergency-stop"] as const satisfies readonly CauseName[]) {
  t.test(`R7 ladder of a cause that clears by "${CAUSES[name].clear}" agrees with a naive replay`, async (t) => {
    const property = fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const drawn = steps.map(({ demand, calm, person }) => ({ nowMs: 0, demand, calm, person }));
      const history = historyOf(steps, drawn);
      let ladder: Ladder = NO_HOLDS;
      return history.every((seen, index) => {
        if (seen.person) ladder = clearLatches(ladder, [name]);
        const demand = RUNGS[seen.demand] as Rung;
        const signal = { name, subject: "", demand, calm: seen.calm, detail: "" };
        ladder = stepLadder(ladder, { signals: [signal], nowMs: seen.nowMs, policy });
        return severity(effectiveRung(ladder)) === naive(CAUSES[name].clear, history.slice(0, index + 1));
      });
    });
    t.doesNotThrow(() => fc.assert(property, { numRuns: 400 }));
  });
}

import fc from "fast-check";
import t from "tap";
import {
  createYield,
  patienceOf,
  stepYield,
  type YieldInput,
  type YieldState,
} from "../../../../edge/core/motion/yield.js";

function anInput(over: Partial<YieldInput> = {}): YieldInput {
  return {
    blocked: true,
    priority: 0.5,
    isOnFootprint: false,
    isNarrow: false,
    isOtherMoving: false,
    isOtherSeen: true,
    isRefugeReached: false,
    isRefugeMissing: false,
    ...over,
  };
}

/** Steps at 10 Hz with one input; returns the time in each phase in order of entry. */
function phases(state: YieldState, input: YieldInput, span: { fromMs: number; toMs: number }): [string, number][] {
  const seen: [string, number][] = [];
  let now = state;
  for (let nowMs = span.fromMs; nowMs <= span.toMs; nowMs += 100) {
    now = stepYield(now, input, nowMs);
    if (seen.at(-1)?.[0] !== now.phase) seen.push([now.phase, nowMs]);
  }
  return seen;
}

t.test("yield waits, tries another way, then steps back", async (test) => {
  const seen = phases(createYield(), anInput(), { fromMs: 0, toMs: 6000 }).map(([phase]) => phase);
  test.same(seen.slice(0, 4), ["clear", "waiting", "detouring", "retreating"]);
});

t.test("yield returns to clear as soon as the way stays free", async (test) => {
  const waiting: YieldState = { ...createYield(), phase: "waiting", untilMs: 9000, blocked: true };
  const seen = phases(waiting, anInput({ blocked: false }), { fromMs: 100, toMs: 1000 });
  test.same(seen, [
    ["waiting", 100],
    ["clear", 400],
  ]);
});

t.test("yield stays aside until the way is free or its patience ends", async (test) => {
  const back: YieldState = { ...createYield(), phase: "retreating", untilMs: 9000, blocked: true };
  const aside = stepYield(back, anInput({ isRefugeReached: true }), 100);
  test.equal(aside.phase, "aside");
  test.equal(stepYield(aside, anInput(), 200).phase, "aside");
  test.equal(stepYield(aside, anInput(), aside.untilMs).phase, "clear");
  test.equal(stepYield(back, anInput({ isRefugeMissing: true }), 200).phase, "waiting", "nowhere to go");
});

t.test("R1 yield is less patient on a footprint that the robot does not hold", async (test) => {
  const patience = (isOnFootprint: boolean): number => {
    const seen = phases(createYield(), anInput({ isOnFootprint }), { fromMs: 0, toMs: 8000 });
    return (
      (seen.find(([phase]) => phase === "detouring")?.[1] ?? 0) -
      (seen.find(([phase]) => phase === "waiting")?.[1] ?? 0)
    );
  };
  test.ok(patience(true) <= 900, `${patience(true)} ms on a footprint, below the 2 s that count as holding it`);
  test.ok(patience(false) > patience(true));
});

t.test("yield gives two robots different patience, and always the same to one", async (test) => {
  const unit = fc.double({ min: 0, max: 0.999999, noNaN: true });
  fc.assert(
    fc.property(unit, fc.nat(100), (priority, attempt) => {
      const patience = patienceOf(priority, attempt);
      return patience >= 0 && patience < 1 && patience === patienceOf(priority, attempt);
    }),
    { seed: 3 },
  );
  let apart = 0;
  for (let pair = 0; pair < 100; pair++) {
    if (Math.abs(patienceOf(pair / 100, 1) - patienceOf((pair + 0.5) / 100, 1)) > 0.05) apart++;
  }
  test.ok(apart > 80, `${apart} of 100 pairs differ by more than a twentieth`);
});

t.test("yield changes nothing when nothing is in the way", async (test) => {
  const state = createYield();
  test.equal(stepYield(state, anInput({ blocked: false }), 50_000), state);
});

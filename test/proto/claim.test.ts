// R1, R4, R5: who stands in whose way, by all small configurations; tokens as numbers; what proves that a robot is
// elsewhere.
import fc from "fast-check";
import t from "tap";
import {
  type Conflicts,
  certainlyOutside,
  compareTokens,
  footprintsOverlap,
  higherToken,
  holderAgainst,
  NO_TOKEN,
  reachM,
  sameToken,
  type Token,
  tokenKey,
} from "../../proto/claim.js";

const PLACES = ["A", "B", "C"] as const;
const PAIRS = [
  ["A", "B"],
  ["A", "C"],
  ["B", "C"],
] as const;

function relation(pairs: readonly (readonly [string, string])[]): Conflicts {
  const near = (place: string) =>
    pairs.flatMap(([a, b]) => (a === place ? [b] : b === place ? [a] : ([] as readonly string[])));
  return new Map(PLACES.map((place) => [place, near(place)]));
}

/** R1 as a sentence: every pair of (place, holder) of the site, looked at one after the other. */
function naiveMayHold(
  ask: { readonly robot: string; readonly destination: string },
  pairs: readonly (readonly [string, string])[],
  holders: ReadonlyMap<string, string>,
): boolean {
  for (const [place, holder] of holders) {
    if (holder === ask.robot) continue;
    if (place === ask.destination) return false;
    for (const [a, b] of pairs) {
      if ((a === place && b === ask.destination) || (b === place && a === ask.destination)) return false;
    }
  }
  return true;
}

t.test("R1 holderAgainst agrees with the naive relation in every configuration of three places", async (t) => {
  const holdersOf = [undefined, "r1", "r2"] as const;
  let cases = 0;
  for (let chosen = 0; chosen < 8; chosen += 1) {
    const pairs = PAIRS.filter((_, index) => (chosen >> index) & 1);
    const conflicts = relation(pairs);
    for (let code = 0; code < 27; code += 1) {
      const digits = [code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9)];
      const holders = new Map<string, string>();
      for (const [index, place] of PLACES.entries()) {
        const holder = holdersOf[digits[index] ?? 0];
        if (holder !== undefined) holders.set(place, holder);
      }
      for (const robot of ["r1", "r2", "r3"]) {
        for (const destination of PLACES) {
          cases += 1;
          const against = holderAgainst({ robot, destination }, { conflicts, holderOf: (place) => holders.get(place) });
          const may = naiveMayHold({ robot, destination }, pairs, holders);
          if ((against === null) !== may) t.fail(`${robot} asks ${destination}, pairs ${pairs}, holders ${code}`);
          if (against !== null && (holders.get(against.destination) !== against.robot || against.robot === robot))
            t.fail(`the holder named is not one: ${JSON.stringify(against)}`);
        }
      }
    }
  }
  t.equal(cases, 8 * 27 * 9);
});

t.test("R1 claims taken one after the other never conflict, over drawn sites and asks", async (t) => {
  const place = fc.integer({ min: 0, max: 7 }).map(String);
  const pairs = fc.array(fc.tuple(place, place), { maxLength: 12 });
  const asks = fc.array(fc.tuple(fc.constantFrom("r1", "r2", "r3"), place, fc.boolean()), { maxLength: 60 });
  const property = fc.property(pairs, asks, (drawn, sequence) => {
    const real = drawn.filter(([a, b]) => a !== b);
    const conflicts = new Map<string, string[]>();
    for (const [a, b] of real) {
      conflicts.set(a, [...(conflicts.get(a) ?? []), b]);
      conflicts.set(b, [...(conflicts.get(b) ?? []), a]);
    }
    const holders = new Map<string, string>();
    for (const [robot, destination, releases] of sequence) {
      if (releases && holders.get(destination) === robot) holders.delete(destination);
      const against = holderAgainst({ robot, destination }, { conflicts, holderOf: (id) => holders.get(id) });
      if ((against === null) !== naiveMayHold({ robot, destination }, real, holders)) return false;
      if (against === null) holders.set(destination, robot);
      for (const [a, b] of real) {
        const both = holders.has(a) && holders.has(b);
        if (both && holders.get(a) !== holders.get(b)) return false;
      }
    }
    return true;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test("R1 holderAgainst knows a destination without entry as one without conflicts", async (t) => {
  const site = { conflicts: new Map<string, string[]>(), holderOf: (id: string) => (id === "A" ? "r2" : undefined) };
  t.equal(holderAgainst({ robot: "r1", destination: "B" }, site), null);
  t.same(holderAgainst({ robot: "r1", destination: "A" }, site), { robot: "r2", destination: "A" });
});

t.test("R5 tokens compare as pairs of numbers, never as text", async (t) => {
  const token = (epoch: number, counter: number): Token => ({ epoch, counter });
  const ascending = [NO_TOKEN, token(1, 1), token(1, 2), token(1, 9), token(1, 10), token(1, 100), token(2, 1)];
  ascending.push(token(9, 500), token(10, 1), token(10, 2 ** 52), token(2 ** 52, 0));
  for (const [a, lower] of ascending.entries()) {
    for (const [b, higher] of ascending.entries()) {
      t.equal(Math.sign(compareTokens(lower, higher)), Math.sign(a - b), `${tokenKey(lower)} and ${tokenKey(higher)}`);
      t.equal(sameToken(lower, higher), a === b);
      t.equal(higherToken(lower, higher), ascending[Math.max(a, b)]);
    }
  }
});

t.test("R5 compareTokens is the order of one large number, and tokenKey tells all tokens apart", async (t) => {
  const part = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.maxSafeNat());
  const token = fc.record({ epoch: part, counter: part });
  const whole = ({ epoch, counter }: Token) => (BigInt(epoch) << 64n) + BigInt(counter);
  const property = fc.property(token, token, (a, b) => {
    const order = whole(a) < whole(b) ? -1 : whole(a) > whole(b) ? 1 : 0;
    return Math.sign(compareTokens(a, b)) === order && (tokenKey(a) === tokenKey(b)) === (order === 0);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test("R1 footprintsOverlap: nearer than the sum of the radii, not when they only touch", async (t) => {
  const at = (xM: number, footprintRadiusM = 0.5) => ({ xM, yM: 0, footprintRadiusM });
  t.equal(footprintsOverlap(at(0), at(0.99)), true);
  t.equal(footprintsOverlap(at(0), at(1)), false);
  t.equal(footprintsOverlap(at(0), at(1.2, 0.71)), true);
  t.equal(footprintsOverlap(at(3), at(3)), true);
});

t.test("R4 certainlyOutside demands body, error and margin beyond the footprint", async (t) => {
  const place = { xM: 10, yM: 5, footprintRadiusM: 0.6, robotRadiusM: 0.35, marginM: 0.1 };
  const rows: readonly [number, number, number, boolean][] = [
    [10, 5, 0, false],
    [11.049, 5, 0, false],
    [11.06, 5, 0, true],
    [11.06, 5, 0.02, false],
    [8.94, 5, 0, true],
    [10, 6.06, 0, true],
    [10.75, 5.75, 0, true],
    [10.7, 5.7, 0, false],
    [20, 5, 8.9, true],
    [20, 5, 9, false],
    [20, 5, Number.POSITIVE_INFINITY, false],
    [Number.NaN, 5, 0, false],
  ];
  for (const [xM, yM, radiusM, expected] of rows)
    t.equal(certainlyOutside({ xM, yM, radiusM }, place), expected, `${xM}, ${yM} within ${radiusM}`);
});

t.test("R4 certainlyOutside is right for every point where the body can be", async (t) => {
  const metre = fc.double({ min: -4, max: 4, noNaN: true });
  const property = fc.property(metre, metre, fc.double({ min: 0, max: 2, noNaN: true }), (xM, yM, radiusM) => {
    const place = { xM: 0, yM: 0, footprintRadiusM: 0.5, robotRadiusM: 0.35, marginM: 0.1 };
    if (!certainlyOutside({ xM, yM, radiusM }, place)) return true;
    const nearestM = Math.hypot(xM, yM) - radiusM;
    return nearestM > 0.95 - 1e-9;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});

t.test("R4 reachM grows with age until motion must have ended", async (t) => {
  const seen = { errorM: 0.1, maxSpeedMps: 2, motionLeftMs: 3000 };
  const rows: readonly [number, number][] = [
    [0, 0.1],
    [500, 1.1],
    [3000, 6.1],
    [60_000, 6.1],
    [Number.POSITIVE_INFINITY, 6.1],
  ];
  for (const [ageBoundMs, expected] of rows)
    t.ok(Math.abs(reachM({ ...seen, ageBoundMs }) - expected) < 1e-9, `${ageBoundMs}`);
  t.equal(reachM({ ...seen, motionLeftMs: 0, ageBoundMs: 60_000 }), 0.1, "a robot that cannot move stays");
});

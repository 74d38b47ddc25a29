// Whole shifts on a small site: every task is done, waiting stays bounded, no claim breaks R1, nobody drives for
// nothing.
import t from "tap";
import { places } from "./site.js";
import { type SimTask, simulate } from "./site-run.js";

function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function shift(seed: number, size: { robots: number; tasks: number; faces: number; spares: number; everyMs: number }) {
  const chance = chanceFrom(seed);
  const pick = (count: number) => Math.floor(chance() * count);
  const faces = Array.from({ length: size.faces }, (_, i) => `F${i}:pick@${(i * 7) % 40},${Math.floor(i / 6) * 8}`);
  const packs = ["Q0:pack@50", "Q1:pack@50,6", "Q2:pack@50,12"];
  const parks = Array.from({ length: size.robots + size.spares }, (_, i) => `P${i}:park@${i * 4},-10`);
  const chargers = ["K0:charge@60", "K1:charge@60,6"];
  const destinations = places(...faces, ...packs, ...parks, ...chargers);
  const tasks: SimTask[] = Array.from({ length: size.tasks }, (_, i) => {
    const face = () => `F${pick(size.faces)}`;
    const stops = [[face(), ...(chance() < 0.3 ? [face()] : [])], chance() < 0.7 ? ["Q0", "Q1", "Q2"] : [face()]];
    return {
      id: `t${i}`,
      stops,
      fleet: chance() < 0.2 ? "g" : "",
      atMs: Math.floor(i * size.everyMs * (0.5 + chance())),
    };
  });
  const robots = Array.from({ length: size.robots }, (_, i) => ({
    id: `r${i}`,
    at: `P${i}`,
    fleet: i % 3 === 0 ? "g" : "f",
    chargeRatio: 0.4 + 0.6 * chance(),
  }));
  const homes = Object.fromEntries(robots.map(({ id, at }) => [id, at]));
  const conflicts: [string, string][] = [
    ["F0", "F1"],
    ["F1", "F2"],
    ["Q0", "Q1"],
  ];
  return { robots, tasks, destinations, homes, conflicts, drainPerM: 0.0008 };
}

t.test("shifts of any kind come to their end and break no claim", async (t) => {
  for (let seed = 1; seed <= 12; seed++) {
    const robots = 2 + (seed % 6);
    const options = shift(seed, { robots, tasks: 40, faces: 6 + seed, spares: 0, everyMs: 60_000 / robots });
    const { done, violations, lowestRatio } = simulate({ ...options, untilMs: 4 * 3_600_000 });
    t.same(violations, [], `seed ${seed}`);
    t.equal(done.size, 40, `seed ${seed}: every task is done`);
    t.ok(lowestRatio > 0.02, `seed ${seed}: no battery ran empty (${lowestRatio})`);
  }
});

t.test("mean waiting stays bounded over a shift that the robots can cope with", async (t) => {
  const options = shift(5, { robots: 6, tasks: 250, faces: 24, spares: 1, everyMs: 25_000 });
  const { done, violations, moves } = simulate({ ...options, untilMs: 4 * 3_600_000 });
  t.same(violations, []);
  t.equal(done.size, 250);
  const waits = [...done.values()].map((one) => one.waitedMs);
  const meanMs = waits.reduce((sum, ms) => sum + ms, 0) / waits.length;
  const parks = moves.filter((move) => move.purpose === "PARK").length;
  const parked = `${parks} parking moves of ${moves.length}`;
  t.comment(`mean ${Math.round(meanMs / 1000)} s, worst ${Math.max(...waits) / 1000} s, ${parked}`);
  t.ok(meanMs < 240_000, `mean ${meanMs} ms from acceptance to the end`);
  t.ok(Math.max(...waits) < 1_200_000);
  t.ok(parks < moves.length / 2, "parking is not most of the work");
});

t.test("three robots on a site of four places go on", async (t) => {
  const destinations = places("A:pick@0", "B:pick@10", "C:pick@20", "S:park@10,10");
  for (let seed = 1; seed <= 20; seed++) {
    const chance = chanceFrom(seed);
    const any = () => ["A", "B", "C"][Math.floor(chance() * 3)] ?? "A";
    const tasks = Array.from({ length: 15 }, (_, i) => ({
      id: `t${i}`,
      stops: [[any()], [any()], [any()]],
      fleet: "",
      atMs: i * 20_000,
    }));
    const robots = ["A", "B", "C"].map((at, i) => ({ id: `r${i}`, at }));
    const { done, violations } = simulate({ robots, tasks, destinations, untilMs: 3_600_000 });
    t.same(violations, [], `seed ${seed}`);
    t.equal(done.size, 15, `seed ${seed}`);
  }
});

t.test("an idle fleet stands still", async (t) => {
  const destinations = places("A:pick@0", "B:pick@10", "P0:park@0,5", "P1:park@10,5", "P2:park@20,5");
  const robots = [
    { id: "r0", at: "A" },
    { id: "r1", at: "P1" },
  ];
  const tasks = [{ id: "never", stops: [["B"]], fleet: "h", atMs: 0 }];
  const { moves } = simulate({ robots, tasks, destinations, homes: { r0: "P0", r1: "P2" }, untilMs: 600_000 });
  t.same(
    moves.map(({ robot, to }) => `${robot} ${to}`),
    ["r0 P0"],
    "one goes home once; parked ones stay",
  );
});

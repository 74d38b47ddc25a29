// Processes of a running site killed from outside, at moments and in an order drawn from a seed. What the site starts
// again by itself comes back; whatever stays dead, nothing becomes unsound.

import t from "tap";
import { type RunRow, runRows, runSite, sound } from "./site-run.js";

t.setTimeout(170_000);
const SEED = 20;
/** Far longer than it takes: the run is interrupted. */
const FOR_S = 80;
const AFTER_MS = 4000;
const FIRST_S = 6;
const EACH_S = 3.5;
/** In an order that the seed draws; the hub goes last, because without it little happens. */
const ROLES = ["broker", "planner", "edge", "planner", "edge"];

type Draw = () => number;

/** mulberry32: the same moments and the same choices for the same seed. */
function chance(seed: number): Draw {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Kill {
  readonly row: RunRow;
  readonly atMs: number;
}

t.test("a site of which random processes are killed stays sound", async (t) => {
  const draw = chance(SEED);
  const order = ROLES.map((role) => ({ role, at: draw() })).sort((a, b) => a.at - b.at);
  const roles = [...order.map(({ role }) => role), "hub"];
  const kills: Kill[] = [];
  const seen = new Map<number, { readonly row: RunRow; readonly atMs: number }>();
  let startMs = 0;
  let dueMs = FIRST_S * 1000;
  let interrupted = false;
  const interrupt = (rows: readonly RunRow[], nowMs: number): void => {
    const runner = rows.find(({ role }) => role === "runner");
    if (interrupted || runner === undefined || nowMs - (kills.at(-1)?.atMs ?? nowMs) < AFTER_MS) return;
    interrupted = true;
    process.kill(runner.pid, "SIGINT");
  };
  const run = await runSite(t, {
    ...{ robots: 3, forS: FOR_S, seed: SEED },
    onRows(rows) {
      const nowMs = performance.now();
      startMs ||= nowMs;
      for (const row of rows) if (!seen.has(row.pid)) seen.set(row.pid, { row, atMs: nowMs });
      const role = roles[kills.length];
      if (role === undefined) interrupt(rows, nowMs);
      if (role === undefined || nowMs - startMs < dueMs) return;
      const choice = rows.filter((row) => row.role === role && !kills.some(({ row: { pid } }) => row.pid === pid));
      const row = choice[Math.floor(draw() * choice.length)];
      if (row === undefined) return;
      process.kill(row.pid, "SIGKILL");
      kills.push({ row, atMs: nowMs });
      dueMs += EACH_S * 1000 * (0.5 + draw());
    },
  });
  const told = kills.map(
    ({ row, atMs }) => `${row.role} ${row.robot ?? ""} at ${((atMs - startMs) / 1000).toFixed(1)} s`,
  );
  t.comment(`seed ${SEED}: killed ${told.join(", ")}`);
  t.equal(kills.length, roles.length, told.join(", "));
  t.ok(interrupted && run.report.durationMs < FOR_S * 1000 - 5000, `interrupted after ${run.report.durationMs} ms`);
  await sound(t, run);
  const left = runRows(run.dataDir).map(({ role }) => role);
  t.same(left, ["runner"], "run.json lists nothing that has ended");
  const gone = (robot: string | undefined, role: string, beforeMs: number) =>
    kills.some(({ row, atMs }) => row.role === role && row.robot === robot && atMs < beforeMs);
  for (const { row, atMs } of kills) {
    const parent = row.role === "broker" ? "hub" : "edge";
    if (row.role !== "broker" && row.role !== "planner") continue;
    const next = [...seen.values()].find(
      (other) => other.atMs > atMs && other.row.role === row.role && other.row.robot === row.robot,
    );
    const parentGone = gone(row.robot, parent, atMs + 5000);
    t.ok(next !== undefined || parentGone, `the ${row.role} ${row.robot ?? ""} was started again`);
  }
  for (const { row } of kills.filter((kill) => kill.row.role === "edge")) {
    const robot = row.robot ?? "";
    const again = run.rows.filter((other) => other.role === "edge" && other.robot === robot);
    t.equal(again.length, 1, `nobody starts the edge of ${robot} again`);
  }
});

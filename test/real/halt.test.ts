// `drover halt` against a site that runs: robots under way, one whose edge is dead, and a hub that dies while people
// ask. What it says of each robot is compared with what the robots truly did, and the halt outlives hub and edge.

import t from "tap";
import { SLACK_MS, standsFrom } from "./site-judge.js";
import { drover } from "./site-kit.js";
import { type RunRow, runSite, sound } from "./site-run.js";

t.setTimeout(280_000);
const FAULTS = {
  dead: "at=9s robot=r4 edge=kill",
  edge: "at=21s robot=r1 edge=kill for=3s",
  hub: "at=26s hub=kill for=3s",
} as const;

interface Told {
  readonly obeyed: number;
  readonly robots: readonly { readonly robot: string; readonly state: string; readonly detail: string }[];
}

interface Halted {
  readonly exit: number | null;
  readonly told: Told | null;
  readonly text: string;
  readonly atMs: number; // CLOCK_MONOTONIC, as in the trace
}

/** Asks through the first hub that runs; both lines of the answer. */
async function halt(port: number, timeout: string): Promise<Halted> {
  const at = ["--hub", `127.0.0.1:${port}`, "--operator", "ada", "--reason", "a test", "--timeout", timeout];
  const { exit, text } = await drover(["halt", "--site", ...at]);
  const [first = ""] = text.split("\n").filter((line) => line.startsWith('{"robots"'));
  return { exit, told: first === "" ? null : (JSON.parse(first) as Told), text, atMs: performance.now() };
}

t.test("a halt tells of each robot what it truly did, and outlives edges and hubs", async (t) => {
  let port = 0;
  let began = 0;
  const pending: Promise<unknown>[] = [];
  const halts: Record<string, Halted> = {};
  const once = (name: string, timeout: string) => {
    if (name in halts) return;
    halts[name] = { exit: null, told: null, text: "", atMs: 0 };
    pending.push(halt(port, timeout).then((found) => (halts[name] = found)));
  };
  const onRows = (rows: readonly RunRow[]) => {
    const hub = rows.find(({ role }) => role === "hub");
    port ||= hub?.ports.grpc ?? 0;
    if (rows.filter(({ role }) => role === "edge").length === 4) began ||= performance.now();
    const atS = began === 0 ? 0 : (performance.now() - began) / 1000;
    if (atS > 13) once("first", "6s");
    if (hub === undefined && atS > 25) once("hub away", "20s"); // it is written half a second later
  };
  const run = await runSite(t, () => {
    [port, began] = [0, 0];
    for (const name of Object.keys(halts)) delete halts[name];
    return { robots: 4, forS: 42, seed: 7, faults: Object.values(FAULTS), onRows };
  });
  await Promise.all(pending);
  await sound(t, run);
  const { trace } = run;
  const { deadmanMs, brakingMs } = trace.site;

  await t.test("the dead robot is not delivered, and the command does not end with 0", (t) => {
    const { told, exit, text } = halts.first ?? {};
    t.equal(exit, 75, text ?? "");
    const states = Object.fromEntries((told?.robots ?? []).map(({ robot, state }) => [robot, state]));
    t.same(states, { r1: "obeyed", r2: "obeyed", r3: "obeyed", r4: "not-delivered" });
    t.match(told?.robots.find(({ robot }) => robot === "r4")?.detail, /^no link/);
    t.match(text, /not known to have obeyed: r4/);
    t.end();
  });

  await t.test("a hub that dies in between is asked again until it is back", (t) => {
    const { told, exit, text } = halts["hub away"] ?? {};
    t.equal(exit, 75, text ?? "");
    t.match(text, /not delivered yet: .*; asking again/);
    t.same(
      told?.robots.map(({ state }) => state),
      ["obeyed", "obeyed", "obeyed", "not-delivered"],
    );
    t.end();
  });

  await t.test("nothing moves after what was said to have obeyed, over restarts of an edge and of the hub", (t) => {
    const [set] = trace.events("ceilingSet");
    t.ok(set !== undefined, "the halt is in the ledger");
    const fromMs = (set?.atMs ?? 0) + 1500 + deadmanMs + brakingMs + SLACK_MS;
    t.ok(trace.fault(FAULTS.edge) > (set?.atMs ?? 0) && trace.fault(FAULTS.hub, "end") < trace.endMs - 5000);
    for (const robot of ["r1", "r2", "r3", "r4"]) standsFrom(t, trace, { robot, fromMs, untilMs: trace.endMs });
    t.equal(trace.events("hubStarted").length, 2);
    t.ok(
      ["r1", "r2", "r3"].some((robot) => trace.drivenM(robot, 0, set?.atMs ?? 0) > 1),
      "they were under way before",
    );
    t.end();
  });
});

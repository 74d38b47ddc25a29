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

/** Halts the site of one run twice: while a robot is dead, and while its hub is away. */
class Halting {
  readonly halts: Record<string, Halted> = {};
  readonly pending: Promise<unknown>[] = [];
  #port = 0;
  #beganMs = 0;

  onRows(rows: readonly RunRow[]): void {
    const hub = rows.find(({ role }) => role === "hub");
    this.#port ||= hub?.ports.grpc ?? 0;
    if (rows.filter(({ role }) => role === "edge").length === 4) this.#beganMs ||= performance.now();
    const atS = this.#beganMs === 0 ? 0 : (performance.now() - this.#beganMs) / 1000;
    if (atS > 13) this.#once("first", "6s");
    if (hub === undefined && atS > 25) this.#once("hub away", "20s"); // it is written half a second later
  }

  #once(name: string, timeout: string): void {
    if (name in this.halts) return;
    this.halts[name] = { exit: null, told: null, text: "", atMs: 0 };
    this.pending.push(halt(this.#port, timeout).then((found) => (this.halts[name] = found)));
  }
}

t.test("a halt tells of each robot what it truly did, and outlives edges and hubs", async (t) => {
  let halting = new Halting();
  const run = await runSite(t, () => {
    halting = new Halting();
    const onRows = halting.onRows.bind(halting);
    return { robots: 4, forS: 42, seed: 7, faults: Object.values(FAULTS), onRows };
  });
  const { halts, pending } = halting;
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

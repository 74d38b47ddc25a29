// R6, R11: what a real robot's lidar and wheels said, replayed through the on-board contract into the production core,
// at the pace of the recording on the virtual clock.
import t from "tap";
import { NO_CONTROLLERS } from "../../../edge/core/controller/slots.js";
import { Edge } from "../../../edge/core/edge.js";
import { EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { rungOf } from "../../../edge/core/modes.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import type { SiteConfig } from "../../../fleet-config/types.js";
import { brakeAheadMs } from "../../../proto/lease.js";
import { causesOf } from "../../../proto/mode.js";
import { solve } from "../../../scripts/bench/dijkstra.js";
import { TICK_MS } from "./edge-under-test.js";
import { gridOf } from "./motion/world.js";
import { PLANNER } from "./policy.js";
import { type LogLine, RoverDriver, roverLog } from "./rover-log.js";
import { configOf } from "./yard.js";

const { lines, missing } = roverLog();

/** A hall of 30 m around the rover's way, nothing in it. */
const SIDE = 30;
const START = { xM: 16, yM: 16, headingRad: 0 };
const START_MS = 5_000_000;
/** From a capture until the edge has it. */
const TRANSPORT_MS = 3;
const EXPECTED_GAP_MS = 150;

function hall() {
  const wall = "#".repeat(SIDE);
  return gridOf([wall, ...Array.from({ length: SIDE - 2 }, () => `#${".".repeat(SIDE - 2)}#`), wall]);
}

function siteOf(scanMs: number): SiteConfig {
  const config = configOf();
  const [place] = config.destinations;
  if (place === undefined) throw new Error("a destination");
  const { decisions, health } = config;
  return {
    ...config,
    destinations: [{ ...place, id: "P1", xM: SIDE - 2.5, yM: SIDE - 2.5 }],
    robots: [{ id: "r1", fleet: "pickers", home: "P1" }],
    decisions: { ...decisions, drive: { ...decisions.drive, scanMs } },
    health: { ...health, gapMs: EXPECTED_GAP_MS },
  };
}

class Replay {
  readonly edge: Edge;
  readonly effects: EdgeEffect[] = [];
  readonly causes = new Set<string>();
  readonly rungs = new Map<string, number>(); // ticks on each
  accepted = 0;
  #nowMs = START_MS;
  readonly #driver = new RoverDriver(START);

  constructor(config: SiteConfig) {
    const [fleet] = config.fleets;
    if (fleet === undefined) throw new Error("a fleet");
    const context: EdgeContext = {
      ...{ robot: "r1", fleet, config, configHash: "config", software: "0", boot: "boot1", model: "dijkstra" },
      ...{ brakeAheadMs: brakeAheadMs(config.lease), controllers: NO_CONTROLLERS, watched: [PLANNER] },
    };
    this.edge = new Edge({ context, memory: EMPTY_MEMORY, grid: hall(), clocks: this.#clocks() });
    this.#step({ kind: "plannerReady" });
    this.#step({ kind: "linkOpened" });
    const welcome = { kind: "welcome", session: "s1-1", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" } as const;
    this.#step({ kind: "hub", message: welcome });
    const work = { assignment: "a1", task: "t1", destination: "P1", purpose: "TASK", dwellMs: 0 } as const;
    this.#step({ kind: "hub", message: { kind: "grant", token: { epoch: 1, counter: 1 }, ...work } });
  }

  /** Every line at its recorded time after the first, and a tick each period. */
  play(log: readonly LogLine[]): void {
    const fromUs = log[0]?.atUs ?? 0;
    let tickMs = START_MS;
    for (const line of log) {
      const capturedMs = START_MS + Math.floor((line.atUs - fromUs) / 1000);
      for (; tickMs <= capturedMs + TRANSPORT_MS; tickMs += TICK_MS) this.#tick(tickMs);
      this.#nowMs = capturedMs + TRANSPORT_MS;
      for (const sample of this.#driver.samples(line, capturedMs)) this.#step({ kind: "sample", sample });
    }
  }

  #clocks() {
    return { monotonicMs: this.#nowMs, bootMs: this.#nowMs, wallMs: 1_700_000_000_000 + this.#nowMs };
  }

  #tick(atMs: number): void {
    this.#nowMs = atMs;
    this.#step({ kind: "tick", clocks: this.#clocks() });
    const { state } = this.edge;
    const rung = rungOf(state);
    this.rungs.set(rung, (this.rungs.get(rung) ?? 0) + 1);
    for (const { name, detail } of causesOf(state.ladder)) this.causes.add(`${name}: ${detail.split(" ")[0]}`);
  }

  #step(input: EdgeInput): void {
    const effects = this.edge.step(input, this.#nowMs);
    this.effects.push(...effects);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: EdgeEffect): void {
    if (effect.kind === "save") this.#step({ kind: "saved", version: effect.version });
    if (effect.kind === "send" && effect.message.kind === "renew") {
      const { nonce } = effect.message;
      this.#step({ kind: "hub", message: { kind: "renewed", nonce, leaseMs: 3000, hubNonce: nonce + 1 } });
    }
    if (effect.kind === "plan") {
      this.#step({ kind: "planned", result: solve(effect.request) });
      if (this.edge.state.plan.failing === "") this.accepted += 1;
    }
  }

  notes(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === "note" ? [`${effect.event}: ${effect.detail}`] : []));
  }
}

t.test(
  "R6 in the log of a real robot exactly its 3 gaps above 150 ms are found, the largest 266 ms",
  { skip: missing },
  async (t) => {
    t.equal(lines.length, 641);
    const robot = new Replay(siteOf(500));
    robot.play(lines);
    t.match(robot.edge.state.gaps.get("scan"), { count: 3, largestMs: 266 });
    t.ok(robot.notes().some((note) => note.startsWith("gap in a channel: scan was silent for")));
  },
);

t.test(
  "R6 a real lidar is not frozen: no alarm, though 4 of its scans repeat the one before",
  { skip: missing },
  async (t) => {
    const ranges = lines.map(({ rangesMm }) => rangesMm.join());
    t.equal(ranges.filter((text, at) => at > 0 && text === ranges[at - 1]).length, 4, "as the log is described");
    const robot = new Replay(siteOf(500));
    robot.play(lines);
    t.notOk([...robot.causes].some((cause) => cause.startsWith("sensor-frozen")));
    t.notOk([...robot.causes].some((cause) => cause.startsWith("pose-jump")));
    const frozen = new Replay(siteOf(500));
    const [first] = lines;
    frozen.play(lines.map((line, at) => (at > 300 && at < 310 ? { ...line, rangesMm: first?.rangesMm ?? [] } : line)));
    t.ok(
      [...frozen.causes].some((cause) => cause.startsWith("sensor-frozen")),
      "and one that repeats 9 is",
    );
  },
);

t.test(
  "R6 R11 plans are asked for and accepted on a real robot's samples, on AUTONOMOUS all along",
  { skip: missing },
  async (t) => {
    const robot = new Replay(siteOf(500));
    robot.play(lines);
    const asked = robot.effects.filter(({ kind }) => kind === "plan").length;
    t.equal(robot.accepted, asked, "every plan is accepted");
    t.ok(asked > 300, `${asked} plans in 63 s`);
    t.ok(robot.edge.state.path.length > 2, "and lead to a path");
    const after = [...robot.rungs].filter(([rung]) => rung !== "AUTONOMOUS");
    t.ok(
      after.length <= 1 && (after[0]?.[1] ?? 0) <= 3,
      `only the start is below AUTONOMOUS: ${JSON.stringify(after)}`,
    );
    t.comment(`${asked} plans, ${robot.accepted} accepted, ${JSON.stringify([...robot.rungs])} ticks`);
  },
);

t.test(
  "R6 a limit of 150 ms on the scan makes the gaps that a tick sees a cause, and nothing else does",
  { skip: missing },
  async (t) => {
    const robot = new Replay(siteOf(150));
    robot.play(lines);
    const causes = [...robot.causes].filter((cause) => !cause.startsWith("boot"));
    t.same(causes, ["sensor-stale: scan"]);
  },
);

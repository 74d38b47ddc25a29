// R7, R11: the edge's shell with a real planner process and a robot that stands: golden vectors go the way of plans, an
// answer that is wrong or does not come lowers the robot, and the next good one lets it climb.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { NO_CONTROLLERS } from "../../edge/core/controller/slots.js";
import { watchedOf } from "../../edge/core/health/health.js";
import { EMPTY_MEMORY } from "../../edge/core/memory.js";
import type { EdgeContext } from "../../edge/core/types.js";
import type { OnboardEvents } from "../../edge/io/onboard-broker.js";
import { type HeldModel, ModelProcesses } from "../../edge/model-processes.js";
import { type Adapters, EdgeRuntime } from "../../edge/runtime.js";
import type { NamedTensor } from "../../models/elements.js";
import type { GoldenFile } from "../../models/golden.js";
import { writeGridPlanner } from "../../models/grid-planner/write.js";
import { loadModel } from "../../models/load.js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { brakeAheadMs } from "../../proto/lease.js";
import type { Command, Telemetry } from "../../proto/wire.js";

import { StubBase } from "../edge/core/stub-base.js";
import { configOf, roomGrid } from "../edge/core/yard.js";
import { chanceFrom } from "../proto/true-time.js";

const DEADLINE_MS = 30_000;
t.setTimeout(120_000); // the machine may be busy with others
const CANARY_MS = 100;
const DWELL_MS = 400;

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${DEADLINE_MS} ms in vain for: ${what}`);
    await sleep(5);
  }
}

/** Golden vectors whose outputs can be spoiled while they are used. */
class Vectors {
  readonly golden: GoldenFile;
  readonly #outputs: readonly NamedTensor[];

  constructor(golden: GoldenFile) {
    this.golden = golden;
    this.#outputs = golden.vectors.flatMap(({ outputs }) => outputs);
  }

  spoil(by: number): void {
    for (const { data } of this.#outputs) data[0] = (data[0] as number) + by;
  }
}

interface Standing {
  readonly rung: () => string;
  readonly causes: () => readonly string[];
  readonly notes: readonly string[];
  readonly pid: () => number;
  readonly vectors: Vectors;
}

/**
 * An edge with everything that it needs to be AUTONOMOUS, on real time. It has no hub, and so no lease and no target.
 */
async function standing(t: Test): Promise<Standing> {
  const dir = join(t.testdir(), "model");
  writeGridPlanner(dir);
  const { manifest, golden } = await loadModel(dir);
  if (golden === undefined) throw new Error("the reference planner has golden vectors");
  const vectors = new Vectors(golden);
  const site = configOf((fleet) => ({ ...fleet, ladder: { ...fleet.ladder, dwellMs: DWELL_MS } }));
  const config = { ...site, health: { ...site.health, canaryMs: CANARY_MS } };
  const [fleet] = config.fleets;
  if (fleet === undefined) throw new Error("a fleet");
  const context: EdgeContext = {
    ...{ robot: "r1", fleet, config, configHash: "config", software: "0", boot: "boot1", model: "grid-planner" },
    ...{ brakeAheadMs: brakeAheadMs(config.lease), controllers: NO_CONTROLLERS },
    watched: [watchedOf(manifest, undefined)],
  };
  const commands: Command[] = [];
  const told: Telemetry[] = [];
  const notes: string[] = [];
  const models: HeldModel[] = [{ role: "planner", directory: dir, manifest, golden: vectors.golden }];
  const runtime = new EdgeRuntime({
    ...{ context, models, grid: roomGrid(), planner: manifest, memory: EMPTY_MEMORY, storeFault: "" },
    notes: { info: () => {}, warn: (event, detail) => void notes.push(`${event} ${JSON.stringify(detail)}`) },
    onProcesses: () => {},
    onDecision: () => {},
    recorder: null,
    meters: null,
    onFault: (cause) => {
      throw cause;
    },
  });
  const processes = new ModelProcesses(models, { processes: "each", restartMs: 20, events: runtime.modelEvents });
  const nothing = async (): Promise<void> => {};
  const adapters = {
    store: null,
    onboard: { tick: () => {}, command: (command: Command) => void commands.push(command), close: nothing },
    link: { send: () => {}, close: () => {} },
    telemetry: { publish: (sample: Telemetry) => void told.push(sample), close: nothing },
    models: processes,
  } as unknown as Adapters;
  runtime.start(adapters, config.limits.controlMs);
  processes.start();
  const room = { leftM: 1, rightM: 23, bottomM: 1, topM: 9 };
  const base = new StubBase({ room, chance: chanceFrom(1), physics: config.physics });
  const onboardEvents: OnboardEvents = runtime.onboardEvents;
  const feed = setInterval(() => {
    for (const sample of base.samples(monotonicMs())) onboardEvents.onSample(sample, "protobuf", 0);
  }, 25);
  t.teardown(async () => {
    clearInterval(feed);
    await runtime.stop();
  });
  const reports = () => told.flatMap(({ value }) => (value.kind === "edge" ? [value] : []));
  await until("AUTONOMOUS", () => commands.at(-1)?.rung === "AUTONOMOUS");
  return {
    rung: () => commands.at(-1)?.rung ?? "",
    causes: () => (reports().at(-1)?.causes ?? []).map(({ name, detail }) => `${name}: ${detail}`),
    ...{ notes, vectors, pid: () => processes.running[0]?.pid ?? 0 },
  };
}

t.test("R7 R11 a live model that answers otherwise lowers the robot, until it answers well again", async (t) => {
  const robot = await standing(t);
  await sleep(5 * CANARY_MS);
  t.equal(robot.rung(), "AUTONOMOUS", "canaries that are well change nothing");
  t.same(robot.notes, []);
  robot.vectors.spoil(1);
  await until("the fall", () => robot.rung() === "REACTIVE_ONLY");
  await until("the telemetry", () => robot.causes().some((cause) => cause.startsWith("canary-failed")));
  t.match(robot.causes(), [/^canary-failed: grid-planner 1\.1\.0: "[^"]+": expected value\[0\] = /]);
  t.match(robot.notes, [/^canary failed /]);
  await sleep(3 * DWELL_MS);
  t.equal(robot.rung(), "REACTIVE_ONLY", "no time alone clears it");
  robot.vectors.spoil(-1);
  await until("the climb", () => robot.rung() === "AUTONOMOUS");
});

t.test(
  "R7 R11 a planner that hangs while its robot stands is found, ended, and looked at before it drives",
  async (t) => {
    const robot = await standing(t);
    const pid = robot.pid();
    process.kill(pid, "SIGSTOP");
    await until("the fall", () =>
      robot.causes().some((cause) => cause.startsWith("canary-failed: grid-planner 1.1.0: no answer")),
    );
    t.equal(robot.rung(), "REACTIVE_ONLY");
    await until("the climb", () => robot.rung() === "AUTONOMOUS");
    t.not(robot.pid(), pid);
  },
);

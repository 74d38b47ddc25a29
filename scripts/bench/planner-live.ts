// A controller model of about 2 ms on its whole way through a live edge, lap by lap beside session.run of the same
// model in this process: the tick of the core with the gate and the guard (R11), the way to the process of the model
// and back, the reading of its outputs, and the decision record (R14). The core drives through the warehouse; its twin,
// which follows its path itself, shows what a tick costs without a model.

import { setTimeout as sleep } from "node:timers/promises";
import { modelName, NO_CONTROLLERS } from "../../edge/core/controller/slots.js";
import type { DecisionRecord } from "../../edge/core/record.js";
import type { EdgeInput } from "../../edge/core/types.js";
import { EdgeStore } from "../../edge/io/edge-store.js";
import { rowOf } from "../../edge/recording/decisions.js";
import type { ModelManifest } from "../../models/manifest.js";
import type { ModelRun } from "../../models/run.js";
import { fineMonotonicMs } from "../../proto/codec/clock.js";
import { alone, beside, type Row } from "./bench.js";
import { EdgeLoad } from "./edge-load.js";
import { type ModelHost, openRaw, startHost, type Trip } from "./model-host.js";
import { POLICY_INPUTS, writePolicy } from "./policy-model.js";
import { startEcho } from "./raw-echo.js";
import { atEnd, scratchDir } from "./scratch.js";
import { quantile } from "./statistics.js";

const AIM_MS = 2;
const PROBE_LAYERS = 8;
const PROBE_RUNS = 60;
const WARM_LAPS = 40;
/** What may be added: this share of the raw run, of the aim where that is longer, or so much. */
const SHARE = 0.15;
const LEAST_US = 150;

type Raw = Awaited<ReturnType<typeof openRaw>>;

/** Microseconds of one lap. */
interface Lap {
  readonly raw: number;
  readonly echo: number;
  readonly tick: number;
  readonly twin: number;
  readonly there: number;
  readonly child: number;
  readonly back: number;
  readonly read: number;
  readonly record: number;
  readonly isDue: boolean; // the core wanted this record; in the other laps the last one is written again, to time it
}

/** One edge that drives by the model, and what the last period of it cost and asked. */
class Driven {
  readonly load: EdgeLoad;
  tickUs = 0;
  run: ModelRun | null = null;
  record: DecisionRecord | null = null;

  constructor(manifest: ModelManifest | null) {
    const controllers = manifest === null ? NO_CONTROLLERS : { live: manifest, candidate: null };
    this.load = new EdgeLoad({ controllers });
    this.load.around = (input, step) => {
      const startMs = fineMonotonicMs();
      const effects = step();
      if (input.kind !== "tick") return;
      this.tickUs = 1000 * (fineMonotonicMs() - startMs);
      for (const effect of effects) {
        if (effect.kind === "run") this.run = effect.run;
        if (effect.kind === "record") this.record = effect.record;
      }
    };
    if (manifest !== null) this.load.feed({ kind: "modelReady", model: modelName(manifest) });
  }

  period(): ModelRun | null {
    this.run = null;
    this.record = null;
    this.load.period();
    return this.run;
  }

  /** Microseconds of a step. */
  feed(input: EdgeInput): number {
    const startMs = fineMonotonicMs();
    this.load.feed(input);
    return 1000 * (fineMonotonicMs() - startMs);
  }
}

function median(values: readonly number[], share = 0.5): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    share,
  );
}

async function rawUs(raw: Raw, run: Pick<ModelRun, "feeds">): Promise<number> {
  const startMs = fineMonotonicMs();
  await raw(run);
  return 1000 * (fineMonotonicMs() - startMs);
}

/** A model that takes about as long here as the aim says: by what sixteen layers take more than eight. */
async function policyOfAim(): Promise<{ readonly directory: string; readonly manifest: ModelManifest }> {
  const directory = scratchDir();
  const obs = { tensor: "obs", type: "float32", dims: [POLICY_INPUTS], data: new Float32Array(POLICY_INPUTS) } as const;
  const probes: Raw[] = [];
  for (const layers of [PROBE_LAYERS, 2 * PROBE_LAYERS]) {
    writePolicy(directory, layers);
    probes.push(await openRaw(directory));
  }
  const tookUs: number[][] = [[], []];
  for (let run = 0; run < PROBE_RUNS; run += 1)
    for (const [at, probe] of probes.entries()) tookUs[at]?.push(await rawUs(probe, { feeds: [obs] }));
  const [few = 0, many = 0] = tookUs.map((values) => median(values));
  const layers = PROBE_LAYERS + Math.round((PROBE_LAYERS * (1000 * AIM_MS - few)) / Math.max(1, many - few));
  return { directory, manifest: writePolicy(directory, Math.min(64, Math.max(PROBE_LAYERS, layers))) };
}

interface Track {
  readonly raw: Raw;
  readonly echo: () => Promise<number>;
  readonly host: ModelHost;
  readonly store: EdgeStore;
  readonly own: Driven;
  readonly twin: Driven;
  readonly model: string;
}

/** One lap; null when the robot asked nothing in this period. */
async function lap(track: Track, at: { readonly pauseMs: number; readonly isTwinFirst: boolean }): Promise<Lap | null> {
  const { raw, echo, host, store, own, twin, model } = track;
  const { run: before, record: last } = own;
  const pause = async (): Promise<void> => {
    if (at.pauseMs > 0) await sleep(at.pauseMs);
  };
  await pause();
  const here = before === null ? 0 : await rawUs(raw, before);
  await pause();
  const bare = await echo();
  await pause();
  if (at.isTwinFirst) twin.period();
  const run = own.period();
  const trip: Trip | null = run === null ? null : await host.ask(run);
  const read = trip === null ? 0 : own.feed({ kind: "ran", model, result: trip.result });
  const decision = own.record ?? last;
  const startMs = fineMonotonicMs();
  if (decision !== null) store.record("decision", decision.id, rowOf(decision));
  const record = 1000 * (fineMonotonicMs() - startMs);
  const isDue = own.record !== null;
  own.record = decision;
  if (!at.isTwinFirst) twin.period();
  if (trip === null || before === null) return null;
  const { sentMs, takenMs, result } = trip;
  const [there, child] = [1000 * (result.beganMs - sentMs), 1000 * result.inferenceMs];
  const back = 1000 * (takenMs - result.beganMs) - child;
  return { raw: here, echo: bare, tick: own.tickUs, twin: twin.tickUs, there, child, back, read, record, isDue };
}

async function lapsOf(track: Track, how: { readonly laps: number; readonly pauseMs: number }): Promise<readonly Lap[]> {
  const done: Lap[] = [];
  for (let at = -WARM_LAPS; at < how.laps; at += 1) {
    const one = await lap(track, { pauseMs: at < 0 ? 0 : how.pauseMs, isTwinFirst: at % 2 === 0 });
    if (at >= 0 && one !== null) done.push(one);
  }
  if (done.length < how.laps / 2) throw new Error(`the robot of the bench asked its model in ${done.length} laps only`);
  return done;
}

function rowsOf(name: string, laps: readonly Lap[]): readonly Row[] {
  const of = (value: (lap: Lap) => number): number[] => laps.map(value);
  const raw = of((one) => one.raw);
  const stages = {
    "gate and guard, by the ticks": of(({ tick, twin }) => tick - twin),
    there: of(({ there }) => there),
    back: of(({ back }) => back),
    "outputs read": of(({ read }) => read),
    "decision record": of(({ record }) => record),
  };
  const added = laps.map(({ tick, twin, there, back, read, record, isDue }) => {
    return tick - twin + there + back + read + (isDue ? record : 0);
  });
  const whole = laps.map(({ child }, at) => child + (added[at] ?? 0));
  const figure = (what: string) => ({ figure: `${name}: ${what}`, unit: "us" });
  const here = { what: "session.run here" };
  const share = (at: number) => ({ own: [median(whole, at)], raw: [median(raw, at)] });
  const limit = { what: `aim: ${100 * SHARE} % of ${AIM_MS} ms, or of raw, or ${LEAST_US} us` };
  const most = Math.max(LEAST_US, SHARE * Math.min(1000 * AIM_MS, median(raw)));
  const aim = (what: string, us: number): Row => beside(figure(what), { own: [us], raw: [most] }, limit);
  const summed = Object.values(stages).reduce((sum, values) => sum + median(values), 0);
  return [
    beside(figure("evidence to advice"), { own: whole, raw }, here),
    beside(figure("evidence to advice, p50"), share(0.5), here),
    beside(figure("evidence to advice, p99"), share(0.99), here),
    beside(figure("the model alone, in its process"), { own: of((one) => one.child), raw }, here),
    beside(
      figure("tick with gate and guard"),
      { own: of((one) => one.tick), raw: of((one) => one.twin) },
      { what: "tick without a model" },
    ),
    ...Object.entries(stages).map(([what, values]) => alone(figure(what).figure, "us", values)),
    beside(
      figure("there and back"),
      { own: of((one) => one.there + one.back), raw: of((one) => one.echo) },
      { what: "bare echo of a process" },
    ),
    aim("added, p50", median(added)),
    aim("added, the stages' p50 summed, a record each time", summed),
    aim("added, p10", median(added, 0.1)),
    alone(figure("added, p99").figure, "us", [median(added, 0.99)]),
    aim("added, and what the model takes more or less there, p50", median(added.map((us, at) => us + own(laps[at])))),
  ];
}

function own(lap: Lap | undefined): number {
  return lap === undefined ? 0 : lap.child - lap.raw;
}

export async function liveRows(): Promise<readonly Row[]> {
  const { directory, manifest } = await policyOfAim();
  const limits = { decisionRecords: 10_000, decisionRecordDays: 1, recordedInputs: 1000 };
  const { store } = await EdgeStore.open({ dir: scratchDir(), robot: "r1", create: true, limits });
  atEnd(() => store.close());
  const track: Track = {
    ...{
      raw: await openRaw(directory),
      echo: startEcho(1000 * AIM_MS),
      host: await startHost(directory),
      store,
      model: modelName(manifest),
    },
    ...{ own: new Driven(manifest), twin: new Driven(null) },
  };
  const close = await lapsOf(track, { laps: 400, pauseMs: 0 });
  const apart = await lapsOf(track, { laps: 200, pauseMs: 50 / 3 });
  return [...rowsOf("run after run", close), ...rowsOf("a run each 50 ms", apart)];
}

// `drover-edge run`: opens the adapters in an order in which nothing can move before everything is there, and runs
// until it is told to stop.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { ConfigRefused, type LoadedSite, loadSite } from "../fleet-config/load.js";
import { ownTls } from "../fleet-config/tls-files.js";
import { monotonicMs, suspensionIsSeen } from "../proto/codec/clock.js";
import { makeDataDir } from "../proto/codec/data-dir.js";
import { openMetrics } from "../proto/codec/metrics-host.js";
import { SpanExporter } from "../proto/codec/otlp.js";
import { EXIT } from "../proto/errors.js";
import { VERSION } from "../proto/version.js";
import { modelName } from "./core/controller/slots.js";
import { watchedOf } from "./core/health/health.js";
import type { DecisionRecord } from "./core/record.js";
import type { EdgeContext } from "./core/types.js";
import { EdgeStore } from "./io/edge-store.js";
import { HubLink } from "./io/hub-link.js";
import { OnboardBroker } from "./io/onboard-broker.js";
import { Recorder } from "./io/recorder.js";
import { SiteTelemetry } from "./io/site-telemetry.js";
import { TrialBook } from "./io/trial-book.js";
import { EdgeMeters } from "./meters.js";
import { type HeldModel, ModelProcesses } from "./model-processes.js";
import { admitModels, tryModels } from "./models.js";
import type { EdgeOptions } from "./options.js";
import { RECORDING } from "./recording/recording.js";
import { EdgeRuntime } from "./runtime.js";
import { EdgeTraces } from "./traces.js";

export interface Surroundings {
  readonly boot: string;
  readonly random: () => number;
  readonly stopped: Promise<string>;
}

export async function runEdge(options: EdgeOptions, around: Surroundings): Promise<number> {
  const log = pino({ base: { robot: options.robot } });
  const site = loadSite(options.config);
  const admitted = await admitModels(options.models, site.config.models, (event, detail) => log.warn(detail, event));
  const unfit = makeDataDir(options.dataDir);
  if (unfit !== null) throw new ConfigRefused([{ file: options.dataDir, path: "", line: 0, ...unfit }], unfit.exit);
  const note = (event: string, detail: object) => log.info(detail, event);
  const models = await tryModels(admitted, { book: new TrialBook(options.dataDir), note });
  const context = contextOf(site, { options, boot: around.boot, models });
  if (!suspensionIsSeen()) log.warn("no boot clock: a suspended board is not noticed");
  const opened = await openStore(options, site, log);
  let processes: ModelProcesses | null = null;
  const ports = { onboard: 0, metrics: undefined as number | undefined };
  const report = () => tellRun(options.dataDir, { ports, children: processes?.running ?? [] }, log);
  const fault = failure();
  const tracing = traceDecisions(options, site.config.site, log);
  const { tls, certificateLeft } = ownTls(options.tls, log);
  const runtime = new EdgeRuntime({
    ...{ context, models, planner: plannerOf(models), grid: site.grid },
    ...{ memory: opened.memory, storeFault: opened.fault },
    notes: { info: (event, detail) => log.info(detail, event), warn: (event, detail) => log.warn(detail, event) },
    onProcesses: report,
    onFault: fault.fail,
    recorder: await openRecorder(options, log),
    meters: options.metrics === null ? null : new EdgeMeters(options.robot, certificateLeft),
    onDecision: tracing.onDecision,
  });
  const onboard = await OnboardBroker.open({
    ...{ host: options.onboardHost, port: options.onboardPort, events: runtime.onboardEvents, monotonicMs },
    limits: { messageBytes: site.config.limits.onboardBytes },
  });
  const onFault = (cause: Error) => log.error({ err: cause }, "a scrape failed");
  const metrics = await openMetrics(options.metrics, { tls, page: () => runtime.metrics(), onFault });
  Object.assign(ports, { onboard: onboard.port, metrics: metrics?.port });
  const { limits, site: name } = site.config;
  const link = new HubLink({
    ...{ address: options.hub, tls, events: runtime.linkEvents, random: around.random },
    backoffMs: { initial: limits.reconnectMinMs, max: limits.reconnectMaxMs },
  });
  const telemetry = new SiteTelemetry({
    ...{ url: options.broker, site: name, robot: options.robot, tls, random: around.random },
    onState: (connected) => log.info({ connected }, "site broker"),
  });
  processes = new ModelProcesses(models, {
    processes: site.config.models.processes,
    restartMs: limits.plannerRestartMs,
    events: runtime.modelEvents,
  });
  runtime.start({ store: opened.store, onboard, link, telemetry, models: processes }, limits.controlMs);
  processes.start();
  link.start();
  report();
  log.info({ onboardPort: onboard.port, config: site.hash, boot: around.boot }, "edge runs");
  const asked = around.stopped.then((reason) => ({ why: reason, exit: 0 }));
  const { why, exit } = await Promise.race([asked, fault.happened]);
  log.info({ why }, "edge stops");
  for (const part of [metrics, { close: () => runtime.stop() }, tracing]) await part?.close();
  return exit;
}

/** Where each decision goes with --otlp; without, nowhere. */
function traceDecisions({ otlp, robot }: EdgeOptions, site: string, log: Logger) {
  if (otlp === null) return { onDecision: () => {}, close: async () => {} };
  const resource = { "service.name": "drover-edge", "drover.site": site, "drover.robot": robot };
  const onFault = (why: string, dropped: number) => log.warn({ why, dropped }, "traces are lost");
  const exporter = new SpanExporter({ url: otlp, resource, version: VERSION, onFault });
  const traces = new EdgeTraces(site, robot);
  const onDecision = (record: DecisionRecord, assignment: string): void => {
    const offsetMs = Date.now() - monotonicMs();
    exporter.add(traces.take(record, { assignment, toWallMs: (boardMs) => boardMs + offsetMs }));
  };
  return { onDecision, close: () => exporter.close() };
}

/** What ends the edge by itself; a supervisor starts it again. */
function failure(): {
  readonly fail: (cause: Error) => void;
  readonly happened: Promise<{ readonly why: string; readonly exit: number }>;
} {
  let fail: (cause: Error) => void = () => {};
  const happened = new Promise<{ readonly why: string; readonly exit: number }>((resolve) => {
    fail = (cause) => resolve({ why: cause.message, exit: EXIT.later });
  });
  return { fail: (cause) => fail(cause), happened };
}

function plannerOf(models: readonly HeldModel[]): HeldModel["manifest"] {
  const planner = models.find(({ role }) => role === "planner");
  if (planner === undefined) throw new Error("an edge without a planner");
  return planner.manifest;
}

function contextOf(
  site: LoadedSite,
  at: { readonly options: EdgeOptions; readonly boot: string; readonly models: readonly HeldModel[] },
): EdgeContext {
  const { robot: id, config: file } = at.options;
  const robot = site.config.robots.find((known) => known.id === id);
  const fleet = site.config.fleets.find((known) => known.id === robot?.fleet);
  if (robot === undefined || fleet === undefined) {
    const expected = `one of its robots ${site.config.robots.map((one) => one.id).join(", ")}`;
    throw new ConfigRefused([{ file, path: "/robots", line: 0, found: `"${id}"`, expected }], "missing");
  }
  const manifestOf = (role: HeldModel["role"]) => at.models.find((one) => one.role === role)?.manifest ?? null;
  const planner = plannerOf(at.models);
  return {
    ...{ robot: robot.id, fleet, config: site.config, configHash: site.hash, software: VERSION, boot: at.boot },
    ...{
      brakeAheadMs: site.derived.brakeAheadMs,
      model: `${modelName(planner)} ${planner.sha256.slice(0, 12)}`,
      controllers: { live: manifestOf("controller"), candidate: manifestOf("candidate") },
      watched: at.models.map(({ manifest, reference }) => watchedOf(manifest, reference)), // the planner first
    },
  };
}

/**
 * A store that cannot be opened is evidence: it is left alone, and the robot stands in HALT until people have looked.
 */
async function openStore(options: EdgeOptions, site: LoadedSite, log: Logger) {
  const { decisionRecords, decisionRecordDays, recordedInputs } = site.config.limits;
  try {
    const limits = { decisionRecords, decisionRecordDays, recordedInputs };
    const { store, memory, notes } = await EdgeStore.open({
      dir: options.dataDir,
      robot: options.robot,
      create: true,
      limits,
    });
    for (const note of notes) log.warn({ note }, "store");
    return { store, memory, fault: "" };
  } catch (cause) {
    const fault = (cause as Error).message;
    log.error({ fault }, "the store cannot be opened");
    if ((cause as Error).name === "StoreInUse") process.exit(EXIT.later);
    return { store: null, memory: null, fault: fault.slice(0, 200) };
  }
}

/** A recording that cannot be kept is no reason not to drive. */
async function openRecorder(options: EdgeOptions, log: Logger): Promise<Recorder | null> {
  if (options.recordBytes === 0) return null;
  const onGap = (why: string, dropped: number) => {
    if (why === "") log.info({ dropped }, "recording goes on");
    else log.warn({ why, dropped }, "recording stops");
  };
  const dir = join(options.dataDir, RECORDING);
  try {
    return await Recorder.open({ dir, bytesMost: options.recordBytes, onGap });
  } catch (cause) {
    onGap((cause as Error).message, 0);
    return null;
  }
}

interface Ran {
  readonly ports: { readonly onboard: number; readonly metrics: number | undefined };
  readonly children: ModelProcesses["running"];
}

/** What runs, for supervisors and tests; replaced as a whole. That it cannot be written ends nothing. */
function tellRun(dataDir: string, { ports, children }: Ran, log: Logger): void {
  const text = JSON.stringify({ role: "edge", pid: process.pid, ports, children });
  try {
    writeFileSync(join(dataDir, "run.json.new"), `${text}\n`);
    renameSync(join(dataDir, "run.json.new"), join(dataDir, "run.json"));
  } catch (cause) {
    log.warn({ cause: (cause as Error).message }, "run.json cannot be written"); // it is for people; driving goes on
  }
}

// `drover-hub run`: verifies the ledger, raises the epoch, and only then listens. The broker is a process of its own
// and is started again when it ends; the lease service never waits for it.

import { randomUUID } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { driveGridOf } from "../fleet-config/derive.js";
import { loadSite } from "../fleet-config/load.js";
import { ownTls } from "../fleet-config/tls-files.js";
import type { SiteConfig } from "../fleet-config/types.js";
import type { Token } from "../proto/claim.js";
import { monotonicMs } from "../proto/codec/clock.js";
import { makeDataDir, tryDataDir } from "../proto/codec/data-dir.js";
import { SpanExporter } from "../proto/codec/otlp.js";
import type { IsRevoked } from "../proto/codec/tls.js";
import { EXIT } from "../proto/errors.js";
import { VERSION } from "../proto/version.js";
import { startAlerting } from "./alerting.js";
import { BrokerChild } from "./broker/child.js";
import { dispatchRound } from "./core/dispatch/dispatch.js";
import { Travel } from "./core/dispatch/travel.js";
import { Hub } from "./core/hub.js";
import { claimOf as claimOfToken, type LedgerState } from "./core/ledger-state.js";
import { decisionViews } from "./core/questions.js";
import { Rebuilding } from "./core/rebuilding.js";
import type { Dispatcher } from "./core/round.js";
import { makeSite } from "./core/site.js";
import { openDoors } from "./doors.js";
import { logLine } from "./event-log.js";
import { LedgerDamaged, LedgerStore } from "./io/ledger-store.js";
import { beginRevoked, REVOKED_FILE, watchRevoked } from "./io/revoked-book.js";
import { SnapshotKeeper } from "./io/snapshot-keeper.js";
import { TelemetryIntake } from "./io/telemetry-intake.js";
import { stoppedBy } from "./kept-command.js";
import { HubMeters } from "./meters.js";
import type { HubOptions } from "./options.js";
import { HubRuntime } from "./runtime.js";
import { HubStopped } from "./stopped.js";
import { HubTraces } from "./traces.js";

/** `tokenFolder`: where commands of this user look for the one-time token; null for nowhere. */
export async function runHub(
  options: HubOptions,
  stopped: Promise<string>,
  tokenFolder: string | null,
): Promise<number> {
  const log = pino({ base: { role: "hub" } });
  const loaded = loadSite(options.config);
  const { config, grid, hash } = loaded;
  prepare(options.dataDir);
  const { store, keeper, ledger } = await openLedger(options, config, log);
  const hub = hubOf(loaded, ledger);
  let fail: (cause: Error) => void = () => {};
  const failed = new Promise<string>((_, reject) => {
    fail = (cause) => reject(new HubStopped(EXIT.io, cause.message));
  });
  failed.catch(() => {});
  let intake: TelemetryIntake | null = null;
  const telemetryCounts = () => intake?.counts ?? { messages: 0, bytes: 0 };
  const { tls, certificateLeft } = ownTls(options.tls, log);
  const isRevoked = tls && knowRevoked(options.dataDir, log);
  const meters =
    options.metrics === null ? undefined : new HubMeters({ state: hub.state, telemetryCounts, certificateLeft });
  const parts = { hub, store, keeper, telemetryCounts, onFault: fail };
  const runtime = new HubRuntime({ ...parts, ...(meters === undefined ? {} : { meters }) });
  const traces = traceEvents(options, { runtime, hub, config, log });
  await runtime.start();
  const doors = await openDoors(options, { runtime, meters, tls, isRevoked, config, grid, log, tokenFolder });
  const run = { ...doors.ports, broker: 0, brokerPid: 0 };
  const report = () => tellRun(options.dataDir, run, log);
  const onBroker = (port: number, pid: number) => {
    Object.assign(run, { broker: port, brokerPid: pid });
    report();
  };
  const broker = new BrokerChild(options, { site: config.site, log, onBroker });
  const url = await broker.start();
  intake = new TelemetryIntake({
    ...{ url, site: config.site, tls, onTelemetry: runtime.onTelemetry },
    onRefused: (robot, reason) => log.warn({ robot, reason }, "telemetry refused"),
    onState: (connected) => log.info({ connected }, "site broker"),
  });
  const alerting = startAlerting({
    ...{ url: options.alert, config, log },
    questions: () => decisionViews(hub.state, monotonicMs()),
  });
  doors.setServing(true);
  report();
  log.info({ epoch: hub.state.ledger.epoch, events: store.count, grpc: run.grpc, config: hash }, "hub runs");
  const why = await Promise.race([stopped, failed]);
  log.info({ why }, "hub stops");
  await doors.shut();
  await alerting.close();
  await runtime.stop();
  await traces?.close();
  await intake.close();
  await broker.close();
  await doors.close();
  await store.close();
  return 0;
}

function hubOf({ config, grid, conflicts, hash }: ReturnType<typeof loadSite>, ledger: LedgerState): Hub {
  const site = makeSite({ config, grid, conflicts, hash, software: VERSION });
  const travel = new Travel({ grid: driveGridOf(config, grid), destinations: config.destinations });
  const dispatcher: Dispatcher = (view, nowMs) => dispatchRound(view, travel, nowMs);
  return new Hub({ site, ledger, incarnation: randomUUID(), dispatcher });
}

function prepare(dataDir: string): void {
  const unfit = makeDataDir(dataDir) ?? tryDataDir(dataDir);
  if (unfit !== null) throw new HubStopped(EXIT[unfit.exit], `expected ${unfit.expected}, found: ${unfit.found}`);
}

async function openLedger({ dataDir: dir }: HubOptions, { site, limits }: SiteConfig, log: Logger) {
  const replay = new Rebuilding(limits.tasksKept);
  try {
    const { store, snapshotAt, notes } = await LedgerStore.open({ dir, site, create: true, replay });
    for (const note of notes) log.warn({ note }, "ledger");
    const onFault = (cause: string) =>
      log.warn({ cause }, "no snapshot of the ledger can be kept; the hub goes on without");
    return { store, keeper: new SnapshotKeeper({ store, snapshotAt, onFault }), ledger: replay.state };
  } catch (cause) {
    if (cause instanceof LedgerDamaged) {
      throw new HubStopped(EXIT.data, `the hub does not start on a damaged ledger: ${cause.message}`);
    }
    if ((cause as Error).name === "StoreInUse") throw new HubStopped(EXIT.later, (cause as Error).message);
    throw cause;
  }
}

/** Throws HubStopped for a list that cannot be believed, before anything is written to the ledger. */
function knowRevoked(dataDir: string, log: Logger): IsRevoked {
  const path = join(dataDir, REVOKED_FILE);
  const onUnread = (why: string) => log.error({ why }, "revoked certificates cannot be read: what was known stays");
  try {
    beginRevoked(path);
    return watchRevoked({ path, onUnread });
  } catch (cause) {
    throw stoppedBy(cause, "the hub does not start without knowing which certificates are revoked");
  }
}

/** Each durable event goes into the log, and with --otlp into a trace; null without. */
function traceEvents(
  { otlp }: HubOptions,
  parts: { readonly runtime: HubRuntime; readonly hub: Hub; readonly config: SiteConfig; readonly log: Logger },
): SpanExporter | null {
  const { log, hub } = parts;
  const { site } = parts.config;
  const claimOf = (token: Token) => claimOfToken(hub.state.ledger, token);
  const traces = new HubTraces(site);
  const onFault = (why: string, dropped: number) => log.warn({ why, dropped }, "traces are lost");
  const resource = { "service.name": "drover-hub", "drover.site": site };
  const exporter = otlp === null ? null : new SpanExporter({ url: otlp, resource, version: VERSION, onFault });
  parts.runtime.operator.onEvents((events) => {
    for (const event of events) {
      const line = logLine(event, { site, claimOf });
      if (line !== null) log.info(line.ids, line.says);
      exporter?.add(traces.take(event));
    }
  });
  return exporter;
}

interface Ran {
  readonly grpc: number;
  readonly metrics: number | undefined;
  readonly console: number | undefined;
  readonly broker: number;
  readonly brokerPid: number;
}

/** What runs, for supervisors and tests; replaced as a whole. That it cannot be written ends nothing. */
function tellRun(dataDir: string, { grpc, metrics, console: page, broker, brokerPid }: Ran, log: Logger): void {
  const children = brokerPid === 0 ? [] : [{ role: "broker", pid: brokerPid, ports: { mqtt: broker } }];
  const text = JSON.stringify({ role: "hub", pid: process.pid, ports: { grpc, metrics, console: page }, children });
  try {
    writeFileSync(join(dataDir, "run.json.new"), `${text}\n`);
    renameSync(join(dataDir, "run.json.new"), join(dataDir, "run.json"));
  } catch (cause) {
    log.warn({ cause: (cause as Error).message }, "run.json cannot be written"); // it is for people
  }
}

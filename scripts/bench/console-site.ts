// A made-up site behind the console's real host: robots that drive to and fro in a warehouse, a few of them late, lost
// or halted, and a ledger that grows. It is as large as wanted and needs no robot.

import type { SiteConfig } from "../../fleet-config/types.js";
import { generateWarehouse } from "../../fleet-config/warehouse.js";
import type { ConsolePort, OperatorPort } from "../../hub/operator-port.js";
import type { RobotDetail } from "../../proto/console.js";
import { refuse } from "../../proto/errors.js";
import type { LedgerBody, LedgerEvent } from "../../proto/ledger.js";
import type { Cause, Rung } from "../../proto/mode.js";
import type { OperatorAsk } from "../../proto/operator.js";
import type { PlaceView, RobotView, SiteView, TaskView } from "../../proto/operator-views.js";

const SPEED_MPS = 1.2;
const LOOP_M = 18;
const EPOCH = 1;

export interface MadeUpSite {
  readonly port: ConsolePort;
  readonly config: SiteConfig;
  /** The acts that were asked for. */
  readonly asked: readonly OperatorAsk[];
  /** From now on this robot's telemetry gets older. */
  silence(robot: string): void;
  /** Adds an event and tells the listeners. */
  append(body: LedgerBody): void;
}

/** `nowMs`: the clock of the views. Robots stand where the warehouse has room; their number is free. */
export function madeUpSite(robots: number, nowMs: () => number, wallMs: () => number): MadeUpSite {
  const base = generateWarehouse({ seed: 1, robots: 12 }).config;
  const fleet = base.fleets[0]?.id ?? "";
  const ids = Array.from({ length: robots }, (_, index) => `r${index + 1}`);
  const config = { ...base, robots: ids.map((id) => ({ id, fleet, home: base.destinations[0]?.id ?? "" })) };
  const events: LedgerEvent[] = [];
  const listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  const silentMs = new Map<string, number>();
  const halted = new Set<string>();
  const asked: OperatorAsk[] = [];
  const append = (body: LedgerBody): void => {
    const event = { sequence: events.length + 1, schema: 1, epoch: EPOCH, hubMs: nowMs(), wallMs: wallMs(), body };
    events.push(event);
    for (const listener of listeners) listener([event]);
  };
  append({ kind: "hubStarted", epoch: EPOCH, longestWaitMs: 4878, configHash: "made-up", software: "bench" });
  for (const robot of ids) append({ kind: "robotEnrolled", robot });
  const places = config.destinations.map((place) => place.id);
  const views = () =>
    ids.map((id, index) => robotOf({ id, index, fleet, places, nowMs: nowMs(), silentMs: silentMs.get(id), halted }));
  const act: OperatorPort["act"] = async (ask) => {
    asked.push(ask);
    if (ask.kind !== "halt") return refuse("NOTHING_TO_DO", `cannot ${ask.kind}: this site is made up`);
    const { robot, fleet: of } = ask.scope;
    const told = ids.filter((id) => robot === "" || id === robot);
    for (const id of told) halted.add(id);
    append({ kind: "ceilingSet", robot, fleet: of, rung: "HALT", ...ask.act });
    return { told, notTold: [] };
  };
  const port: ConsolePort = {
    ...{ act, robots: views, places: () => placesOf(places, views()), tasks: () => tasksOf(views()) },
    site: () => siteOf({ config, robots: views(), events: events.length, nowMs: nowMs() }),
    events: async (from, most) => events.slice(from - 1, from - 1 + most),
    eventCount: () => events.length,
    onEvents: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    explain: async (id) => refuse("UNKNOWN_ID", `cannot explain "${id}": this site is made up`),
    robotDetail: (id) =>
      detailOf(
        views().find((robot) => robot.id === id),
        nowMs(),
      ),
  };
  return { port, config, asked, silence: (robot) => silentMs.set(robot, nowMs()), append };
}

interface Making {
  readonly id: string;
  readonly index: number;
  readonly fleet: string;
  readonly places: readonly string[];
  readonly nowMs: number;
  readonly silentMs: number | undefined;
  readonly halted: ReadonlySet<string>;
}

/** Drives along an aisle and back; every 40th is late, every 70th has fallen. */
function robotOf({ id, index, fleet, places, nowMs, silentMs, halted }: Making): RobotView {
  const ageMs = silentMs !== undefined ? nowMs - silentMs + 180 : index % 40 === 39 ? 9000 : 180 + ((index * 37) % 300);
  const seenMs = nowMs - ageMs;
  const driven = ((seenMs / 1000) * SPEED_MPS + index * 7.3) % (2 * LOOP_M);
  const forth = driven < LOOP_M;
  const yM = 4.5 + (index % 12) * 2.9;
  const xM = 4 + ((index * 5.1) % 34) + (forth ? driven : 2 * LOOP_M - driven);
  const stopped = halted.has(id);
  const rung: Rung = stopped ? "HALT" : ageMs > 30_000 ? "CONFIRM" : ageMs > 5000 ? "REACTIVE_ONLY" : "AUTONOMOUS";
  const stale: Cause[] =
    ageMs > 5000 ? [{ name: "telemetry-stale", rung, detail: `pose is up to ${ageMs} ms old` }] : [];
  const causes = stopped ? [{ name: "operator", rung, detail: "bench: halted" }] : stale;
  const way = forth ? 1 : -1;
  const pathM = Array.from({ length: 32 }, (_, at) => (at % 2 === 0 ? xM + way * at * 0.25 : yM + 0.3 * Math.sin(at)));
  return {
    ...{ id, fleet, linked: true, rung, causes, ageBoundMs: ageMs, leaseLeftMs: 4200, task: `t${index + 1}` },
    ...{ destination: places[index % places.length] ?? "", errorM: 0.05, speedMps: stopped ? 0 : SPEED_MPS },
    ...{ pose: { xM, yM, headingRad: forth ? 0 : Math.PI }, chargeRatio: 0.3 + ((index * 13) % 70) / 100 },
    ...{ charging: false, planMs: 6 + (index % 9), activity: stopped ? "standing" : "driving", blockedBy: "", pathM },
    ...{ absent: false, telemetryCapturedMs: Math.floor(seenMs), telemetrySent: Math.floor(nowMs / 200) },
    telemetryVerdict: ageMs > 30_000 ? "lost" : ageMs > 5000 ? "late" : "fresh",
    ...{ plans: Math.floor(nowMs / 500), planDeadlineMisses: index % 7, inferenceMs: 2.5 },
    ...{ model: modelOf(index, rung === "AUTONOMOUS"), halt: stopped ? "obeyed" : "" },
  };
}

/** Every fifth has a model that tells no confidence, every ninth an edge that does not tell its model. */
function modelOf(index: number, drives: boolean): RobotView["model"] {
  if (index % 9 === 8) return undefined;
  if (index % 5 === 4) return { name: "grid-planner 1.0.0", drives, confidence: undefined };
  const tenths = [0, 0, 0, index % 2, 2, 6, 12, 25, 60, 95 - (index % 2)];
  return { name: "local-policy 1.0.0", drives, confidence: { least: 0.5, unsure: 2 + (index % 2), tenths } };
}

function placesOf(places: readonly string[], robots: readonly RobotView[]): PlaceView[] {
  const holders = new Map(robots.slice(0, places.length).map(({ id, destination }) => [destination, id]));
  return places.map((id, index) => {
    const robot = index % 2 === 0 ? (holders.get(id) ?? "") : "";
    const token = robot === "" ? undefined : { epoch: EPOCH, counter: index + 1 };
    return { id, state: robot === "" ? "FREE" : "CLAIMED", robot, task: "", token, detail: "" };
  });
}

function tasksOf(robots: readonly RobotView[]): TaskView[] {
  return robots.map(({ id, task, destination }) => ({
    ...{ id: task, phase: "ACTIVE", stops: [{ destinations: [destination] }], stopIndex: 0, robot: id, destination },
    ...{ fleet: "", operator: "bench", acceptedAgoMs: 60_000, detail: "" },
  }));
}

function siteOf(parts: {
  readonly config: SiteConfig;
  readonly robots: readonly RobotView[];
  readonly events: number;
  readonly nowMs: number;
}): SiteView {
  const { config, robots, events, nowMs } = parts;
  const stale = robots.filter(({ telemetryVerdict }) => telemetryVerdict !== "fresh").length;
  return {
    ...{ site: config.site, epoch: EPOCH, events, upMs: 60_000, restartWaitMs: 0, grantsFrozen: false, robots },
    fleets: config.fleets.map(({ id }) => ({ id, rung: "AUTONOMOUS", causes: [], robots: robots.length, stale })),
    tasks: { submitted: 0, accepted: 200, waiting: 0, active: robots.length, done: 0, failed: 0, cancelled: 0 },
    ...{ decisions: [], nowMs: Math.floor(nowMs), telemetryReceived: 0, telemetryRefused: 0, telemetryBytes: 0 },
  };
}

function detailOf(robot: RobotView | undefined, nowMs: number): RobotDetail | null {
  if (robot === undefined) return null;
  const { id, ageBoundMs = null, telemetryVerdict: verdict, telemetrySent: samples } = robot;
  const channels = [{ name: "pose", ageBoundMs, verdict, samples }];
  return { id, nowMs, channels, token: `${EPOCH}.1`, renewedAgoMs: 300, refused: 0, holds: [] };
}

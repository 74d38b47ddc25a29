// One run: builds the site, starts the processes and the world around them, lets the shift run, injects the faults, and
// judges. Everything that was started is ended before it returns.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Hub } from "../../hub/cli/hub.js";
import { verifyLedger } from "../../hub/io/verify.js";
import type { SiteView } from "../../proto/operator-views.js";
import { SimulatedBase } from "../world/base.js";
import { monotonicNowMs, WorldHost } from "../world/host.js";
import { Random } from "../world/random.js";
import { World } from "../world/world.js";
import { Fleet } from "./fleet.js";
import { followEvents, followSite } from "./follow.js";
import { Injector } from "./inject.js";
import { Meter } from "./meter.js";
import type { DemoOptions } from "./options.js";
import { Recorder } from "./recorder.js";
import { type Report, reportOf } from "./report.js";
import type { Screen } from "./screen.js";
import { Shift } from "./shift.js";
import { type DemoSite, makeDemoSite } from "./site.js";

const HELLO_MS = 60_000;
/** Tasks that wait, per robot: enough for dispatch to choose near ones. */
const BACKLOG = 5;

export interface RunParts {
  readonly options: DemoOptions;
  readonly dataDir: string;
  readonly screen: Screen;
  readonly stop: AbortSignal; // a person wants it to end
}

export async function run({ options, dataDir, screen, stop }: RunParts): Promise<Report> {
  mkdirSync(dataDir, { recursive: true });
  const site = makeDemoSite(options, join(dataDir, "site"));
  const recorder = new Recorder({
    trace: options.trace,
    onMode: (line) => screen.event(`${line.robot ?? line.fleet} ${line.to} by ${line.cause}`),
  });
  recorder.site(site.loaded);
  const { world, bases } = worldOf(site, options, recorder);
  const fleet = new Fleet({ options, dataDir, site, bases, screen });
  const host = new WorldHost(world, [...bases.values()]);
  const ending = new AbortController();
  stop.addEventListener("abort", () => ending.abort());
  let last: SiteView | null = null;
  const meter = new Meter(fleet);
  try {
    await fleet.start();
    host.start();
    const at = { host: "127.0.0.1", port: fleet.grpcPort, tls: null, timeoutMs: 3000 };
    const hub = new Hub({ ...at, token: () => oneTimeToken(dataDir) }, ending.signal);
    const shift = new Shift({ hub, tasks: site.tasks, waiting: BACKLOG * options.robots });
    followLedger(hub, ending.signal, { recorder, screen });
    void followSite(hub, ending.signal, (view) => {
      last = view;
      recorder.view(view);
      meter.view(view);
      screen.view(view);
    });
    await allHello(() => last, ending.signal);
    const startMs = monotonicNowMs();
    beginShow(screen, { fleet, robots: options.robots, dataDir });
    shift.start(() => last?.tasks.waiting ?? null);
    const injector = injectorOf({ fleet, bases, recorder, screen });
    injector.start(options.faults);
    await sleep(options.forMs ?? 2 ** 31 - 1, null, { signal: ending.signal }).catch(() => {});
    shift.stop();
    injector.stop();
    const endMs = monotonicNowMs();
    const final = await hub.ask("GetSite", {}, (view) => view as SiteView).catch(() => last);
    const memoryMb = meter.memoryMb();
    const waitingFor = waitingNow(world, last);
    ending.abort();
    hub.close();
    await fleet.stop();
    await host.stop();
    const checked = await checkLedger(dataDir, screen);
    return reportOf({
      ...{ startMs, endMs, verdict: recorder.verdict(), last: final, submitted: shift.submitted, memoryMb, waitingFor },
      ...meter.counts(),
      jitterMs: recorder.jitterMs(site.loaded.config.limits.controlMs),
      ledger: { events: checked.events, verified: checked.problems.length === 0 },
    });
  } finally {
    ending.abort();
    await fleet.stop();
    await host.stop();
    await recorder.close();
  }
}

function beginShow(
  screen: Screen,
  { fleet, robots, dataDir }: { readonly fleet: Fleet; readonly robots: number; readonly dataDir: string },
): void {
  screen.begin();
  screen.event(`all ${robots} robots have said hello; state in ${dataDir}`);
  if (fleet.consoleUrl !== "") screen.console(fleet.consoleUrl);
}

/** Of the hub that runs now: each start has its own. */
export function oneTimeToken(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, "hub", "operator.token"), "utf8").trim();
  } catch {
    return null; // it is away
  }
}

const NOTABLE = new Set(["taskEnded", "claimLapsed", "hubStarted", "robotAbsent", "ceilingSet", "ceilingCleared"]);

/** Records the ledger's events as they come and shows those that a person wants to see, until `ending` aborts. */
function followLedger(
  hub: Hub,
  ending: AbortSignal,
  to: { readonly recorder: Recorder; readonly screen: Screen },
): void {
  void followEvents(hub, ending, (event) => {
    to.recorder.ledger(event);
    if (NOTABLE.has(event.body.kind)) to.screen.event(notable(event.body));
  });
}

function notable(body: { readonly kind: string; readonly [field: string]: unknown }): string {
  const { kind, token, ...fields } = body;
  const told = Object.entries(fields).filter(([, value]) => typeof value !== "object" && value !== "");
  const of = typeof token === "object" && token !== null ? ` ${Object.values(token).join(".")}` : "";
  const fieldsTold = told.map(([key, value]) => (key === "configHash" ? "" : `${key} ${String(value)}`));
  return `${kind}${of} ${fieldsTold.join(" ")}`.trimEnd();
}

function worldOf(site: DemoSite, options: DemoOptions, recorder: Recorder) {
  const { config, floor: grid } = site.loaded;
  const random = new Random(options.seed);
  const places = new Map(config.destinations.map((place) => [place.id, place]));
  const { radiusM, maxSpeedMps, maxTurnRadps, accelMps2, brakeMps2 } = config.physics;
  const limits = { maxSpeedMps, maxTurnRadps, accelMps2, brakeMps2, deadmanMs: config.lease.deadmanMs };
  const robots = config.robots.map(({ id, home }) => {
    const place = places.get(home);
    if (place === undefined) throw new Error(`robot ${id} has no home`);
    return { id, radiusM, limits, start: { xM: place.xM, yM: place.yM, headingRad: place.headingRad } };
  });
  const record = recorder.take.bind(recorder);
  const world = new World({ grid, robots, random: random.stream("world"), nowMs: monotonicNowMs(), record });
  const chargers = config.destinations
    .filter((place) => place.kind === "charge")
    .map(({ xM, yM, footprintRadiusM }) => ({ xM, yM, reachM: footprintRadiusM }));
  const bases = new Map(
    config.robots.map(({ id }) => [
      id,
      new SimulatedBase({
        world,
        robot: id,
        random: random.stream(id),
        nowMs: monotonicNowMs,
        chargers,
        chargeRatio: 0.55 + 0.4 * random.stream(`charge/${id}`).next(),
        record,
      }),
    ]),
  );
  return { world, bases };
}

function injectorOf(parts: {
  fleet: Fleet;
  bases: ReadonlyMap<string, SimulatedBase>;
  recorder: Recorder;
  screen: Screen;
}): Injector {
  const { fleet, bases, recorder, screen } = parts;
  return new Injector({
    ...{ hub: fleet.hub, edges: fleet.edges, bases, telemetry: fleet.telemetry, links: fleet.links },
    restartHub: () => fleet.restartHub(),
    restartEdge: (robot) => fleet.startEdge(robot),
    note: (fault, phase) => {
      recorder.take({ kind: "fault", t: monotonicNowMs(), spec: fault.spec, phase });
      screen.event(`fault ${phase}s: ${fault.spec}`);
    },
    onMiss: (fault) => screen.event(`fault missed, nothing runs: ${fault.spec}`),
    onError: (cause) => screen.event(`fault could not be undone: ${cause.message}`),
  });
}

async function allHello(view: () => SiteView | null, stop: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < HELLO_MS && !stop.aborted; waitedMs += 50) {
    const robots = view()?.robots ?? [];
    if (robots.length > 0 && robots.every((robot) => robot.linked)) return;
    await sleep(50);
  }
  if (stop.aborted) return;
  const missing = (view()?.robots ?? []).filter((robot) => !robot.linked).map((robot) => robot.id);
  throw new Error(
    `not every robot said hello within ${HELLO_MS / 1000} s: ${missing.join(", ") || "the hub shows none"}`,
  );
}

/** Robots that wait, each with the robot that stands nearest to it in truth. */
function waitingNow(world: World, view: SiteView | null) {
  const bodies = world.robots;
  return (view?.robots ?? [])
    .filter((robot) => robot.activity === "waiting" || robot.activity === "blocked")
    .map(({ id }) => {
      const own = bodies.find((body) => body.id === id)?.drive;
      const others = bodies.filter((body) => body.id !== id);
      const far = (body: (typeof bodies)[number]) =>
        Math.hypot(body.drive.xM - (own?.xM ?? 0), body.drive.yM - (own?.yM ?? 0));
      const nearest = others.sort((a, b) => far(a) - far(b))[0];
      return { robot: id, robotWaitedFor: nearest !== undefined && far(nearest) < 4 ? nearest.id : "" };
    });
}

/** A ledger that cannot be checked, on a full disk for example, counts as one that is not verified. */
async function checkLedger(dataDir: string, screen: Screen) {
  try {
    return await verifyLedger(join(dataDir, "hub"));
  } catch (cause) {
    const { message } = cause as Error;
    screen.event(`the ledger could not be checked: ${message}`);
    return { events: 0, problems: [message] };
  }
}

/** Writes the report where it was asked for. */
export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

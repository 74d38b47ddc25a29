// Where processes run: opens hubs and edges on their machines and disks, starts again what has ended as a supervisor
// would, and connects them by the network.

import type { ControllerModels } from "../../edge/core/controller/slots.js";
import { type WatchedModel, watchedOf } from "../../edge/core/health/health.js";
import { driveGridOf } from "../../fleet-config/derive.js";
import { type Dispatched, dispatchRound } from "../../hub/core/dispatch/dispatch.js";
import { Travel } from "../../hub/core/dispatch/travel.js";
import type { DispatchView, Proposal } from "../../hub/core/dispatch/view.js";
import { makeSite, type Site } from "../../hub/core/site.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";
import type { Random } from "../../scripts/world/random.js";
import type { Body } from "./body.js";
import type { Checkers } from "./checkers/checkers.js";
import { EdgeDisk, HubDisk } from "./disk.js";
import { EdgeProcess } from "./edge-process.js";
import { HubProcess } from "./hub-process.js";
import { type Kernel, SECOND } from "./kernel.js";
import type { Machine } from "./machine.js";
import type { End, Network, Stream, Weather } from "./network.js";
import type { PlannerTrouble } from "./planner.js";
import type { Trace } from "./trace.js";
import type { Truth } from "./truth.js";

export interface HostParts {
  readonly kernel: Kernel;
  readonly truth: Truth;
  readonly trace: Trace;
  readonly checkers: Checkers;
  readonly net: Network;
  readonly weather: Weather;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly bodies: ReadonlyMap<string, Body>;
  readonly stream: (name: string) => Random;
}

export class Hosts {
  readonly #parts: HostParts;
  readonly #travel: Travel;
  readonly #restarts: Random;
  readonly #calls: Random;
  readonly #wild: Random;
  readonly #downUntilUs = new Map<string, number>();
  readonly disks = new Map<string, EdgeDisk>();
  readonly edges = new Map<string, EdgeProcess>();
  readonly twins = new Map<string, EdgeProcess>();
  readonly hubDisk: HubDisk;
  #hubSite: Site;
  hub: HubProcess | undefined;
  second: HubProcess | undefined;
  isSecondOld = false; // of a version that does not know whom robots have followed
  #boots = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { site, grid } = parts.truth.sim;
    this.#travel = new Travel({ grid: driveGridOf(site.config, grid), destinations: site.config.destinations });
    this.#hubSite = site;
    this.#restarts = parts.stream("restarts");
    this.#calls = parts.stream("calls");
    this.#wild = parts.stream("wild");
    this.hubDisk = this.newHubDisk();
    for (const robot of parts.bodies.keys()) this.disks.set(robot, this.newEdgeDisk(robot));
  }

  newHubDisk(): HubDisk {
    const { kernel, stream, weather } = this.#parts;
    const trouble = () => ({ slow: weather.on("hub-disk-slow", "hub"), fails: weather.on("hub-disk-fail", "hub") > 0 });
    return new HubDisk({ kernel, chance: stream("hub disk"), trouble });
  }

  newEdgeDisk(robot: string, owner = robot): EdgeDisk {
    const { kernel, stream, weather } = this.#parts;
    const trouble = () => ({
      slow: weather.on("edge-disk-slow", robot),
      fails: weather.on("edge-disk-fail", robot) > 0,
    });
    return new EdgeDisk(owner, { kernel, chance: stream(`disk ${robot}`), trouble });
  }

  /** F42: from its next start on the hub gives shorter leases; the robots still run on the older site file. */
  shortenLeases(): void {
    const { config, ...rest } = this.#parts.truth.sim.site;
    const leaseMs = Math.min(config.lease.leaseMs, 3000);
    this.#hubSite = makeSite({ ...rest, config: { ...config, lease: { ...config.lease, leaseMs } } });
  }

  /** What has ended is not started again before. */
  holdDown(process: string, untilUs: number): void {
    this.#downUntilUs.set(process, Math.max(untilUs, this.#downUntilUs.get(process) ?? 0));
  }

  startHub(): void {
    if (this.#waits("hub", () => this.startHub()) || (this.hub !== undefined && !this.hub.ended)) return;
    this.hub = this.openHub("hub", this.hubDisk);
  }

  startEdge(robot: string): void {
    if (this.#waits(robot, () => this.startEdge(robot)) || this.edges.get(robot)?.ended === false) return;
    const disk = this.disks.get(robot);
    if (disk === undefined) throw new Error(`no disk of ${robot}`);
    this.edges.set(robot, this.openEdge(robot, { disk, board: this.machine(robot), isTwin: false }));
  }

  #waits(process: string, again: () => void): boolean {
    const downUs = (this.#downUntilUs.get(process) ?? 0) - this.#parts.kernel.nowUs;
    const waitUs = Math.max(downUs, this.machine(process).suspended ? SECOND / 10 : 0);
    if (waitUs > 0) this.#parts.kernel.after(waitUs, again);
    return waitUs > 0;
  }

  machine(id: string): Machine {
    const machine = this.#parts.machines.get(id);
    if (machine === undefined) throw new Error(`no machine ${id}`);
    return machine;
  }

  openHub(name: string, disk: HubDisk): HubProcess {
    const { kernel, trace, checkers, truth } = this.#parts;
    const site = name === "hub" ? this.#hubSite : truth.sim.site;
    const ledger = disk.open(site.config.limits.tasksKept);
    checkers.tasks.rebuilt(disk.events, ledger);
    if (name === "hub") checkers.tasks.opened(ledger);
    this.#boots += 1;
    trace.row(kernel.nowUs, name, "starts", `${disk.events.length} events`);
    const watcher = {
      stepped: checkers.hubStepped,
      performed: checkers.hubPerformed,
      stored: (hub: HubProcess) => {
        if (hub.settled && this.#restarts.next() < 0.2) disk.keepSnapshot(hub.hub.state.ledger);
      },
      ended: (hub: HubProcess, why: string) => {
        trace.row(kernel.nowUs, name, "ends", why);
        checkers.hubEnded(hub);
        if (name === "hub") kernel.after(SECOND * (0.3 + this.#restarts.next()), () => this.startHub());
      },
    };
    return new HubProcess({
      name,
      incarnation: `${name}-${this.#boots}`,
      kernel,
      machine: this.machine(name),
      disk,
      site,
      ledger,
      watcher,
      dispatcher: (view, nowMs) => this.#propose(view, nowMs),
    });
  }

  #propose(view: DispatchView, nowMs: number): Dispatched | readonly Proposal[] {
    const isWild = this.#parts.weather.on("dispatch-wild", "hub") > 0;
    return isWild ? wildProposals(view, this.#wild) : dispatchRound(view, this.#travel, nowMs);
  }

  #troubleOf(role: "planner" | "controller", robot: string): PlannerTrouble {
    const { weather } = this.#parts;
    return {
      hangs: weather.on(`${role}-hang`, robot) > 0,
      slow: weather.on(`${role}-slow`, robot) > 0,
      crashes: weather.on(`${role}-crash`, robot) > 0,
      nonsense: weather.on(`${role}-nonsense`, robot) > 0,
    };
  }

  openEdge(
    robot: string,
    on: { readonly disk: EdgeDisk; readonly board: Machine; readonly isTwin: boolean },
  ): EdgeProcess {
    const { kernel, trace, checkers, truth, net, stream, weather } = this.#parts;
    const { site, grid, brakeAheadMs } = truth.sim;
    const fleet = site.fleets.get(site.robots.get(robot)?.fleet ?? "");
    if (fleet === undefined) throw new Error(`no fleet of ${robot}`);
    this.#boots += 1;
    const boot = `${robot}-${this.#boots}`;
    trace.row(kernel.nowUs, robot, "starts", `boot ${boot}${on.isTwin ? ", a second one" : ""}`);
    const edge: EdgeProcess = new EdgeProcess({
      kernel,
      board: on.board,
      disk: on.disk,
      grid,
      chance: stream(`edge ${boot}`),
      context: {
        robot,
        fleet,
        config: site.config,
        software: "simulated",
        boot,
        configHash: weather.on("edge-other-file", robot) > 0 ? "of another file" : site.hash,
        brakeAheadMs,
        model: "stand-in",
        controllers: truth.sim.controllers,
        watched: watchedIn(truth.sim.controllers),
      },
      watcher: {
        ...checkers.edgeWatcher,
        ended: (gone, why) => this.#edgeEnded(gone, { why, isTwin: on.isTwin }),
      },
      plannerTrouble: () => this.#troubleOf("planner", robot),
      controllerTrouble: () => {
        const trouble = this.#troubleOf("controller", robot);
        return { ...trouble, wild: weather.on("controller-wild", robot) > 0 };
      },
      call: (end) => this.#call(on.board.id, end), // each over its own link
      publish: (sample) => {
        checkers.published(edge, sample);
        net.publish(sample, (arrived) => {
          this.hub?.telemetry(arrived);
          this.second?.telemetry(arrived);
        });
      },
      obey: (command) => {
        if (on.isTwin || weather.on("base-silent", robot) > 0) return;
        const took = truth.body(robot).obey(command, kernel.nowUs);
        trace.numbers(kernel.nowUs, command.speedMps, took ? command.turnRadps : -1);
      },
    });
    truth.edges.add(edge);
    return edge;
  }

  #edgeEnded(edge: EdgeProcess, how: { readonly why: string; readonly isTwin: boolean }): void {
    const { kernel, trace, truth, checkers } = this.#parts;
    trace.row(kernel.nowUs, edge.robot, "ends", how.why);
    truth.edges.delete(edge);
    checkers.edgeEnded(edge);
    if (how.isTwin) return;
    kernel.after(SECOND * (0.2 + this.#restarts.next()), () => this.startEdge(edge.robot));
  }

  /** A call is answered by a hub that listens, when words pass both ways; by either one of two hubs. */
  #call(robot: string, end: End<HubMessage>): Stream | null {
    const { net } = this.#parts;
    if (net.isCut("up", robot) || net.isCut("down", robot)) return null;
    const listening = [this.hub, this.second].filter((hub) => hub?.listens === true);
    const hub = listening[this.#calls.below(Math.max(1, listening.length))];
    if (hub === undefined) return null;
    const accept = (stream: Stream) =>
      (hub === this.second && this.isSecondOld ? forgetting : same)(hub.accept(stream));
    return net.open({ robot, to: hub.name, edge: end, hub: accept });
  }
}

const same = (end: End<EdgeMessage>): End<EdgeMessage> => end;

/** F41: a hub of a version that reads no word of whom a robot has followed. */
function forgetting(end: End<EdgeMessage>): End<EdgeMessage> {
  return {
    take: (message) =>
      end.take(message.kind === "hello" ? { ...message, followsEpoch: 0, followsIncarnation: "" } : message),
    closed: (reason) => end.closed(reason),
  };
}

const WILD = 3;

/** R1: what a dispatcher without any sense proposes. The ledger decides. */
function wildProposals(view: DispatchView, chance: Random): readonly Proposal[] {
  const any = <T>(of: readonly T[]) => of[chance.below(Math.max(1, of.length))];
  return Array.from({ length: WILD }, () => {
    const task = chance.next() < 0.5 ? any(view.tasks) : undefined;
    const destination = (chance.next() < 0.5 ? any(task?.stop ?? []) : undefined) ?? any(view.destinations)?.id ?? "";
    const purpose = task === undefined ? "PARK" : "TASK";
    return { robot: any(view.robots)?.id ?? "", destination, task: task?.id ?? "", purpose, costM: 0, why: "wild" };
  });
}

/** The stand-in planner, and what stands in for controllers. */
function watchedIn({ live, candidate }: ControllerModels): readonly WatchedModel[] {
  const held = [live, candidate].flatMap((manifest) => (manifest === null ? [] : [watchedOf(manifest, undefined)]));
  return [{ name: "stand-in", leastConfidence: 0, reference: null }, ...held];
}

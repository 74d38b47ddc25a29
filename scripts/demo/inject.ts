// Performs the faults of a run on its processes, sockets and simulated sensors, and undoes them.

import { readFileSync } from "node:fs";
import type { SimulatedBase } from "../world/base.js";
import type { Fault } from "./faults.js";
import type { NetworkPath } from "./path.js";
import type { Managed } from "./processes.js";

export interface Surroundings {
  readonly hub: Managed;
  readonly restartHub: () => Promise<void>;
  readonly edges: ReadonlyMap<string, Managed>;
  readonly restartEdge: (robot: string) => Promise<void>;
  readonly bases: ReadonlyMap<string, SimulatedBase>;
  readonly telemetry: ReadonlyMap<string, NetworkPath>;
  readonly links: ReadonlyMap<string, NetworkPath>;
  readonly note: (fault: Fault, phase: "begin" | "end") => void;
  readonly onError: (cause: Error) => void;
}

const HANG_PERIOD_MS = 100;

export class Injector {
  readonly #around: Surroundings;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #hanging = new Set<Fault>();
  readonly #stopped = new Map<number, true>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Schedules all faults; `now` is t = 0. */
  start(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#timers.push(setTimeout(() => this.#begin(fault), fault.atMs));
      if (fault.forMs !== null) this.#timers.push(setTimeout(() => void this.#end(fault), fault.atMs + fault.forMs));
    }
    this.#timers.push(setInterval(() => this.#hang(), HANG_PERIOD_MS));
  }

  /** Begins no more faults, and lets go of processes that are stopped. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const pid of this.#stopped.keys()) signal(pid, "SIGCONT");
  }

  #begin(fault: Fault): void {
    const { hub, edges, telemetry, links, bases, note } = this.#around;
    note(fault, "begin");
    for (const robot of fault.robots) {
      if (fault.kind.what === "telemetry") telemetry.get(robot)?.cut();
      if (fault.kind.what === "link") links.get(robot)?.cut();
      if (fault.kind.what === "edge-kill") edges.get(robot)?.signal("SIGKILL", true);
      if (fault.kind.what === "edge-stop") edges.get(robot)?.signal("SIGSTOP", false);
      if (fault.kind.what === "sensor-frozen") bases.get(robot)?.freeze(fault.kind.channel);
    }
    if (fault.kind.what === "planner-hang") this.#hanging.add(fault);
    if (fault.kind.what === "hub-kill") hub.signal("SIGKILL", true);
  }

  async #end(fault: Fault): Promise<void> {
    const { edges, telemetry, links, bases, note, onError } = this.#around;
    note(fault, "end");
    this.#hanging.delete(fault);
    try {
      for (const robot of fault.robots) {
        if (fault.kind.what === "telemetry") telemetry.get(robot)?.restore();
        if (fault.kind.what === "link") links.get(robot)?.restore();
        if (fault.kind.what === "edge-stop") edges.get(robot)?.signal("SIGCONT", false);
        if (fault.kind.what === "edge-kill") await this.#around.restartEdge(robot);
        if (fault.kind.what === "sensor-frozen") bases.get(robot)?.restore(fault.kind.channel);
      }
      if (fault.kind.what === "planner-hang") this.#release();
      if (fault.kind.what === "hub-kill") await this.#around.restartHub();
    } catch (cause) {
      onError(cause as Error);
    }
  }

  /** Each planner that the edge starts while the fault lasts is stopped too. */
  #hang(): void {
    for (const fault of this.#hanging) {
      for (const robot of fault.robots) {
        const pid = plannerOf(this.#around.edges.get(robot));
        if (pid === undefined || this.#stopped.has(pid)) continue;
        signal(pid, "SIGSTOP");
        this.#stopped.set(pid, true);
      }
    }
  }

  #release(): void {
    for (const pid of this.#stopped.keys()) signal(pid, "SIGCONT");
    this.#stopped.clear();
  }
}

/** The planner of an edge that runs, as the edge tells it; only if it really is its child. */
function plannerOf(edge: Managed | undefined): number | undefined {
  const own = edge?.own();
  const pid = own?.children.find((child) => child.role === "planner")?.pid;
  if (own === null || own === undefined || pid === undefined) return undefined;
  try {
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    return parent === own.pid ? pid : undefined;
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}

// Performs the faults of a run on its processes, sockets and simulated sensors, and undoes them.

import { readFileSync } from "node:fs";
import type { SimulatedBase } from "../world/base.js";
import type { Fault, LinkFault } from "./faults.js";
import { BOTH_WAYS, type NetworkPath, type Way } from "./path.js";
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
  readonly onMiss: (fault: Fault) => void; // what should have been killed or stopped did not run
  readonly onError: (cause: Error) => void;
}

const HANG_PERIOD_MS = 100;

type ProcessAct = Extract<Fault["kind"], { what: "process" }>["act"];

const WAYS: Readonly<Record<Exclude<LinkFault, "half-open">, readonly Way[]>> = {
  ...{ off: BOTH_WAYS, "up-off": ["up"], "down-off": ["down"] },
};

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
    const { telemetry, links, bases, note, onMiss } = this.#around;
    const { kind } = fault;
    if (kind.what === "process" && !this.#strike(fault, kind.act)) return onMiss(fault);
    note(fault, "begin");
    if (kind.what === "hang") this.#hanging.add(fault);
    for (const robot of fault.robots) {
      if (kind.what === "telemetry") telemetry.get(robot)?.cut();
      if (kind.what === "link") breakLink(links.get(robot), kind.way);
      if (kind.what === "sensor-frozen") bases.get(robot)?.freeze(kind.channel);
    }
  }

  /** Kills or stops the processes that the fault names. False when none of them runs. */
  #strike({ robots }: Fault, act: ProcessAct): boolean {
    const { hub, edges } = this.#around;
    const named = robots.map((robot) => edges.get(robot));
    switch (act) {
      case "hub=kill":
        return hub.signal("SIGKILL", true);
      case "hub=stop":
        return hub.signal("SIGSTOP", false);
      case "broker=kill":
        return signal(childOf(hub, "broker"), "SIGKILL");
      case "edge=kill":
        return named.map((edge) => edge?.signal("SIGKILL", true)).includes(true);
      case "edge=stop":
        return named.map((edge) => edge?.signal("SIGSTOP", false)).includes(true);
      case "planner=kill":
      case "controller=kill": {
        const role = act === "planner=kill" ? "planner" : "controller";
        return named.map((edge) => signal(childOf(edge, role), "SIGKILL")).includes(true);
      }
    }
  }

  async #end(fault: Fault): Promise<void> {
    const { telemetry, links, bases, note, onError } = this.#around;
    const { kind } = fault;
    note(fault, "end");
    this.#hanging.delete(fault);
    try {
      for (const robot of fault.robots) {
        if (kind.what === "telemetry") telemetry.get(robot)?.restore();
        if (kind.what === "link") links.get(robot)?.restore();
        if (kind.what === "sensor-frozen") bases.get(robot)?.restore(kind.channel);
      }
      if (kind.what === "hang") this.#release();
      if (kind.what === "process") await this.#undo(fault, kind.act);
    } catch (cause) {
      onError(cause as Error);
    }
  }

  /** Lets go of what was stopped, and starts again what is dead; children are started again by who owns them. */
  async #undo({ robots }: Fault, act: ProcessAct): Promise<void> {
    const { hub, edges, restartHub, restartEdge } = this.#around;
    if (act === "hub=stop") hub.signal("SIGCONT", false);
    if (act === "edge=stop") for (const robot of robots) edges.get(robot)?.signal("SIGCONT", false);
    if (act === "hub=kill" && !hub.running) await restartHub();
    if (act !== "edge=kill") return;
    const dead = robots.filter((robot) => edges.get(robot)?.running === false);
    await Promise.all(dead.map(restartEdge));
  }

  /** Each such process that the edge starts while the fault lasts is stopped too. */
  #hang(): void {
    for (const fault of this.#hanging) {
      const { kind } = fault;
      for (const robot of kind.what === "hang" ? fault.robots : []) {
        const pid = childOf(this.#around.edges.get(robot), kind.what === "hang" ? kind.role : "planner");
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

function breakLink(path: NetworkPath | undefined, way: LinkFault): void {
  if (way === "half-open") path?.swallow();
  else path?.cut(WAYS[way]);
}

/** A child of a process that runs, as the process tells it; only if it really is its child. */
function childOf(parent: Managed | undefined, role: "planner" | "controller" | "broker"): number | undefined {
  const own = parent?.own();
  const pid = own?.children.find((child) => child.role === role)?.pid;
  if (own === null || own === undefined || pid === undefined || own.pid !== parent?.pid) return undefined;
  try {
    const parentPid = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    return parentPid === own.pid ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** False when there is no such process. */
function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(pid, name);
  } catch {
    return false; // it has ended
  }
}

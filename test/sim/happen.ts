// What a fault does to the processes, machines and disks of the world when it begins and when it ends. Faults of the
// network, the sensors, the planner and the people are asked for where they act (`Weather`), and need nothing here.

import type { Random } from "../../scripts/world/random.js";
import type { Body } from "./body.js";
import type { Checkers } from "./checkers/checkers.js";
import type { Fault } from "./faults.js";
import type { Hosts } from "./hosts.js";
import type { Machine } from "./machine.js";
import type { Process } from "./process.js";
import type { Truth } from "./truth.js";

export interface Stage {
  readonly hosts: Hosts;
  readonly truth: Truth;
  readonly checkers: Checkers;
  readonly bodies: ReadonlyMap<string, Body>;
  readonly chance: Random;
  /** Machines that sleep at least until then: a shorter suspension cannot be seen (SUSPEND_SEEN_MS). */
  readonly asleepUntilUs: Map<string, number>;
}

const YEAR_MS = 31_557_600_000;
const SEEN_US = 150_000;
const TAP_US = 200_000; // at most so long pressed, when somebody taps it
const LET_GO_US = 3_000_000;
/** Up to which strength the first of two edges hangs, the second is on its board, and has a copy of its disk. */
const [HANGING, BESIDE, COPIED] = [0.2, 0.35, 0.5];
/** Effect boundaries that a process may still pass before it ends or stops. */
const BOUNDARIES = 12;

function processOf(stage: Stage, subject: string): Process | undefined {
  return subject === "hub" ? stage.hosts.hub : stage.hosts.edges.get(subject);
}

/** A second edge on the same board, if one runs there. */
function besides({ hosts }: Stage, robot: string): Process | undefined {
  const twin = hosts.twins.get(robot);
  return twin?.board === hosts.machine(robot) ? twin : undefined;
}

/** Ends a process between two effects; it is started again at the fault's end at the earliest. */
function kill(stage: Stage, fault: Fault): void {
  stage.hosts.holdDown(fault.subject, fault.untilUs);
  const process = processOf(stage, fault.subject);
  if (process !== undefined) process.endsAfter = stage.chance.below(BOUNDARIES);
}

/** A machine is suspended at any instant: also between two effects of what runs on it. */
function suspend(stage: Stage, fault: Fault): void {
  const machine = stage.hosts.machine(fault.subject);
  const process = processOf(stage, fault.subject);
  const all = (): void => {
    machine.suspend(stage.truth.nowUs);
    besides(stage, fault.subject)?.stop();
  };
  if (process === undefined || !process.running) return all();
  process.stopsAfter = stage.chance.below(BOUNDARIES);
  process.onStop = () => {
    all();
    stage.asleepUntilUs.set(fault.subject, stage.truth.nowUs + SEEN_US);
  };
}

function wake(stage: Stage, subject: string): void {
  const { nowUs, kernel } = stage.truth;
  const waitUs = (stage.asleepUntilUs.get(subject) ?? 0) - nowUs;
  if (waitUs > 0) return kernel.after(waitUs, () => wake(stage, subject));
  stage.hosts.machine(subject).resume(nowUs);
  processOf(stage, subject)?.goOn();
  besides(stage, subject)?.goOn();
}

/** Presses the emergency stop for a moment, and again after a longer one. */
function tap(stage: Stage, fault: Fault): void {
  const { truth, chance } = stage;
  const body = truth.body(fault.subject);
  if (truth.nowUs >= fault.untilUs) return;
  body.emergencyStop = !body.emergencyStop;
  const mostUs = body.emergencyStop ? TAP_US : LET_GO_US;
  truth.kernel.after(mostUs * (0.1 + chance.next()), () => tap(stage, fault));
}

/** Ends it at once. */
function killNow(stage: Stage, fault: Fault): void {
  stage.hosts.holdDown(fault.subject, fault.untilUs + 1); // after what the end of the fault does
  processOf(stage, fault.subject)?.end("killed");
}

export function begin(stage: Stage, fault: Fault): void {
  const { hosts, truth, chance } = stage;
  const { name, subject, strength } = fault;
  const { nowUs } = truth;
  const machine = (): Machine => hosts.machine(subject);
  switch (name) {
    case "clock-drift":
      return machine().setRate(1 + driftOf(strength) * truth.sim.site.config.lease.rhoRobot, nowUs);
    case "clock-wall":
      return machine().stepWall((strength < 0.5 ? -1 : 1) * YEAR_MS);
    case "clock-coarse":
      return machine().setCoarse(truth.sim.site.config.lease.tickMs);
    case "clock-backwards":
      return machine().stepBack(Math.round(100 + 20_000 * strength), nowUs);
    case "edge-suspend":
    case "hub-suspend":
      return suspend(stage, fault);
    case "edge-pause":
    case "hub-pause": {
      const process = processOf(stage, subject);
      if (process !== undefined) process.stopsAfter = chance.below(BOUNDARIES);
      return;
    }
    case "edge-crash":
    case "hub-crash":
      return kill(stage, fault);
    case "hub-lease-shorter":
      hosts.shortenLeases();
      return killNow(stage, fault);
    case "board-reboot":
    case "edge-disk-lost":
      return killNow(stage, fault);
    case "disk-foreign":
      return foreignDisk(stage, fault);
    case "hub-disk-flip":
    case "hub-rollback":
      return killNow(stage, fault);
    case "hub-twice":
      return secondHub(stage, fault);
    case "edge-twice":
      return secondEdge(stage, fault);
    case "edge-other-file":
      return hosts.edges.get(subject)?.end("people give it another site file");
    case "base-estop":
      truth.body(subject).emergencyStop = true;
      return;
    case "base-taps":
      return tap(stage, fault);
    default: // acts where it is asked for
      return;
  }
}

export function finish(stage: Stage, fault: Fault): void {
  const { hosts, truth, bodies } = stage;
  const { name, subject, strength } = fault;
  const { nowUs } = truth;
  switch (name) {
    case "clock-drift":
      return hosts.machine(subject).setRate(hosts.machine(subject).ownRate, nowUs);
    case "clock-coarse":
      return hosts.machine(subject).setCoarse(1);
    case "edge-suspend":
    case "hub-suspend":
      return wake(stage, subject);
    case "edge-pause":
    case "hub-pause":
      return hosts.machine(subject).suspended ? undefined : processOf(stage, subject)?.goOn();
    case "board-reboot":
      hosts.edges.get(subject)?.end("its board starts anew");
      besides(stage, subject)?.end("its board starts anew");
      stage.checkers.rebooted(subject);
      hosts.machine(subject).reboot(nowUs);
      return bodies.get(subject)?.restart();
    case "edge-disk-lost": {
      const disk = hosts.disks.get(subject);
      if (disk !== undefined) disk.memory = null;
      return stage.checkers.newDisk(subject);
    }
    case "disk-foreign":
      return ownDisk(stage, fault);
    case "hub-disk-flip":
    case "hub-rollback":
      return backup(stage, strength);
    case "hub-twice":
      hosts.second?.end("people have found the second hub");
      hosts.second = undefined;
      return;
    case "edge-twice":
      hosts.twins.get(subject)?.end("people have found the second edge");
      hosts.twins.delete(subject);
      if (!hosts.machine(subject).suspended) hosts.edges.get(subject)?.goOn();
      return;
    case "edge-other-file":
      return hosts.edges.get(subject)?.end("people give it the site's file");
    case "base-estop":
    case "base-taps":
      truth.body(subject).emergencyStop = false;
      return;
    default: // has ended where it was asked for
      return;
  }
}

/** From -1 to 1, at the bounds in six of ten cases: there the arithmetic has no slack. */
function driftOf(strength: number): number {
  if (strength < 0.3) return -1;
  return strength > 0.7 ? 1 : 5 * (strength - 0.5);
}

/** R10, F25: the ledger of some while ago, as a backup gives it back. */
function backup(stage: Stage, strength: number): void {
  const { hubDisk, hub } = stage.hosts;
  if (hub !== undefined && !hub.ended) hub.end("people stop it to put a backup in place");
  const kept = Math.floor(hubDisk.events.length * (0.3 + 0.7 * strength));
  hubDisk.copy(hubDisk, kept);
  stage.checkers.rolledBack(hubDisk.events);
}

function secondHub(stage: Stage, fault: Fault): void {
  const { hosts, chance } = stage;
  if (hosts.second !== undefined) return;
  const disk = hosts.newHubDisk();
  const isOld = chance.next() < 0.3;
  const kept = Math.floor(hosts.hubDisk.events.length * (isOld ? fault.strength : 1));
  disk.copy(hosts.hubDisk, kept);
  hosts.second = hosts.openHub("second", disk);
  hosts.isSecondOld = chance.next() < 0.5;
}

/**
 * F60: a second process, on the same board since the first one hangs or by mistake, or on another board, with a copy of
 * the disk or an empty one.
 */
function secondEdge(stage: Stage, fault: Fault): void {
  const { hosts, chance } = stage;
  const { subject: robot, strength } = fault;
  if (hosts.twins.has(robot) || hosts.machine(robot).suspended) return;
  const own = hosts.disks.get(robot);
  const disk = hosts.newEdgeDisk(robot, own?.owner);
  disk.memory = strength < COPIED ? (own?.memory ?? null) : null;
  const board = hosts.machine(strength < BESIDE ? robot : `${robot}-twin`);
  hosts.twins.set(robot, hosts.openEdge(robot, { disk, board, isTwin: true }));
  const first = hosts.edges.get(robot);
  if (strength < HANGING && first !== undefined) first.stopsAfter = chance.below(BOUNDARIES);
}

/** F49: the board runs on another robot's disk until people put its own back. */
function foreignDisk(stage: Stage, fault: Fault): void {
  const { hosts } = stage;
  const [own, other] = [
    hosts.disks.get(fault.subject),
    [...hosts.disks.values()].find((disk) => disk.owner !== fault.subject),
  ];
  if (own === undefined || other === undefined || own.owner !== fault.subject) return;
  hosts.edges.get(fault.subject)?.end("its disk is changed");
  const foreign = hosts.newEdgeDisk(fault.subject, other.owner);
  foreign.memory = other.memory;
  hosts.disks.set(fault.subject, foreign);
  hosts.disks.set(`kept ${fault.subject}`, own);
}

function ownDisk(stage: Stage, fault: Fault): void {
  const { hosts } = stage;
  const own = hosts.disks.get(`kept ${fault.subject}`);
  if (own === undefined) return;
  hosts.edges.get(fault.subject)?.end("its own disk comes back");
  hosts.disks.set(fault.subject, own);
  hosts.disks.delete(`kept ${fault.subject}`);
}

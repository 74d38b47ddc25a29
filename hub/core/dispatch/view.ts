// What the dispatcher sees and what it asks for. It only asks (R1): each proposal goes to the ledger's decision, which
// may refuse it. The view is a snapshot of one instant; nothing in this folder keeps anything from one round to the
// next, so that a restart of the hub or a replay (R14) gives the same proposals for the same view.
import type { AssignmentWhy, WhyNotReason } from "../../../proto/why.js";

/**
 * A robot that is not known to be well (silent, not autonomous, not fresh) is "unavailable": nothing is proposed for
 * it.
 */
export interface DispatchRobot {
  readonly id: string;
  readonly fleet: string;
  readonly xM: number;
  readonly yM: number;
  readonly speedMps?: number;
  /** 0 empty, 1 full; null: this robot reports no battery, and no rule about batteries concerns it. */
  readonly chargeRatio: number | null;
  readonly charging: boolean;
  /** "free": linked, AUTONOMOUS, fresh, nothing assigned. "busy": has an assignment. */
  readonly availability: "free" | "busy" | "unavailable";
  /** The destination that it holds or stands on. */
  readonly standsOn: string | null;
  /** `destination` is where it is sent. Without it a TASK counts as staying, PARK and CHARGE as leaving `standsOn`. */
  readonly assignment: { readonly purpose: "TASK" | "PARK" | "CHARGE"; readonly destination?: string } | null;
  /** Destinations it failed to reach lately. */
  readonly excluded: ReadonlySet<string>;
  /** It takes no new task by the word of people: it may finish what it has in hand, and be moved out of the way. */
  readonly barred?: Bar;
  /** Of an unavailable robot. */
  readonly why?: Bar;
  /** When it last became free, on the clock of `nowMs`. Unknown: it is never sent home for standing idle. */
  readonly idleSinceMs?: number | null;
}

/** Why a robot takes nothing. */
export interface Bar {
  readonly reason: WhyNotReason;
  readonly detail: string;
}

export interface DispatchTask {
  readonly id: string;
  /** Empty: any fleet. */
  readonly fleet: string;
  /** The alternatives of the current stop. */
  readonly stop: readonly string[];
  /** The robot that has the task in hand (next stop), or null. */
  readonly robot: string | null;
  readonly waitingSinceMs: number;
  /** Acceptance order; unique, breaks ties. */
  readonly order: number;
  /** 0 to 9; absent: the usual one. */
  readonly priority?: number;
  /** When it is to be done, on the clock of `nowMs`. */
  readonly deadlineMs?: number;
  /** The stops after the current one. */
  readonly legs?: readonly (readonly string[])[];
  /** At each stop. */
  readonly dwellMs?: number;
}

/** A task whose robot is on its way to its current stop. */
export interface UnderWay extends Pick<DispatchTask, "id" | "deadlineMs" | "legs" | "dwellMs"> {
  readonly robot: string;
  readonly destination: string;
  /** No stop of it is done, and nothing stands against giving it to another robot. */
  readonly isUnbegun: boolean;
  readonly fleet: string;
  readonly stop: readonly string[];
}

/** When robots of a fleet charge. Shares of a full charge. */
export interface BatteryPolicy {
  readonly lowRatio: number;
  readonly fullRatio: number;
  readonly resumeRatio?: number;
  readonly idleRatio?: number;
  readonly reserveRatio?: number;
  readonly rangeM?: number;
}

/** Keys of the site's `dispatch`. */
export interface DispatchPolicy {
  readonly priorityStepMs: number;
  readonly starvingMs: number;
  readonly swapGainM: number;
}

export type DestinationKind = "pick" | "pack" | "charge" | "park" | "point";

export interface DispatchDestination {
  readonly id: string;
  readonly kind: DestinationKind;
  readonly xM: number;
  readonly yM: number;
}

export interface DispatchView {
  readonly robots: readonly DispatchRobot[];
  /** Tasks that wait for a robot or whose next stop waits for a place; none that is on its way. */
  readonly tasks: readonly DispatchTask[];
  readonly destinations: readonly DispatchDestination[];
  /**
   * The robot that blocks the destination or one of its conflicting neighbours, "" for an unknown blocker, null for
   * none. With `asker`: a blocker other than that robot comes first; the asker itself only when it is the only one.
   */
  holder(destination: string, asker?: string): string | null;
  /** Symmetric; says nothing about a destination and itself. */
  conflicts(a: string, b: string): boolean;
  /** Robot to the destination where it stands when there is nothing to do. */
  readonly homes: ReadonlyMap<string, string>;
  readonly battery: BatteryPolicy;
  /** Of fleets whose policy differs. */
  readonly fleetBattery?: ReadonlyMap<string, BatteryPolicy>;
  readonly policy?: DispatchPolicy;
  /** What robots make on their way, for estimates; absent: nothing is estimated. */
  readonly speedMps?: number;
  readonly underWay?: readonly UnderWay[];
}

/** Travel costs on the map, in metres; Infinity where there is no way or it is not known. */
export interface TravelCosts {
  costM(fromXM: number, fromYM: number, destination: string): number;
}

/** `task` is empty unless purpose is TASK. `why` is a sentence for people. */
export interface Proposal {
  readonly robot: string;
  readonly purpose: "TASK" | "PARK" | "CHARGE";
  readonly task: string;
  readonly destination: string;
  readonly costM: number;
  readonly why: string;
  /** Of a TASK: what was weighed. */
  readonly choice?: AssignmentWhy;
}

/** A robot on its way that another one would save so much way. */
export interface Swap {
  readonly task: string;
  readonly robot: string;
  readonly other: string;
  readonly gainM: number;
}

/** What a round of dispatch gives: what it asks for, and when tasks are done (ms from now, by id). */
export interface Dispatched {
  readonly proposals: readonly Proposal[];
  readonly doneInMs: ReadonlyMap<string, number>;
  readonly swaps: readonly Swap[];
}

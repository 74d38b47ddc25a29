// What the dispatcher sees and what it asks for. It only asks (R1): each proposal goes to the ledger's decision, which
// may refuse it. The view is a snapshot of one instant; nothing in this folder keeps anything from one round to the
// next, so that a restart of the hub or a replay (R14) gives the same proposals for the same view.

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
  /** When it last became free, on the clock of `nowMs`. Unknown: it is never sent home for standing idle. */
  readonly idleSinceMs?: number | null;
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
  readonly battery: { readonly lowRatio: number; readonly fullRatio: number };
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
}

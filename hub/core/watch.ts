// What the hub sees of one robot and may forget: its stream, its lease, its telemetry and its place on the ladder. All
// of it starts empty with each incarnation of the hub, and empty means no (R4, R6).

import type { FleetConfig } from "../../fleet-config/types.js";
import type { Whereabouts } from "../../proto/claim.js";
import { reachM } from "../../proto/claim.js";
import {
  ageBoundMs,
  type ChannelOrder,
  capturedAtLeastMs,
  isNewer,
  NEVER_FRESH,
  type Verdict,
  verdictOf,
  worseVerdict,
} from "../../proto/freshness.js";
import { type Cause, type Ladder, NO_HOLDS, type Rung } from "../../proto/mode.js";
import type { Telemetry, TelemetryValue } from "../../proto/wire.js";
import type { Approval } from "./approvals.js";
import type { Halt } from "./halts.js";
import type { Ceiling } from "./ledger-state.js";
import type { Proposed } from "./movements.js";
import type { Site } from "./site.js";

/** The newest sample of a telemetry channel. */
export interface Channel {
  readonly boot: string;
  readonly sequence: number;
  readonly capturedMs: number; // robot's clock
  readonly nonceSentMs: number; // hub's clock
  readonly elapsedMs: number; // robot's clock
  readonly value: TelemetryValue;
}

export interface RobotWatch {
  readonly id: string;
  readonly fleet: string;
  stream: number | null;
  boot: string;
  leaseEndMs: number; // R3: certainly lapsed from here on
  lastNonce: number; // of the robot's renewals, per session
  reportSequence: number; // of its mode reports, likewise
  swapAsk: number; // of its newest question whether its model may swap, likewise
  readonly nonces: Map<number, number>; // hub nonce to when it was sent
  readonly channels: Map<string, Channel>;
  readonly orders: Map<string, ChannelOrder>; // of the newest sample by boot and channel, kept when it is forgotten
  heard: boolean; // fresh telemetry of this boot has been seen
  edgeRung: Rung;
  edgeCauses: readonly Cause[];
  causesSinceMs: ReadonlyMap<string, number>; // when each of them was first told on this stream
  ladder: Ladder;
  verdict: Verdict; // on its telemetry at the last step
  imposed: Imposed | null; // by the hub, when that was last asked
  order: { sequence: number; rung: Rung; causes: readonly Cause[]; key: string };
  ordered: Imposed | null; // what the order was last compared with
  readonly grants: Map<string, number>; // unanswered, token to when it was last sent
  readonly withdrawn: Map<string, number>; // unanswered withdrawals, likewise
  recalled: { readonly key: string; readonly reason: string } | null; // token of an assignment that is asked back
  readonly lapsedMs: Map<string, number>; // token to when its claim lapsed in this incarnation
  readonly endedMs: Map<string, number>; // token to when its assignment was first seen to be over, likewise
  readonly excluded: Map<string, number>; // destination to when it may be tried again
  readonly notAt: Set<string>; // places where an operator has stated that this silent robot is not
  readonly boots: string[]; // that it has spoken under, newest last
  clashed: boolean; // an older boot has come back since the last step
  readonly answeredMs: Map<number, number>; // nonce of another hub to the latest that it can have been heard
  configDiffers: boolean;
  quietUntilMs: number; // no lease before: a superseded process may still hold one
  stillSinceMs: number | null;
  idleSinceMs: number;
  refused: number; // telemetry that was refused
  halt: Halt | null; // that the hub imposes now
  proposed: Proposed | null; // what people may be asked to let it do
  holdsUntilMs: number; // people let it hold where they were asked
  approval: Approval | null; // of one movement, while it lasts
}

/** What the hub imposes on a robot, and all that it was made of: it stays as it is for as long as these do. */
export interface Imposed {
  readonly own: Ladder;
  readonly fleets: Ladder;
  readonly ceilings: readonly Ceiling[]; // all of the ledger's
  readonly approval: Approval | null;
  readonly causes: readonly Cause[]; // worst first
}

/** Nonces remembered per robot; at one renewal in 400 ms this is more than a minute. */
const NONCES_KEPT = 256;
/** Nonces of other hubs remembered per robot. */
const ANSWERED_KEPT = 64;
/** Below this a robot stands. */
export const STILL_MPS = 0.05;

export function newWatch(robot: { readonly id: string; readonly fleet: string }, leaseEndMs: number): RobotWatch {
  return {
    id: robot.id,
    fleet: robot.fleet,
    stream: null,
    boot: "",
    leaseEndMs,
    lastNonce: 0,
    reportSequence: 0,
    swapAsk: 0,
    nonces: new Map(),
    channels: new Map(),
    orders: new Map(),
    heard: false,
    edgeRung: "CONFIRM",
    edgeCauses: [],
    causesSinceMs: new Map(),
    ladder: NO_HOLDS,
    grants: new Map(),
    withdrawn: new Map(),
    recalled: null,
    verdict: "lost",
    imposed: null,
    ordered: null,
    order: { sequence: 0, rung: "CONFIRM", causes: [], key: "" },
    boots: [],
    answeredMs: new Map(),
    clashed: false,
    configDiffers: false,
    quietUntilMs: 0,
    lapsedMs: new Map(),
    endedMs: new Map(),
    excluded: new Map(),
    notAt: new Set(),
    stillSinceMs: null,
    idleSinceMs: 0,
    refused: 0,
    halt: null,
    proposed: null,
    holdsUntilMs: 0,
    approval: null,
  };
}

/** R6: remembers when a nonce left for this robot; to be called with a reading taken before it is sent. */
export function nonceSent(watch: RobotWatch, nonce: number, sentMs: number): void {
  watch.nonces.set(nonce, sentMs);
  if (watch.nonces.size <= NONCES_KEPT) return;
  const oldest = watch.nonces.keys().next();
  if (!oldest.done) watch.nonces.delete(oldest.value);
}

/**
 * Takes a telemetry sample; newest wins. No-op (false) for another boot, an older or repeated sequence, a nonce that
 * was never sent to this robot, and a capture in the future: such a sample is never fresh.
 */
export function takeTelemetry(
  watch: RobotWatch,
  sample: Telemetry,
  at: { readonly nowMs: number; readonly site: Site },
): boolean {
  const nonceSentMs = watch.nonces.get(sample.hubNonce);
  const { boot, sequence, capturedMs, elapsedMs, value } = sample;
  const order = { source: boot, sequence };
  const channel: Channel = { boot, sequence, capturedMs, nonceSentMs: nonceSentMs ?? 0, elapsedMs, value };
  const usable =
    sample.boot === watch.boot &&
    nonceSentMs !== undefined &&
    isNewer(watch.orders.get(`${boot} ${sample.channel}`), order) &&
    boundOf(channel, at) !== NEVER_FRESH;
  if (!usable) {
    watch.refused += 1;
    return false;
  }
  const movedMs = poseCapturedMs(watch, at.site); // R1: it may have stood ever since it was last heard
  watch.channels.set(sample.channel, channel);
  watch.orders.set(`${boot} ${sample.channel}`, order);
  if (sample.value.kind === "pose") {
    watch.notAt.clear(); // what was stated of a silent robot ends when it is heard
    const still = Math.abs(sample.value.speedMps) < STILL_MPS;
    watch.stillSinceMs = still ? (watch.stillSinceMs ?? movedMs) : null;
  }
  return true;
}

/**
 * R3: the robot counts from a nonce that this hub never sent: another hub answers it, or an incarnation before this one
 * did, and may have given it a lease. Gives the latest that it can have heard it, hub's clock; null for our own nonce.
 * A nonce is heard once: of all samples that count from it the one that bounds it best is believed.
 */
export function answeredElsewhereMs(
  watch: RobotWatch,
  { hubNonce, elapsedMs }: Telemetry,
  at: { readonly nowMs: number; readonly site: Site },
): number | null {
  if (hubNonce === 0 || watch.nonces.has(hubNonce)) return null;
  const { rhoHub, rhoRobot } = at.site.config.lease;
  const mostMs = at.nowMs - Math.floor((Math.max(0, elapsedMs) * (1 - rhoHub)) / (1 + rhoRobot));
  const heardMs = Math.min(mostMs, watch.answeredMs.get(hubNonce) ?? mostMs);
  watch.answeredMs.delete(hubNonce);
  watch.answeredMs.set(hubNonce, heardMs);
  const oldest = watch.answeredMs.size > ANSWERED_KEPT ? watch.answeredMs.keys().next() : null;
  if (oldest?.done === false) watch.answeredMs.delete(oldest.value);
  return heardMs;
}

function boundOf(channel: Channel, at: { readonly nowMs: number; readonly site: Site }): number {
  const { rhoHub, rhoRobot } = at.site.config.lease;
  return ageBoundMs({
    nowMs: at.nowMs,
    nonceSentMs: channel.nonceSentMs,
    elapsedMs: channel.elapsedMs,
    rhoHub,
    rhoRobot,
  });
}

/** R6: upper bound on the age of a channel's newest sample; infinite when there is none. */
export function channelAgeMs(
  watch: RobotWatch,
  name: string,
  at: { readonly nowMs: number; readonly site: Site },
): number {
  const channel = watch.channels.get(name);
  return channel === undefined ? NEVER_FRESH : boundOf(channel, at);
}

/** R4: the earliest reading of the hub's clock at which the newest pose can have been captured. */
export function poseCapturedMs(watch: RobotWatch, site: Site): number {
  const pose = watch.channels.get("pose");
  if (pose === undefined) return Number.NEGATIVE_INFINITY;
  const { nonceSentMs, elapsedMs } = pose;
  const { rhoHub, rhoRobot } = site.config.lease;
  return capturedAtLeastMs({ nonceSentMs, elapsedMs, rhoHub, rhoRobot });
}

export interface TelemetryAge {
  readonly verdict: Verdict;
  readonly boundMs: number; // of the worst channel
  readonly channel: string;
  readonly calm: boolean; // every channel is within half its limit
}

/** R6: the worst of the channels that the freshness contract requires, each against its own limit. */
export function telemetryAge(
  watch: RobotWatch,
  fleet: FleetConfig,
  at: { readonly nowMs: number; readonly site: Site },
): TelemetryAge {
  const { channels } = fleet.freshness;
  let verdict: Verdict = "fresh";
  let boundMs = 0;
  let worst = "";
  let calm = true;
  for (const channel of Object.keys(channels) as (keyof typeof channels)[]) {
    const limit = channels[channel];
    if (limit === undefined) continue;
    const ageMs = channelAgeMs(watch, channel, at);
    const found = verdictOf(ageMs, limit);
    if (ageMs > limit.limitMs / 2) calm = false;
    if (worseVerdict(verdict, found) === verdict && (found !== verdict || ageMs < boundMs)) continue;
    verdict = found;
    boundMs = ageMs;
    worst = channel;
  }
  return { verdict, boundMs, channel: worst, calm };
}

/** The newest pose, whatever its age; undefined when none was taken in this incarnation. */
export function lastPose(watch: RobotWatch): Extract<TelemetryValue, { kind: "pose" }> | undefined {
  const value = watch.channels.get("pose")?.value;
  return value?.kind === "pose" ? value : undefined;
}

export function lastBattery(watch: RobotWatch): Extract<TelemetryValue, { kind: "battery" }> | undefined {
  const value = watch.channels.get("battery")?.value;
  return value?.kind === "battery" ? value : undefined;
}

/**
 * R4: where the robot may be now: its last pose, widened by its error and by what it can have driven since. It drives
 * no longer than until its lease has certainly lapsed. undefined: anywhere.
 */
export function whereabouts(
  watch: RobotWatch,
  at: { readonly nowMs: number; readonly site: Site },
): Whereabouts | undefined {
  const pose = lastPose(watch);
  if (pose === undefined) return undefined;
  const ageMs = channelAgeMs(watch, "pose", at);
  const onHubClockMs = Math.max(0, watch.leaseEndMs - poseCapturedMs(watch, at.site));
  const radiusM = reachM({
    errorM: pose.errorM,
    ageBoundMs: ageMs,
    motionLeftMs: onHubClockMs / (1 - at.site.config.lease.rhoHub),
    maxSpeedMps: at.site.config.physics.maxSpeedMps,
  });
  return { xM: pose.pose.xM, yM: pose.pose.yM, radiusM };
}

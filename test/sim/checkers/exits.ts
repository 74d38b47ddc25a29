// R4 in true time: what the hub knew when it gave a place or let one go. A place is given only when every other robot
// is proved to be outside of it, or a person has stated so; a claim ends by an exit that is proved: the robot seen
// outside, lately and after any lapse, a newer claim of its own, a statement that no fresh evidence speaks against. R3:
// a robot that another hub has answered has a lease. R5: an incarnation that begins believes nothing that was seen
// before it.

import type { HubInput } from "../../../hub/core/hub.js";
import type { RobotWatch } from "../../../hub/core/watch.js";
import { channelAgeMs } from "../../../hub/core/watch.js";
import { tokenKey } from "../../../proto/claim.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { HubProcess } from "../hub-process.js";
import { MS, SECOND } from "../kernel.js";
import { Violation } from "../trace.js";
import type { Truth } from "../truth.js";
import type { Rights } from "./rights.js";

export type Freed = Extract<LedgerBody, { kind: "claimFreed" }>;
type Claimed = Extract<LedgerBody, { kind: "claimed" }>;
/** Standing on a place for longer is holding it. */
const STANDING_US = 2 * SECOND;

type Pose = ReturnType<RobotWatch["channels"]["get"]>;

/** What one incarnation of a hub was told by people, and what lapsed in it. */
class Known {
  readonly startedUs: number;
  readonly held = new Map<string, Claimed>();
  readonly absent = new Set<string>();
  readonly lapsedUs = new Map<string, number>();
  readonly answeredUs = new Map<string, number>(); // robot to when another hub answered it
  readonly statedFree = new Map<string, Map<string, Pose>>(); // place to silent robots and their poses at that time

  constructor(events: readonly LedgerEvent[], startedUs: number) {
    this.startedUs = startedUs;
    for (const { body } of events) {
      this.take(body);
      if (body.kind === "claimLapsed") this.lapsedUs.set(tokenKey(body.token), startedUs);
    }
  }

  take(body: LedgerBody): void {
    if (body.kind === "claimed") this.held.set(tokenKey(body.token), body);
    else if (body.kind === "claimFreed") this.held.delete(tokenKey(body.token));
    else if (body.kind === "robotAbsent") this.absent.add(body.robot);
    else if (body.kind === "robotEnrolled") this.absent.delete(body.robot);
  }
}

export class Exits {
  readonly #truth: Truth;
  readonly #rights: Rights;
  readonly #known = new Map<HubProcess, Known>();

  constructor(truth: Truth, rights: Rights) {
    this.#truth = truth;
    this.#rights = rights;
  }

  forget(hub: HubProcess): void {
    this.#known.delete(hub);
  }

  /** A step has decided these events; the state of the hub is that after the step. */
  decided(hub: HubProcess, events: readonly LedgerEvent[]): void {
    const known = this.#known.get(hub) ?? new Known(hub.disk.events, this.#truth.nowUs);
    this.#known.set(hub, known);
    for (const [index, { body }] of events.entries()) {
      if (body.kind === "hubStarted") this.#begins(hub);
      else if (body.kind === "claimLapsed") this.#lapsed(hub, known, tokenKey(body.token));
      else if (body.kind === "claimed") this.#given(hub, known, body);
      else if (body.kind === "claimFreed") this.#freed({ hub, known, rest: events.slice(index + 1) }, body);
      else if (body.kind === "actRecorded" && body.act === "place free") this.#stated(hub, known, body.subject);
      known.take(body);
    }
  }

  /** R5: it has heard nobody yet, and thinks that any lease may run for as long as it waits. */
  #begins(hub: HubProcess): void {
    const { watches, restartUntilMs } = hub.hub.state;
    for (const watch of watches.values()) {
      if (watch.channels.has("pose"))
        throw new Violation("kept-over-start", `the hub begins anew and still believes where it saw ${watch.id}`);
      if (watch.leaseEndMs < restartUntilMs)
        throw new Violation("lease-over-start", `the hub begins anew, waits, and thinks ${watch.id} without a lease`);
    }
  }

  /** R3: a robot that another hub has just answered has a lease. */
  #lapsed(hub: HubProcess, known: Known, token: string): void {
    const robot = known.held.get(token)?.robot ?? "";
    if (this.#isAnswered(hub, known, robot))
      throw new Violation("lapsed-elsewhere", `${token} counts as lapsed, and another hub answers ${robot}`);
    known.lapsedUs.set(token, this.#truth.nowUs);
  }

  /** R3: another hub answered the robot, as far as this one was told, and that lease still runs. */
  #isAnswered(hub: HubProcess, known: Known, robot: string): boolean {
    const { leaseMs, rhoRobot } = hub.hub.state.site.config.lease;
    return (
      this.#truth.nowUs < (known.answeredUs.get(robot) ?? Number.NEGATIVE_INFINITY) + (leaseMs * MS) / (1 + rhoRobot)
    );
  }

  #given(hub: HubProcess, known: Known, { robot, destination }: Claimed): void {
    for (const watch of hub.hub.state.watches.values()) {
      if (watch.id === robot || isStatedElsewhere(known, watch, destination)) continue;
      const why =
        this.#whyNotOutside(hub, watch, destination) || this.#mayStandNear(hub, known, { watch, destination });
      if (why !== "") throw new Violation("given-unproved", `${robot} is given ${destination}, and ${why}`);
    }
  }

  /** R1: one that is not heard may have stood for long on a place in conflict, wherever it can have driven. */
  #mayStandNear(
    hub: HubProcess,
    known: Known,
    { watch, destination }: { readonly watch: RobotWatch; readonly destination: string },
  ): string {
    const seenUs = this.#seenUs(watch);
    if (seenUs === undefined || this.#truth.nowUs - seenUs <= STANDING_US) return "";
    for (const near of hub.hub.state.site.conflicts.get(destination) ?? []) {
      const why = isStatedElsewhere(known, watch, near) ? "" : this.#whyNotOutside(hub, watch, near);
      if (why !== "") return `${why} of ${near}, which conflicts`;
    }
    return "";
  }

  #freed(
    at: { readonly hub: HubProcess; readonly known: Known; readonly rest: readonly LedgerEvent[] },
    { token, exit }: Freed,
  ): void {
    const { hub, known, rest } = at;
    const held = known.held.get(tokenKey(token));
    if (held === undefined) return; // places.ts judges that
    const watch = hub.hub.state.watches.get(held.robot);
    if (exit === "REPLACED") {
      const newer = rest.find(({ body }) => body.kind === "claimed")?.body;
      if (newer?.kind === "claimed" && newer.robot === held.robot && newer.destination === held.destination) return;
      throw new Violation("replaced-foreign", `${held.robot}'s claim of ${held.destination} made way for another's`);
    }
    if (exit === "STATED_FREE" || watch === undefined) return;
    const why = this.#whyNotOutside(hub, watch, held.destination) || this.#whyTooOld(hub, watch);
    if (why !== "") throw new Violation("freed-unproved", `${held.destination} is freed (${exit}), and ${why}`);
    const lapsedUs = known.lapsedUs.get(tokenKey(token));
    const seenUs = this.#seenUs(watch);
    if (lapsedUs === undefined || seenUs === undefined || seenUs >= lapsedUs) return;
    const beforeMs = (lapsedUs - seenUs) / MS;
    const says = `${held.destination} is freed by a pose of ${beforeMs.toFixed(0)} ms before its claim lapsed`;
    throw new Violation("freed-by-older", says);
  }

  /** R3: a sample that counts from a nonce of another hub shows that this one answered the robot. */
  heard(hub: HubProcess, input: HubInput | null): void {
    const known = this.#known.get(hub);
    if (input?.kind !== "telemetry" || known === undefined) return;
    const { robot, channel, hubNonce, elapsedMs } = input.sample;
    if (channel === "edge") return; // made in a step, published when it may be late: nothing true tells its time
    const capturedUs = this.#truth.publishedUs(channel, input.sample);
    const isOurs = hub.hub.state.watches.get(robot)?.nonces.has(hubNonce) !== false;
    if (isOurs || hubNonce === 0 || capturedUs === undefined) return;
    const { rhoRobot } = this.#truth.sim.site.config.lease;
    const heardUs = capturedUs - (Math.max(0, elapsedMs) * MS) / (1 - rhoRobot); // at the earliest
    known.answeredUs.set(robot, Math.max(heardUs, known.answeredUs.get(robot) ?? 0));
  }

  /** R4: a statement does not stand against fresh telemetry of its holder, or of a robot without a link. */
  #stated(hub: HubProcess, known: Known, place: string): void {
    const { state } = hub.hub;
    const holders = new Set([...known.held.values()].map((held) => (held.destination === place ? held.robot : "")));
    const at = { nowMs: hub.machine.monotonicMs(this.#truth.nowUs), site: state.site };
    const silent = new Map<string, Pose>();
    for (const watch of state.watches.values()) {
      if (watch.stream !== null && !holders.has(watch.id)) continue;
      if (this.#isAnswered(hub, known, watch.id))
        throw new Violation(
          "stated-against",
          `${place} is freed by a person's word, and another hub answers ${watch.id}`,
        );
      if (watch.stream === null) silent.set(watch.id, watch.channels.get("pose"));
      if (channelAgeMs(watch, "pose", at) > state.site.config.decisions.dispatch.telemetryMs) continue;
      const why = this.#whyNotOutside(hub, watch, place);
      if (why !== "") throw new Violation("stated-against", `${place} is freed by a person's word, and ${why}`);
    }
    known.statedFree.set(place, silent);
  }

  #seenUs(watch: RobotWatch): number | undefined {
    const channel = watch.channels.get("pose");
    return channel === undefined ? undefined : this.#truth.publishedUs("pose", channel);
  }

  #whyTooOld(hub: HubProcess, watch: RobotWatch): string {
    const ageMs = (this.#truth.nowUs - (this.#seenUs(watch) ?? Number.NEGATIVE_INFINITY)) / MS;
    const mostMs = hub.hub.state.site.config.decisions.dispatch.telemetryMs;
    return ageMs <= mostMs ? "" : `${watch.id}'s pose is ${ageMs.toFixed(0)} ms old`;
  }

  /**
   * R4: why the hub cannot know that the body is outside the place; empty when it can. The pose that it has, its error,
   * and what the robot can truly have driven since: until now, or until the last lease of this hub let it.
   */
  #whyNotOutside(hub: HubProcess, watch: RobotWatch, destination: string): string {
    const value = watch.channels.get("pose")?.value;
    const place = hub.hub.state.site.destinations.get(destination);
    const seenUs = this.#seenUs(watch);
    if (value?.kind !== "pose" || seenUs === undefined) return `${watch.id} has not been heard`;
    if (place === undefined) return `there is no ${destination}`;
    const { physics } = hub.hub.state.site.config;
    const drivenMs =
      Math.max(0, Math.min(this.#truth.nowUs, this.#rights.movesUntilUs(watch.id, hub.name)) - seenUs) / MS;
    const reachM = value.errorM + (physics.maxSpeedMps * drivenMs) / 1000;
    const clearM = place.footprintRadiusM + physics.radiusM + physics.marginM + reachM;
    const offM = Math.hypot(value.pose.xM - place.xM, value.pose.yM - place.yM);
    if (offM > clearM - 1e-6) return "";
    return `${watch.id} was seen ${offM.toFixed(2)} m from it, where ${clearM.toFixed(2)} m are clear`;
  }
}

function isStatedElsewhere(known: Known, watch: RobotWatch, destination: string): boolean {
  const pose = watch.channels.get("pose");
  if (known.absent.has(watch.id) && pose === undefined) return true;
  const stated = known.statedFree.get(destination);
  return stated?.has(watch.id) === true && stated.get(watch.id) === pose;
}

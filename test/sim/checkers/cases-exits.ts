// R4, R5: what `exits` must never let pass, and what is just within the rules.

import type { LedgerBody } from "../../../proto/ledger.js";
import { Exits, type Freed } from "./exits.js";
import { Rights } from "./rights.js";
import { type Cases, claimed, freed, type How, Stand, token } from "./stand.js";

/** A hub that has heard every robot just now, from where each truly is: on its home, far from the pair. */
function open() {
  const stand = new Stand();
  const exits = new Exits(stand.truth, new Rights(stand.truth));
  const hub = stand.hub();
  for (const robot of stand.bodies.keys()) stand.hear(hub, robot);
  const decide = (...bodies: readonly LedgerBody[]) => exits.decided(hub, stand.events(...bodies));
  const [place] = stand.pair;
  return { stand, hub, exits, place, decide };
}

/** Hears the robot so far from the place's centre, its body's and the place's footprint and the margin counted in. */
function hearAt(at: ReturnType<typeof open>, robot: string, beyondM: number): void {
  const { stand, hub, place } = at;
  const { radiusM, marginM } = stand.sim.site.config.physics;
  const { xM, yM, footprintRadiusM } = stand.place(place);
  Object.assign(stand.truth.body(robot), { xM: xM + footprintRadiusM + radiusM + marginM + beyondM, yM });
  stand.hear(hub, robot);
}

function givenUnproved(how: How): void {
  const at = open();
  hearAt(at, "r2", how === "wrong" ? -0.001 : 0.001);
  at.decide(claimed("r1", at.place, token(1)));
}

/** It was outside, and may have driven since under a lease of this hub. */
function givenDriven(how: How): void {
  const at = open();
  const { stand, hub } = at;
  const exits = new Exits(stand.truth, leased(stand, "r2"));
  hearAt(at, "r2", 0.1);
  const { maxSpeedMps } = stand.sim.site.config.physics;
  stand.wait(how === "wrong" ? 200 / maxSpeedMps : 50 / maxSpeedMps);
  exits.decided(hub, stand.events(claimed("r1", at.place, token(1))));
}

/** The robot has been answered a renewal of 3 s. */
function leased(stand: Stand, robot: string): Rights {
  const rights = new Rights(stand.truth);
  const edge = stand.edge(robot);
  const message = { kind: "renew", nonce: 1, modeSequence: 0, acting: [] } as const;
  rights.stepped(edge, [{ kind: "send", message }]);
  const renewed = { kind: "renewed", nonce: 1, leaseMs: 3000, hubNonce: 1 } as const;
  rights.fed(edge, { kind: "hub", message: renewed, receivedMs: 0 } as Parameters<Rights["fed"]>[1]);
  return rights;
}

function givenUnheard(how: How): void {
  const { stand, hub, place, decide } = open();
  stand.watch(hub, "r2").channels.clear();
  const act = { operator: "ada", reason: "", seen: "in the workshop" };
  if (how === "sound") decide({ kind: "robotAbsent", robot: "r2", ...act });
  decide(claimed("r1", place, token(1)));
}

/** A person's word about a silent robot counts until it is heard again. */
function givenStated(how: How): void {
  const at = open();
  const { stand, hub, place, decide } = at;
  hearAt(at, "r2", -0.001);
  stand.wait(60_000);
  for (const robot of ["r1", "r3"]) stand.hear(hub, robot);
  decide({ kind: "actRecorded", act: "place free", subject: place, operator: "ada", reason: "", seen: "empty" });
  if (how === "wrong") stand.hear(hub, "r2");
  decide(claimed("r1", place, token(1)));
}

function freedUnproved(how: How): void {
  const at = open();
  at.decide(claimed("r1", at.place, token(1)));
  hearAt(at, "r1", how === "wrong" ? -0.001 : 0.001);
  at.decide(freed(token(1)));
}

function freedLate(how: How): void {
  const { stand, place, decide } = open();
  decide(claimed("r1", place, token(1)));
  const { telemetryMs } = stand.sim.site.config.decisions.dispatch;
  stand.wait(telemetryMs + (how === "wrong" ? 1 : 0));
  decide(freed(token(1)));
}

function freedByOlder(how: How): void {
  const { stand, hub, place, decide } = open();
  decide(claimed("r1", place, token(1)));
  stand.wait(1);
  decide({ kind: "claimLapsed", token: token(1) });
  if (how === "sound") stand.hear(hub, "r1");
  decide(freed(token(1), "SEEN_ELSEWHERE"));
}

function replacedForeign(how: How): void {
  const { place, decide } = open();
  decide(claimed("r1", place, token(1)));
  decide({ ...freed(token(1)), exit: "REPLACED" } as Freed, claimed(how === "wrong" ? "r2" : "r1", place, token(2)));
}

function statedAgainst(how: How): void {
  const at = open();
  const { stand, hub, place, decide } = at;
  decide(claimed("r1", place, token(1)));
  hearAt(at, "r1", how === "wrong" ? -0.001 : 0.001);
  stand.watch(hub, "r1").stream = 1;
  decide({ kind: "actRecorded", act: "place free", subject: place, operator: "ada", reason: "", seen: "empty" });
}

/** Another hub has answered r1 a moment ago, or longer ago than a lease lasts. */
/** r1 holds the place and counts from another hub's word; then the time for which that word can be a lease. */
function answeredByAnother(at: ReturnType<typeof open>, how: How): void {
  const { stand, hub, exits, place, decide } = at;
  decide(claimed("r1", place, token(1)));
  const { rhoRobot, leaseMs } = stand.sim.site.config.lease;
  const sample = stand.hear(hub, "r1");
  exits.heard(hub, { kind: "telemetry", sample: { ...sample, hubNonce: 77 } });
  stand.wait(Math.ceil(leaseMs / (1 + rhoRobot)) - (how === "wrong" ? 2 : 0));
}

function statedAgainstAnother(how: How): void {
  const at = open();
  answeredByAnother(at, how);
  at.decide({ kind: "actRecorded", act: "place free", subject: at.place, operator: "ada", reason: "", seen: "empty" });
}

function lapsedElsewhere(how: How): void {
  const at = open();
  answeredByAnother(at, how);
  at.decide({ kind: "claimLapsed", token: token(1) });
}

/** A robot that is not heard can have driven to a place in conflict. */
function givenBesideSilent(how: How): void {
  const { stand, hub, exits, decide } = open();
  const [place, near] = stand.pair;
  const { radiusM, marginM } = stand.sim.site.config.physics;
  const { xM, yM, footprintRadiusM } = stand.place(near);
  const away = stand.place(place);
  const offM = footprintRadiusM + radiusM + marginM - 0.01;
  const [dx, dy] = [xM - away.xM, yM - away.yM];
  const along = offM / Math.hypot(dx, dy);
  // Beyond it, as seen from the other one.
  Object.assign(stand.truth.body("r2"), { xM: xM + dx * along, yM: yM + dy * along });
  stand.hear(hub, "r2");
  stand.wait(how === "wrong" ? 2001 : 2000);
  for (const robot of ["r1", "r3"]) stand.hear(hub, robot);
  exits.decided(hub, []);
  decide(claimed("r1", place, token(1)));
}

const STARTED = { kind: "hubStarted", epoch: 2, longestWaitMs: 0, configHash: "", software: "" } as const;

function keptOverStart(how: How): void {
  const { stand, hub, decide } = open();
  for (const robot of stand.bodies.keys())
    if (how === "sound" || robot !== "r1") stand.watch(hub, robot).channels.clear();
  decide(STARTED);
}

function leaseOverStart(how: How): void {
  const { stand, hub, decide } = open();
  const untilMs = stand.nowMs + 5000;
  hub.hub.state.restartUntilMs = untilMs;
  for (const watch of hub.hub.state.watches.values()) {
    watch.channels.clear();
    watch.leaseEndMs = untilMs - (how === "wrong" && watch.id === "r2" ? 1 : 0);
  }
  decide(STARTED);
}

export const EXITS: Cases = {
  "given-unproved: near": givenUnproved,
  "given-unproved: may have driven": givenDriven,
  "given-unproved: never heard": givenUnheard,
  "given-unproved: stated free": givenStated,
  "freed-unproved: near": freedUnproved,
  "freed-unproved: heard long ago": freedLate,
  "freed-by-older": freedByOlder,
  "replaced-foreign": replacedForeign,
  "stated-against: seen there": statedAgainst,
  "stated-against: another hub": statedAgainstAnother,
  "lapsed-elsewhere": lapsedElsewhere,
  "given-unproved: beside": givenBesideSilent,
  "kept-over-start": keptOverStart,
  "lease-over-start": leaseOverStart,
};

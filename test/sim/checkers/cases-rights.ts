// R2, R3, R5: what `rights` must never let pass, and what is just within the rules.

import { tokenKey } from "../../../proto/claim.js";
import type { EdgeProcess } from "../edge-process.js";
import { Rights } from "./rights.js";
import { type Cases, driveBy, type How, Stand, token } from "./stand.js";

const NONCE = 7;

/** The edge asks for these claims now, and is answered at once. */
function renew(rights: Rights, edge: EdgeProcess, counters: readonly number[], nonce = NONCE): void {
  const { leaseMs } = edge.edge.state.context.config.lease;
  const acting = counters.map((counter) => token(counter));
  rights.stepped(edge, [{ kind: "send", message: { kind: "renew", nonce, modeSequence: 0, acting } }]);
  rights.fed(edge, { kind: "hub", message: { kind: "renewed", nonce, leaseMs, hubNonce: 1 } });
}

/** r1 holds the first of two places in conflict by 1.1 and has a lease for it. */
function acting() {
  const stand = new Stand();
  const rights = new Rights(stand.truth);
  const edge = stand.edge("r1");
  stand.hold(edge, token(1), stand.pair[0]);
  renew(rights, edge, [1]);
  return { stand, rights, edge };
}

/** Another process of r1 gets a lease of the same hub. */
function twoLeases(how: How): void {
  const { stand, rights } = acting();
  stand.wait(stand.lease.leaseMs - (how === "wrong" ? 1 : 0));
  renew(rights, stand.edge("r1", 3), []);
}

/** Beside it, r2 acts on the other one. */
function besides() {
  const { stand, rights, edge } = acting();
  const other = stand.edge("r2", 2);
  stand.hold(other, token(2), stand.pair[1]);
  renew(rights, other, [2]);
  return { stand, rights, edge, other };
}

function validity(how: How): void {
  const { stand, rights, edge } = acting();
  const { deadmanMs } = stand.lease;
  const validForMs = how === "wrong" ? deadmanMs + 1 : deadmanMs;
  rights.stepped(edge, [{ kind: "command", command: driveBy(stand, token(1), validForMs) }]);
}

function validityAtTheEnd(how: How): void {
  const { stand, rights, edge } = acting();
  stand.wait(stand.lease.leaseMs - 100);
  const validForMs = how === "wrong" ? 100 + stand.lease.tickMs + 2 : 100;
  const command = { ...driveBy(stand, token(1), validForMs), leaseEndMonotonicMs: stand.nowMs + 100 };
  rights.stepped(edge, [{ kind: "command", command }]);
}

function leaseTooLong(how: How): void {
  const { stand, rights, edge } = acting();
  const { leaseMs, tickMs } = stand.lease;
  const leaseEndMonotonicMs = stand.nowMs + leaseMs + (how === "wrong" ? tickMs + 2 : 0);
  rights.stepped(edge, [{ kind: "command", command: { ...driveBy(stand, token(1)), leaseEndMonotonicMs } }]);
}

function afterLease(how: How): void {
  const { stand, rights, edge } = acting();
  stand.wait(stand.lease.leaseMs + (how === "wrong" ? stand.lease.tickMs + 1 : -1));
  rights.wrote(edge, driveBy(stand, token(1)));
}

/** R2: the lease counts from the sending of the request, however late the answer comes. */
function countedFromReceipt(how: How): void {
  const { stand, rights, edge } = acting();
  const { leaseMs, tickMs } = stand.lease;
  const message = { kind: "renew", nonce: 8, modeSequence: 0, acting: [token(1)] } as const;
  rights.stepped(edge, [{ kind: "send", message }]);
  stand.wait(1000);
  rights.fed(edge, { kind: "hub", message: { kind: "renewed", nonce: 8, leaseMs, hubNonce: 1 } });
  stand.wait(leaseMs - 1000 + (how === "wrong" ? tickMs + 1 : 0));
  rights.wrote(edge, driveBy(stand, token(1)));
}

function suspended(how: How): void {
  const { stand, rights, edge } = acting();
  edge.board.suspend(stand.kernel.nowUs);
  stand.wait(how === "wrong" ? stand.lease.leaseMs + 1000 : 500);
  edge.board.resume(stand.kernel.nowUs);
  rights.wrote(edge, driveBy(stand, token(1)));
}

function uncovered(how: How): void {
  const { stand, rights, edge } = acting();
  rights.wrote(edge, driveBy(stand, token(how === "wrong" ? 2 : 1)));
}

function twoAct(how: How): void {
  const { stand, rights, edge } = besides();
  if (how === "sound") {
    stand.wait(stand.lease.leaseMs);
    renew(rights, edge, [1], NONCE + 1);
  }
  rights.wrote(edge, driveBy(stand, token(1)));
}

/** r2 is told to drive and its process is gone; then r1 acts. */
function twoMove(how: How): void {
  const { stand, rights, edge, other } = besides();
  const command = driveBy(stand, token(2), stand.lease.deadmanMs);
  stand.truth.edges.delete(edge);
  rights.wrote(other, command);
  stand.truth.edges.delete(other);
  stand.truth.body("r2").obey(command, stand.kernel.nowUs);
  stand.wait(how === "wrong" ? stand.lease.deadmanMs : stand.lease.deadmanMs + stand.lease.brakingMs);
  rights.wrote(edge, driveBy(stand, token(1)));
}

function lapsedEarly(how: How): void {
  const { stand, rights } = acting();
  const { leaseMs, deadmanMs, brakingMs } = stand.lease;
  stand.wait(leaseMs + deadmanMs + brakingMs - (how === "wrong" ? 1 : 0));
  rights.lapsed("r1", "hub");
}

/** A process that is gone leaves a body that moves: its right counts as if it still ran. */
function lapsedOfTheDead(how: How): void {
  const { stand, rights, edge } = acting();
  Object.assign(edge, { ended: true });
  stand.truth.edges.delete(edge);
  stand.wait(stand.lease.leaseMs);
  if (how === "sound") rights.rebooted("r1");
  rights.lapsed("r1", "hub");
}

function freedWhileActing(how: How): void {
  const { stand, rights, edge } = acting();
  stand.wait(how === "wrong" ? stand.lease.leaseMs - 1 : stand.lease.leaseMs);
  rights.over({ robot: "r1", token: tokenKey(token(1)) }, { hub: "hub", boot: edge.boot });
}

/** The process to which the hub listens has let go of what another one has a lease for. */
function freedUnderAnother(how: How): void {
  const { rights, edge } = acting();
  edge.edge.state.active.clear();
  const by = { hub: "hub", boot: how === "wrong" ? "of another process" : edge.boot };
  rights.over({ robot: "r1", token: tokenKey(token(1)) }, by);
}

/** It has let go of its claim, and brakes. */
function freedWhileRolling(how: How): void {
  const { stand, rights, edge } = acting();
  const command = driveBy(stand, token(1), stand.lease.deadmanMs);
  rights.wrote(edge, command);
  stand.truth.body("r1").obey(command, stand.kernel.nowUs);
  edge.edge.state.active.clear();
  stand.wait(how === "wrong" ? stand.lease.deadmanMs : stand.lease.deadmanMs + stand.lease.brakingMs);
  rights.over({ robot: "r1", token: tokenKey(token(1)) }, { hub: "hub", boot: edge.boot });
}

function tokenFell(how: How): void {
  const { rights, edge } = acting();
  rights.took(edge, token(5, 2));
  rights.took(edge, token(how === "wrong" ? 4 : 5, 2));
}

function epochFell(how: How): void {
  const { rights, edge } = acting();
  rights.took(edge, token(5, 2));
  if (how === "sound") rights.newDisk("r1");
  rights.took(edge, token(9, 1));
}

/** Ticks come in time, and the robot drives until now, or until it must brake to stand at the end of its lease. */
function movesAtEnd(how: How): void {
  const { stand, rights, edge } = acting();
  const { leaseMs, deadmanMs } = stand.lease;
  const { controlMs } = stand.sim.site.config.limits;
  const untilMs = 2 * leaseMs - (how === "wrong" ? 0 : stand.sim.brakeAheadMs);
  for (let atMs = 0; atMs < 2 * leaseMs + 400; atMs += controlMs) {
    if (atMs === leaseMs) renew(rights, edge, [1], NONCE + 1);
    rights.ticked(edge);
    const command = { ...driveBy(stand, token(1), deadmanMs), sequence: 1 + atMs };
    if (atMs < untilMs) stand.truth.body("r1").obey(command, stand.kernel.nowUs);
    stand.wait(controlMs);
  }
}

export const RIGHTS: Cases = {
  "moves-at-end": movesAtEnd,
  "command-validity: longer than the dead-man time": validity,
  "command-validity: longer than the rest of the lease": validityAtTheEnd,
  "lease-too-long": leaseTooLong,
  "command-after-lease: late": afterLease,
  "command-after-lease: counted from receipt": countedFromReceipt,
  "command-after-lease: suspended": suspended,
  "command-uncovered": uncovered,
  "two-act": twoAct,
  "two-leases": twoLeases,
  "two-move": twoMove,
  "lapsed-early: a moment": lapsedEarly,
  "lapsed-early: of a process that is gone": lapsedOfTheDead,
  "freed-while-acting": freedWhileActing,
  "freed-while-acting:another": freedUnderAnother,
  "freed-while-rolling": freedWhileRolling,
  "token-fell: counter": tokenFell,
  "token-fell: epoch": epochFell,
};

// R6, R7, R8: what `modes` must never let pass, and what is just within the rules.

import { scopeKey } from "../../../hub/core/ledger-state.js";
import { NO_HOLDS, type Rung } from "../../../proto/mode.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Ages } from "./ages.js";
import { Modes } from "./modes.js";
import { Orders } from "./orders.js";
import { type Cases, claimed, driveBy, type How, Stand, token } from "./stand.js";

const CHANNELS = ["pose", "scan", "odometry", "base"] as const;

export function open() {
  const stand = new Stand();
  const ages = new Ages(stand.truth);
  const orders = new Orders();
  return { stand, ages, orders, modes: new Modes(stand.truth, ages, orders) };
}

/** An edge whose sensors are all fresh, and which began after so long. */
export function sensing(beganMs = 0) {
  const { stand, ages, orders, modes } = open();
  const openedUs = stand.kernel.nowUs;
  stand.wait(beganMs);
  const edge = stand.edge("r1");
  edge.edge.state.ladder = NO_HOLDS; // it has started long ago
  for (const channel of CHANNELS) stand.sense(edge, channel);
  const drive = () => {
    const effect = { kind: "command", command: driveBy(stand, token(1)) } as const;
    modes.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) }, [effect]);
  };
  modes.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) }, []);
  return { stand, ages, orders, modes, edge, drive, openedUs };
}

function order(orders: Orders, edge: EdgeProcess, told: { readonly sequence: number; readonly rung: Rung }): void {
  orders.fed(edge, { kind: "hub", message: { kind: "modeOrder", ...told, causes: [] } });
}

function bootedBlind(how: How): void {
  const { stand, modes, edge } = sensing();
  edge.edge.state.booted = true;
  if (how === "wrong") edge.edge.state.channels.delete("scan");
  modes.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) }, []);
}

function plansBelow(how: How): void {
  const { stand, orders, modes, edge } = sensing();
  order(orders, edge, { sequence: 1, rung: how === "wrong" ? "REACTIVE_ONLY" : "AUTONOMOUS" });
  const grid = { width: 1, height: 1, cost: new Float32Array(1), seed: new Float32Array(1) };
  const effect = { kind: "plan", request: { id: 1, kind: "site", ...grid } } as const;
  modes.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) }, [effect]);
}

function movesBelow(how: How): void {
  const { orders, edge, drive } = sensing();
  order(orders, edge, { sequence: 1, rung: how === "wrong" ? "CONFIRM" : "REACTIVE_ONLY" });
  drive();
}

/** R7: of two orders the newer one counts, in whatever order they come. */
function movesByAnOldOrder(how: How): void {
  const { orders, edge, drive } = sensing();
  order(orders, edge, { sequence: 2, rung: "HALT" });
  order(orders, edge, { sequence: how === "wrong" ? 1 : 3, rung: "AUTONOMOUS" });
  drive();
}

function movesOnOld(how: How): void {
  const { stand, edge, drive } = sensing();
  const { drive: limits } = stand.sim.site.config.decisions;
  stand.wait(limits.poseMs + (how === "wrong" ? 1 : 0));
  for (const channel of ["scan", "odometry"] as const) stand.sense(edge, channel);
  drive();
}

/** F52: what arrives and repeats itself is as old as what it repeats. */
function movesOnFrozen(how: How): void {
  const { stand, edge, drive } = sensing();
  const { scanMs } = stand.sim.site.config.decisions.drive;
  const measured = { atUs: stand.kernel.nowUs, movedM: 0, movingUs: 0 };
  stand.wait(scanMs + (how === "wrong" ? 2001 : 2000));
  for (const channel of ["pose", "odometry", "base"] as const) stand.sense(edge, channel);
  stand.sense(edge, "scan", measured);
  drive();
}

/** F52: a process that begins while a channel is frozen has as long to find it as any. */
function movesOnFrozenBefore(how: How): void {
  const { stand, edge, drive, openedUs } = sensing(10_000);
  const { scanMs } = stand.sim.site.config.decisions.drive;
  stand.wait(scanMs + (how === "wrong" ? 2001 : 2000));
  for (const channel of ["pose", "odometry", "base"] as const) stand.sense(edge, channel);
  stand.sense(edge, "scan", { atUs: openedUs, movedM: 0, movingUs: 0 });
  drive();
}

/** F52: a process that has found a frozen channel has to find it again, and what its twin found is no excuse. */
function movesOnFoundFrozen(how: How, finder: "itself" | "twin", afterMs: number): void {
  const { stand, edge, modes, drive } = sensing();
  const { scanMs } = stand.sim.site.config.decisions.drive;
  const measured = { atUs: stand.kernel.nowUs, movedM: 0, movingUs: 0 };
  stand.wait(scanMs + 2000);
  const found = how === "sound" || finder === "itself" ? edge : stand.edge("r1");
  const hold = { name: "sensor-frozen", subject: "scan", rung: "REACTIVE_ONLY", demand: "REACTIVE_ONLY" } as const;
  const ladder = new Map([
    ["sensor-frozen/scan", { ...hold, calm: true, calmSinceMs: 0, falls: 1, fellMs: 0, detail: "" }],
  ]);
  found.edge.state.ladder = ladder;
  modes.stepped(found, { kind: "tick", clocks: found.board.read(stand.kernel.nowUs) }, []);
  found.edge.state.ladder = NO_HOLDS;
  stand.wait(afterMs);
  for (const channel of ["pose", "odometry", "base"] as const) stand.sense(edge, channel);
  stand.sense(edge, "scan", measured);
  drive();
}

/** The same channel is frozen still, longer than it may be before it is found again. */
function movesOnFrozenAgain(how: How): void {
  const { scanMs } = open().stand.sim.site.config.decisions.drive;
  movesOnFoundFrozen(how, "itself", scanMs + (how === "wrong" ? 2001 : 2000));
}

/** A hub that hears r1 and holds it for AUTONOMOUS. */
function hearing() {
  const { stand, modes } = open();
  const hub = stand.hub();
  for (const robot of stand.bodies.keys()) {
    stand.hear(hub, robot);
    stand.watch(hub, robot).edgeRung = "AUTONOMOUS";
  }
  const give = () => modes.decided(hub, stand.events(claimed("r1", stand.pair[0], token(1))));
  return { stand, modes, hub, give };
}

function grantedUnheard(how: How): void {
  const { stand, give } = hearing();
  stand.wait(stand.sim.site.config.decisions.dispatch.telemetryMs + (how === "wrong" ? 1 : 0));
  give();
}

function grantedBelow(how: How): void {
  const { stand, hub, give } = hearing();
  if (how === "wrong") stand.watch(hub, "r1").edgeRung = "REACTIVE_ONLY";
  give();
}

function grantedUnderCeiling(how: How): void {
  const { stand, modes, give } = hearing();
  const site = { robot: "", fleet: "" };
  modes.ceilingStored({ robot: "r2", fleet: "" }, modes.ceilingAsked());
  modes.ceilingStored(site, modes.ceilingAsked());
  if (how === "sound") modes.ceilingTakenBack(site);
  give();
  stand.wait(0);
}

/** People have been told that r1 is held back, and have approved one movement of it; the hub takes it for free. */
function grantedApproved(how: How, wrong: "elsewhere" | "twice"): void {
  const { stand, modes, hub, give } = hearing();
  modes.ceilingStored({ robot: "r1", fleet: "" }, modes.ceilingAsked());
  const to = how === "wrong" && wrong === "elsewhere" ? stand.pair[1] : stand.pair[0];
  const approval = { act: "movement", subject: "r1", operator: "ada", reason: "", seen: `to ${to}` };
  modes.decided(hub, stand.events({ kind: "actRecorded", ...approval }));
  give();
  const ended = { kind: "assignmentEnded", token: token(1), end: "COMPLETED", reason: "", outcome: "o" } as const;
  modes.decided(hub, stand.events(ended));
  if (how === "wrong" && wrong === "twice") modes.decided(hub, stand.events(claimed("r1", stand.pair[0], token(2))));
}

function contractOf(stand: Stand, robot: string) {
  const fleet = stand.sim.site.fleets.get(stand.sim.site.robots.get(robot)?.fleet ?? "");
  const pose = fleet?.freshness.channels.pose;
  if (fleet === undefined || pose === undefined) throw new Error(`${robot} has no contract`);
  return { ladder: fleet.ladder, ...pose };
}

/** Hears every robot again but this one. */
function hearOthers(stand: Stand, hub: HubProcess, silent = "r1"): void {
  for (const robot of stand.bodies.keys()) if (robot !== silent) stand.hear(hub, robot);
}

function staleUnnoticed(how: How): void {
  const { stand, modes, hub } = hearing();
  stand.wait(contractOf(stand, "r1").limitMs + (how === "wrong" ? 1 : 0));
  hearOthers(stand, hub);
  modes.hub(hub);
}

function lostUnnoticed(how: How): void {
  const { stand, modes, hub } = hearing();
  stand.wait(contractOf(stand, "r1").lostMs + 1);
  hearOthers(stand, hub);
  const rung = how === "wrong" ? "REACTIVE_ONLY" : "CONFIRM";
  const scope = { robot: "r1", fleet: "" };
  hub.hub.state.ledger.ceilings.set("robot/r1", { ...scope, rung, operator: "ada", reason: "", event: 1 });
  modes.hub(hub);
}

/** Two of three robots of a fleet are stale, and held back each by itself. */
function fleetUnnoticed(how: How): void {
  const { stand, modes, hub } = hearing();
  const { fleet } = stand.watch(hub, "r3");
  stand.wait(contractOf(stand, "r3").limitMs + 1);
  stand.hear(hub, "r3");
  const { ceilings } = hub.hub.state.ledger;
  const set = (robot: string) => {
    const scope = robot === "" ? { robot, fleet } : { robot, fleet: "" };
    ceilings.set(scopeKey(scope), { ...scope, rung: "REACTIVE_ONLY", operator: "ada", reason: "", event: 1 });
  };
  for (const robot of stand.bodies.keys()) Object.assign(stand.watch(hub, robot), { fleet, heard: true });
  for (const robot of how === "wrong" ? ["r1", "r2"] : ["r1", "r2", ""]) set(robot);
  modes.hub(hub);
}

/** A hub that changes the rung of r1 by the age of its telemetry. */
function changing() {
  const { stand, modes, hub } = hearing();
  modes.hub(hub);
  const change = (from: Rung, to: Rung) => {
    const body = { kind: "modeChanged", robot: "r1", fleet: "", from, to, cause: "telemetry-stale" } as const;
    modes.decided(hub, stand.events(body));
  };
  return { stand, change, hear: () => hearOthers(stand, hub, ""), look: () => modes.hub(hub) };
}

/** r1's telemetry is calm since now; it climbs after this. `falls`: as often has it fallen before. */
function climb(falls: number, afterMs: (dwellMs: number) => number): void {
  const { stand, change } = changing();
  for (let fall = 0; fall < falls; fall += 1) change("AUTONOMOUS", "REACTIVE_ONLY");
  stand.wait(afterMs(contractOf(stand, "r1").ladder.dwellMs));
  change("REACTIVE_ONLY", "AUTONOMOUS");
}

/** After two falls and a climb it falls behind another cause, which is not told: that may be the first one again. */
function climbAfterHiddenFall(how: How): void {
  const { stand, change, hear, look } = changing();
  const { ladder, limitMs } = contractOf(stand, "r1");
  for (let fall = 0; fall < 2; fall += 1) change("AUTONOMOUS", "REACTIVE_ONLY");
  stand.wait(2 * ladder.dwellMs);
  change("REACTIVE_ONLY", "AUTONOMOUS");
  hear();
  stand.wait(limitMs / 2 + 1);
  look();
  stand.wait(how === "wrong" ? ladder.dwellMs - 61 : ladder.dwellMs);
  change("CONFIRM", "REACTIVE_ONLY");
}

/** R7: rung by rung, however long it was calm. */
function climbedAtOnce(how: How): void {
  const { stand, change } = changing();
  change("AUTONOMOUS", "CONFIRM");
  stand.wait(60_000);
  change("CONFIRM", how === "wrong" ? "AUTONOMOUS" : "REACTIVE_ONLY");
}

/** R10: what people were told stands, in whatever state the hub starts. */
function ceilingLost(how: How): void {
  const { stand, modes, hub } = hearing();
  const scope = { robot: "r1", fleet: "" };
  modes.ceilingStored(scope, modes.ceilingAsked());
  const asked = modes.ceilingAsked();
  if (how === "sound") modes.ceilingTakenBack(scope);
  modes.ceilingStored(scope, asked); // the answer comes late
  hearOthers(stand, hub);
  modes.hub(hub);
}

export const MODES: Cases = {
  "ceiling-lost": ceilingLost,
  "booted-blind": bootedBlind,
  "plans-below": plansBelow,
  "moves-below: ordered": movesBelow,
  "moves-below: by an older order": movesByAnOldOrder,
  "moves-on-old: pose": movesOnOld,
  "moves-on-old: frozen scan": movesOnFrozen,
  "moves-on-old: frozen before it began": movesOnFrozenBefore,
  "moves-on-old: found frozen once": movesOnFrozenAgain,
  "moves-on-old: found frozen by its twin": (how) => movesOnFoundFrozen(how, "twin", 1),
  "granted-unheard": grantedUnheard,
  "granted-below: by its own rung": grantedBelow,
  "granted-below: by a ceiling": grantedUnderCeiling,
  "granted-below: elsewhere than approved": (how) => grantedApproved(how, "elsewhere"),
  "granted-below: twice for one approval": (how) => grantedApproved(how, "twice"),
  "stale-unnoticed: late": staleUnnoticed,
  "stale-unnoticed: lost": lostUnnoticed,
  "fleet-unnoticed": fleetUnnoticed,
  "climbed-at-once": climbedAtOnce,
  "climbed-early: first fall": (how) => climb(1, (dwellMs) => (how === "wrong" ? dwellMs - 61 : dwellMs)),
  "climbed-early: a fall that was not told": climbAfterHiddenFall,
  "climbed-early: second fall": (how) => climb(2, (dwellMs) => (how === "wrong" ? dwellMs : 2 * dwellMs)),
};

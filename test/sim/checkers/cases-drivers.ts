// R6, R8, R11: what `drivers` must never let pass, and what is just within the rules.

import { slotsOf } from "../../../edge/core/controller/slots.js";
import { controller } from "../../edge/core/chaser.js";
import { sensing } from "./cases-modes.js";
import { Drivers } from "./drivers.js";
import { type Cases, driveBy, type How, token } from "./stand.js";

const MODEL = "chaser 1.0.0";
const RUN = { kind: "run", model: MODEL, run: { id: 1, model: "chaser", feeds: [], reset: false } } as const;

/** An edge whose sensors are fresh, with a model that drives. */
function driven() {
  const { stand, orders, edge } = sensing();
  const drivers = new Drivers(stand.truth, orders);
  Object.assign(edge.edge.state, { controllers: slotsOf({ live: controller("1.0.0"), candidate: null }) });
  return { stand, orders, edge, drivers };
}

function runsBelow(how: How): void {
  const { orders, edge, drivers } = driven();
  const rung = how === "wrong" ? "REACTIVE_ONLY" : "AUTONOMOUS";
  orders.fed(edge, { kind: "hub", message: { kind: "modeOrder", sequence: 1, rung, causes: [] } });
  drivers.stepped(edge, [RUN]);
}

function fedOld(how: How): void {
  const { stand, edge, drivers } = driven();
  stand.wait(how === "wrong" ? 201 : 200);
  stand.sense(edge, "odometry");
  drivers.stepped(edge, [RUN]);
}

function tooFast(how: How): void {
  const { stand, edge, drivers } = driven();
  const { maxSpeedMps } = stand.sim.site.config.physics;
  const command = { ...driveBy(stand, token(1)), speedMps: how === "wrong" ? -maxSpeedMps - 0.01 : -maxSpeedMps };
  drivers.stepped(edge, [{ kind: "command", command: { ...command, rung: "AUTONOMOUS" } }]);
}

function tooFastReacting(how: How): void {
  const { stand, edge, drivers } = driven();
  const { reactiveSpeedMps } = stand.sim.site.config.physics;
  const speedMps = how === "wrong" ? reactiveSpeedMps + 0.01 : reactiveSpeedMps;
  drivers.stepped(edge, [
    { kind: "command", command: { ...driveBy(stand, token(1)), speedMps, rung: "REACTIVE_ONLY" } },
  ]);
}

export const DRIVERS: Cases = {
  "runs-below": runsBelow,
  "fed-old": fedOld,
  "too-fast": tooFast,
  "too-fast: under the reactive rules": tooFastReacting,
};

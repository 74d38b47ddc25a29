// R7: what `latches` must never let pass, and what is just within the rules.

import { NO_HOLDS } from "../../../proto/mode.js";
import type { EdgeProcess } from "../edge-process.js";
import { sensing } from "./cases-modes.js";
import { Latches } from "./latches.js";
import type { Cases, How } from "./stand.js";

function keeping() {
  return { ...sensing(), latches: new Latches() };
}

/** A latch on the disk and on the ladder. */
function latch(latches: Latches, edge: EdgeProcess): void {
  latches.saved(edge, ["bumper"]);
  const hold = { name: "bumper", subject: "", rung: "HALT", demand: "HALT", calm: false, calmSinceMs: null } as const;
  edge.edge.state.ladder = new Map([["bumper", { ...hold, falls: 1, fellMs: 0, detail: "" }]]);
}

function latchLost(how: How): void {
  const { stand, latches, edge } = keeping();
  latch(latches, edge);
  if (how === "wrong") edge.edge.state.ladder = new Map();
  latches.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) });
}

/** A stop that the base has told of stands until a person has cleared it. */
function stopForgotten(how: How): void {
  const { stand, latches, edge } = keeping();
  stand.truth.body("r1").emergencyStop = true;
  latches.fed(edge, { kind: "sample", sample: stand.sense(edge, "base") });
  const message = { kind: "clearLatches", causes: ["emergency-stop"], operator: "ada", reason: "", report: 1 } as const;
  if (how === "sound") latches.fed(edge, { kind: "hub", message });
  latches.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) });
}

/** A stop that is still pressed, and a person who clears it. */
function clearedAgainst(how: How): void {
  const { stand, latches, edge } = keeping();
  stand.truth.body("r1").emergencyStop = true;
  latches.fed(edge, { kind: "sample", sample: stand.sense(edge, "base") });
  const hold = { name: "emergency-stop", subject: "", rung: "HALT", demand: "HALT", calm: false } as const;
  const held = new Map([["emergency-stop", { ...hold, calmSinceMs: null, falls: 1, fellMs: 0, detail: "" }]]);
  edge.edge.state.ladder = held;
  latches.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) });
  if (how === "wrong") edge.edge.state.ladder = NO_HOLDS;
  const message = { kind: "clearLatches", causes: ["emergency-stop"], operator: "ada", reason: "", report: 1 } as const;
  latches.stepped(edge, { kind: "hub", message });
}

/** A clearing that names a report from before the stop was pressed. */
function stopUnseen(how: How): void {
  const { stand, latches, edge } = keeping();
  edge.edge.state.reported = { ...edge.edge.state.reported, sequence: 4 };
  stand.truth.body("r1").emergencyStop = true;
  latches.fed(edge, { kind: "sample", sample: stand.sense(edge, "base") });
  const report = how === "wrong" ? 4 : 5;
  const message = { kind: "clearLatches", causes: ["emergency-stop"], operator: "ada", reason: "", report } as const;
  latches.fed(edge, { kind: "hub", message });
  latches.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) });
}

/** A latch that was cleared may be gone from the disk; once it was found and stored again, it may not. */
function latchLostOverRestart(how: How): void {
  const { stand, latches, edge } = keeping();
  latch(latches, edge);
  const message = { kind: "clearLatches", causes: ["bumper"], operator: "ada", reason: "", report: 1 } as const;
  latches.fed(edge, { kind: "hub", message });
  if (how === "wrong") latch(latches, edge);
  latches.forget(edge);
  edge.edge.state.ladder = NO_HOLDS;
  latches.stepped(edge, { kind: "tick", clocks: edge.board.read(stand.kernel.nowUs) });
}

export const LATCHES: Cases = {
  "cleared-against": clearedAgainst,
  "latch-lost: by a clearing that had not seen it": stopUnseen,
  "latch-lost: told by the base": stopForgotten,
  "latch-lost: on the disk": latchLost,
  "latch-lost: stored again, over a restart": latchLostOverRestart,
};

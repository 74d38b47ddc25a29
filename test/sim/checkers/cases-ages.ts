// R6: what `ages` must never let pass, and what is just within the rules.

import { open, sensing } from "./cases-modes.js";
import type { Cases, How } from "./stand.js";

function ageOnBoard(how: How): void {
  const { stand, ages, edge } = sensing();
  stand.wait(500);
  const seen = edge.edge.state.channels.get("pose");
  if (seen === undefined || seen.capturedMs === undefined) throw new Error("no pose");
  const capturedMs = seen.capturedMs + (how === "wrong" ? 5 : 0);
  edge.edge.state.channels.set("pose", { ...seen, capturedMs });
  ages.edge(edge);
}

/** Time that a board slept through makes its samples older. */
function ageOverSuspension(how: How): void {
  const { stand, ages, edge } = sensing();
  edge.board.suspend(stand.kernel.nowUs);
  stand.wait(2000);
  edge.board.resume(stand.kernel.nowUs);
  if (how === "sound") edge.edge.state.channels.clear();
  ages.edge(edge);
}

function ageAtHub(how: How): void {
  const { stand, ages } = open();
  const hub = stand.hub();
  stand.hear(hub, "r1");
  stand.wait(1000);
  const { channels } = stand.watch(hub, "r1");
  const pose = channels.get("pose");
  if (pose === undefined) throw new Error("no pose");
  if (how === "wrong") channels.set("pose", { ...pose, nonceSentMs: pose.nonceSentMs + 500 });
  ages.hub(hub);
}

function sampleOlder(how: How): void {
  const { stand, ages, edge } = sensing();
  const first = edge.edge.state.channels.get("pose");
  if (first === undefined) throw new Error("no pose");
  stand.wait(100);
  stand.sense(edge, "pose");
  ages.edge(edge);
  if (how === "wrong") edge.edge.state.channels.set("pose", first);
  ages.edge(edge);
}

function sampleOlderAtHub(how: How): void {
  const { stand, ages } = open();
  const hub = stand.hub();
  stand.hear(hub, "r1");
  const { channels } = stand.watch(hub, "r1");
  const first = channels.get("pose");
  if (first === undefined) throw new Error("no pose");
  stand.hear(hub, "r1");
  ages.hub(hub);
  if (how === "wrong") channels.set("pose", first);
  ages.hub(hub);
}

function toldAstray(how: How): void {
  const { stand, ages, edge } = sensing();
  const from = edge.edge.state.channels.get("pose")?.sample;
  const { xM, yM, headingRad } = stand.truth.body("r1");
  const pose = { xM: xM + (how === "wrong" ? 1.01 : 0.99), yM, headingRad };
  const tag = { robot: "r1", boot: "b", channel: "pose", sequence: 1, capturedMs: 0, hubNonce: 1, elapsedMs: 0 };
  ages.told("r1", { ...tag, value: { kind: "pose", pose, errorM: 0, speedMps: 0 } }, from);
}

export const AGES: Cases = {
  "told-astray": toldAstray,
  "sample-older: on board": sampleOlder,
  "sample-older: at the hub": sampleOlderAtHub,
  "age-on-board: a later capture": ageOnBoard,
  "age-on-board: over a suspension": ageOverSuspension,
  "age-at-hub": ageAtHub,
};

// The confidence of models in words. Nothing drives, a model that tells none, no decision yet and not told are four
// things, and none of them reads as sure. Pure.

import { type Confidence, confidenceNow, decisionsOf, type Model, medianTenth } from "../../proto/confidence.js";
import type { LiveRobot } from "../../proto/console.js";
import { several } from "./words.js";

/** "0.9 to 1.0". */
export function tenthText(tenth: number): string {
  return `${(tenth / 10).toFixed(1)} to ${((tenth + 1) / 10).toFixed(1)}`;
}

/** Which model drives the robot. */
export function modelText(model: Model): string {
  if (model === undefined) return "not told";
  if (model.name === "") return "none";
  return model.drives ? model.name : `${model.name}, does not drive now`;
}

/** How sure it was of its newest decisions. */
export function confidenceText(model: Model): string {
  if (model === undefined) return "not told";
  if (model.name === "") return "no model drives";
  if (model.confidence === undefined) return "the model tells none";
  const words = newestText(model.confidence);
  return model.drives ? words : `when it last drove: ${words}`;
}

function newestText({ least, unsure, tenths }: Confidence): string {
  const median = medianTenth(tenths);
  if (median === null) return "no decision yet";
  const decisions = several(decisionsOf(tenths), "decision");
  return `median ${tenthText(median)} of ${decisions}, ${unsure} less sure than ${least.toFixed(2)}`;
}

/** Of how many robots the confidence is shown, and why not of the others. Robots that are silent tell nothing. */
export function coverText(there: readonly LiveRobot[], heard: readonly LiveRobot[]): string {
  const known = heard.filter(({ model }) => model !== undefined);
  const driven = known.filter(({ model }) => model?.drives === true);
  const telling = driven.filter(({ model }) => confidenceNow(model) !== undefined);
  return [
    `${several(telling.length, "robot")} told`,
    `of ${driven.length - telling.length} the model tells none`,
    `on ${known.length - driven.length} no model drives now`,
    `of ${there.length - known.length} it is not told`,
  ].join("; ");
}

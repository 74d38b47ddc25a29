// R7: nothing drives, a model that tells none, no decision yet and not told are told apart; none of them is a figure.

import t from "tap";
import { confidenceText, coverText, modelText, tenthText } from "../../../hub/console/confidence.js";
import { confidenceNow, medianTenth, tenthsOf, unsureOf } from "../../../proto/confidence.js";
import type { LiveRobot } from "../../../proto/console.js";
import { aRobot } from "../cli/stub-views.js";

const SURE = { least: 0.5, unsure: 3, tenths: [0, 0, 0, 1, 2, 5, 12, 30, 60, 90] };
const NONE_YET = { least: 0.5, unsure: 0, tenths: SURE.tenths.map(() => 0) };
const DRIVES = { name: "local-policy 1.0.0", drives: true, confidence: SURE };
const PARKED = { ...DRIVES, drives: false };
const MUTE = { name: "grid-planner 1.0.0", drives: true, confidence: undefined };
const NONE = { name: "", drives: false, confidence: undefined };

const WORDS = [
  [undefined, "not told", "not told"],
  [NONE, "none", "no model drives"],
  [MUTE, "grid-planner 1.0.0", "the model tells none"],
  [{ ...DRIVES, confidence: NONE_YET }, "local-policy 1.0.0", "no decision yet"],
  [DRIVES, "local-policy 1.0.0", "median 0.8 to 0.9 of 200 decisions, 3 less sure than 0.50"],
  [
    ...([PARKED, "local-policy 1.0.0, does not drive now"] as const),
    "when it last drove: median 0.8 to 0.9 of 200 decisions, 3 less sure than 0.50",
  ],
] as const;

t.test("R7 the confidence of a robot's model in words: what is unknown is said to be unknown", async (t) => {
  for (const [model, name, words] of WORDS) {
    t.equal(modelText(model), name);
    t.equal(confidenceText(model), words);
  }
  t.equal(tenthText(0), "0.0 to 0.1");
  t.equal(tenthText(9), "0.9 to 1.0");
});

t.test("R7 only a model that drives now and tells its confidence has figures for the charts", async (t) => {
  t.equal(confidenceNow(DRIVES), SURE);
  t.same([undefined, NONE, MUTE, PARKED].map(confidenceNow), [undefined, undefined, undefined, undefined]);
  t.equal(unsureOf([]), null);
  t.equal(unsureOf([NONE_YET]), null);
  t.equal(unsureOf([SURE, NONE_YET]), 1.5);
  t.same(tenthsOf([SURE, { tenths: [4] }]), [4, 0, 0, 1, 2, 5, 12, 30, 60, 90], "short lists of a view are filled");
  t.same(tenthsOf([]), NONE_YET.tenths);
});

t.test("the median lies in the tenth of the middle decision; of two, the less sure one", async (t) => {
  t.equal(medianTenth(NONE_YET.tenths), null);
  t.equal(medianTenth([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), 2);
  t.equal(medianTenth([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 0);
  t.equal(medianTenth([1, 0, 0, 0, 0, 0, 0, 0, 0, 2]), 9);
});

t.test(
  "R7 the chart says of how many robots it is, and why not of the others; a silent one tells nothing",
  async (t) => {
    const robot = (model: LiveRobot["model"]) => aRobot("r1", { model });
    const heard = [robot(DRIVES), robot(DRIVES), robot(MUTE), robot(PARKED), robot(NONE), robot(undefined)];
    t.equal(
      coverText([...heard, robot(DRIVES)], heard),
      "2 robots told; of 1 the model tells none; on 2 no model drives now; of 2 it is not told",
    );
  },
);

// Sentences and figures of the page: rounding never flatters, stops are read as people write them, events are found by
// their tokens, and every refusal has a next step.

import t from "tap";
import { eventsOf, weightOf } from "../../../hub/console/events.js";
import { missedOf, pastText, Rate, stopsOf, stopsText } from "../../../hub/console/figures.js";
import { ageText, leftText, nextStep, told } from "../../../hub/console/words.js";
import { REFUSALS } from "../../../proto/errors.js";
import { anEvent, EVENTS, TASKS } from "../cli/stub-views.js";

t.test("ages round up, what is left rounds down, and what is not told says so", async (t) => {
  t.equal(ageText(4901), "5.0 s");
  t.equal(leftText(4999), "4.9 s");
  t.equal(ageText(119_001), "2 min");
  t.equal(leftText(179_999), "2 min");
  t.equal(ageText(undefined), "never");
  t.equal(leftText(undefined), "none");
  t.equal(told(undefined, "ms"), "not told");
  t.equal(told(Number.NaN, "ms"), "not told");
  t.equal(told(0, "ms"), "0.0 ms");
});

t.test("stops are parted by blanks, alternatives by commas; the present stop is marked", async (t) => {
  t.same(stopsOf("  p1e-1 pack-1,pack-2 "), [{ destinations: ["p1e-1"] }, { destinations: ["pack-1", "pack-2"] }]);
  t.same(stopsOf(" "), []);
  t.equal(stopsText(TASKS[0] as (typeof TASKS)[number]), "P1 or 1 more [P4]");
});

t.test("missed plans are a share of the plans of the last ten samples, and nothing where none was made", async (t) => {
  const plans = Array.from({ length: 12 }, (_, at) => at * 10);
  const misses = plans.map((_, at) => at);
  t.same(missedOf(plans, misses).slice(-2), [10, 10]);
  t.same(
    missedOf(
      plans.map(() => 5),
      misses,
    ).at(-1),
    null,
  );
  t.same(missedOf([null, 1], [0, 0]), [null, null]);
});

t.test("R14 the events of a robot are those that name it or a token that it was given", async (t) => {
  const kinds = eventsOf(EVENTS, "r1").map(({ body }) => body.kind);
  t.same(kinds, ["robotEnrolled", "claimed", "arrived", "assignmentEnded", "claimLapsed", "claimFreed"]);
  t.same(eventsOf(EVENTS, "r9"), []);
  const fell = anEvent(1, {
    kind: "modeChanged",
    robot: "r1",
    fleet: "",
    from: "AUTONOMOUS",
    to: "HALT",
    cause: "bumper",
  });
  t.equal(weightOf(fell), "bad");
});

t.test("every refusal has a next step of its own or the log's", async (t) => {
  for (const code of Object.keys(REFUSALS)) t.match(nextStep(code), /\.$/, code);
  t.match(nextStep("UNKNOWN_TASK"), /lists/);
});

t.test("a look back says what is not recorded", async (t) => {
  const past = {
    ...{ sequence: 3, wallMs: 0, epoch: 2, places: [], tasks: [], ceilings: [], modes: [], absent: [], poses: null },
    counts: { accepted: 1, done: 4, failed: 2, cancelled: 0 },
  };
  t.match(
    pastText(past),
    /after event 3, .*epoch 2: 0 claims, 0 open, 4 done, 2 failed, 0 ceilings; positions not recorded/,
  );
});

t.test("the rate of telemetry is that of the last seconds, of one robot and one boot", async (t) => {
  const rate = new Rate();
  for (let at = 0; at < 60; at += 1) rate.show({ id: "r1", telemetrySent: 2 * at }, 200 * at);
  t.equal(rate.show({ id: "r1", telemetrySent: 120 }, 12_000), "10.0 a second");
  t.equal(rate.show({ id: "r1", telemetrySent: 120 }, 14_500), "4.9 a second", "it goes down when nothing comes");
  t.equal(rate.show({ id: "r1", telemetrySent: 3 }, 14_700), "…", "the robot has started again");
  t.equal(rate.show({ id: "r2", telemetrySent: 900 }, 14_900), "…");
});

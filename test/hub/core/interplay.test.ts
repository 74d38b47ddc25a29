// Sound decisions that together do harm: what the watcher finds in events, for how long it is held off, that it ends.
import t from "tap";
import { defaultedParts } from "../../../fleet-config/defaults.js";
import {
  answered,
  heldOff,
  interplayQuestions,
  mayRaise,
  noInterplay,
  observe,
  stepInterplay,
} from "../../../hub/core/interplay.js";
import type { LedgerBody } from "../../../proto/ledger.js";

const POLICY = { ...defaultedParts().interplay, returns: 2, falls: 3 };

/** Events one second apart, and what was found. */
function watched(policy = POLICY) {
  const state = noInterplay();
  let sequence = 0;
  const claims = new Map<number, { readonly robot: string; readonly task: string }>();
  const emit = (atMs: number, body: LedgerBody) => {
    sequence += 1;
    const event = { sequence, schema: 1, epoch: 1, hubMs: atMs, wallMs: 1, body };
    return observe(state, event, { policy, claimOf: ({ counter }) => claims.get(counter) });
  };
  const claimed = (
    atMs: number,
    robot: string,
    destination: string,
    task = "",
    purpose: "TASK" | "PARK" | "CHARGE" = task === "" ? "PARK" : "TASK",
  ) => {
    claims.set(sequence + 1, { robot, task });
    const token = { epoch: 1, counter: sequence + 1 };
    const found = emit(atMs, {
      kind: "claimed",
      token,
      assignment: `a${sequence + 1}`,
      robot,
      destination,
      purpose,
      task,
      stopIndex: 0,
      leaseMs: 1,
    });
    return { token, found };
  };
  const fell = (atMs: number, robot: string, cause = "telemetry-stale") =>
    emit(atMs, { kind: "modeChanged", robot, fleet: "", from: "AUTONOMOUS", to: "REACTIVE_ONLY", cause });
  const rose = (atMs: number, robot: string, cause = "telemetry-stale") =>
    emit(atMs, { kind: "modeChanged", robot, fleet: "", from: "REACTIVE_ONLY", to: "AUTONOMOUS", cause });
  return { state, emit, claimed, fell, rose };
}

t.test(
  "a task that goes from robot to robot and back is found, with its chain, and held off for longer each time",
  async (t) => {
    const { state, claimed } = watched();
    t.same(claimed(1000, "r1", "A", "t1").found, []);
    t.same(claimed(2000, "r1", "A", "t1").found, [], "the same robot goes on, under another token");
    t.same(claimed(3000, "r2", "A", "t1").found, []);
    t.same(claimed(4000, "r1", "B", "t1").found, [], "A-B-A once may happen");
    const [found] = claimed(5000, "r2", "A", "t1").found;
    t.match(found, { kind: "TASK_TO_AND_FRO", subject: "t1", between: ["r1", "r2"], times: 1, events: [1, 3, 4, 5] });
    t.equal(heldOff(state, "task", "t1", 5000)?.untilMs, 5000 + POLICY.holdOffMs);
    t.equal(heldOff(state, "task", "t1", 5000 + POLICY.holdOffMs), null, "and no longer");
    t.equal(heldOff(state, "task", "t2", 5000), null);
    const again = (fromMs: number) =>
      ["r1", "r2", "r1", "r2"].flatMap((robot, index) => claimed(fromMs + 1000 * index, robot, "A", "t1").found)[0];
    const lengths = [30_000, 80_000, 160_000, 330_000, 520_000].map((fromMs) => {
      const one = again(fromMs);
      return one === undefined ? null : one.untilMs - one.atMs;
    });
    t.same(
      lengths,
      [2, 4, 8, 8, 8].map((times) => times * POLICY.holdOffMs),
      "doubled, up to a bound",
    );
    stepInterplay(state, POLICY, 520_000 + 3000 + 8 * POLICY.holdOffMs + POLICY.windowMs + 1);
    t.equal(state.findings.size, 0, "forgotten with its window");
    t.equal(again(2_000_000)?.times, 1);
  },
);

t.test("what comes to something, or is spread over more than the window, is no to and fro", async (t) => {
  const { state, claimed, emit } = watched();
  for (let round = 0; round < 20; round += 1) {
    const { token, found } = claimed(round * 1000, round % 2 === 0 ? "r1" : "r2", "A", "t1");
    t.same(found, []);
    emit(round * 1000 + 500, { kind: "assignmentEnded", token, end: "COMPLETED", reason: "", outcome: "o" });
  }
  for (let round = 0; round < 20; round += 1)
    t.same(claimed(1_000_000 + (round * POLICY.windowMs) / 2, "r3", round % 2 === 0 ? "H1" : "H2").found, []);
  t.equal(state.findings.size, 0);
});

t.test("a robot sent to and fro by one rule, and by two that undo each other, are told apart", async (t) => {
  const { state, claimed } = watched();
  const parked = ["H1", "H2", "H1", "H2"].flatMap((to, index) => claimed(index * 1000, "r1", to).found);
  t.match(parked, [{ kind: "ROBOT_TO_AND_FRO", subject: "r1", between: ["H1", "H2"] }]);
  const fought = ["C1", "H3", "C1", "H3"].flatMap(
    (to, index) => claimed(index * 1000, "r2", to, "", to === "C1" ? "CHARGE" : "PARK").found,
  );
  t.match(fought, [{ kind: "ACTORS_FIGHT", subject: "r2", between: ["C1", "H3"] }]);
  const questions = interplayQuestions(state, () => "pickers");
  t.same(
    questions.map(({ subject, events }) => [subject, events]),
    [
      ["r1", [1, 2, 3, 4]],
      ["r2", [5, 6, 7, 8]],
    ],
  );
  t.match(questions[1]?.question, "r2 is sent to and fro between C1, H3 by two rules (events 5, 6, 7, 8)");
  t.ok(answered(state, "r2"));
  t.equal(heldOff(state, "robot", "r2", 4000), null, "a person who has answered is not overruled");
  t.notOk(answered(state, "r2"));
  t.equal(interplayQuestions(state, () => "pickers").length, 1);
});

t.test("a rung that flaps is found; a start is no fall, and a flapping fleet asks once", async (t) => {
  const { state, emit, fell, rose } = watched();
  for (const atMs of [0, 1000, 2000, 3000]) t.same(fell(atMs, "r1", "place-unknown"), []);
  const found = [10_000, 20_000, 30_000].flatMap((atMs) => [...fell(atMs, "r1"), ...rose(atMs + 5000, "r1")]);
  t.match(found, [{ kind: "RUNG_FLAPS", subject: "r1", between: ["telemetry-stale"] }]);
  t.ok(heldOff(state, "rung of", "r1", 31_000));
  t.equal(heldOff(state, "robot", "r1", 31_000), null, "its ways are another matter");
  for (const atMs of [40_000, 50_000, 60_000])
    emit(atMs, {
      kind: "modeChanged",
      robot: "",
      fleet: "pickers",
      from: "AUTONOMOUS",
      to: "REACTIVE_ONLY",
      cause: "fleet-stale",
    });
  t.same(
    interplayQuestions(state, () => "pickers").map(({ subject }) => subject),
    ["pickers"],
  );
  t.same(
    interplayQuestions(state, () => "carts").map(({ subject }) => subject),
    ["r1", "pickers"],
  );
});

t.test("R13 what is watched is bounded", async (t) => {
  const { state, claimed } = watched({ ...POLICY, returns: 8, windowMs: 3_600_000 });
  for (let index = 0; index < 12_000; index += 1) claimed(index, "r1", `P${index}`, `t${index}`);
  t.ok(state.tracks.size <= 10_000, `${state.tracks.size}`);
  const longest = Math.max(...[...state.tracks.values()].map((steps) => steps.length));
  t.ok(longest <= 24, `${longest} steps`);
});

t.test("of a fleet so many are raised within a minute, one that was raised always, and later the next", async (t) => {
  const { state, rose } = watched();
  const fleet = Array.from({ length: 10 }, (_, index) => `r${index + 1}`);
  const policy = { raiseShare: 0.3, raiseLeast: 1 };
  const may = (robot: string, nowMs: number, share = policy) =>
    mayRaise(state, robot, { robots: fleet.length, isOfFleet: (id) => fleet.includes(id), policy: share, nowMs });
  for (const [index, robot] of ["r1", "r2", "r3"].entries()) {
    t.ok(may(robot, index * 1000));
    rose(index * 1000, robot);
  }
  t.notOk(may("r4", 3000));
  t.ok(may("r2", 3000), "one of those that were");
  t.ok(may("r4", 3000, { raiseShare: 0.3, raiseLeast: 4 }), "so many of a small fleet in any case");
  t.ok(may("r4", 60_001), "when the first is a minute ago");
  rose(50_000, "r9", "place-unknown");
  t.ok(may("r4", 62_500), "what clears at once is no raise");
});

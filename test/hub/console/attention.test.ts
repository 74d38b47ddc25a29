// Who needs attention first, and that a row says which robot, since when, and what is done about it. Complaints of
// other systems' users are cases here: shown available while offline, data that look live.

import t from "tap";
import { byNeed, needOf } from "../../../hub/console/attention.js";
import { causeWords } from "../../../hub/console/words.js";
import type { ConsoleSite, LiveRobot } from "../../../proto/console.js";
import { CAUSES } from "../../../proto/mode.js";
import { aRobot } from "../cli/stub-views.js";

const SITE = {
  fleets: [{ id: "pickers", channels: { pose: { limitMs: 5000, lostMs: 30_000 } }, dwellMs: 10_000 }],
} as unknown as ConsoleSite;
const WALL_MS = Date.UTC(2026, 2, 1, 12, 0, 30);
const seen = { site: SITE, viewAgeMs: 0, isStale: false, wallMs: WALL_MS };
const need = (id: string, over: Partial<LiveRobot> = {}, viewAgeMs = 0) =>
  needOf(aRobot(id, over), { ...seen, viewAgeMs });
const LATE: Partial<LiveRobot> = { ageBoundMs: 7000, telemetryVerdict: "late", rung: "REACTIVE_ONLY" };
const LOST: Partial<LiveRobot> = {
  ageBoundMs: 42_000,
  telemetryVerdict: "lost",
  rung: "CONFIRM",
  leaseLeftMs: undefined,
};

t.test("the list: halted and lost first, then late, then without link, then the rest by name", async (t) => {
  const needs = [
    need("r10"),
    need("r2"),
    need("r3", LATE),
    need("r4", LOST),
    need("r5", { rung: "HALT", causes: [{ name: "operator", rung: "HALT", detail: "ada: spill" }] }),
    need("r6", { linked: false }),
    need("r7", { ...LATE, ageBoundMs: 9000 }),
    need("r8", { absent: true, linked: false, ageBoundMs: 9e6, telemetryVerdict: "lost" }),
  ];
  t.same(
    needs.sort(byNeed).map(({ id }) => id),
    ["r5", "r4", "r7", "r3", "r6", "r2", "r8", "r10"],
  );
});

t.test("a silent robot's row says since when, what it may do, and what it does by itself", async (t) => {
  const late = need("r3", LATE).why;
  t.match(late, /^silent for 7\.0 s, since \d\d:00:23; .*reactive rules.*gets nothing new; may move for 2\.8 s more$/);
  const lost = need("r4", LOST).why;
  t.match(lost, /^silent for 42 s, since .*; holds; its lease is not renewed; no lease runs: it stands by itself$/);
  t.match(need("r1", { ageBoundMs: undefined, telemetryVerdict: "lost" }).why, /never heard/);
  t.equal(need("r1").why, "", "nothing is said of one that is well");
});

t.test("a robot that was well in a view is not well any more when the view is old", async (t) => {
  const old = need("r1", { ageBoundMs: 300, telemetryVerdict: "fresh" }, 31_000);
  t.equal(old.freshness.verdict, "lost");
  t.ok(old.level >= 6);
  t.match(old.why, /silent for 32 s/);
});

t.test("R3 a page that is stale does not say that a robot stands: its lease may have been renewed since", async (t) => {
  const why = needOf(aRobot("r1"), { ...seen, viewAgeMs: 9000, isStale: true }).why;
  t.match(why, /^not heard by this page for 9\.4 s, since .*; whether it may move is not known to this page$/);
  t.notMatch(why, "stands");
});

t.test("offline is never shown as well", async (t) => {
  const offline = need("r1", { linked: false, rung: "AUTONOMOUS" });
  t.ok(offline.level > 0);
  t.match(offline.why, /no link/);
});

t.test("every cause of the hub has its words and its clear rule, and an unknown one waits for a person", async (t) => {
  for (const [name, { says, clear }] of Object.entries(CAUSES)) {
    const words = causeWords(name);
    t.equal(words.says, says);
    t.equal(words.needsPerson, clear === "person", name);
  }
  t.equal(causeWords("toString").needsPerson, true);
});

// Deadlines: told early, once, with a margin before it is taken back, and kept over a restart of the hub.
import t from "tap";
import { taskViews } from "../../../hub/core/views.js";
import { ACT, ready, realDispatcher, SiteUnderTest } from "./site-under-test.js";

function submit(site: SiteUnderTest, task: string, over: { priority?: number; deadlineMs?: number; dwellMs?: number }) {
  const { dwellMs = 0, ...more } = over;
  return site.ask({
    kind: "submitTask",
    act: ACT,
    task,
    stops: [{ destinations: ["D"] }],
    fleet: "",
    dwellMs,
    ...more,
  });
}

function view(site: SiteUnderTest, task: string) {
  const at = { all: true, nowMs: site.nowMs, wallMs: 1_700_000_000_000 + site.nowMs + site.wallAheadMs };
  return taskViews(site.hub.state, at).find(({ id }) => id === task);
}

const YEAR_MS = 365 * 86_400_000;

const told = (site: SiteUnderTest) => site.bodies("deadlineTold").map(({ task, verdict }) => `${task} ${verdict}`);

/** One robot that has nothing to do. */
function site(): SiteUnderTest {
  const under = ready(new SiteUnderTest({ robots: 1, dispatcher: realDispatcher }), "r1");
  const r1 = under.robot("r1");
  r1.standAt({ xM: 3, yM: 2 });
  under.run(400);
  under.say("r1", r1.outcome("ARRIVED"));
  return under;
}

t.test("a task that cannot make its deadline tells so early, and when it has missed it, each once", async (t) => {
  const under = site();
  submit(under, "t1", { deadlineMs: 6000, dwellMs: 20_000 });
  under.run(600);
  t.same(told(under), ["t1 EXPECTED_LATE"]);
  t.match(view(under, "t1"), { detail: /^expected late by \d+ s$/ });
  t.ok((view(under, "t1")?.lateMs ?? 0) > 10_000);
  t.ok((view(under, "t1")?.deadlineLeftMs ?? 0) > 5000);
  under.run(7000);
  t.same(told(under), ["t1 EXPECTED_LATE", "t1 MISSED"]);
  t.match(view(under, "t1"), { detail: /^late by/, deadlineLeftMs: undefined });
  under.run(5000);
  t.equal(told(under).length, 2, "and no more");
});

t.test("a task in time says nothing; work before it that makes it late does, until that is gone", async (t) => {
  const under = site();
  submit(under, "t1", { deadlineMs: 60_000 });
  under.run(20_000, () => view(under, "t1")?.phase === "ACTIVE");
  submit(under, "t2", { deadlineMs: 40_000 });
  under.run(1000);
  t.same(told(under), []);
  submit(under, "t3", { dwellMs: 120_000, priority: 9 });
  under.run(1000);
  t.same(told(under), ["t2 EXPECTED_LATE"], "what is more urgent goes first, and t1 is under way");
  under.ask({ kind: "cancelTask", act: ACT, task: "t3" });
  under.run(1000);
  t.same(told(under), ["t2 EXPECTED_LATE", "t2 EXPECTED_IN_TIME"]);
});

t.test("R13 it does not go to and fro for ever", async (t) => {
  const under = site();
  submit(under, "t1", {});
  under.run(20_000, () => view(under, "t1")?.phase === "ACTIVE");
  submit(under, "t2", { deadlineMs: 3_000_000 });
  for (let turn = 0; turn < 30; turn += 1) {
    submit(under, `x${turn}`, { dwellMs: 3_000_000, priority: 9 });
    under.run(600);
    under.ask({ kind: "cancelTask", act: ACT, task: `x${turn}` });
    under.run(600);
  }
  const late = told(under).filter((one) => one === "t2 EXPECTED_LATE").length;
  t.equal(late, 8);
  t.equal(told(under).at(-1), "t2 EXPECTED_LATE", "in the end it stays late");
});

t.test("a deadline goes on over a restart, by the longer of hub time and wall time", async (t) => {
  const under = site();
  submit(under, "t1", { deadlineMs: 100_000 });
  under.run(10_000);
  under.restart(60_000);
  ready(under, "r1");
  const leftMs = view(under, "t1")?.deadlineLeftMs ?? 0;
  t.ok(leftMs < 31_000 && leftMs > 25_000, `${leftMs} ms left: downtime counts`);
  const behind = { all: true, nowMs: under.nowMs, wallMs: 0 };
  const setBack = taskViews(under.hub.state, behind)[0]?.deadlineLeftMs ?? 0;
  t.ok(setBack > leftMs && setBack < 100_000, `${setBack} ms left by a wall clock that was set back`);
});

t.test("R6 no wall clock marks a deadline as missed: it can only make one be expected late", async (t) => {
  const under = site();
  submit(under, "t1", { deadlineMs: 100_000, dwellMs: 5000 });
  submit(under, "t2", { deadlineMs: 60_000 });
  under.ask({ kind: "pauseTask", act: ACT, task: "t2" });
  under.run(5000);
  t.same(told(under), []);
  under.wallAheadMs = YEAR_MS;
  under.restart(1000);
  ready(under, "r1");
  under.run(1000);
  t.same(told(under), ["t1 EXPECTED_LATE", "t2 EXPECTED_LATE"]);
  t.match(under.bodies("deadlineTold").at(-1), { byMs: 0, detail: /by the wall clock no time left/ });
  t.ok((view(under, "t1")?.lateMs ?? YEAR_MS) < 30_000, "by what it takes, and by no year");
  under.wallAheadMs = 0;
  under.run(1000);
  t.match(told(under).slice(2), ["t1 EXPECTED_IN_TIME"], "it takes back what it can");
  under.run(60_000);
  t.same(
    told(under).filter((one) => one.startsWith("t2")),
    ["t2 EXPECTED_LATE", "t2 MISSED"],
    "in hub time it is missed",
  );
});

t.test("R10 priority and deadline belong to the contents of a task", async (t) => {
  const under = site();
  submit(under, "t1", { priority: 5 });
  t.match(submit(under, "t1", {}), { existed: true }, "5 is the usual one");
  t.match(submit(under, "t1", { priority: 6 }), { code: "TASK_DIFFERS" });
  t.match(submit(under, "t1", { deadlineMs: 1000 }), { code: "TASK_DIFFERS" });
});

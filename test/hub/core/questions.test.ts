// R12: what waits for a person: asked once it has stood for a while, answered once for the version that was shown,
// through the same acts as without a question, expired to what gives nothing, and withdrawn when it is over.

import t from "tap";
import { replay } from "../../../hub/core/hub.js";
import { decisionViews } from "../../../hub/core/questions.js";
import { siteView } from "../../../hub/core/views.js";
import type { EdgeMessage } from "../../../proto/wire.js";
import { ACT, ready, SiteUnderTest, stateText } from "./site-under-test.js";

const FREE_MS = 900_000;

const asked = (site: SiteUnderTest) => decisionViews(site.hub.state, site.nowMs);
const types = (site: SiteUnderTest) => asked(site).map(({ type, subject }) => `${type} ${subject}`);

function only(site: SiteUnderTest, type: string) {
  const found = asked(site).filter((view) => view.type === type);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} questions of type ${type}`);
  return found[0];
}

function answer(site: SiteUnderTest, question: string, about: { version: number; choice: string; seen?: string }) {
  const { version, choice, seen = "" } = about;
  return site.ask({ kind: "answer", act: ACT, question, version, choice, seen });
}

/** r1 acts on C for t1, dies, and its lease has certainly lapsed. */
function lapsed(stops: readonly (readonly string[])[] = [["C"]]): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  site.submit("t1", ...stops);
  site.script.want("r1", "C", "t1");
  site.run(1200);
  site.disconnect("r1");
  site.robot("r1").isTelling = false;
  site.run(site.waitMs + 3000);
  return site;
}

function latch(site: SiteUnderTest, name = "bumper"): void {
  const robot = site.robot("r1");
  robot.rung = "HALT";
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "HALT", causes: [{ name, rung: "HALT", detail: "front" }] });
}

t.test("R12 a lapsed place is asked about, with why, evidence, choices and a deadline; the answer is the act", (t) => {
  const site = lapsed();
  const view = only(site, "free");
  t.match(view, { subject: "C", choices: ["free", "keep"], safeDefault: /^keep: the place stays taken/, why: /R4/ });
  t.match(view.evidence[0], /^lapsed under r1, token 1\.\d+$/);
  t.match(view.evidence[1], /^r1: no link, no lease runs, last seen at \(/);
  t.ok(view.deadlineLeftMs > FREE_MS - 5000 && view.deadlineLeftMs <= FREE_MS);
  const of = { version: view.version, choice: "free" };
  t.match(answer(site, view.id, of), { code: "NO_ACT", message: /what was seen/ });
  t.match(answer(site, view.id, { ...of, choice: "maybe" }), { code: "MALFORMED", message: /one of free, keep/ });
  t.equal(site.holder("C"), "r1", "nothing was done so far");
  t.match(answer(site, view.id, { ...of, seen: "an empty floor" }), { done: /C: it is seen empty/ });
  t.equal(site.holder("C"), undefined);
  t.match(site.bodies("claimFreed").at(-1), { exit: "STATED_FREE", operator: "ada", seen: "an empty floor" });
  t.match(site.bodies("questionAnswered"), [{ question: view.id, choice: "free", operator: "ada", reason: "test" }]);
  t.match(answer(site, view.id, { ...of, seen: "again" }), {
    code: "QUESTION_SETTLED",
    message: /answered by ada: free/,
  });
  site.run(1000);
  t.match(answer(site, view.id, { ...of, seen: "again" }), {
    code: "QUESTION_SETTLED",
    message: /answered by ada: free/,
  });
  t.equal(site.bodies("claimFreed").length, 1, "done once");
  t.end();
});

t.test("R4 an answer is no way past the acts: what an act refuses leaves the question open", (t) => {
  const site = lapsed();
  const view = only(site, "free");
  site.robot("r1").isTelling = true;
  site.connect("r1"); // its lease may run again
  site.run(600);
  const again = asked(site).find(({ type }) => type === "free");
  const version = again?.version ?? view.version;
  const found = answer(site, view.id, { version, choice: "free", seen: "an empty floor" });
  t.match(found, { code: /LEASE_RUNNING|BUSY|QUESTION_CHANGED|QUESTION_SETTLED/ });
  t.equal(site.bodies("questionAnswered").length, 0);
  t.equal(site.bodies("claimFreed").filter(({ exit }) => exit === "STATED_FREE").length, 0);
  t.end();
});

t.test("R12 a question is withdrawn when what it was about is over", (t) => {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1");
  t.same(types(site), [], "what may pass by itself is asked of nobody");
  site.run(11_000);
  const view = only(site, "absent");
  t.equal(view.subject, "r2");
  site.connect("r2");
  site.run(500);
  t.same(types(site), []);
  t.match(site.bodies("questionWithdrawn"), [{ question: view.id, version: view.version }]);
  const late = answer(site, view.id, { version: view.version, choice: "absent", seen: "in the workshop" });
  t.match(late, { code: "QUESTION_SETTLED", message: /withdrawn, because it was over/ });
  t.match(answer(site, "free", { version: 1, choice: "keep" }), { code: "UNKNOWN_ID" });
  t.end();
});

t.test(
  "R12 an answer to a version that has changed is refused with what has changed, also before it is asked anew",
  (t) => {
    const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
    latch(site);
    site.run(3000);
    const first = only(site, "clear");
    t.match(first.evidence[0], "r1: HALT by bumper");
    const causes = ["bumper", "emergency-stop"].map((name) => ({ name, rung: "HALT", detail: "" }) as const);
    const both: EdgeMessage = { kind: "modeReport", sequence: 0, rung: "HALT", causes };
    site.say("r1", both);
    const of = { version: first.version, choice: "clear" };
    t.match(answer(site, first.id, of), {
      code: "QUESTION_CHANGED",
      message: /is now "r1: HALT by bumper, HALT by emerg/,
    });
    site.run(3000);
    const second = only(site, "clear");
    t.equal(second.id, first.id, "the same question");
    t.ok(second.version > first.version);
    t.match(answer(site, first.id, of), {
      code: "QUESTION_CHANGED",
      message: /waits as version \d+: .*emergency-stop/,
    });
    t.equal(site.bodies("ceilingCleared").length, 0);
    t.match(answer(site, second.id, { ...of, version: second.version }), { done: /cleared/ });
    t.match(site.robot("r1").last("clearLatches"), { causes: ["bumper", "emergency-stop"], operator: "ada" });
    t.end();
  },
);

t.test(
  "R12 nobody answers: the safe default holds, nothing is given, and it is not asked again while nothing changes",
  (t) => {
    const site = lapsed();
    const view = only(site, "free");
    site.nowMs += FREE_MS;
    site.run(1000);
    t.match(
      site.bodies("questionExpired").find(({ question }) => question === view.id),
      { choice: "keep" },
    );
    t.equal(site.holder("C"), "r1");
    site.run(10_000);
    t.notOk(types(site).includes("free C"));
    const late = answer(site, view.id, { version: view.version, choice: "free", seen: "empty" });
    t.match(late, { code: "QUESTION_SETTLED", message: /expired/ });
    site.nowMs += FREE_MS;
    site.run(4000);
    t.notSame(only(site, "free").id, view.id, "whoever comes later finds it in the queue again");
    t.end();
  },
);

t.test("R12 keep is an answer: it is not asked again until something changes", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  latch(site);
  site.run(3000);
  const view = only(site, "clear");
  t.match(answer(site, view.id, { version: view.version, choice: "keep" }), { done: /stays as it is/ });
  site.run(10_000);
  t.same(types(site), []);
  latch(site, "emergency-stop");
  site.run(3000);
  t.match(only(site, "clear"), { version: site.bodies("questionAsked").length > 1 ? Number : 0 });
  t.end();
});

t.test(
  "R10 a task whose outcome is not known ends as done by a person who saw it, once, and its place stays taken",
  (t) => {
    const site = lapsed();
    const view = only(site, "outcome");
    t.match(view, { subject: "t1", choices: ["done", "cancel", "keep"] });
    t.match(answer(site, view.id, { version: view.version, choice: "done", seen: "the pallet stands there" }), {
      done: /t1/,
    });
    t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
    t.equal(site.holder("C"), "r1", "R4");
    t.match(site.bodies("actRecorded").at(-1), { act: "task done", subject: "t1", seen: "the pallet stands there" });
    site.robot("r1").isTelling = true;
    site.connect("r1");
    site.run(3000);
    t.equal(site.bodies("taskEnded").length, 1, "what its robot says later ends it no second time");
    t.end();
  },
);

t.test("R9 a stale fleet is one question, and holding it sets a ceiling for the fleet", (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
  for (const robot of site.robots.values()) robot.isTelling = false;
  site.run(9000);
  const view = only(site, "fleet");
  t.equal(view.subject, "fleet/pickers");
  t.same(types(site), ["fleet fleet/pickers"], "one for all");
  answer(site, view.id, { version: view.version, choice: "hold" });
  t.match(site.bodies("ceilingSet"), [{ robot: "", fleet: "pickers", rung: "CONFIRM", operator: "ada" }]);
  t.end();
});

t.test("R12 a halt of the site is one question, not one per robot", (t) => {
  const site = ready(new SiteUnderTest({ robots: 3 }), "r1", "r2", "r3");
  site.ask({ kind: "halt", act: ACT, scope: { robot: "", fleet: "" } });
  site.run(4000);
  t.same(types(site), ["clear site"]);
  const view = only(site, "clear");
  answer(site, view.id, { version: view.version, choice: "clear" });
  t.equal(site.hub.state.ledger.ceilings.size, 0);
  t.end();
});

t.test("R12 a question about a clearing tells all that the clearing takes, and nothing else", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const scope = { robot: "r1", fleet: "" };
  site.ask({ kind: "setMode", act: ACT, scope, rung: "CONFIRM" });
  site.run(4000);
  t.same(types(site), [], "what a person has lowered to work in is no question");
  latch(site);
  site.run(4000);
  t.same(types(site), ["clear robot/r1"]);
  t.match(only(site, "clear").evidence[0], "r1: CONFIRM by ada (event 4): test, HALT by bumper");
  t.end();
});

t.test("R12 the hub's own ceiling and that of a person are two questions, one after the other", (t) => {
  const first = new SiteUnderTest({ robots: 1 });
  const own = {
    kind: "ceilingSet",
    robot: "",
    fleet: "",
    rung: "CONFIRM",
    operator: "hub",
    reason: "rolled back",
  } as const;
  const [started] = first.events;
  if (started === undefined) throw new Error("the hub has not started");
  const events = [started, { ...started, sequence: 2, body: own }];
  const site = ready(new SiteUnderTest({ robots: 1, events }), "r1");
  site.ask({ kind: "halt", act: ACT, scope: { robot: "", fleet: "" } });
  site.run(4000);
  const asks = () => asked(site).map(({ evidence: [facts = ""] }) => facts.replace(/ \(event \d+\)/, ""));
  t.same(asks(), ["CONFIRM by hub: rolled back"]);
  const view = only(site, "clear");
  answer(site, view.id, { version: view.version, choice: "clear" });
  t.same(
    [...site.hub.state.ledger.ceilings.values()].map(({ operator }) => operator),
    ["ada"],
  );
  site.run(4000);
  t.same(asks(), ["HALT by ada: test"]);
  t.end();
});

t.test("R13 R14 questions are bounded, and outlive the hub with their versions", (t) => {
  const few = (config: SiteUnderTest["site"]["config"]) => ({
    ...config,
    limits: { ...config.limits, humanDecisions: 1 },
  });
  const site = new SiteUnderTest({ robots: 3, change: few });
  site.run(12_000);
  t.equal(site.hub.state.ledger.questions.size, 1);
  const before = stateText(site.hub.state.ledger);
  t.equal(stateText(replay(site.events)), before);
  const [view] = asked(site);
  site.restart();
  t.match(asked(site)[0], { id: view?.id, version: view?.version });
  site.run(12_000);
  t.match(
    asked(site),
    [{ id: view?.id, evidence: [/start 2 of the hub/] }],
    "what it was about has changed: asked anew",
  );
  t.ok((asked(site)[0]?.version ?? 0) > (view?.version ?? 0));
  t.end();
});

t.test("R12 a question that another start asked counts from this one, for nobody could answer in between", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  site.ask({ kind: "halt", act: ACT, scope: { robot: "", fleet: "" } });
  site.run(60_000);
  const before = only(site, "clear");
  t.ok(before.waitingMs > 0);
  site.restart(24 * 3_600_000);
  const { id, version, waitingMs, deadlineLeftMs } = only(site, "clear");
  t.match({ id, version }, { id: before.id, version: before.version });
  t.match({ waitingMs, deadlineLeftMs }, { waitingMs: 0, deadlineLeftMs: before.waitingMs + before.deadlineLeftMs });
  const telemetry = { telemetryReceived: 0, telemetryBytes: 0 };
  t.equal(siteView(site.hub.state, { nowMs: site.nowMs, ...telemetry }).upMs, 0);
  site.run(5000);
  t.equal(only(site, "clear").waitingMs, 5000);
  t.equal(siteView(site.hub.state, { nowMs: site.nowMs, ...telemetry }).upMs, 5000);
  t.end();
});

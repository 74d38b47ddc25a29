// R2, R3, R5, R10: the link with one robot: hello, streams that take over, renewals by nonce, grants until answered,
// outcomes taken once, and no lease for what the hub does not hold for the robot.
import t from "tap";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

/** A site with one robot that acts on C for task t1. */
function acting(options: { readonly robots?: number } = {}): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: options.robots ?? 1 }), ...["r1", "r2"].slice(0, options.robots ?? 1));
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(600);
  if (site.robot("r1").acting().length !== 1) throw new Error("the robot was given nothing");
  return site;
}

t.test(
  "hello of a robot that the site does not have, or of another protocol, ends the stream with the reason",
  async (t) => {
    const site = new SiteUnderTest();
    const hello = { ...site.robot("r1").hello(), kind: "hello" } as const;
    const say = (stream: number, over: object) =>
      site.step({ kind: "link", stream, message: { ...hello, ...over } as Parameters<typeof site.say>[1] });
    t.match(say(7, { robot: "r9" }), [{ kind: "end", stream: 7, code: "UNKNOWN_ROBOT" }]);
    t.match(say(8, { protocol: 2 }), [{ kind: "end", stream: 8, code: "WRONG_PROTOCOL" }]);
    t.equal(site.hub.state.streams.size, 0);
  },
);

t.test("newer stream of a robot supersedes the older one, whose messages and end are ignored", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  const old = r1.stream ?? 0;
  const { leaseEndMs } = site.hub.state.watches.get("r1") ?? { leaseEndMs: 0 };
  const before = site.effects.length;
  site.connect("r1");
  t.ok(
    site.effects.slice(before).some((e) => e.kind === "end" && e.stream === old && e.code === "SUPERSEDED"),
    "the older stream is ended",
  );
  t.equal(site.hub.state.watches.get("r1")?.leaseEndMs, leaseEndMs, "R3: its lease is not");
  const late = { kind: "renew", nonce: 999, modeSequence: 0, acting: [] } as const;
  t.same(site.step({ kind: "link", stream: old, message: late }), []);
  t.equal(site.hub.state.watches.get("r1")?.lastNonce, 0);
  site.step({ kind: "closed", stream: old });
  t.equal(site.hub.state.watches.get("r1")?.stream, r1.stream, "the end of the older stream is not that of the newer");
});

t.test("message on a stream without hello is ignored, a second hello on one stream ends it", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  t.same(site.step({ kind: "link", stream: 99, message: r1.renew() }), []);
  const effects = site.step({ kind: "link", stream: r1.stream ?? 0, message: r1.hello() });
  t.match(effects, [{ kind: "end", code: "MALFORMED" }]);
});

t.test("R2 welcome voids the holdings that the hub does not hold for the robot, and only those", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  const [token] = r1.acting();
  const stray = { epoch: 1, counter: 77 };
  r1.highestToken = { epoch: 1, counter: 1 };
  r1.holdings.set("1.77", { token: stray, assignment: "a1-77", destination: "D", arrived: false });
  site.connect("r1");
  t.same(r1.last("welcome")?.void, [stray]);
  t.same(r1.acting(), [token]);
});

t.test("R3 renewals are counted from their receipt and answered with D; a silent robot keeps its time", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  r1.isRenewing = false;
  site.say("r1", r1.renew());
  const endMs = site.nowMs + site.waitMs;
  t.equal(site.hub.state.watches.get("r1")?.leaseEndMs, endMs);
  site.run(1000);
  t.equal(site.hub.state.watches.get("r1")?.leaseEndMs, endMs);
  site.disconnect("r1");
  t.equal(site.hub.state.watches.get("r1")?.leaseEndMs, endMs, "a closed stream proves nothing");
});

t.test("R2 repeated and older nonces change nothing and are not answered", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  r1.isRenewing = false;
  const first = r1.renew();
  const second = r1.renew();
  t.equal(site.say("r1", second).length, 1);
  const { leaseEndMs } = site.hub.state.watches.get("r1") ?? {};
  site.run(500);
  for (const message of [first, second, first, second]) t.same(site.say("r1", message), [], `nonce ${message.nonce}`);
  t.equal(site.hub.state.watches.get("r1")?.leaseEndMs, leaseEndMs);
});

t.test("R6 each welcome and each answer carries a hub nonce that was never sent before", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 2 }), "r1", "r2");
  site.run(2000);
  site.restart();
  site.connect("r1");
  site.run(1000);
  const nonces = [...site.robots.values()].flatMap((robot) =>
    robot.received.flatMap((message) => ("hubNonce" in message ? [message.hubNonce] : [])),
  );
  t.ok(nonces.length > 10);
  t.equal(new Set(nonces).size, nonces.length);
});

t.test("R10 grant is sent again until it is answered, and to a robot that comes back", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  r1.isAnswering = false;
  site.submit("t1", ["C"]);
  site.script.want("r1", "C", "t1");
  site.run(3600);
  t.equal(r1.count("grant"), 4, "at once and each second");
  const tokens = new Set(r1.received.flatMap((message) => (message.kind === "grant" ? [message.token.counter] : [])));
  t.equal(tokens.size, 1, "always the same token");
  site.connect("r1");
  t.equal(r1.count("grant"), 5);
  r1.isAnswering = true;
  site.run(1100);
  const after = r1.count("grant");
  site.run(5000);
  t.equal(r1.count("grant"), after, "not after it was answered");
  t.equal(site.bodies("claimed").length, 1, "R3: a claim is written once per token");
});

t.test("R10 refused grant gives the task back, and the destination is left alone for a while", async (t) => {
  const site = acting();
  const [token] = site.robot("r1").acting();
  if (token === undefined) throw new Error("no token");
  site.say("r1", { kind: "grantAnswer", token, accepted: false, refusal: "STALE_TOKEN" });
  t.match(site.bodies("assignmentEnded"), [{ end: "REFUSED", reason: "STALE_TOKEN" }]);
  t.match(site.hub.state.ledger.tasks.get("t1"), { phase: "WAITING", robot: "" });
  t.ok((site.hub.state.watches.get("r1")?.excluded.get("C") ?? 0) > site.nowMs);
  const count = site.events.length;
  site.say("r1", { kind: "grantAnswer", token, accepted: false, refusal: "STALE_TOKEN" });
  t.equal(site.events.length, count, "a second refusal changes nothing");
});

t.test("R10 outcome is taken once and acknowledged as often as it comes", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  r1.standAt({ xM: 15, yM: 10 });
  const arrival = r1.outcome("ARRIVED");
  for (let times = 0; times < 3; times += 1) site.say("r1", arrival);
  t.equal(r1.count("outcomeStored"), 3);
  t.equal(site.bodies("arrived").length, 1);
  t.equal(site.bodies("taskEnded").length, 1);
  site.restart();
  site.connect("r1");
  site.say("r1", arrival);
  t.equal(r1.count("outcomeStored"), 4, "also by the next incarnation");
  t.equal(site.bodies("taskEnded").length, 1);
});

t.test("R5 outcome, answer or renewal with another robot's token has no effect on it", async (t) => {
  const site = acting({ robots: 2 });
  const [token] = site.robot("r1").acting();
  if (token === undefined) throw new Error("no token");
  const count = site.events.length;
  const assignment = "a1-1";
  const outcome = {
    kind: "outcome",
    id: "o-x",
    token,
    assignment,
    result: "ARRIVED",
    reason: "",
    decisionId: "",
  } as const;
  t.match(
    site.say("r2", outcome),
    [{ kind: "send", message: { kind: "outcomeStored", id: "o-x" } }],
    "it is not sent for ever",
  );
  site.say("r2", { kind: "grantAnswer", token, accepted: false, refusal: "STALE_TOKEN" });
  t.equal(site.events.length, count);
  const r2 = site.robot("r2");
  site.say("r2", { ...r2.renew(), acting: [token] });
  t.equal(r2.leaseMs, 0, "no lease for a robot that would act on another's claim");
  t.equal(site.holder("C"), "r1");
});

t.test("R3 robot that would act on what was taken back gets no lease until it has let go", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  r1.isObeying = false;
  r1.rung = "CONFIRM";
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "CONFIRM", causes: [] });
  site.run(site.waitMs + 12_000);
  t.match(site.bodies("assignmentEnded"), [{ end: "ABANDONED" }]);
  site.say("r1", { kind: "modeReport", sequence: 0, rung: "AUTONOMOUS", causes: [] });
  site.run(2000);
  t.equal(r1.leaseMs, 0);
  t.match(r1.last("withdraw"), { token: { epoch: 1, counter: 1 } });
  r1.isObeying = true;
  site.run(1000);
  t.same(r1.acting(), []);
  t.equal(r1.leaseMs, 3000);
});

t.test("R8 order is repeated until the robot renews with its sequence", async (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const r1 = site.robot("r1");
  site.ask({ kind: "setMode", act: ACT, scope: { robot: "r1", fleet: "" }, rung: "REACTIVE_ONLY" });
  t.match(r1.order, { rung: "REACTIVE_ONLY", causes: [{ name: "operator", detail: "ada: test" }] });
  const { sequence = 0 } = r1.order ?? {};
  const before = r1.count("modeOrder");
  site.say("r1", { ...r1.renew(), modeSequence: sequence - 1 });
  t.equal(r1.count("modeOrder"), before + 1);
  site.say("r1", r1.renew());
  t.equal(r1.count("modeOrder"), before + 1);
});

t.test("R4 lapsed claim goes on for its former holder, under a higher token and the same assignment", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  site.disconnect("r1");
  site.run(site.waitMs + 500);
  t.match(site.bodies("claimLapsed"), [{ token: { epoch: 1, counter: 1 } }]);
  site.connect("r1");
  t.equal(r1.last("grant")?.token.counter, 1, "nothing is granted at hello for what has lapsed");
  site.run(1500);
  t.match(r1.last("grant"), { token: { epoch: 1, counter: 2 }, assignment: "a1-1", destination: "C", task: "t1" });
  t.match(site.bodies("claimFreed"), [{ token: { counter: 1 }, exit: "REPLACED" }]);
  t.equal(r1.leaseMs, 3000);
  site.say("r1", r1.outcome("ARRIVED"));
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "DONE");
});

t.test("R4, R10 outcome under a former token ends nothing that goes on under a higher one", async (t) => {
  const site = acting();
  const r1 = site.robot("r1");
  const arrival = r1.outcome("ARRIVED");
  for (const held of r1.holdings.values()) held.arrived = false;
  site.disconnect("r1");
  site.run(site.waitMs + 500);
  site.connect("r1");
  site.run(1500);
  t.equal(site.hub.state.ledger.counter, 2);
  site.say("r1", arrival);
  t.same(site.bodies("assignmentEnded"), [], "the robot may act on the higher one by now");
  t.equal(site.hub.state.ledger.tasks.get("t1")?.phase, "ACTIVE");
  t.ok(
    r1.received.some((message) => message.kind === "outcomeStored"),
    "and it need not be sent again",
  );
});

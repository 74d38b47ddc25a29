// R11, blast radius: of a fleet only so many models take over in a minute, by permissions of the hub that stand in the
// ledger; a start of the hub counts as if they had all been given; models that go to and fro are left alone.
import t from "tap";
import { fleetOf } from "../../../fleet-config/defaults.js";
import { Story } from "../../../hub/core/explain.js";
import { decisionViews } from "../../../hub/core/questions.js";
import type { EdgeMessage, HubMessage } from "../../../proto/wire.js";
import { ACT, ready, type SiteOptions, SiteUnderTest } from "./site-under-test.js";

type Ask = Extract<EdgeMessage, { kind: "askSwap" }>;
type Answer = Extract<HubMessage, { kind: "swapAnswer" }>;

const MODEL = { model: "chaser", version: "2.0.0", sha256: "0123456789abcdef" } as const;
/** That a permission counts, with rho 0.1 on both sides. */
const COUNTS_MS = 72_112;

let asks = 0;

function askFor(site: SiteUnderTest, id: string, over: Partial<Ask> = {}): Answer | undefined {
  asks += 1;
  const before = site.robot(id).count("swapAnswer");
  site.say(id, { kind: "askSwap", ask: asks, ...MODEL, from: "chaser 1.0.0", ...over });
  return site.robot(id).count("swapAnswer") === before ? undefined : site.robot(id).last("swapAnswer");
}

function siteOf(robots: number, { share = 0.5, least = 1, more = {} as Partial<SiteOptions> } = {}): SiteUnderTest {
  const fleets = more.fleets ?? [fleetOf("pickers")];
  const all = Array.from({ length: robots }, (_, index) => {
    return { id: `r${index + 1}`, fleet: fleets[index % fleets.length]?.id ?? "", home: `H${(index % 3) + 1}` };
  });
  const site = new SiteUnderTest({
    ...more,
    fleets,
    change: (config) => ({
      ...config,
      robots: all,
      interplay: { ...config.interplay, swapShare: share, swapLeast: least },
    }),
  });
  return ready(site, ...all.map(({ id }) => id));
}

t.test("R10 R11 a permission is an event before it is an answer, and answers what was asked", async (t) => {
  const site = siteOf(2);
  t.equal(site.robot("r1").last("welcome")?.answersSwaps, true, "the robot is told that it may ask");
  const answer = askFor(site, "r1");
  t.match(answer, { ...MODEL, ask: asks, allowed: true, refusal: "", message: "" });
  t.same(site.bodies("modelSwapAllowed"), [{ kind: "modelSwapAllowed", robot: "r1", ...MODEL, from: "chaser 1.0.0" }]);
  t.equal(askFor(site, "r1", { ask: asks - 1 }), undefined, "a repeated question changes nothing");
  t.equal(site.bodies("modelSwapAllowed").length, 1);
});

t.test("R11 of a fleet so many swap within a minute, whoever asks, used or not, and later the next", async (t) => {
  const site = siteOf(6, { share: 0.3 });
  t.equal(askFor(site, "r1")?.allowed, true);
  site.run(1000);
  t.equal(askFor(site, "r1")?.allowed, true, "once more by the same robot is one more");
  t.match(askFor(site, "r2"), { allowed: false, refusal: "TOO_MANY", message: /at most 2 swaps .* of fleet pickers/ });
  site.run(COUNTS_MS - 1000 - 50);
  t.equal(askFor(site, "r3")?.allowed, false, "not within the minute and the time that it may be used in");
  site.run(100);
  t.equal(askFor(site, "r3")?.allowed, true);
  t.equal(askFor(site, "r2")?.allowed, false, "the second still counts");
  t.equal(site.bodies("modelSwapAllowed").length, 3, "a refusal is no event");
  site.run(COUNTS_MS + 100);
  t.same(site.hub.state.swaps.allowed, [], "R13 what counts no more is forgotten");
});

t.test("R11 robots of another fleet do not count, nor those that were never heard; some may in any case", async (t) => {
  const site = siteOf(6, { share: 0.3, more: { fleets: [fleetOf("pickers"), fleetOf("carts")] } });
  const allowed = ["r1", "r3", "r5", "r2", "r4", "r6"].map((id) => askFor(site, id)?.allowed);
  t.same(allowed, [true, false, false, true, false, false], "one of three in each");
  const quiet = siteOf(6, { share: 1, least: 1 });
  for (const id of ["r3", "r4", "r5", "r6"]) quiet.disconnect(id);
  quiet.restart();
  for (const id of ["r1", "r2"]) quiet.connect(id);
  quiet.run(COUNTS_MS + 1000);
  t.equal(quiet.hub.state.fleets.get("pickers")?.counted, 2);
  t.same(
    ["r1", "r2", "r1"].map((id) => askFor(quiet, id)?.allowed),
    [true, true, false],
    "two are heard",
  );
  const least = siteOf(2, { share: 0, least: 2 });
  t.same(
    ["r1", "r2", "r1"].map((id) => askFor(least, id)?.allowed),
    [true, true, false],
  );
});

t.test("R8 R11 a robot below AUTONOMOUS, or that this start has not heard, is refused", async (t) => {
  const site = siteOf(2, { share: 1 });
  site.ask({
    ...{ kind: "setMode", act: ACT, scope: { robot: "r1", fleet: "" } },
    rung: "REACTIVE_ONLY",
  });
  t.match(askFor(site, "r1"), { allowed: false, refusal: "NOT_AUTONOMOUS", message: /it is on REACTIVE_ONLY$/ });
  site.robot("r2").isTelling = false;
  site.robot("r2").reboot();
  site.connect("r2");
  t.match(askFor(site, "r2"), { allowed: false, refusal: "NOT_AUTONOMOUS" });
  t.same(site.bodies("modelSwapAllowed"), []);
});

t.test("R5 R11 a start of the hub counts as if the minute were used, and so does one above a rollback", async (t) => {
  const site = siteOf(2, { share: 1 });
  site.restart();
  for (const id of ["r1", "r2"]) site.connect(id);
  site.run(COUNTS_MS - 1000);
  t.match(askFor(site, "r1"), { allowed: false, refusal: "TOO_MANY", message: /before the hub began is not known$/ });
  site.run(1100);
  t.equal(askFor(site, "r1")?.allowed, true);
  site.robot("r2").highestToken = { epoch: 40, counter: 1 };
  site.connect("r2");
  t.ok(site.hub.state.swaps.fromMs >= site.nowMs + COUNTS_MS - 1);
});

t.test("models of a robot that go to and fro are held off, asked about once, and told by explain", async (t) => {
  const site = siteOf(2, { share: 1, least: 20 });
  for (let swap = 0; swap < 2; swap += 1) {
    t.equal(askFor(site, "r1")?.allowed, true);
    site.run(5000);
  }
  t.same(site.bodies("interplayFound"), []);
  t.equal(askFor(site, "r1")?.allowed, true, "the third shows it");
  const events = site.events.flatMap(({ body, sequence }) => (body.kind === "modelSwapAllowed" ? [sequence] : []));
  t.match(site.bodies("interplayFound"), [
    { what: "MODEL_TO_AND_FRO", subject: "r1", between: ["chaser 1.0.0", "chaser 2.0.0"], events, times: 1 },
  ]);
  t.match(askFor(site, "r1"), { allowed: false, refusal: "TOO_MANY", message: /r1 swaps to and fro between models/ });
  t.equal(askFor(site, "r2")?.allowed, true, "another robot is another matter");
  const facts = new Story(site.hub.state, "r1").told({ read: { from: 1, to: 1 }, nowMs: site.nowMs })?.facts ?? [];
  t.match(
    facts.filter(({ code }) => code === "HELD_OFF").map(({ says }) => says),
    [/^its model may not be swapped for another .*: r1 swaps to and fro/],
  );
  site.run(20_000);
  t.equal(askFor(site, "r1")?.allowed, true, "and never for ever");
  t.match(
    decisionViews(site.hub.state, site.nowMs).filter(({ subject }) => subject === "r1"),
    [{ type: "interplay" }],
  );
});

t.test("models that only go on, from one to the next, are no to and fro", async (t) => {
  const site = siteOf(2, { share: 1, least: 20 });
  for (let version = 2; version < 9; version += 1)
    t.equal(
      askFor(site, "r1", { version: `${version}.0.0`, from: version === 2 ? "" : `chaser ${version - 1}.0.0` })
        ?.allowed,
      true,
    );
  t.same(site.bodies("interplayFound"), []);
});

// What the simulator found between edge and hub, one test each on the two real cores: reports of the rung that are lost
// or late (R7), a person's word that comes after what it was about (R7, R12), an arrival that the hub lost (R10).
import t from "tap";
import { EdgeOnSite } from "./edge-on-site.js";
import { ACT } from "./site-under-test.js";

const SCOPE = { robot: "r1", fleet: "" } as const;

/** The base touches something, and lets go of it. */
function touch({ edge: { base } }: EdgeOnSite, run: (ms: number) => void): void {
  base.bumper = true;
  run(200);
  base.bumper = false;
  run(300);
}

t.test("R7 mode report that was lost is told again within a second, and a late older one is not taken", async (t) => {
  const both = new EdgeOnSite();
  t.equal(both.believed, "AUTONOMOUS");
  const late = both.edge.sent("modeReport").at(-1);
  if (late === undefined) throw new Error("no report");
  both.loses = "modeReport";
  both.edge.base.bumper = true;
  both.run(300);
  t.equal(both.edge.rung, "HALT");
  t.equal(both.believed, "AUTONOMOUS", "the report of it was lost");
  both.loses = "";
  both.run(1000);
  t.equal(both.believed, "HALT");
  both.site.say("r1", late);
  t.equal(both.believed, "HALT", "what was so before is not so again");
  both.open();
  both.run(200);
  t.equal(both.believed, "HALT", "the reports of a new link count from the first");
});

t.test(
  "R7, R12 clearing that was given before a latch was found again does not open it, a later one does",
  async (t) => {
    const both = new EdgeOnSite();
    const clear = () => t.same(both.site.ask({ kind: "clearMode", act: ACT, scope: SCOPE }), {});
    touch(both, (ms) => both.run(ms));
    t.equal(both.believed, "HALT");
    both.run(1000); // somebody reads it
    both.holdsUp = "clearLatches";
    clear();
    touch(both, (ms) => both.run(ms));
    both.holdsUp = "";
    both.deliver();
    both.run(300);
    t.equal(both.edge.rung, "HALT", "that person saw the first contact, not the second");
    both.run(1000);
    clear();
    both.run(300);
    t.notOk(both.edge.causes.includes("bumper"), "this one has seen both");
  },
);

t.test("R10 hub that lost an arrival with its store is told of it again, and the task goes on", async (t) => {
  const both = new EdgeOnSite();
  both.site.submit("t1", ["P1"], ["P2"]);
  both.site.script.want("r1", "P1", "t1");
  const arrivals = () => both.edge.sent("outcome").filter(({ result }) => result === "ARRIVED");
  t.ok(both.run(10_000, () => arrivals().length > 0));
  const kept = both.site.events.findIndex(({ body }) => body.kind === "claimed") + 1;
  both.run(1000);
  const task = () => both.site.hub.state.ledger.tasks.get("t1");
  t.equal(task()?.stopIndex, 1);
  t.same(both.edge.stored.outbox, [], "the hub has stored it");
  both.rollBack(kept);
  both.run(200);
  t.match(arrivals(), [{}, { token: arrivals()[0]?.token, reason: "told again" }]);
  t.not(arrivals()[0]?.id, arrivals()[1]?.id, "of another id, since the first one is acknowledged");
  t.same(both.edge.stored.outbox, [], "and only once");
  t.equal(task()?.stopIndex, 1);
  both.run(both.site.waitMs);
  both.site.script.want("r1", "P2", "t1");
  both.run(2000);
  t.match(both.edge.stored.holdings.at(-1), { destination: "P2", task: "t1", arrived: false });
});

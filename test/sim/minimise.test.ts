// A failing run is made smaller until nothing that is left can be left out, and what is left fails again.

import t, { type Test } from "tap";
import { Checkers } from "./checkers/checkers.js";
import type { FaultName } from "./faults.js";
import { minimise } from "./minimise.js";
import { simulate } from "./simulate.js";
import { Violation } from "./trace.js";

const ONLY = ["link-delay", "board-reboot", "telemetry-loss", "hub-rollback", "sensor-silent", "edge-pause"] as const;
const RUN = { seed: 12, robots: 2, chaosS: 12, kinds: ONLY satisfies readonly FaultName[] } as const;

/** Plants a failure that needs a reboot of a board and an older ledger, in whatever order. */
function plant(t: Test): void {
  const { rebooted, rolledBack } = Checkers.prototype;
  const seen = new WeakMap<Checkers, Set<string>>();
  const saw = (checkers: Checkers, what: string): void => {
    const all = (seen.get(checkers) ?? new Set<string>()).add(what);
    seen.set(checkers, all);
    if (all.size === 2) throw new Violation("planted", "a board was rebooted, and the hub got an older ledger");
  };
  Checkers.prototype.rebooted = function (robot) {
    rebooted.call(this, robot);
    saw(this, "reboot");
  };
  Checkers.prototype.rolledBack = function (events) {
    rolledBack.call(this, events);
    saw(this, "rollback");
  };
  t.teardown(() => Object.assign(Checkers.prototype, { rebooted, rolledBack }));
}

t.test("minimise leaves the faults that a failure needs, and no other", (t) => {
  plant(t);
  const all = simulate(RUN).faults;
  t.ok(all.length >= 6, `${all.length} faults`);
  const found = minimise(RUN);
  if (found === null) throw new Error("the planted failure does not happen");
  const { outcome, without, runs } = found;
  t.same(outcome.faults.map(({ name }) => name).sort(), ["board-reboot", "hub-rollback"]);
  t.match(outcome.failure, { class: "safety", checker: "planted" });
  t.equal(without.size, all.length - 2);
  t.ok(runs > 2 && runs < 40, `${runs} runs`);
  t.same(simulate({ ...RUN, without }), outcome, "the same words run it again");
  t.end();
});

t.test("minimise keeps what was left out already", (t) => {
  plant(t);
  const first = simulate(RUN).faults.find(({ name }) => name !== "board-reboot" && name !== "hub-rollback");
  const without = new Set([first?.index ?? 0]);
  const found = minimise({ ...RUN, without });
  t.ok(found?.without.has(first?.index ?? 0));
  t.equal(found?.outcome.faults.length, 2);
  t.end();
});

t.test("minimise spends no more runs than it may, and then gives the smallest that it has", (t) => {
  plant(t);
  t.match(minimise(RUN, 1), { runs: 1, outcome: { failure: { checker: "planted" } } });
  const some = minimise(RUN, 4);
  t.equal(some?.runs, 4);
  t.match(some?.outcome.failure, { checker: "planted" });
  t.end();
});

t.test("minimise has nothing to give for a run that does not fail", (t) => {
  t.equal(minimise(RUN), null);
  t.end();
});

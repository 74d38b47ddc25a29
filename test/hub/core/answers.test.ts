// R12: what an answer is about, to the letter.

import t from "tap";
import { decisionViews } from "../../../hub/core/questions.js";
import { ACT, ready, SiteUnderTest } from "./site-under-test.js";

function only(site: SiteUnderTest, type: string) {
  const [found, ...more] = decisionViews(site.hub.state, site.nowMs).filter((view) => view.type === type);
  if (found === undefined || more.length > 0) throw new Error(`expected one question of type ${type}`);
  return found;
}

function answer(site: SiteUnderTest, question: string, about: { version: number; choice: string }) {
  return site.ask({ kind: "answer", act: ACT, question, seen: "", ...about });
}

t.test("R12 an answer that was given for one halt clears no other, whatever its words", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const halt = { kind: "halt", act: ACT, scope: { robot: "r1", fleet: "" } } as const;
  site.ask(halt);
  site.run(5000);
  const { id, version } = only(site, "clear");
  site.ask(halt);
  t.match(answer(site, id, { version, choice: "clear" }), { code: "QUESTION_CHANGED" });
  t.equal(site.hub.state.ledger.ceilings.size, 1);
  site.run(5000);
  t.match(answer(site, id, { version: only(site, "clear").version, choice: "clear" }), { done: /cleared/ });
  t.end();
});

t.test("R12 a question about more than can be told is answered like any other", (t) => {
  const site = ready(new SiteUnderTest({ robots: 1 }), "r1");
  const scope = { robot: "", fleet: "" };
  site.ask({ kind: "setMode", act: { operator: "bob", reason: "x".repeat(400) }, scope, rung: "HALT" });
  site.run(5000);
  const { id, version, evidence } = only(site, "clear");
  t.match(evidence[0], /x\.\.\. \(\d+ characters, [0-9a-f]+\)$/);
  t.match(answer(site, id, { version, choice: "clear" }), { done: /cleared/ });
  t.equal(site.hub.state.ledger.ceilings.size, 0);
  t.end();
});

// R7: a climb that waits for a person waits over restarts of the hub, whatever happens to the site file in between.

import t from "tap";
import { boundaryOf } from "../../../fleet-config/boundary.js";
import type { SiteConfig } from "../../../fleet-config/types.js";
import { ready, SiteUnderTest } from "./site-under-test.js";

const asks = (config: SiteConfig): SiteConfig => ({
  ...config,
  boundary: { ...boundaryOf(config), raise: { reactiveOnly: "ask", confirm: "ask", answerMs: 60_000 } },
});

function fallen(): SiteUnderTest {
  const site = ready(new SiteUnderTest({ robots: 2, change: asks }), "r1", "r2");
  site.robot("r2").isTelling = false;
  site.run(40_000);
  site.robot("r2").isTelling = true;
  site.run(60_000);
  if (site.hub.state.ledger.climbsHeld.get("r2")?.rung !== "CONFIRM") throw new Error("not held");
  return site;
}

t.test("R7 climb is held once over restarts", (t) => {
  const site = fallen();
  const before = site.bodies("climbHeld").length;
  for (let start = 0; start < 3; start += 1) {
    site.restart();
    site.connect("r1");
    site.connect("r2");
    site.run(60_000);
    t.equal(site.hub.state.watches.get("r2")?.ladder.get("raise-held")?.rung, "CONFIRM");
  }
  t.equal(site.bodies("climbHeld").length, before);
  t.end();
});

t.test("R7 climb stays held when its robot was out of the site file for a while", (t) => {
  const site = fallen();
  const without = new SiteUnderTest({ robots: 1, change: asks, events: site.events });
  ready(without, "r1").run(10_000);
  const again = new SiteUnderTest({ robots: 2, change: asks, events: without.events });
  ready(again, "r1", "r2").run(60_000);
  t.equal(again.hub.state.watches.get("r2")?.ladder.get("raise-held")?.rung, "CONFIRM");
  t.end();
});

// What the dispatcher is told of tasks that wait: how long, over restarts of the hub, by no clock that people set.
import t from "tap";
import { waitingTasks } from "../../../hub/core/task-queue.js";
import { Turn } from "../../../hub/core/turn.js";
import { SiteUnderTest } from "./site-under-test.js";

function waitedMs(site: SiteUnderTest, task: string, wallMs = 0): number | undefined {
  const turn = new Turn(site.hub.state, { nowMs: site.nowMs, wallMs });
  const found = waitingTasks(turn).find(({ id }) => id === task);
  return found === undefined ? undefined : site.nowMs - found.waitingSinceMs;
}

t.test(
  "R6 what a task has waited outlives the hub: all the time for which one certainly ran, and no other",
  async (t) => {
    const site = new SiteUnderTest();
    site.submit("t1", ["C"]);
    site.run(20_000);
    site.submit("t2", ["C"]);
    site.run(1000);
    t.equal(waitedMs(site, "t1"), 21_000);
    site.restart(3_600_000);
    const first = waitedMs(site, "t1") ?? 0;
    t.ok(first >= 20_000 && first <= 21_000, `${first} ms: what the ledger shows, and nothing of the hour of downtime`);
    site.run(5000);
    t.equal(waitedMs(site, "t1"), first + 5000);
    site.submit("t3", ["C"]);
    site.restart();
    const second = waitedMs(site, "t1") ?? 0;
    t.ok(second >= first + 5000, `${second} ms after another one`);
    t.ok((waitedMs(site, "t2") ?? 0) < second && waitedMs(site, "t3") === 0, "who came later has waited less");
    const yearMs = 365 * 86_400_000;
    for (const wallMs of [-yearMs, 1_700_000_000_000 + yearMs]) t.equal(waitedMs(site, "t1", wallMs), second);
  },
);

// R13: one page that takes nothing holds up no other and is let go; what it missed it gets as the whole site.

import t from "tap";
import { Live, type Sink } from "../../../hub/web/live.js";
import { Trail } from "../../../hub/web/trail.js";
import { FRAME_EVENTS_MOST, type Frame } from "../../../proto/console.js";
import { madeUpSite } from "../../../scripts/bench/console-site.js";

class Page implements Sink {
  readonly frames: Frame[] = [];
  takes = true;
  ended = false;
  write(text: string): boolean {
    this.frames.push(JSON.parse(text.slice("data: ".length)) as Frame);
    return this.takes;
  }
  end(): void {
    this.ended = true;
  }
}

function aLive() {
  let nowMs = 100_000;
  const site = madeUpSite(
    2,
    () => nowMs,
    () => 1,
  );
  let views = 0;
  const count = () => {
    views += 1;
    return site.port.site();
  };
  const port = { ...site.port, site: count };
  const trail = new Trail(["r1", "r2"]);
  const live = new Live({ port, trail, nowMs: () => nowMs, wallMs: () => 1, streamsMost: 2, slowMs: 1000 });
  const pass = (ms: number): void => {
    nowMs += ms;
    live.tick();
  };
  return { live, site, pass, views: () => views };
}

t.test("a slow page misses frames, then gets the whole site, and is let go when it takes nothing", async (t) => {
  const { live, pass } = aLive();
  const [good, slow] = [new Page(), new Page()];
  live.follow(good);
  const follower = live.follow(slow);
  t.equal(live.follow(new Page()), null, "two are the most");
  pass(200);
  slow.takes = false;
  pass(200);
  pass(200);
  t.equal(slow.frames.length, 2, "no third frame while the second has not left");
  follower?.drained();
  slow.takes = true;
  pass(200);
  t.same(
    slow.frames.map(({ full }) => full),
    [true, false, true],
  );
  t.same(
    good.frames.map(({ full }) => full),
    [true, false, false, false],
  );
  slow.takes = false;
  for (let at = 0; at < 6; at += 1) pass(200);
  t.ok(slow.ended, "1 s without taking anything");
  t.notOk(good.ended);
  follower?.closed();
  t.equal(live.open, 1);
});

t.test("nobody looks: no view is made, and no event is kept", async (t) => {
  const { live, pass, views, site } = aLive();
  pass(200);
  t.equal(views(), 0);
  const page = new Page();
  const follower = live.follow(page);
  pass(200);
  follower?.closed();
  for (let at = 0; at < FRAME_EVENTS_MOST + 50; at += 1) site.append({ kind: "robotEnrolled", robot: "r1" });
  const again = new Page();
  live.follow(again);
  for (let at = 0; at < FRAME_EVENTS_MOST + 50; at += 1) site.append({ kind: "robotEnrolled", robot: "r1" });
  pass(200);
  pass(200);
  t.equal(again.frames[0]?.events.length, 0, "a full frame brings none");
  for (let at = 0; at < FRAME_EVENTS_MOST + 50; at += 1) site.append({ kind: "robotEnrolled", robot: "r1" });
  pass(200);
  t.equal(again.frames.at(-1)?.events.length, FRAME_EVENTS_MOST, "and never more than the most");
  live.close();
  t.ok(again.ended);
});

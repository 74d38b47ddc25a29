import t from "tap";
import { Flood } from "../../hub/flood.js";

t.test("what comes again and again is told at once, and then once a second with how many it was", (t) => {
  let nowMs = 0;
  const told: [number, string][] = [];
  const flood = new Flood(
    () => nowMs,
    (count, last) => told.push([count, last]),
  );
  for (nowMs = 5000; nowMs < 7500; nowMs += 100) flood.add(`at ${nowMs}`);
  nowMs = 60_000;
  flood.add("much later");
  t.same(told, [
    [1, "at 5000"],
    [10, "at 6000"],
    [10, "at 7000"],
    [5, "much later"],
  ]);
  t.end();
});

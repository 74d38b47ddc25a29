// R13: windows of the newest answers and bins, against lists that remember everything.
import t from "tap";
import { BinWindow, ShareWindow } from "../../../../edge/core/health/windows.js";
import { chanceFrom } from "../../../proto/true-time.js";

t.test("R13 a share is that of the newest answers, and nothing older", async (t) => {
  const chance = chanceFrom(1);
  let compared = 0;
  for (const length of [1, 2, 7, 100]) {
    const window = new ShareWindow(length);
    let all: boolean[] = [];
    for (let step = 0; step < 5 * length + 20; step += 1) {
      if (chance() < 0.02) {
        window.clear();
        all = [];
      }
      const isYes = chance() < 0.3;
      window.add(isYes);
      all = [...all, isYes].slice(-length);
      const yes = all.filter(Boolean).length;
      compared += 1;
      if (window.size !== all.length || window.share !== yes / all.length || window.shareOfAll !== yes / length)
        t.fail(`${length} at ${step}: ${window.size}, ${window.share}, ${window.shareOfAll}`);
    }
  }
  t.ok(compared > 500);
  t.equal(new ShareWindow(3).share, 0);
});

t.test("R13 counts are those of the newest rows, in each feature for itself", async (t) => {
  const chance = chanceFrom(2);
  const bins = [2, 5, 3];
  const window = new BinWindow(bins, 40);
  let rows: number[][] = [];
  for (let step = 0; step < 500; step += 1) {
    if (step === 250) {
      window.clear();
      rows = [];
    }
    const row = bins.map((count) => Math.floor(chance() * count));
    window.add((feature) => row[feature] ?? 0);
    rows = [...rows, row].slice(-40);
    const wanted = bins.flatMap((count, feature) =>
      Array.from({ length: count }, (_, bin) => rows.filter((one) => one[feature] === bin).length),
    );
    if (`${[...window.counts]}` !== `${wanted}` || window.size !== rows.length) t.fail(`at ${step}: ${window.counts}`);
  }
  t.same([...window.starts], [0, 2, 7]);
  t.equal(window.size, 40);
});

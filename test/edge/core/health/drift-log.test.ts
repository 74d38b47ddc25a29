// R7: drift on what a real robot's lidar saw: none between every other scan of one drive, some when the lidar is half
// blind or looks elsewhere; and some as well between two halves of the drive, which lead through different places.
import t from "tap";
import { Drift } from "../../../../edge/core/health/drift.js";
import { sectorsOf } from "../../../../models/assemble.js";
import { referenceOf } from "../../../../models/reference.js";
import { RoverDriver, roverLog } from "../rover-log.js";

const { lines, missing } = roverLog();
const RAYS = { count: 8, fromRad: -2, toRad: 2, take: "least", nothingM: 5.6 } as const;
const POLICY = { driftSamples: 320, leastDriftSamples: 300, driftIndex: 0.25, driftEveryMs: 0 };

/** Eight sectors of each scan, as a model would be fed. */
function rows(): readonly (readonly number[])[] {
  const driver = new RoverDriver({ xM: 0, yM: 0, headingRad: 0 });
  return lines.map((line, at) => {
    const scan = driver.samples(line, 1000 + 100 * at).find((sample) => sample.channel === "scan");
    if (scan?.channel !== "scan") throw new Error("a scan");
    return sectorsOf(scan, RAYS);
  });
}

/** The index of these rows against a reference, and what is said of it. */
function judged(reference: readonly (readonly number[])[], seen: readonly (readonly number[])[]) {
  const drift = new Drift(referenceOf("scan", reference), POLICY);
  for (const row of seen) drift.add(row, 0);
  return { index: drift.index, says: drift.take() };
}

t.test(
  "R7 drift on a real lidar: none in one drive, and some when something is wrong",
  { skip: missing },
  async (t) => {
    const all = rows();
    const [even, odd] = [0, 1].map((rest) => all.filter((_, at) => at % 2 === rest)) as [number[][], number[][]];
    t.ok(all.flat().every((range) => range > 0 && range <= RAYS.nothingM));
    const same = judged(even, odd);
    t.equal(same.says, "");
    t.ok(same.index < 0.1, `index ${same.index.toFixed(3)} between every other scan`);
    const wrong: Record<string, readonly (readonly number[])[]> = {
      "every range 30 % short": odd.map((row) => row.map((range) => 0.7 * range)),
      "nothing seen on one side": odd.map((row) => row.map((range, sector) => (sector < 3 ? RAYS.nothingM : range))),
      "turned round by one sector": odd.map((row) => [...row.slice(1), ...row.slice(0, 1)]),
      "a cap over the lidar": odd.map((row) => row.map(() => 0.1)),
    };
    for (const [name, seen] of Object.entries(wrong)) {
      const { index, says } = judged(even, seen);
      t.match(says, /^input scan\[\d\] is \d+\.\d\d off its reference, at most 0\.25$/, name);
      t.comment(`${name}: index ${index.toFixed(2)}`);
    }
    const halves = judged(all.slice(0, 320), all.slice(320));
    t.comment(`the second half of the drive against the first: index ${halves.index.toFixed(2)}`);
    t.ok(halves.index > same.index, "so a reference must hold what the robot meets");
    t.comment(`every other scan: index ${same.index.toFixed(3)}`);
  },
);

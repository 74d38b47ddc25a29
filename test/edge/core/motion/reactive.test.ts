// The immediate rules: what is in the way stops the robot, what is beside it does not.
import t from "tap";
import type { Path } from "../../../../edge/core/motion/path.js";
import { KEEP_M, type Reacting, type Reaction, reactive } from "../../../../edge/core/motion/reactive.js";
import { createSeen, UNMAPPED } from "../../../../edge/core/motion/scan.js";
import { PHYSICS } from "./world.js";

const target = { id: "a", xM: 12, yM: 0, headingRad: 0 };

/** What the rules say to a robot at the begin of a straight path along x, or of another, that sees these points. */
function react(
  points: readonly (readonly [number, number])[],
  over: { path?: Path; reacting?: Reacting } = {},
): Reaction {
  const seen = createSeen();
  for (const [xM, yM] of points) {
    seen.xM[seen.count] = xM;
    seen.yM[seen.count] = yM;
    seen.kind[seen.count++] = UNMAPPED;
    seen.unmappedCount++;
  }
  return reactive({
    path: { targetId: "a", pointsM: [0, 0, 12, 0], reachesTarget: true, detourM: 0 },
    ...{ reacting: { isHeld: false }, progress: { segment: 0, turning: false }, target, seen },
    ...{ pose: { xM: 1, yM: 0, headingRad: 0 }, speedMps: 0.4, physics: PHYSICS, latencyS: 0.1, periodS: 0.05 },
    ...over,
  });
}

function speedOf(reaction: Reaction): number {
  return reaction.kind === "follow" ? reaction.pursuit.speedMps : 0;
}

t.test("R8 what stands beside the path is passed, slower the nearer it is", async (test) => {
  const free = speedOf(react([]));
  test.equal(free, PHYSICS.reactiveSpeedMps);
  const wide = speedOf(react([[1.6, PHYSICS.radiusM + 0.5]]));
  const close = speedOf(react([[1.6, PHYSICS.radiusM + 0.2]]));
  test.ok(close > 0 && close < wide && wide < free, `${close}, ${wide}, ${free} m/s`);
  test.equal(speedOf(react([[0.6, 0.2]])), free, "behind");
});

t.test("R8 what stands in the way is kept at a distance, also round a bend", async (test) => {
  const edgeM = 1 + PHYSICS.radiusM;
  test.same(react([[edgeM + KEEP_M - 0.01, 0.1]]), { kind: "hold", why: "something ahead" });
  const nearer = speedOf(react([[edgeM + 1.2 * KEEP_M, 0]]));
  const farther = speedOf(react([[edgeM + 1.7 * KEEP_M, 0]]));
  test.ok(nearer > 0 && nearer < farther && farther < PHYSICS.reactiveSpeedMps, `${nearer}, ${farther} m/s`);
  const bent: Path = { targetId: "a", pointsM: [0, 0, 1.6, 0, 1.6, 5], reachesTarget: true, detourM: 0 };
  test.equal(react([[1.6, 0.9]], { path: bent }).kind, "hold");
  test.equal(react([[2.6, 0]], { path: bent }).kind, "follow", "straight on, where the path does not lead");
});

t.test("R8 a robot that holds goes on only with more room than it stopped for", async (test) => {
  const reacting = { isHeld: false };
  const at = (gapM: number): string => react([[1 + PHYSICS.radiusM + gapM, 0]], { reacting }).kind;
  test.same([at(KEEP_M + 0.05), at(KEEP_M - 0.01), at(KEEP_M + 0.05)], ["follow", "hold", "hold"]);
  test.same([at(KEEP_M + 0.2), at(KEEP_M + 0.05)], ["follow", "follow"]);
});

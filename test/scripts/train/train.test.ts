// The training from begin to end, in a size that takes seconds: it can be done again to the same weights, it learns,
// and what it leaves is a model that is admitted.

import t from "tap";
import { loadModel } from "../../../models/load.js";
import { CANDIDATES, SECTORS, WIDTH } from "../../../models/local-policy/policy.js";
import { networkHash } from "../../../models/local-policy/weights.js";
import { writeLocalPolicy } from "../../../models/local-policy/write.js";
import { goldenProblem } from "../../../scripts/train/check.js";
import { fit, freshNetwork } from "../../../scripts/train/fit.js";
import { batches, mirrored, type Sample, writeShares } from "../../../scripts/train/samples.js";
import { train } from "../../../scripts/train/train.js";
import { Random } from "../../../scripts/world/random.js";

const TINY = { seed: "tiny", samples: 256, rounds: 1, epochs: 8, library: "for tests", tell: () => {} };

/** Situations in which the waypoint alone says what is wanted. */
function drawnSamples(count: number): readonly Sample[] {
  const draw = new Random("samples");
  return Array.from({ length: count }, () => {
    const features = Float32Array.from({ length: WIDTH }, () => draw.next());
    const [ahead, left] = [draw.next(), draw.between(-1, 1)];
    features[SECTORS] = ahead;
    features[SECTORS + 1] = left;
    return { features, wanted: [ahead, left] };
  });
}

t.test("R14 a training is the same again, learns, and leaves a model that is admitted", async (t) => {
  const first = await train(TINY);
  const again = await train(TINY);
  const { figures, weights } = first;
  t.equal(again.figures.hash, figures.hash);
  t.equal(figures.hash, networkHash(weights.network));
  t.same(again.weights, weights);
  t.ok(figures.loss.last < figures.loss.first, `loss from ${figures.loss.first} to ${figures.loss.last}`);
  t.ok(figures.samples >= 2 * TINY.samples);
  const directory = t.testdir();
  writeLocalPolicy(directory, weights);
  const model = await loadModel(directory);
  t.match(model.manifest, { name: "local-policy", proposal: { kind: "scores" }, confidence: { kind: "softmax" } });
  t.equal(await goldenProblem(model), "");
});

t.test("fit lowers the loss, and another seed gives other weights", async (t) => {
  const samples = drawnSamples(1024);
  const fitted = (seed: string) =>
    fit(freshNetwork(new Random("network"), [16]), samples, { draw: new Random(seed), epochs: 8, rate: 5e-3 });
  const one = await fitted("one");
  const other = await fitted("other");
  t.ok((one.losses.at(-1) as number) < 0.9 * (one.losses[0] as number), `losses ${one.losses}`);
  t.equal(networkHash((await fitted("one")).network), networkHash(one.network));
  t.not(networkHash(other.network), networkHash(one.network));
  await t.rejects(
    fit(freshNetwork(new Random("network")), samples.slice(0, 10), { draw: new Random("a"), epochs: 1, rate: 1 }),
  );
});

t.test("shares of the wanted velocity are one together, most of them near it", (t) => {
  for (const wanted of [
    [0, 0],
    [0.06, -1.8],
    [1.9, 0.03],
  ] as const) {
    const shares = new Float32Array(CANDIDATES.length);
    writeShares(wanted, shares, 0);
    const sum = shares.reduce((total, share) => total + share, 0);
    t.ok(Math.abs(sum - 1) < 1e-5);
    const [speed, turn] = CANDIDATES[shares.indexOf(Math.max(...shares))] ?? [9, 9];
    t.ok(Math.abs(speed - wanted[0]) <= 0.2 && Math.abs(turn - wanted[1]) <= 0.1, `${wanted}: ${speed}, ${turn}`);
  }
  t.end();
});

t.test("mirror image of a sample twice is the sample, and batches hold every sample once", (t) => {
  const samples = drawnSamples(64);
  for (const sample of samples) t.same(mirrored(mirrored(sample)), sample);
  const [sample] = samples as [Sample];
  const other = mirrored(sample);
  t.equal(other.wanted[1], -sample.wanted[1]);
  t.equal(other.features[0], sample.features[0], "behind stays behind");
  t.equal(other.features[1], sample.features[SECTORS - 1]);
  t.equal(other.features[SECTORS + 1], -(sample.features[SECTORS + 1] as number));
  const seen = [...batches(samples, { size: 16, draw: new Random("order") })].flatMap(({ x }) =>
    Array.from({ length: 16 }, (_, row) => x[row * WIDTH + SECTORS] as number),
  );
  t.same(seen.toSorted(), samples.map(({ features }) => features[SECTORS] as number).toSorted());
  t.end();
});

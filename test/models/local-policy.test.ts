// The local policy: what it is shown, number by number; that its graph computes what its weights say; and that the
// model of the committed weights is admitted, keeps its golden vectors and is what its card names.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ModelSession } from "../../edge/planner/session.js";
import { assemble } from "../../models/assemble.js";
import { compareOutputs } from "../../models/golden.js";
import { loadModel } from "../../models/load.js";
import { bestOf, forward, type Network } from "../../models/local-policy/network.js";
import {
  CANDIDATES,
  FEATURES,
  isRight,
  localPolicyManifest,
  SCORES,
  SECTORS,
  SIDED,
  WIDTH,
} from "../../models/local-policy/policy.js";
import { encodeWeights, networkHash, parseWeights, type Weights } from "../../models/local-policy/weights.js";
import { writeLocalPolicy } from "../../models/local-policy/write.js";
import { readProposal } from "../../models/propose.js";
import { Random } from "../../scripts/world/random.js";
import { repositoryRoot } from "../fleet-config/helpers/site.js";
import { evidence, SAMPLES } from "./helpers/manifests.js";

const FOLDER = join(repositoryRoot(), "models", "local-policy");
const COMMITTED = parseWeights(readFileSync(join(FOLDER, "weights.json"), "utf8"));
const SHAPE = localPolicyManifest({ version: "0.0.0", bytes: new Uint8Array(), calibration: [], least: 0 });

function aNetwork(seed: string): Network {
  const draw = new Random(seed);
  const numbers = (length: number) => Float32Array.from({ length }, () => 0.3 * draw.gaussian());
  return [
    { inputs: WIDTH, outputs: 8, weight: numbers(8 * WIDTH), bias: numbers(8) },
    { inputs: 8, outputs: CANDIDATES.length, weight: numbers(8 * CANDIDATES.length), bias: numbers(CANDIDATES.length) },
  ];
}

function someWeights(more: Partial<Weights> = {}): Weights {
  const draw = new Random("probe");
  const probe = (name: string) => ({ name, features: Float32Array.from({ length: WIDTH }, () => draw.gaussian()) });
  return {
    ...{ version: "1.0.0", network: aNetwork("some"), least: 0.4, probes: [probe("one"), probe("two")] },
    training: { seed: "1", samples: 1, rounds: 0, epochs: 1, library: "none" },
    calibration: [
      [0.1, 0.2],
      [0.9, 0.8],
    ],
    ...more,
  };
}

/** The features of a robot at (1, 2) that looks along y and goes to (1, 5) by way of (0.5, 3). */
function shown(rangeM: readonly number[]): Float32Array {
  const step = (2 * Math.PI) / rangeM.length;
  const scan = { ...SAMPLES.scan, angleMinRad: -Math.PI, angleStepRad: step, rangeMaxM: 8, rangeM };
  const assembly = assemble(SHAPE, evidence({ samples: { scan }, waypoint: { xM: 0.5, yM: 3 } }), new Map());
  if (assembly.kind === "refused") throw new Error(assembly.reason);
  return assembly.feeds.find(({ tensor }) => tensor === FEATURES)?.data as Float32Array;
}

t.test("features of a scan are the least range of three rays, in 4 m, from behind over the right", (t) => {
  const ranges = new Array<number>(120).fill(9);
  ranges[0] = 1; // straight behind
  ranges[60] = 2; // straight ahead
  ranges[31] = 3; // right, in the sector around -90 degrees
  ranges[90] = 6; // left, farther than counts
  const features = shown(ranges);
  const seen = [...features.subarray(0, SECTORS)];
  t.equal(features.length, WIDTH);
  const expected = new Array<number>(SECTORS).fill(1);
  expected[0] = 0.25;
  expected[20] = 0.5;
  expected[10] = 0.75;
  t.same(seen, expected);
  t.end();
});

t.test("features of way, target and motion are lengths and speeds in the robot frame", (t) => {
  const rest = [...shown(new Array<number>(120).fill(9)).subarray(SECTORS)];
  const { speedMps, turnRadps } = SAMPLES.odometry;
  const { command } = evidence();
  const expected = [1, 0.5, 1, 0, 1, speedMps, turnRadps, command.speedMps, command.turnRadps];
  t.equal(rest.length, expected.length);
  expected.forEach((value, at) => {
    t.ok(Math.abs((rest[at] as number) - value) < 1e-6, `${at}: ${rest[at]} is ${value}`);
  });
  t.same(SIDED, [SECTORS + 1, SECTORS + 3, SECTORS + 6, SECTORS + 8]);
  t.end();
});

t.test("R6 a path that is missing or a scan that is old is no ground to drive on", (t) => {
  const none = assemble(SHAPE, evidence({ waypoint: null }), new Map());
  t.match(none, { kind: "refused", reason: /waypoint.forwardM/ });
  const old = assemble(SHAPE, evidence({ waypoint: { xM: 0, yM: 3 }, ages: { scan: 301 } }), new Map());
  t.match(old, { kind: "refused", reason: /scan/ });
  t.end();
});

t.test("table of velocities has each with its mirror image, a stand, and no bend too sharp", (t) => {
  const has = (speed: number, turn: number) => CANDIDATES.some(([v, w]) => v === speed && w === turn);
  t.ok(has(0, 0));
  for (const [speed, turn] of CANDIDATES) {
    t.ok(has(speed, -turn === 0 ? 0 : -turn), `${speed} m/s, ${turn} rad/s`);
    t.ok(speed >= 0 && speed <= 2 && Math.abs(turn) <= 1.8 && speed * Math.abs(turn) <= 1.3);
  }
  t.ok(isRight([0.5, 0.1], [0.5, 0.1]));
  t.notOk(isRight([1, 0.1], [0.5, 0.1]));
  t.notOk(isRight([0.5, 0.5], [0.5, 0.1]));
  t.end();
});

t.test("weights are read as they were written, and only whole and finite", (t) => {
  const weights = someWeights();
  const text = encodeWeights(weights);
  t.same(parseWeights(text), weights);
  t.equal(encodeWeights(parseWeights(text)), text);
  t.equal(
    encodeWeights(COMMITTED),
    readFileSync(join(FOLDER, "weights.json"), "utf8"),
    "the committed file is as a training leaves it",
  );
  const [first, second] = weights.network as [Network[number], Network[number]];
  const spoiled: [Partial<Weights>, RegExp][] = [
    [{ network: [second] }, /expected layers from 49 to 99/],
    [{ network: [first] }, /expected layers from 49 to 99/],
    [{ network: [{ ...first, bias: new Float32Array(7) }, second] }, /layer 0: expected 8 numbers, found 7/],
    [{ network: [{ ...first, bias: new Float32Array(8).fill(Number.NaN) }, second] }, /expected finite numbers/],
    [{ calibration: [[0, 2]] }, /calibration/],
  ];
  for (const [more, reason] of spoiled) t.throws(() => parseWeights(encodeWeights({ ...weights, ...more })), reason);
  t.throws(() => parseWeights(text.replace('"weights": 1', '"weights": 1, "more": 2')), /additional properties/);
  t.not(networkHash(aNetwork("other")), networkHash(weights.network));
  t.end();
});

t.test("graph in the runtime gives what the weights say, and the proposal is the best of the scores", async (t) => {
  for (const [name, weights] of [
    ["drawn", someWeights()],
    ["committed", COMMITTED],
  ] as const) {
    const directory = t.testdir();
    writeLocalPolicy(directory, weights);
    const model = await loadModel(directory);
    const session = await ModelSession.open(model);
    const draw = new Random(name);
    let worst = 0;
    for (let run = 0; run < 50; run += 1) {
      const features = Float32Array.from({ length: WIDTH }, () => draw.between(-1, 1));
      const feed = { tensor: FEATURES, type: "float32", dims: [1, WIDTH], data: features } as const;
      const { outputs } = await session.run([feed], { reset: true });
      const scores = forward(weights.network, features);
      const found = outputs.find(({ tensor }) => tensor === SCORES);
      const largest = scores.reduce((most, score) => Math.max(most, Math.abs(score)), 1);
      scores.forEach((score, at) => {
        worst = Math.max(worst, Math.abs(score - Number(found?.data[at])) / largest);
      });
      const { index } = bestOf(scores);
      const trusting = { ...model.manifest, confidence: { kind: "none" } } as const;
      const read = readProposal(trusting, new Map(outputs.map((output) => [output.tensor, output])));
      const [speedMps, turnRadps] = CANDIDATES[index] ?? [];
      t.match(read, { kind: "read", proposal: { kind: "velocity", speedMps, turnRadps } });
    }
    t.ok(worst < 1e-5, `${name}: off by ${worst.toExponential(1)} of the largest score at most`);
    for (const { inputs, outputs } of model.golden?.vectors ?? []) {
      const ran = await session.run(inputs, { reset: true });
      t.match(compareOutputs(outputs, ran.outputs, { absolute: 1e-4, relative: 1e-5 }), { ok: true });
    }
    t.equal(model.golden?.vectors.length, weights.probes.length);
    await session.close();
  }
});

t.test("committed weights are those of the card, and their calibration rises", (t) => {
  const card = readFileSync(join(FOLDER, "README.md"), "utf8");
  const { bytes, manifest } = writeLocalPolicy(t.testdir(), COMMITTED);
  t.ok(card.includes(networkHash(COMMITTED.network)), `the card names ${networkHash(COMMITTED.network)}`);
  t.ok(card.includes(manifest.sha256), `the card names ${manifest.sha256}`);
  t.ok(bytes.length < 200_000, `${bytes.length} bytes`);
  const { calibration } = COMMITTED;
  for (const [at, [raw, right]] of calibration.entries()) {
    const before = calibration[at - 1];
    if (before !== undefined) t.ok(raw > before[0] && right >= before[1], `${raw} gives ${right}`);
  }
  t.end();
});

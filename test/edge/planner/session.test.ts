// R11: models of other teams run as their manifests say, on what a robot knows: admitted, warmed up, fed, and read. The
// bytes are other people's data; without them this skips.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import t from "tap";
import { ModelSession } from "../../../edge/planner/session.js";
import { assemble } from "../../../models/assemble.js";
import { sealManifest, sha256Hex } from "../../../models/contract.js";
import { elementAt, type NamedTensor } from "../../../models/elements.js";
import { writeGridPlanner } from "../../../models/grid-planner/write.js";
import { loadModel } from "../../../models/load.js";
import type { Feature, ModelManifest } from "../../../models/manifest.js";
import { encodeModel, GraphBuilder } from "../../../models/onnx/builder.js";
import { readProposal } from "../../../models/propose.js";
import { aManifest, evidence, feature } from "../../models/helpers/manifests.js";
import { dataFolder } from "../../models/helpers/maps.js";
import { POLICIES, writePolicy } from "../../models/helpers/policies.js";

const data = dataFolder();
const skip = "missing" in data ? data.missing : false;
const policies = "folder" in data ? join(data.folder, "onnx", "policies") : "";

/** What a robot that sees these surroundings would feed. */
function feedsOf(manifest: ModelManifest): readonly NamedTensor[] {
  const assembly = assemble(manifest, evidence(), new Map());
  if (assembly.kind === "refused") throw new Error(assembly.reason);
  return assembly.feeds;
}

for (const file of Object.keys(POLICIES)) {
  t.test(`R11 published policy ${file} runs from what a robot knows to a proposal`, { skip }, async (t) => {
    const directory = t.testdir();
    const manifest = writePolicy(directory, { policies, file });
    const model = await loadModel(directory);
    const session = await ModelSession.open(model);
    t.teardown(() => session.close());
    t.same(session.runsOn, { provider: "cpu", note: "" });
    const feeds = feedsOf(manifest);
    const ran = await session.run(feeds, { reset: true });
    const read = readProposal(manifest, new Map(ran.outputs.map((output) => [output.tensor, output])));
    t.match(read, { kind: "read", confidence: 1, proposal: { kind: manifest.proposal.kind } });
    const again = await session.run(feeds, { reset: true });
    t.same(again.outputs, ran.outputs, "the same feeds give the same outputs");

    const raw = await InferenceSession.create(model.bytes);
    const given = Object.fromEntries(
      feeds.map(({ tensor, data: numbers, dims }) => [tensor, new Tensor("float32", numbers as Float32Array, dims)]),
    );
    for (const { tensor } of manifest.states) given[tensor] = new Tensor("float32", new Float32Array(1), [1]);
    const outputs = await raw.run(given);
    for (const { tensor, data: numbers } of ran.outputs) t.same(outputs[tensor]?.data, numbers, `${tensor}, as alone`);
  });
}

t.test("R11 feeds that are not those of the manifest are refused by the name of the input", { skip }, async (t) => {
  const directory = t.testdir();
  const manifest = writePolicy(directory, { policies, file: "ogre_mecanum_nav.onnx" });
  const session = await ModelSession.open(await loadModel(directory));
  t.teardown(() => session.close());
  const [feed] = feedsOf(manifest) as [NamedTensor];
  await t.rejects(session.run([], { reset: false }), { message: 'input "obs": expected it to be fed, found nothing' });
  await t.rejects(session.run([{ ...feed, dims: [10, 1] }], { reset: false }), { message: /"obs": found \[10,1\]/ });
  await t.rejects(session.run([{ ...feed, type: "int64" }], { reset: false }), { message: /float32, found int64/ });
  t.match(await session.run([feed], { reset: false }), { outputs: [{ tensor: "actions" }] }, "and it goes on");
});

/** sum = speed (half) + bumper (bool) + charge in percent (int64) + what the sum was before; also told in halves. */
function summing(directory: string, more: Partial<ModelManifest["states"][number]> = {}): ModelManifest {
  const graph = new GraphBuilder("summing");
  const toFloat = { to: { int: 1 } };
  const parts = [
    graph.op("Cast", [graph.input("speed", "float16", ["batch", 1])], toFloat),
    graph.op("Cast", [graph.input("bumper", "bool", [1, 1])], toFloat),
    graph.op("Cast", [graph.input("charge", "int64", [1, 1])], toFloat),
    graph.input("before", "float32", [1, 1]),
  ];
  const sum = parts.reduce((total, part) => graph.op("Add", [total, part]));
  graph.rename(sum, "sum");
  graph.rename(graph.op("Cast", [sum], { to: { int: 10 } }), "halves");
  graph.rename(sum, "after");
  graph.output("sum", "float32", [1, 1]);
  graph.output("halves", "float16", [1, 1]);
  graph.output("after", "float32", [1, 1]);
  const bytes = encodeModel(graph, { irVersion: 8, opset: 17, producer: "test" });
  const fed = (tensor: string, type: "float16" | "bool" | "int64", from: Feature) => {
    const shape = tensor === "speed" ? [{ dim: "batch", size: 1 }, 1] : [1, 1];
    return { tensor, type, shape, unit: "m", fill: { kind: "features", features: [from] } } as const;
  };
  const velocity = { terms: [{ tensor: "halves", index: 0, scale: 1 }], offset: 0, clip: [-999, 999] } as const;
  const manifest = aManifest({
    ...{ file: "summing.onnx", bytes: bytes.length, sha256: sha256Hex(bytes) },
    inputs: [
      fed("speed", "float16", feature("odometry.speedMps")),
      fed("bumper", "bool", feature("base.bumper")),
      fed("charge", "int64", feature("battery.chargeRatio", { scale: 100 })),
    ],
    states: [
      {
        ...{ tensor: "before", output: "after", type: "float32", shape: [1, 1], initial: 1000, resetAfterMs: 60_000 },
        ...more,
      },
    ],
    outputs: [
      { tensor: "sum", type: "float32", shape: [1, 1], unit: "m" },
      { tensor: "halves", type: "float16", shape: [1, 1], unit: "m" },
    ],
    proposal: { kind: "velocity", speedMps: velocity, turnRadps: velocity },
  });
  writeFileSync(join(directory, manifest.file), bytes);
  writeFileSync(join(directory, "manifest.json"), sealManifest(manifest));
  return manifest;
}

t.test("R11 inputs of several types and a recurrent state run on, and begin anew when they are told to", async (t) => {
  const directory = t.testdir();
  const manifest = summing(directory);
  const session = await ModelSession.open(await loadModel(directory));
  t.teardown(() => session.close());
  const sumOf = async (reset: boolean): Promise<readonly number[]> => {
    const { outputs } = await session.run(feedsOf(manifest), { reset });
    t.same(
      outputs.map(({ tensor }) => tensor),
      ["sum", "halves"],
      "a state is no output",
    );
    return outputs.map((output) => elementAt(output, 0));
  };
  const step = 0.5 + 1 + 50; // speed, bumper, charge
  t.same(
    await sumOf(false),
    [1000 + step, 1052],
    "the warm-up left no state; halves above 1024 are whole, and even from the middle",
  );
  t.same((await sumOf(false))[0], 1000 + 2 * step);
  t.same((await sumOf(true))[0], 1000 + step);
});

t.test("R11 a run apart begins anew, gives its states back, and leaves those of the live runs alone", async (t) => {
  const directory = t.testdir();
  const manifest = summing(directory, { resetAfterMs: 60_000 });
  const session = await ModelSession.open(await loadModel(directory));
  t.teardown(() => session.close());
  const feeds = feedsOf(manifest);
  const step = 0.5 + 1 + 50;
  const sumOf = (outputs: readonly NamedTensor[], name = "sum") =>
    elementAt(outputs.find(({ tensor }) => tensor === name) as NamedTensor, 0);
  t.equal(sumOf((await session.run(feeds, { reset: true })).outputs), 1000 + step);
  for (let run = 0; run < 3; run += 1) {
    const { outputs } = await session.runApart(feeds);
    t.equal(sumOf(outputs), 1000 + step);
    t.equal(sumOf(outputs, "after"), 1000 + step);
  }
  const before: NamedTensor = { tensor: "before", type: "float32", dims: [1, 1], data: Float32Array.of(7) };
  t.equal(sumOf((await session.runApart([...feeds, before])).outputs), 7 + step, "a state that is fed is taken");
  await t.rejects(session.runApart([...feeds, { ...before, dims: [1] }]), { message: /"before": found \[1\]/ });
  t.equal(sumOf((await session.run(feeds, { reset: false })).outputs), 1000 + 2 * step, "the live runs go on");
});

t.test("a state of another shape than the graph's is refused before native code", async (t) => {
  const directory = t.testdir();
  summing(directory, { shape: [1] });
  await t.rejects(loadModel(directory), { message: /input "before": expected shape \[1\], found \[1, 1\]/ });
});

t.test("a provider that this board has not is left out, and it is told", async (t) => {
  const directory = t.testdir();
  writeGridPlanner(directory);
  const model = await loadModel(directory);
  const asked = { ...model.manifest.limits, providers: ["tensorrt", "cpu"] as const };
  const session = await ModelSession.open({ ...model, manifest: { ...model.manifest, limits: asked } });
  t.teardown(() => session.close());
  t.equal(session.runsOn.provider, "cpu");
  t.match(session.runsOn.note, /^tensorrt/);
  const none = { ...asked, providers: ["tensorrt"] as const };
  await t.rejects(ModelSession.open({ ...model, manifest: { ...model.manifest, limits: none } }), {
    message: /expected one of tensorrt to run it: tensorrt/,
  });
});

// The builder writes what the reader reads: names, attributes, tensors and types come back, and the native runtime
// computes with them.

import { InferenceSession, Tensor } from "onnxruntime-node";
import t from "tap";
import { encodeModel, GraphBuilder } from "../../../models/onnx/builder.js";
import { decodeModel } from "../../../models/onnx/decode.js";
import { inspectModel } from "../../../models/onnx/inspect.js";

const options = { irVersion: 8, opset: 17, producer: "test" };

function aGraph(): GraphBuilder {
  const graph = new GraphBuilder("round-trip");
  graph.input("x", "float32", ["rows", 3]);
  const weights = graph.constant({ type: "float32", dims: [3, 1], values: [1, -2, 0.5] });
  const product = graph.op("MatMul", ["x", weights]);
  graph.rename(graph.op("LeakyRelu", [product], { alpha: { float: 0.25 } }), "y");
  graph.output("y", "float32", ["rows", 1]);
  return graph;
}

t.test("builder writes a graph that comes back with every part", (t) => {
  const bytes = encodeModel(aGraph(), { ...options, doc: "two layers" });
  const model = decodeModel(bytes);
  t.equal(model.irVersion, 8n);
  t.match(model.opsetImport, [{ domain: "", version: 17n }]);
  t.same(
    model.graph?.node.map(({ opType }) => opType),
    ["MatMul", "LeakyRelu", "Identity"],
  );
  t.match(model.graph?.node[1]?.attribute, [{ name: "alpha", type: 1, f: 0.25 }]);
  t.match(model.graph?.initializer, [{ dims: [3n, 1n], dataType: 1 }]);
  t.match(inspectModel(bytes), {
    ok: true,
    facts: {
      irVersion: 8,
      inputs: [{ name: "x", type: "float32", dims: ["rows", 3] }],
      outputs: [{ name: "y", type: "float32", dims: ["rows", 1] }],
    },
  });
  t.end();
});

t.test("builder writes a model with which the runtime computes", async (t) => {
  const session = await InferenceSession.create(encodeModel(aGraph(), options), { intraOpNumThreads: 1 });
  const high = await session.run({ x: new Tensor("float32", Float32Array.of(1, 1, 2, 3, 1, 0), [2, 3]) });
  t.same(high.y?.data, Float32Array.of(0, 1));
  const low = await session.run({ x: new Tensor("float32", Float32Array.of(0, 2, 0), [1, 3]) });
  t.same(low.y?.data, Float32Array.of(-1));
});

t.test("builder keeps an attribute whose value is zero", (t) => {
  const graph = new GraphBuilder("zero");
  graph.input("x", "float32", ["n"]);
  graph.rename(graph.op("ReduceMax", ["x"], { keepdims: { int: 0 } }), "y");
  graph.output("y", "float32", []);
  const attribute = decodeModel(encodeModel(graph, options)).graph?.node[0]?.attribute[0];
  t.equal(attribute?.i, 0n);
  t.end();
});

t.test("builder gives subgraphs names that the graph around them does not have", (t) => {
  const graph = new GraphBuilder("outer");
  const inner = new GraphBuilder("inner", graph);
  const names = [graph.op("Neg", ["x"]), inner.op("Neg", ["x"]), graph.op("Neg", ["x"])];
  t.equal(new Set(names).size, 3);
  t.end();
});

t.test("builder refuses a tensor whose values do not fill its shape", (t) => {
  const graph = new GraphBuilder("wrong");
  const wrong = { type: "int64", dims: [2, 2], values: [1, 2, 3] } as const;
  t.throws(() => graph.constant(wrong), { message: /expected 4 values, found 3/ });
  t.end();
});

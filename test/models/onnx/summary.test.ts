// What `drover model inspect` tells of a file: its parts are counted, and a refused file is told of as far as it can be
// read.

import t from "tap";
import { summariseModel } from "../../../models/onnx/summary.js";
import { aModel, aNode, aTensor, aValue, encode, external, nestedGraphs, small } from "../helpers/hostile.js";
import { int4Output, weighted } from "../helpers/trial-models.js";

t.test("summary counts operators, graphs, tensors and parameters, also inside subgraphs", (t) => {
  const summary = summariseModel(encode(aModel()));
  t.match(summary, { producer: "drover", irVersion: "8", opsets: ["ai.onnx 17"], graphs: 2, parameters: 0 });
  t.ok(summary?.operators.some(({ name, count, isAllowed }) => name === "MaxPool" && count > 4 && isAllowed));
  t.match(summary?.inputs[0], { name: "cost", type: "float32", dims: ["height", "width"] });
  t.match(summariseModel(weighted()), { parameters: 4, tensors: 1, graphs: 1 });
  t.end();
});

t.test("summary tells of a refused file what can be read, and names what is not allowed", (t) => {
  t.match(summariseModel(int4Output())?.outputs, [{ name: "y", type: "int4", dims: ["4"] }]);
  const outside = small({
    initializer: [aTensor(external("../w"))],
    node: [aNode("Range", [], ["y"], { domain: "a.b" })],
  });
  t.match(summariseModel(outside), { parameters: 4, operators: [{ name: "a.b.Range", count: 1, isAllowed: false }] });
  const open = aValue("x");
  open.type.tensorType.shape.dim = [{}];
  t.match(summariseModel(small({ input: [open] }))?.inputs, [{ dims: [null] }]);
  t.match(summariseModel(small({ input: [{ name: "x" }] }))?.inputs, [{ name: "x", type: "no tensor" }]);
  t.end();
});

t.test("R13 summary of what cannot be read within the limits is none", (t) => {
  const cases = [new Uint8Array(0), Buffer.from("<html>"), nestedGraphs(1_000)];
  t.same(
    cases.slice(1).map((bytes) => summariseModel(bytes)),
    [undefined, undefined],
  );
  t.match(summariseModel(new Uint8Array(0)), { operators: [], irVersion: "none" });
  t.end();
});

// Hostile models, second half: versions, domains, operators, loops, nesting, numbers of parts, cycles (O29..O37).

import {
  aNode,
  aValue,
  type Case,
  changed,
  constantWith,
  encode,
  field,
  type Loose,
  nestedGraphs,
  small,
} from "./hostile.js";

const loopOf = (model: Loose): Loose => model.graph.node.find((node: Loose) => node.opType === "Loop");
const onlyIf = aNode("If", ["x"], ["y"], { attribute: [{ name: "then_branch", type: 5, g: { name: "g" } }] });
const ring = [aNode("Add", ["x", "b"], ["a"]), aNode("Identity", ["a"], ["b"]), aNode("Identity", ["b"], ["y"])];

export const graphCases: Case[] = [
  {
    name: "O29 an operator set of the future",
    code: "version",
    bytes: small({}, { opsetImport: [{ domain: "", version: 99 }] }),
  },
  {
    name: "O29 an operator set of the past",
    code: "version",
    bytes: small({}, { opsetImport: [{ domain: "", version: 6 }] }),
  },
  { name: "O29 no operator set", code: "version", bytes: small({}, { opsetImport: [] }) },
  { name: "O29 an unknown format version", code: "version", bytes: small({}, { irVersion: 99 }) },
  {
    name: "O30 an operator of a custom domain",
    code: "domain",
    bytes: small({ node: [aNode("Identity", ["x"], ["y"], { domain: "com.evil" })] }),
  },
  {
    name: "O30 the import of a custom domain",
    code: "domain",
    bytes: small(
      {},
      {
        opsetImport: [
          { domain: "", version: 17 },
          { domain: "com.microsoft", version: 1 },
        ],
      },
    ),
  },
  {
    name: "an operator outside the allow-list",
    code: "operator",
    bytes: small({ node: [aNode("RandomNormalLike", ["x"], ["y"])] }),
  },
  {
    name: "O31 a loop without a limit",
    code: "loop",
    bytes: changed((model) => {
      loopOf(model).input[0] = "";
    }),
  },
  {
    name: "O31 a loop with as many turns as an input says",
    code: "loop",
    bytes: changed((model) => {
      loopOf(model).input[0] = "cost";
    }),
  },
  {
    name: "O31 a loop of 2^40 turns",
    code: "loop",
    bytes: changed((model) => {
      model.graph.initializer.push({ name: "many", dims: [], dataType: 7, int64Data: ["1099511627776"] });
      loopOf(model).input[0] = "many";
    }),
  },
  { name: "O32 subgraphs nested 1,000 deep", code: "too-deep", bytes: nestedGraphs(1_000) },
  { name: "O32 subgraphs nested 17 deep", code: "too-deep", bytes: nestedGraphs(16) },
  {
    name: "O33 a million operators",
    code: "too-many",
    bytes: field(7, Buffer.alloc(2_000_000, Uint8Array.from([0x0a, 0]))),
  },
  {
    name: "O33 a million tensors",
    code: "too-many",
    bytes: field(7, Buffer.alloc(2_000_000, Uint8Array.from([0x2a, 0]))),
  },
  { name: "five million numbers", code: "too-many", bytes: field(7, field(5, field(7, Buffer.alloc(5_000_000, 1)))) },
  { name: "O34 local functions", code: "unsupported", bytes: small({}, { functions: [Buffer.from([10, 1, 65])] }) },
  { name: "a training part", code: "unsupported", bytes: small({}, { trainingInfo: [Buffer.alloc(0)] }) },
  { name: "O35 a cycle", code: "graph", bytes: small({ node: ring }), path: "graph.node[0].input[1]" },
  { name: "O35 an undefined input", code: "graph", bytes: small({ node: [aNode("Identity", ["z"], ["y"])] }) },
  { name: "an output that nothing makes", code: "graph", bytes: small({ output: [aValue("z")] }) },
  { name: "a name that is defined twice", code: "graph", bytes: small({ node: [aNode("Identity", ["x"], ["x"])] }) },
  { name: "an If with one branch", code: "graph", bytes: small({ node: [onlyIf] }) },
  {
    name: "a subgraph in an operator that has none",
    code: "graph",
    bytes: small({ node: [{ ...onlyIf, opType: "Relu" }] }),
  },
  {
    name: "an attribute with two values",
    code: "graph",
    bytes: small(constantWith({ name: "value_int", type: 2, i: 1, f: 1 })),
  },
  {
    name: "an attribute by reference",
    code: "unsupported",
    bytes: small(constantWith({ name: "value_int", type: 2, refAttrName: "n" })),
  },
  {
    name: "a window of 2^40 cells",
    code: "too-large",
    bytes: small({
      node: [aNode("MaxPool", ["x"], ["y"], { attribute: [{ name: "pads", type: 7, ints: ["1099511627776"] }] })],
    }),
  },
  {
    name: "a padding that the model computes",
    code: "operator",
    bytes: small({ node: [aNode("Pad", ["x", "x"], ["y"])] }),
  },
  { name: "no graph", code: "graph", bytes: encode({ irVersion: 8, opsetImport: [{ version: 17 }] }) },
  { name: "an input without a type", code: "interface", bytes: small({ input: [{ name: "x" }] }) },
  {
    name: "an input that is a sequence",
    code: "interface",
    bytes: small({ input: [{ name: "x", type: { sequenceType: Buffer.from([10, 0]) } }] }),
  },
];

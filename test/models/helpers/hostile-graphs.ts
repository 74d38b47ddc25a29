// Hostile models, second half: versions, domains, operators, loops, nesting, numbers of parts, cycles (O29..O37).

import {
  aNode,
  aTensor,
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
const aNumber = (name: string): Loose => ({
  name,
  type: { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 1 }] } } },
});
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
  ...["Expand", "Tile", "Pad", "OneHot"].map((opType): Case => {
    const inputs = ["x", "n", "x"].slice(0, opType === "OneHot" ? 3 : 2);
    const graph = { input: [aValue("x"), aNumber("n")], node: [aNode(opType, inputs, ["y"])] };
    return { name: `${opType} to a size that an input decides`, code: "operator", bytes: small(graph) };
  }),
  {
    name: "a tensor as large as an input says, by way of arithmetic",
    code: "operator",
    bytes: small({
      input: [aValue("x"), aNumber("n")],
      node: [aNode("Add", ["n", "n"], ["m"]), aNode("ConstantOfShape", ["m"], ["y"])],
    }),
    path: "graph.node[1].input[0]",
  },
  {
    name: "a tensor as large as the number of zeros in an input",
    code: "operator",
    bytes: small({
      node: [
        aNode("NonZero", ["x"], ["indices"]),
        aNode("Shape", ["indices"], ["shape"]),
        aNode("ConstantOfShape", ["shape"], ["y"]),
      ],
    }),
  },
  {
    name: "a tensor of 2^40 ones",
    code: "too-large",
    bytes: small({
      initializer: [aTensor({ name: "s", dims: [2], dataType: 7, rawData: undefined, int64Data: [1 << 20, 1 << 20] })],
      node: [aNode("ConstantOfShape", ["s"], ["y"])],
    }),
  },
  {
    name: "O31 loops inside each other whose turns multiply",
    code: "loop",
    bytes: changed((model) => {
      const outer = loopOf(model);
      const body = outer.attribute[0].g;
      body.initializer.push({ name: "many", dims: [], dataType: 7, int64Data: [1_000] });
      const inner = { name: "i", node: [], input: [aNumber("k"), aNumber("c")], output: [aNumber("c")] };
      body.node.push(aNode("Loop", ["many", ""], [], { attribute: [{ name: "body", type: 5, g: inner }] }));
    }),
  },
  {
    name: "a conversion to 4-bit numbers",
    code: "operator",
    bytes: small({
      node: [
        aNode("Cast", ["x"], ["c"], { attribute: [{ name: "to", type: 2, i: 22 }] }),
        aNode("Cast", ["c"], ["y"], { attribute: [{ name: "to", type: 2, i: 1 }] }),
      ],
    }),
  },
  {
    name: "dropout in training",
    code: "operator",
    bytes: small({ node: [aNode("Dropout", ["x", "", "x"], ["y"])] }),
  },
  {
    name: "an output of 4-bit numbers",
    code: "interface",
    bytes: small({
      output: [{ name: "y", type: { tensorType: { elemType: 22, shape: { dim: [{ dimValue: 4 }] } } } }],
    }),
  },
  {
    name: "a note about a value of an unknown type",
    code: "interface",
    bytes: small({ valueInfo: [{ name: "v", type: { tensorType: { elemType: 99 } } }] }),
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

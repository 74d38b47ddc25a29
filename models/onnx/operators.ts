// The operators of the standard that a model may use. All are pure functions of their inputs, and none makes a tensor
// whose size is a value that the model computes (no Range, Expand, Tile, ConstantOfShape, Resize), nor text, nor
// randomness, nor sequences, so that a run stays bounded by the shapes of its inputs (R13). Scan is left out for now.

const names = [
  ...["Abs", "Acos", "Add", "And", "ArgMax", "ArgMin", "Asin", "Atan", "AveragePool", "BatchNormalization", "Cast"],
  ...["Ceil", "Clip", "Concat", "Constant", "Conv", "Cos", "CumSum", "Div", "Elu", "Equal", "Erf", "Exp", "Flatten"],
  ...["Floor", "GRU", "Gather", "GatherElements", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater"],
  ...["GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "If", "LSTM", "LayerNormalization", "LeakyRelu"],
  ...["Less", "LessOrEqual", "Log", "LogSoftmax", "Loop", "MatMul", "Max", "MaxPool", "Mean", "Min", "Mod", "Mul"],
  ...["Neg", "Not", "Or", "PRelu", "Pad", "Pow", "Reciprocal", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin"],
  ...["ReduceProd", "ReduceSum", "Relu", "Reshape", "Round", "Selu", "Shape", "Sigmoid", "Sign", "Sin", "Size"],
  ...["Slice", "Softmax", "Softplus", "Softsign", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tan", "Tanh"],
  ...["Transpose", "Unsqueeze", "Where", "Xor"],
];

/** The allow-list, in the standard domain. */
export const allowedOperators: ReadonlySet<string> = new Set(names);

/** Which attributes of which operators hold subgraphs; a graph anywhere else is refused. */
export const subgraphAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ["If", ["then_branch", "else_branch"]],
  ["Loop", ["body"]],
]);

/** Ways to write the standard domain. */
export const standardDomains: ReadonlySet<string> = new Set(["", "ai.onnx"]);

/** Domains of the standard whose import is harmless because no operator of theirs is on the allow-list. */
export const idleDomains: ReadonlySet<string> = new Set(["ai.onnx.ml"]);

/** Accepted versions of the operator set and of the file format, both ends included. */
export const opsetRange = { min: 7, max: 23 } as const;
export const irRange = { min: 4, max: 13 } as const;

// The operators of the standard that a model may use. All are pure functions of their inputs: no text, no randomness,
// no sequences. Where an input decides how large an output is (Expand, Range, Tile and their like), it must follow from
// constants and shapes alone, never from the numbers that a run is fed, so that a run costs what its trial cost (R13).

const names = [
  ...["Abs", "Acos", "Acosh", "Add", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh", "Attention"],
  ...["AveragePool", "BatchNormalization", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast"],
  ...["CastLike", "Ceil", "Celu", "Clip", "Compress", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvInteger"],
  ...["ConvTranspose", "Cos", "Cosh", "CumSum", "DepthToSpace", "DequantizeLinear", "Div", "Dropout"],
  ...["DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "EyeLike", "Flatten", "Floor", "GRU"],
  ...["Gather", "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater"],
  ...["GreaterOrEqual", "GroupNormalization", "HardSigmoid", "HardSwish", "Identity", "If", "InstanceNormalization"],
  ...["IsInf", "IsNaN", "LRN", "LSTM", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax"],
  ...["Loop", "LpNormalization", "MatMul", "MatMulInteger", "Max", "MaxPool", "Mean", "Min", "Mish", "Mod", "Mul"],
  ...["Neg", "NonZero", "Not", "OneHot", "Or", "PRelu", "Pad", "Pow", "QLinearConv", "QLinearMatMul"],
  ...["QuantizeLinear", "RMSNormalization", "RNN", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum"],
  ...["ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu"],
  ...["Reshape", "Resize", "ReverseSequence", "Round", "Scan", "ScatterElements", "ScatterND", "Selu", "Shape"],
  ...["Sigmoid", "Sign", "Sin", "Sinh", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "Split"],
  ...["Sqrt", "Squeeze", "Sub", "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Tile", "TopK", "Transpose"],
  ...["Trilu", "Unsqueeze", "Where", "Xor"],
];

/** The allow-list, in the standard domain. */
export const allowedOperators: ReadonlySet<string> = new Set(names);

/** Which attributes of which operators hold subgraphs; a graph anywhere else is refused. */
export const subgraphAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ["If", ["then_branch", "else_branch"]],
  ["Loop", ["body"]],
  ["Scan", ["body"]],
]);

/** Which inputs of which operators decide the size of an output beyond the sizes of the inputs. */
export const sizeInputs: ReadonlyMap<string, readonly number[]> = new Map([
  ["ConstantOfShape", [0]],
  ["Expand", [1]],
  ["OneHot", [1]],
  ["Pad", [1]],
  ["Range", [0, 1, 2]],
  ["Resize", [1, 2, 3]],
  ["Tile", [1]],
]);

/** Which inputs decide the size of an output within the sizes of the inputs. */
export const cutInputs: ReadonlyMap<string, readonly number[]> = new Map([
  ["Reshape", [1]],
  ["Slice", [1, 2, 3, 4]],
  ["Split", [1]],
  ["TopK", [1]],
  ["Squeeze", [1]],
  ["Unsqueeze", [1]],
]);

/** Operators whose outputs have sizes that the numbers of a run decide. */
export const unsizedOperators: ReadonlySet<string> = new Set(["Compress", "If", "Loop", "NonZero", "Scan"]);

/** Ways to write the standard domain. */
export const standardDomains: ReadonlySet<string> = new Set(["", "ai.onnx"]);

/**
 * Domains whose import is harmless, because no operator of theirs is on the allow-list and local functions are refused:
 * exporters write it also where nothing uses it.
 */
export const idleDomains: ReadonlySet<string> = new Set([
  "ai.onnx.ml",
  "pkg.onnxscript.torch_lib",
  "pkg.onnxscript.torch_lib.common",
]);

/** Accepted versions of the operator set and of the file format, both ends included. */
export const opsetRange = { min: 7, max: 26 } as const;
export const irRange = { min: 3, max: 13 } as const;

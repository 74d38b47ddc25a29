// The part of the ONNX intermediate representation that Drover reads and writes, as a protobufjs reflection root of our
// own. Field numbers and types are facts of the public standard. Parts that we always refuse (local functions,
// training, device placement, quantisation notes, opaque types) stand here as plain bytes: seen and named, never
// entered.

import protobuf from "protobufjs";

type FieldSpec = readonly [id: number, type: string, rule?: "repeated" | "unpacked"];

const messages: Record<string, Record<string, FieldSpec>> = {
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    docString: [6, "string"],
    graph: [7, "GraphProto"],
    opsetImport: [8, "OperatorSetIdProto", "repeated"],
    metadataProps: [14, "StringStringEntryProto", "repeated"],
    trainingInfo: [20, "bytes", "repeated"],
    functions: [25, "bytes", "repeated"],
    configuration: [26, "bytes", "repeated"],
  },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    docString: [10, "string"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
    valueInfo: [13, "ValueInfoProto", "repeated"],
    quantizationAnnotation: [14, "bytes", "repeated"],
    sparseInitializer: [15, "SparseTensorProto", "repeated"],
    metadataProps: [16, "StringStringEntryProto", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    docString: [6, "string"],
    domain: [7, "string"],
    overload: [8, "string"],
    metadataProps: [9, "StringStringEntryProto", "repeated"],
    deviceConfigurations: [10, "bytes", "repeated"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "unpacked"],
    ints: [8, "int64", "unpacked"],
    strings: [9, "bytes", "repeated"],
    tensors: [10, "TensorProto", "repeated"],
    graphs: [11, "GraphProto", "repeated"],
    docString: [13, "string"],
    tp: [14, "bytes"],
    typeProtos: [15, "bytes", "repeated"],
    type: [20, "int32"],
    refAttrName: [21, "string"],
    sparseTensor: [22, "SparseTensorProto"],
    sparseTensors: [23, "SparseTensorProto", "repeated"],
  },
  TensorProto: {
    dims: [1, "int64", "unpacked"],
    dataType: [2, "int32"],
    segment: [3, "bytes"],
    floatData: [4, "float", "repeated"],
    int32Data: [5, "int32", "repeated"],
    stringData: [6, "bytes", "repeated"],
    int64Data: [7, "int64", "repeated"],
    name: [8, "string"],
    rawData: [9, "bytes"],
    doubleData: [10, "double", "repeated"],
    uint64Data: [11, "uint64", "repeated"],
    docString: [12, "string"],
    externalData: [13, "StringStringEntryProto", "repeated"],
    dataLocation: [14, "int32"],
    metadataProps: [16, "StringStringEntryProto", "repeated"],
  },
  SparseTensorProto: {
    values: [1, "TensorProto"],
    indices: [2, "TensorProto"],
    dims: [3, "int64", "unpacked"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
    docString: [3, "string"],
    metadataProps: [4, "StringStringEntryProto", "repeated"],
  },
  TypeProto: {
    tensorType: [1, "TensorTypeProto"],
    sequenceType: [4, "bytes"],
    mapType: [5, "bytes"],
    denotation: [6, "string"],
    opaqueType: [7, "bytes"],
    sparseTensorType: [8, "bytes"],
    optionalType: [9, "bytes"],
  },
  TensorTypeProto: { elemType: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto", "repeated"] },
  DimensionProto: { dimValue: [1, "int64"], dimParam: [2, "string"], denotation: [3, "string"] },
};

function buildRoot(): protobuf.Root {
  const root = new protobuf.Root();
  for (const [messageName, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(messageName);
    for (const [fieldName, [id, fieldType, rule]] of Object.entries(fields)) {
      const options = rule === "unpacked" ? { packed: false } : rule === "repeated" ? { packed: true } : {};
      type.add(new protobuf.Field(fieldName, id, fieldType, rule ? "repeated" : "optional", undefined, options));
    }
    root.add(type);
  }
  root.resolveAll();
  return root;
}

const root = buildRoot();

/** The reflected type of a whole model file; its fields lead to all the others. */
export const modelType: protobuf.Type = root.lookupType("ModelProto");

/** The reflected type of one tensor, as the test vectors of the standard store it. */
export const tensorType: protobuf.Type = root.lookupType("TensorProto");

/** Numbers of the attribute kinds in the standard that Drover writes or reads. */
export const attributeKinds = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

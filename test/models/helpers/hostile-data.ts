// Hostile models, first half: files that are no models, data outside the file, tensors that do not add up (O02..O28).

import { defaultLimits } from "../../../models/onnx/refusal.js";
import {
  aSmallModel,
  aTensor,
  type Case,
  changed,
  constantWith,
  encode,
  external,
  field,
  type Loose,
  small,
  withTensor,
} from "./hostile.js";

function loopBody(model: Loose): Loose {
  return model.graph.node.find((node: Loose) => node.opType === "Loop").attribute[0].g;
}

const good = encode(aSmallModel());
const sparse = { values: aTensor(external("w.bin")), indices: aTensor({ dataType: 7, dims: [2] }), dims: [4] };

export const fileCases: Case[] = [
  { name: "O02 zero bytes", code: "empty", bytes: new Uint8Array(0) },
  { name: "O03 a truncated file", code: "malformed", bytes: good.subarray(0, good.length - 9) },
  {
    name: "O04 random bytes",
    code: "unknown-field",
    bytes: Uint8Array.from({ length: 512 }, (_, i) => (i * 197 + 250) % 256),
  },
  { name: "O05 a web page", code: "not-onnx", bytes: Buffer.from("<!DOCTYPE html><html><body>404</body></html>") },
  {
    name: "O05 a Git LFS pointer",
    code: "not-onnx",
    bytes: Buffer.from("version https://git-lfs.github.com/spec/v1\noid"),
  },
  { name: "O06 a file above the size limit", code: "too-large", bytes: Buffer.alloc(defaultLimits.maxBytes + 1) },
  {
    name: "a field that the schema does not know",
    code: "unknown-field",
    bytes: Buffer.concat([good, field(99, good)]),
  },
  {
    name: "a second graph behind the first",
    code: "malformed",
    bytes: Buffer.concat([good, field(7, Buffer.alloc(0))]),
  },
  { name: "a length beyond the end", code: "malformed", bytes: Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0x7f]) },
  { name: "a number of eleven bytes", code: "malformed", bytes: Uint8Array.from([0x08, ...Array(10).fill(0xff), 1]) },
  { name: "a group", code: "malformed", bytes: Buffer.concat([good, Uint8Array.from([0x0b])]) },
  { name: "a name that is no text", code: "malformed", bytes: field(7, field(2, Uint8Array.from([0xff, 0xfe]))) },
  { name: "text of 70,000 bytes", code: "too-large", bytes: small({ name: "n".repeat(70_000) }) },
];

export const outsideCases: Case[] = [
  {
    name: "O19 external data above the folder",
    code: "external-data",
    bytes: withTensor(external("../secret")),
    path: "graph.initializer[0]",
  },
  { name: "O20 an absolute external path", code: "external-data", bytes: withTensor(external("/etc/passwd")) },
  {
    name: "O21 external data through a linked folder",
    code: "external-data",
    bytes: withTensor(external("link/w.bin")),
  },
  {
    name: "O22 external data in a sparse initializer",
    code: "external-data",
    bytes: small({ sparseInitializer: [sparse] }),
  },
  {
    name: "O23 external data in the sparse value of a Constant",
    code: "external-data",
    bytes: small(constantWith({ name: "sparse_value", type: 11, sparseTensor: sparse })),
    path: "graph.node[0].attribute[0].sparseTensor.values",
  },
  {
    name: "O23 external data in the value of a Constant",
    code: "external-data",
    bytes: small(constantWith({ name: "value", type: 4, t: aTensor(external("w.bin")) })),
    path: "graph.node[0].attribute[0].t",
  },
  {
    name: "O19 external data in a list of tensors",
    code: "external-data",
    bytes: small(constantWith({ name: "value", type: 9, tensors: [aTensor(external("w.bin"))] })),
  },
  {
    name: "O19 external data inside a subgraph",
    code: "external-data",
    bytes: changed((model) => Object.assign(loopBody(model).initializer[0], external("w.bin"))),
  },
  {
    name: "O24 an address inside the runtime",
    code: "memory-marker",
    bytes: withTensor(external("*/_ORT_MEM_ADDR_/*")),
  },
  {
    name: "O25 external data of a negative length",
    code: "external-data",
    bytes: withTensor(external("w.bin", [{ key: "length", value: "-1" }])),
  },
  {
    name: "external entries beside data in the file",
    code: "external-data",
    bytes: withTensor({ externalData: [{ key: "location", value: "w.bin" }] }),
  },
  { name: "external data without an entry", code: "external-data", bytes: withTensor({ dataLocation: 1 }) },
];

export const tensorCases: Case[] = [
  {
    name: "O26 dimensions whose product overflows",
    code: "too-large",
    bytes: withTensor({ dims: ["4294967296", "4294967296"] }),
  },
  {
    name: "O26 dimensions whose product wraps to the right size",
    code: "too-large",
    bytes: withTensor({ dims: ["9223372036854775807", "2", "2"] }),
  },
  { name: "O27 a negative dimension", code: "tensor", bytes: withTensor({ dims: [-4] }) },
  { name: "O27 two negative dimensions", code: "tensor", bytes: withTensor({ dims: [-2, -2] }) },
  { name: "O28 too few raw bytes", code: "tensor", bytes: withTensor({ dims: [5] }) },
  { name: "O28 too many raw bytes", code: "tensor", bytes: withTensor({ dims: [3] }) },
  {
    name: "O28 a list of the wrong length",
    code: "tensor",
    bytes: withTensor({ rawData: undefined, floatData: [1, 2, 3] }),
  },
  {
    name: "O28 a list of the wrong type",
    code: "tensor",
    bytes: withTensor({ rawData: undefined, int64Data: [1, 2, 3, 4] }),
  },
  { name: "O28 raw bytes and a list", code: "tensor", bytes: withTensor({ floatData: [1, 2, 3, 4] }) },
  { name: "a tensor of text", code: "tensor", bytes: withTensor({ dataType: 8, rawData: undefined, stringData: [] }) },
  { name: "a segment of a tensor", code: "unsupported", bytes: withTensor({ segment: Buffer.from([8, 0]) }) },
  {
    name: "a sparse tensor inside the file",
    code: "sparse",
    bytes: small({ sparseInitializer: [{ values: aTensor(), dims: [4] }] }),
  },
];

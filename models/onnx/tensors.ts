// Checks one stored tensor: its data lies inside the file, its type is known, and its bytes are exactly shape times
// type. Data outside the file is refused first and whatever else is wrong, since that is the flaw that keeps coming
// back.

import type { SparseTensor, Tensor } from "./decode.js";
import { elementTypeOf } from "./element-types.js";
import { type InspectLimits, refuse } from "./refusal.js";

const MEMORY_MARKER = "_ORT_MEM_ADDR_";
const MAX_RANK = 8;

/** Refuses any sign of data outside the file: a location, or a single entry that names one. */
function refuseExternalData(tensor: Tensor, path: string): void {
  const marker = tensor.externalData.find((pair) => pair.value?.includes(MEMORY_MARKER));
  if (marker) refuse("memory-marker", path, "expected data in the file, found an address inside the inference runtime");
  const { externalData, dataLocation = 0 } = tensor;
  if (externalData.length > 0 || dataLocation !== 0) {
    const location = externalData.find((pair) => pair.key === "location")?.value ?? "(none)";
    const found = `found data location ${dataLocation}, file ${location}`;
    refuse("external-data", path, `expected data in the file, ${found}; export the model with its weights inside`);
  }
}

/** The number of elements of a shape, exact. Refuses negative dimensions and products above `maxBytes` bytes. */
function elementCount(tensor: Tensor, width: number, path: string, maxBytes: number): number {
  if (tensor.dims.length > MAX_RANK) {
    refuse("tensor", path, `expected at most ${MAX_RANK} dimensions, found ${tensor.dims.length}`);
  }
  let count = 1n;
  for (const dim of tensor.dims) {
    if (dim < 0n) refuse("tensor", path, `expected dimensions of 0 or more, found [${tensor.dims}]`);
    count *= dim;
  }
  const bytes = count * BigInt(width);
  if (bytes > BigInt(maxBytes)) {
    refuse(
      "too-large",
      path,
      `expected a tensor of at most ${maxBytes} bytes, found shape [${tensor.dims}] = ${bytes} bytes`,
    );
  }
  return Number(count);
}

/** How many elements each typed list of the tensor holds, by the name of the list. */
function typedLists(tensor: Tensor): Record<string, number> {
  return {
    floatData: tensor.floatData.length,
    int32Data: tensor.int32Data.length,
    int64Data: tensor.int64Data.length,
    doubleData: tensor.doubleData.length,
    uint64Data: tensor.uint64Data.length,
    stringData: tensor.stringData.length,
  };
}

function listOf(typeName: string): string {
  switch (typeName) {
    case "float32":
      return "floatData";
    case "float64":
      return "doubleData";
    case "int64":
      return "int64Data";
    case "uint32":
    case "uint64":
      return "uint64Data";
  }
  return "int32Data";
}

/** Checks a dense tensor. Throws `Refused`. */
export function checkTensor(tensor: Tensor, path: string, limits: InspectLimits): void {
  refuseExternalData(tensor, path);
  if (tensor.segment !== undefined) refuse("unsupported", path, "expected a whole tensor, found a segment of one");
  const element = elementTypeOf(tensor.dataType ?? 0);
  if (!element) refuse("tensor", path, `expected a numeric element type, found type number ${tensor.dataType ?? 0}`);
  const count = elementCount(tensor, element.bytes, path, limits.maxTensorBytes);
  const lists = typedLists(tensor);
  const own = listOf(element.name);
  for (const [name, length] of Object.entries(lists)) {
    if (name !== own && length > 0)
      refuse("tensor", path, `expected no ${name} in a tensor of ${element.name}, found ${length}`);
  }
  const typed = lists[own] ?? 0;
  if (tensor.rawData === undefined || (tensor.rawData.length === 0 && typed > 0)) {
    if (typed !== count) refuse("tensor", path, `expected ${count} values for shape [${tensor.dims}], found ${typed}`);
    return;
  }
  if (typed > 0) refuse("tensor", path, `expected raw bytes or ${own}, found both`);
  const bytes = count * element.bytes;
  if (tensor.rawData.length !== bytes) {
    const shape = `${element.name}[${tensor.dims}]`;
    refuse("tensor", path, `expected ${bytes} bytes for ${shape}, found ${tensor.rawData.length}`);
  }
}

/** Refuses a sparse tensor; where one of its parts lies outside the file, for that reason. */
export function refuseSparse(sparse: SparseTensor, path: string): never {
  if (sparse.values) refuseExternalData(sparse.values, `${path}.values`);
  if (sparse.indices) refuseExternalData(sparse.indices, `${path}.indices`);
  return refuse("sparse", path, "expected dense tensors only, found a sparse one");
}

/** The value of an int64 tensor with exactly one element, or undefined for any other tensor. */
export function singleInteger(tensor: Tensor): bigint | undefined {
  if (tensor.dataType !== 7) return undefined;
  if (tensor.rawData !== undefined && tensor.rawData.length === 8) {
    return new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, 8).getBigInt64(0, true);
  }
  return tensor.int64Data.length === 1 ? tensor.int64Data[0] : undefined;
}

// Numbers of a tensor in the element type that the graph wants, as the runtime takes them: float16 as 16-bit patterns,
// 64-bit integers as BigInts, booleans as bytes.

import type { ElementTypeName } from "./onnx/element-types.js";

export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A tensor as it goes to a run and comes back: data row by row. */
export interface NamedTensor {
  readonly tensor: string;
  readonly type: ElementTypeName;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** The product of the dimensions; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** These numbers in that type. Integers are rounded to the nearest and held at the bounds of the type. */
export function encodeElements(type: ElementTypeName, values: ArrayLike<number>): TensorData {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "float16":
      return Uint16Array.from(values, toFloat16);
    case "bool":
      return Uint8Array.from(values, (value) => (value !== 0 ? 1 : 0));
    case "uint8":
      return Uint8Array.from(values, whole(0, 2 ** 8 - 1));
    case "int8":
      return Int8Array.from(values, whole(-(2 ** 7), 2 ** 7 - 1));
    case "uint16":
      return Uint16Array.from(values, whole(0, 2 ** 16 - 1));
    case "int16":
      return Int16Array.from(values, whole(-(2 ** 15), 2 ** 15 - 1));
    case "uint32":
      return Uint32Array.from(values, whole(0, 2 ** 32 - 1));
    case "int32":
      return Int32Array.from(values, whole(-(2 ** 31), 2 ** 31 - 1));
    case "int64":
      return bigs(BigInt64Array, values, whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
    case "uint64":
      return bigs(BigUint64Array, values, whole(0, Number.MAX_SAFE_INTEGER));
  }
}

function bigs<A extends BigInt64Array | BigUint64Array>(
  Kind: new (length: number) => A,
  values: ArrayLike<number>,
  whole: (value: number) => number,
): A {
  const data = new Kind(values.length);
  for (let at = 0; at < values.length; at += 1) data[at] = BigInt(whole(values[at] ?? 0));
  return data;
}

function whole(least: number, most: number): (value: number) => number {
  return (value) => Math.min(most, Math.max(least, Math.round(value)));
}

/** One element as a number; NaN where there is none. 64-bit integers lose what a double cannot hold. */
export function elementAt({ type, data }: Pick<NamedTensor, "type" | "data">, at: number): number {
  const value = data[at];
  if (value === undefined) return Number.NaN;
  return type === "float16" ? fromFloat16(Number(value)) : Number(value);
}

const float = new Float32Array(1);
const pattern = new Uint32Array(float.buffer);

/** IEEE 754 binary16, rounded to the nearest, ties to even. Above 65504 (and half a step): infinite. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = pattern[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const shift = exponent < 113 ? 126 - exponent : 13; // below 2^-14 numbers lose bits one by one
  if (shift > 24) return sign;
  const whole = exponent < 113 ? fraction | 0x800000 : ((exponent - 112) << 23) | fraction;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const isUp = rest > half || (rest === half && (kept & 1) === 1);
  return sign | Math.min(0x7c00, kept + (isUp ? 1 : 0));
}

/** The number of a binary16 pattern. */
export function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

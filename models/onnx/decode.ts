// The decoded model as plain objects with exact integers (bigint), and the one door to them: scan first, decode after.
// Absent singular fields are absent properties, so that "written as zero" and "not written" stay apart.

import { defaultLimits, type InspectLimits } from "./refusal.js";
import { scanMessage } from "./scan.js";
import { modelType, tensorType } from "./schema.js";

export interface StringPair {
  readonly key?: string;
  readonly value?: string;
}

export interface Tensor {
  readonly dims: readonly bigint[];
  readonly dataType?: number;
  readonly segment?: Uint8Array;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly stringData: readonly Uint8Array[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly bigint[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly externalData: readonly StringPair[];
  readonly dataLocation?: number;
}

export interface SparseTensor {
  readonly values?: Tensor;
  readonly indices?: Tensor;
  readonly dims: readonly bigint[];
}

export interface AttributeMessage {
  readonly name?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: Tensor;
  readonly g?: Graph;
  readonly tp?: Uint8Array;
  readonly sparseTensor?: SparseTensor;
  readonly refAttrName?: string;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly Uint8Array[];
  readonly tensors: readonly Tensor[];
  readonly graphs: readonly Graph[];
  readonly sparseTensors: readonly SparseTensor[];
  readonly typeProtos: readonly Uint8Array[];
}

export interface Node {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attribute: readonly AttributeMessage[];
  readonly deviceConfigurations: readonly Uint8Array[];
}

export interface DimensionMessage {
  readonly dimValue?: bigint;
  readonly dimParam?: string;
}

export interface ValueInfo {
  readonly name?: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim: readonly DimensionMessage[] };
    };
    readonly sequenceType?: Uint8Array;
    readonly mapType?: Uint8Array;
    readonly opaqueType?: Uint8Array;
    readonly sparseTensorType?: Uint8Array;
    readonly optionalType?: Uint8Array;
  };
}

export interface Graph {
  readonly name?: string;
  readonly node: readonly Node[];
  readonly initializer: readonly Tensor[];
  readonly sparseInitializer: readonly SparseTensor[];
  readonly input: readonly ValueInfo[];
  readonly output: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
  readonly quantizationAnnotation: readonly Uint8Array[];
}

export interface Model {
  readonly irVersion?: bigint;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly graph?: Graph;
  readonly opsetImport: readonly { readonly domain?: string; readonly version?: bigint }[];
  readonly trainingInfo: readonly Uint8Array[];
  readonly functions: readonly Uint8Array[];
  readonly configuration: readonly Uint8Array[];
}

const PLAIN = { longs: BigInt, arrays: true };

/** Decodes a model after the scan. Throws `Refused` at the first finding of the scan. */
export function decodeModel(bytes: Uint8Array, limits: InspectLimits = defaultLimits): Model {
  scanMessage(bytes, modelType, limits);
  return modelType.toObject(modelType.decode(bytes), PLAIN) as Model;
}

/** Decodes one tensor file, as the test vectors of the standard store them. Throws `Refused` like `decodeModel`. */
export function decodeTensor(bytes: Uint8Array, limits: InspectLimits = defaultLimits): Tensor {
  scanMessage(bytes, tensorType, limits);
  return tensorType.toObject(tensorType.decode(bytes), PLAIN) as Tensor;
}

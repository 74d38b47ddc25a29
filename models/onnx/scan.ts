// Walks the wire format of a model before anything is decoded, and refuses what the decoder would take in silence:
// unknown fields, repeated singular fields, groups, overlong numbers, broken text, too deep nesting, too many parts. It
// allocates nothing that grows with the file, so that a hostile file costs one pass and no memory (R13).

import { isUtf8 } from "node:buffer";
import type protobuf from "protobufjs";
import { type InspectLimits, refuse } from "./refusal.js";

type Shape = "message" | "bytes" | "string" | "varint" | "fixed32" | "fixed64";

interface FieldPlan {
  readonly name: string;
  readonly shape: Shape;
  readonly repeated: boolean;
  readonly type: protobuf.Type | undefined;
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_LENGTH = 2;
const WIRE_FIXED32 = 5;

const shapeOfScalar: Record<string, Shape> = {
  bytes: "bytes",
  string: "string",
  int32: "varint",
  int64: "varint",
  uint64: "varint",
  float: "fixed32",
  double: "fixed64",
};

const wireOfShape: Record<Shape, number> = {
  message: WIRE_LENGTH,
  bytes: WIRE_LENGTH,
  string: WIRE_LENGTH,
  varint: WIRE_VARINT,
  fixed32: WIRE_FIXED32,
  fixed64: WIRE_FIXED64,
};

const plans = new WeakMap<protobuf.Type, Map<number, FieldPlan>>();

function planOf(type: protobuf.Type): Map<number, FieldPlan> {
  const known = plans.get(type);
  if (known) return known;
  const plan = new Map<number, FieldPlan>();
  for (const field of type.fieldsArray) {
    const target = (field.resolve().resolvedType as protobuf.Type | null) ?? undefined;
    const shape = target ? "message" : shapeOfScalar[field.type];
    if (!shape)
      throw new Error(`schema field ${type.name}.${field.name} has a type the scan cannot walk: ${field.type}`);
    plan.set(field.id, { name: field.name, shape, repeated: field.repeated, type: target });
  }
  plans.set(type, plan);
  return plan;
}

class Walk {
  readonly #bytes: Uint8Array;
  readonly #limits: InspectLimits;
  readonly #path: string[] = [];
  #at = 0;
  #numbers = 0;
  readonly #counts = { NodeProto: 0, TensorProto: 0, AttributeProto: 0, other: 0 };

  constructor(bytes: Uint8Array, limits: InspectLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  get path(): string {
    return this.#path.join(".");
  }

  message(type: protobuf.Type, end: number, graphDepth: number): void {
    const depth = type.name === "GraphProto" ? graphDepth + 1 : graphDepth;
    if (depth > this.#limits.maxGraphDepth) {
      refuse("too-deep", this.path, `graphs may be nested ${this.#limits.maxGraphDepth} deep, found one more`);
    }
    this.#count(type.name);
    const plan = planOf(type);
    const seen = new Map<number, number>();
    while (this.#at < end) {
      const { id, wire } = this.#tag(end);
      const field = plan.get(id);
      if (!field) refuse("unknown-field", this.path, `${type.name} has no field ${id} in the schema of Drover`);
      const index = seen.get(id) ?? 0;
      seen.set(id, index + 1);
      this.#path.push(field.repeated && field.shape === "message" ? `${field.name}[${index}]` : field.name);
      if (index > 0 && !field.repeated) refuse("malformed", this.path, "expected this field once, found it again");
      this.#field(field, wire, end, depth);
      this.#path.pop();
    }
  }

  #count(name: string): void {
    const key = name === "NodeProto" || name === "TensorProto" || name === "AttributeProto" ? name : "other";
    this.#counts[key] += 1;
    const { maxNodes, maxTensors, maxAttributes } = this.#limits;
    const limit = { NodeProto: maxNodes, TensorProto: maxTensors, AttributeProto: maxAttributes, other: maxAttributes }[
      key
    ];
    if (this.#counts[key] > limit) refuse("too-many", this.path, `expected at most ${limit} parts of kind ${name}`);
  }

  #field(field: FieldPlan, wire: number, end: number, graphDepth: number): void {
    const { shape, repeated, type } = field;
    const scalar = shape === "varint" || shape === "fixed32" || shape === "fixed64";
    if (wire === WIRE_LENGTH && scalar && repeated) {
      this.#packed(shape, this.#length(end));
      return;
    }
    if (wire !== wireOfShape[shape]) {
      refuse("malformed", this.path, `expected wire type ${wireOfShape[shape]}, found ${wire}`);
    }
    if (scalar) {
      this.#number(shape, end);
      return;
    }
    const stop = this.#length(end);
    if (type) {
      this.message(type, stop, graphDepth);
      return;
    }
    if (shape === "string") this.#text(stop);
    this.#at = stop;
  }

  #text(stop: number): void {
    const size = stop - this.#at;
    if (size > this.#limits.maxStringBytes) {
      refuse("too-large", this.path, `expected text of at most ${this.#limits.maxStringBytes} bytes, found ${size}`);
    }
    if (!isUtf8(this.#bytes.subarray(this.#at, stop))) refuse("malformed", this.path, "expected text in UTF-8");
  }

  #packed(shape: Shape, stop: number): void {
    while (this.#at < stop) this.#number(shape, stop);
  }

  #number(shape: Shape, end: number): void {
    this.#numbers += 1;
    if (this.#numbers > this.#limits.maxNumbers) {
      refuse("too-many", this.path, `expected at most ${this.#limits.maxNumbers} numbers outside raw data`);
    }
    if (shape === "varint") {
      this.#varint(end);
      return;
    }
    this.#at += shape === "fixed32" ? 4 : 8;
    if (this.#at > end) refuse("malformed", this.path, "the message ends inside a number");
  }

  #tag(end: number): { id: number; wire: number } {
    const tag = this.#varint(end);
    const id = Math.floor(tag / 8);
    if (id < 1 || tag > 0xffffffff)
      refuse("malformed", this.path, `expected a field number from 1 to 2^29 - 1, found ${id}`);
    return { id, wire: tag % 8 };
  }

  #length(end: number): number {
    const length = this.#varint(end);
    if (length > end - this.#at) {
      refuse("malformed", this.path, `expected at most ${end - this.#at} more bytes, found a length of ${length}`);
    }
    return this.#at + length;
  }

  /** Reads a number; exact up to 2^53, which covers every tag and length that can be valid. */
  #varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) refuse("malformed", this.path, "the message ends inside a number");
      const byte = this.#bytes[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) {
        if (count === 9 && byte > 1) break;
        return value;
      }
    }
    return refuse("malformed", this.path, "expected a number of at most 64 bits, found more");
  }
}

/** Walks the whole file as a message of `type`. Ends with a refusal (thrown as `Refused`) at the first finding. */
export function scanMessage(bytes: Uint8Array, type: protobuf.Type, limits: InspectLimits): void {
  new Walk(bytes, limits).message(type, bytes.length, 0);
}

// Bytes and proto3 JSON to plain objects and back, for every message of drover/v1. Numbers are numbers (64-bit integers
// must fit 2^53, else the message is refused), enums are their names, absent fields are their defaults, absent messages
// and absent oneof members are left out. What the objects mean is judged in proto/wire.ts, not here.

import { drover, type MessageType } from "./generated/drover.js";

/** Thrown for bytes or JSON that are not the message they claim to be. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** Encodes a plain object. Throws MalformedMessage when a field has the wrong type. */
export function encode(type: string, plain: object): Uint8Array {
  const codec = codecOf(type);
  return codec.encode(fromPlain(codec, type, plain)).finish();
}

/** Decodes bytes to a plain object. Throws MalformedMessage for truncated or otherwise broken bytes. */
export function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const codec = codecOf(type);
  try {
    return toPlain(codec, codec.decode(bytes));
  } catch (cause) {
    throw new MalformedMessage(`cannot decode ${bytes.length} bytes as ${type}: ${reasonOf(cause)}`);
  }
}

/** Reads proto3 JSON (64-bit integers as strings or numbers, enums by name). Throws MalformedMessage. */
export function decodeJson(type: string, text: string): Record<string, unknown> {
  const codec = codecOf(type);
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch (cause) {
    throw new MalformedMessage(`cannot read JSON as ${type}: ${reasonOf(cause)}`);
  }
  if (typeof plain !== "object" || plain === null || Array.isArray(plain)) {
    throw new MalformedMessage(`cannot read JSON as ${type}: expected an object, found ${JSON.stringify(plain)}`);
  }
  const message = fromPlain(codec, type, plain);
  const back = toPlain(codec, message);
  const lost = notTaken(plain, back, "");
  if (lost !== null) throw new MalformedMessage(`cannot read JSON as ${type}: ${lost}`);
  return back;
}

/**
 * R13: what of the JSON the codec would drop or bend in silence: an unknown field, a value of another type or range.
 */
function notTaken(given: unknown, taken: unknown, path: string): string | null {
  if (taken === undefined) return given === null ? null : `it has no field "${path}"`;
  const areObjects = typeof given === "object" && given !== null && typeof taken === "object" && taken !== null;
  if (areObjects && Array.isArray(given) === Array.isArray(taken)) {
    for (const [key, member] of Object.entries(given)) {
      const isDefault = member === null && !Array.isArray(given); // proto3 JSON; never an item of a list
      const found = Object.hasOwn(taken, key) ? (taken as Record<string, unknown>)[key] : undefined;
      const lost = isDefault ? null : notTaken(member, found, path === "" ? key : `${path}.${key}`);
      if (lost !== null) return lost;
    }
    return null;
  }
  const isNumeral = typeof given === "string" && typeof taken === "number" && given.trim() !== "";
  if (given === taken || (isNumeral && Number(given) === taken)) return null;
  return `"${path}" expects a ${typeof taken} within its range, found ${JSON.stringify(given)}`;
}

/** Writes proto3 JSON: 64-bit integers as strings, enums by name. */
export function encodeJson(type: string, plain: object): string {
  const codec = codecOf(type);
  const asJson = { longs: String, enums: String, bytes: String, json: true, arrays: true, defaults: true };
  return JSON.stringify(codec.toObject(fromPlain(codec, type, plain), asJson));
}

function codecOf(type: string): MessageType {
  const codec = drover.v1[type];
  if (codec === undefined) throw new MalformedMessage(`drover/v1 has no message ${type}`);
  return codec;
}

function fromPlain(codec: MessageType, type: string, plain: object): object {
  try {
    return codec.fromObject(plain);
  } catch (cause) {
    throw new MalformedMessage(`cannot encode ${type}: ${reasonOf(cause)}`);
  }
}

function toPlain(codec: MessageType, message: object): Record<string, unknown> {
  const options = { longs: Number, enums: String, defaults: true, arrays: true };
  const plain = codec.toObject(message, options) as Record<string, unknown>;
  return withoutNulls(plain) as Record<string, unknown>;
}

// With defaults, absent messages come as null; a plain object of ours leaves them out.
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return typeof value[0] === "object" ? value.map(withoutNulls) : value;
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const clean: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== null) clean[key] = withoutNulls(member);
  }
  return clean;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

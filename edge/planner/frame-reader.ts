// Takes apart what the edge and its model processes say to each other: see `frames.ts`. The edge takes pieces as they
// come; the child waits for whole frames. What does not keep every bound and every type is a FrameFault (R11, R13).

import { type NamedTensor, sizeOf, type TensorData } from "../../models/elements.js";
import type { ElementTypeName } from "../../models/onnx/element-types.js";
import type { ModelRun, ReadyModel, RunnerMessage } from "../../models/run.js";
import {
  APART,
  bodyBytesOf,
  FrameFault,
  frameBytes,
  type Head,
  PREFIX_BYTES,
  padded,
  RESET,
  Recent,
  type TensorHead,
  WIDTHS,
  widthOf,
} from "./frames.js";

const MOST_TENSORS = 256;
const MOST_DIMS = 8;
const MOST_MODELS = 64;
const FIRST_BYTES = 2 ** 16;

const ARRAYS = {
  ...{ float32: Float32Array, float64: Float64Array, float16: Uint16Array, bool: Uint8Array },
  ...{ uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array },
  ...{ uint32: Uint32Array, int32: Int32Array, int64: BigInt64Array, uint64: BigUint64Array },
} as const satisfies Record<ElementTypeName, new (buffer: ArrayBuffer, at: number, length: number) => TensorData>;

type Fields = Readonly<Record<string, unknown>>;

function fail(what: string, expected: string): never {
  throw new FrameFault(`${what}: expected ${expected}`);
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(what, "an object");
  return value as Fields;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  return typeof value === "string" ? value : fail(key, "a text");
}

function list(fields: Fields, key: string, most: number): readonly unknown[] {
  const value = fields[key];
  return Array.isArray(value) && value.length <= most ? value : fail(key, `a list of at most ${most}`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tensorHead(value: unknown): TensorHead {
  const fields = fieldsOf(value, "tensor");
  const [tensor, type] = [text(fields, "tensor"), text(fields, "type")];
  if (!WIDTHS.has(type)) fail("type", "an element type");
  const dims = list(fields, "dims", MOST_DIMS);
  if (!dims.every(isCount)) fail("dims", "whole numbers");
  const { length } = fields;
  if (!isCount(length)) fail("length", "a whole number");
  return { tensor, type: type as ElementTypeName, dims, length };
}

function readyModel(value: unknown): ReadyModel {
  const fields = fieldsOf(value, "model");
  const [model, version, sha256] = [text(fields, "model"), text(fields, "version"), text(fields, "sha256")];
  return { model, version, sha256, provider: text(fields, "provider"), note: text(fields, "note") };
}

function headOf(fields: Fields): Head {
  switch (fields.kind) {
    case "ready":
      return { kind: "ready", models: list(fields, "models", MOST_MODELS).map(readyModel) };
    case "refused":
      return { kind: "refused", model: text(fields, "model"), reason: text(fields, "reason") };
    case "run":
    case "result": {
      const tensors = list(fields, "tensors", MOST_TENSORS).map(tensorHead);
      return { kind: fields.kind, model: text(fields, "model"), tensors };
    }
  }
  return fail("kind", "one that is known");
}

/** What a frame says, with its tensors over the memory of the body. */
interface Opened {
  readonly head: Head;
  readonly id: number;
  readonly beganMs: number;
  readonly inferenceMs: number;
  readonly how: number;
  readonly tensors: readonly NamedTensor[];
}

/** A head with its bytes, how many bytes of a body go with it, and where its tensors lay when they were last read. */
interface Known {
  readonly head: Head;
  readonly bytes: Buffer;
  readonly bodyBytes: number;
  tensors: readonly NamedTensor[];
  memory: ArrayBufferLike | null;
  from: number;
}

/** Takes whole frames apart. */
export class FrameReader {
  readonly #heads = new Recent<Known>();

  /** What a child said. Its tensors are copies. */
  answer(frame: Buffer): RunnerMessage {
    const { head, id, beganMs, inferenceMs, tensors } = this.#open(frame, "copied");
    if (head.kind === "ready") return head;
    if (head.kind === "refused") return { ...head, id };
    if (head.kind !== "result") return fail("kind", "an answer");
    for (const { tensor, dims, data } of tensors)
      if (sizeOf(dims) !== data.length) fail(`tensor "${tensor}"`, `${sizeOf(dims)} numbers, found ${data.length}`);
    if (!(beganMs >= 0 && beganMs < 1e15 && inferenceMs >= 0 && inferenceMs < 1e12)) fail("times", "milliseconds");
    return { kind: "result", result: { id, model: head.model, outputs: tensors, beganMs, inferenceMs } };
  }

  /** What the edge asked. Its tensors lie in the memory of the frame, and are the same where a like frame lay there. */
  run(frame: Buffer): ModelRun {
    const { head, id, how, tensors } = this.#open(frame, "in place");
    if (head.kind !== "run") return fail("kind", "a run");
    if (!isCount(how) || how > RESET + APART) return fail("how", "to reset, apart, both or none");
    const run = { id, model: head.model, feeds: tensors, reset: (how & RESET) !== 0 };
    return (how & APART) === 0 ? run : { ...run, apart: true };
  }

  #open(frame: Buffer, where: "copied" | "in place"): Opened {
    const headEnd = PREFIX_BYTES + frame.readUInt32LE(0);
    const isIt = ({ bytes }: Known): boolean => bytes.compare(frame, PREFIX_BYTES, headEnd) === 0;
    const known = this.#heads.find(isIt) ?? this.#learn(frame.subarray(PREFIX_BYTES, headEnd));
    const { head, bodyBytes } = known;
    if (bodyBytes !== frame.readUInt32LE(4)) fail("body", `${bodyBytes} bytes, as its head says`);
    const id = frame.readDoubleLE(8);
    if (!Number.isSafeInteger(id)) fail("id", "a whole number");
    const bodyAt = padded(headEnd);
    const tensors =
      where === "copied"
        ? tensorsOf(head, new Uint8Array(frame.subarray(bodyAt)).buffer, 0)
        : inPlace(known, frame.buffer, frame.byteOffset + bodyAt);
    const [beganMs, inferenceMs] = [frame.readDoubleLE(16), frame.readDoubleLE(24)];
    return { head, id, beganMs, inferenceMs, how: frame.readDoubleLE(32), tensors };
  }

  /** A head that was not read lately. */
  #learn(bytes: Buffer): Known {
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString("utf8"));
    } catch {
      fail("head", "JSON");
    }
    const head = headOf(fieldsOf(value, "head"));
    const bodyBytes = bodyBytesOf(head);
    const learned = { head, bytes: Buffer.from(bytes), bodyBytes, tensors: [], memory: null, from: 0 };
    return "tensors" in head ? this.#heads.add(learned) : learned;
  }
}

function inPlace(known: Known, memory: ArrayBufferLike, from: number): readonly NamedTensor[] {
  if (known.memory !== memory || known.from !== from)
    Object.assign(known, { memory, from, tensors: tensorsOf(known.head, memory, from) });
  return known.tensors;
}

function tensorsOf(head: Head, memory: ArrayBufferLike, from: number): readonly NamedTensor[] {
  if (!("tensors" in head)) return [];
  let at = from;
  return head.tensors.map(({ tensor, type, dims, length }) => {
    const data = new ARRAYS[type](memory as ArrayBuffer, at, length);
    at += padded(length * widthOf(type));
    return { tensor, type, dims, data };
  });
}

/** Gathers frames out of the pieces of a stream, and holds no more than one of them. */
export class FrameGatherer {
  #kept: Buffer = Buffer.alloc(0); // of the frame under way: its prefix, and when that is there room for all of it
  #length = 0; // bytes that came

  /** Every frame that this piece completes; they may share its memory. Throws FrameFault. */
  take(piece: Buffer): readonly Buffer[] {
    const frames: Buffer[] = [];
    let rest = piece;
    while (rest.length > 0) {
      const isBegin = this.#length === 0 && rest.length >= PREFIX_BYTES;
      const length = isBegin ? frameBytes(rest) : 0;
      if (isBegin && rest.length >= length) {
        frames.push(rest.subarray(0, length));
        rest = rest.subarray(length);
        continue;
      }
      rest = rest.subarray(this.#keep(rest));
      if (this.#length === this.#kept.length) {
        frames.push(this.#kept);
        this.#length = 0;
      }
    }
    return frames;
  }

  /** Keeps what belongs to the frame under way; returns how many bytes those are. */
  #keep(piece: Buffer): number {
    if (this.#length === 0) this.#kept = Buffer.alloc(PREFIX_BYTES);
    const isPrefix = this.#length < PREFIX_BYTES;
    const taken = piece.copy(this.#kept, this.#length);
    this.#length += taken;
    if (!isPrefix || this.#length < PREFIX_BYTES) return taken;
    const frame = Buffer.alloc(frameBytes(this.#kept));
    this.#kept.copy(frame);
    this.#kept = frame;
    return taken;
  }
}

/** Waits for frames of a source that blocks. */
export class FrameWaiter {
  readonly #read: (into: Buffer, offset: number) => number;
  #buffer = Buffer.from(new ArrayBuffer(FIRST_BYTES)); // memory of its own, so that tensors lie on multiples of 8
  #from = 0;
  #to = 0;

  /** `read` fills what it is given from an offset on and returns how many bytes came: 0 at the end. */
  constructor(read: (into: Buffer, offset: number) => number) {
    this.#read = read;
  }

  /** The next frame, in memory that the one after it overwrites; null at the end. Throws FrameFault. */
  next(): Buffer | null {
    if (this.#from === this.#to) this.#from = this.#to = 0;
    for (;;) {
      const came = this.#to - this.#from;
      const length = came < PREFIX_BYTES ? PREFIX_BYTES : frameBytes(this.#buffer.subarray(this.#from, this.#to));
      if (came >= PREFIX_BYTES && came >= length) {
        this.#from += length;
        return this.#buffer.subarray(this.#from - length, this.#from);
      }
      if (this.#buffer.length - this.#from < length) this.#move(length);
      const read = this.#read(this.#buffer, this.#to);
      if (read === 0) return null;
      this.#to += read;
    }
  }

  /** To the begin of memory that holds so many bytes. */
  #move(length: number): void {
    const room = length > this.#buffer.length ? Buffer.from(new ArrayBuffer(2 * length)) : this.#buffer;
    this.#buffer.copy(room, 0, this.#from, this.#to);
    this.#buffer = room;
    this.#to -= this.#from;
    this.#from = 0;
  }
}

// What the edge and its model processes say to each other, as bytes on a socket pair (R11): a prefix with what changes
// from run to run, a head as JSON, and the numbers of the tensors as they lie in memory. A frame is
//
//   bytes of the head, bytes of the body (4 each), id, beganMs, inferenceMs, how (8 each, floating point),
//   the head, zeros up to a multiple of 8, the body with each tensor from a multiple of 8 on
//
// little end first. Heads repeat themselves from run to run, so both sides remember the last few: one that is known
// costs a comparison, and its frame is filled anew. This file makes frames, `frame-reader.ts` takes them apart.

import type { NamedTensor, TensorData } from "../../models/elements.js";
import { type ElementTypeName, elementTypes } from "../../models/onnx/element-types.js";
import type { ModelRun, ReadyModel, RunnerMessage } from "../../models/run.js";

/** Most that one frame may hold. */
export const MOST_HEAD_BYTES = 2 ** 18;
export const MOST_BODY_BYTES = 2 ** 26;
export const PREFIX_BYTES = 40;
const HEADS_KEPT = 8;
/** How a run is to be made: the sum of these. */
export const RESET = 1;
export const APART = 2;

/** A frame that its reader does not take. */
export class FrameFault extends Error {}

/** Bytes of one number, by the name of its type. */
export const WIDTHS: ReadonlyMap<string, number> = new Map(elementTypes.map(({ name, bytes }) => [name, bytes]));

/** A tensor as a head tells of it; so many numbers of it stand in the body. */
export interface TensorHead {
  readonly tensor: string;
  readonly type: ElementTypeName;
  readonly dims: readonly number[];
  readonly length: number;
}

export type Head =
  | { readonly kind: "run" | "result"; readonly model: string; readonly tensors: readonly TensorHead[] }
  | { readonly kind: "ready"; readonly models: readonly ReadyModel[] }
  | { readonly kind: "refused"; readonly model: string; readonly reason: string };

export function widthOf(type: string): number {
  return WIDTHS.get(type) ?? 1;
}

export function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

export function bodyBytesOf(head: Head): number {
  if (!("tensors" in head)) return 0;
  return head.tensors.reduce((sum, { type, length }) => sum + padded(length * widthOf(type)), 0);
}

/** The last few of something. */
export class Recent<T> {
  readonly #kept: T[] = [];

  add(one: T): T {
    this.#kept.push(one);
    if (this.#kept.length > HEADS_KEPT) this.#kept.shift();
    return one;
  }

  /** The newest that it is. */
  find(isIt: (one: T) => boolean): T | undefined {
    for (let at = this.#kept.length - 1; at >= 0; at -= 1) if (isIt(this.#kept[at] as T)) return this.#kept[at];
    return undefined;
  }
}

type Tensors = { readonly model: string; readonly tensors: readonly NamedTensor[] };

/** A frame that is filled anew for each message with its head. */
interface Form {
  readonly head: Head;
  readonly frame: Buffer;
  readonly numbers: Float64Array; // of the prefix: id, beganMs, inferenceMs, how
}

function isOf(head: Head, kind: "run" | "result", { model, tensors }: Tensors): boolean {
  if (head.kind !== kind || head.model !== model || head.tensors.length !== tensors.length) return false;
  for (let at = 0; at < tensors.length; at += 1) {
    const [one, known] = [tensors[at] as NamedTensor, head.tensors[at] as TensorHead];
    if (known.tensor !== one.tensor || known.type !== one.type || known.dims.length !== one.dims.length) return false;
    if (known.length !== lengthOf(one.type, one.data)) return false;
    for (let axis = 0; axis < known.dims.length; axis += 1) if (known.dims[axis] !== one.dims[axis]) return false;
  }
  return true;
}

function lengthOf(type: ElementTypeName, data: TensorData): number {
  return Math.floor(data.byteLength / widthOf(type));
}

/** An empty frame with that head. Throws FrameFault when it would be larger than a frame may be. */
function formOf(head: Head): Form {
  const text = Buffer.from(JSON.stringify(head));
  const bodyBytes = bodyBytesOf(head);
  if (text.length > MOST_HEAD_BYTES || bodyBytes > MOST_BODY_BYTES)
    throw new FrameFault(`expected at most ${MOST_BODY_BYTES} bytes of numbers, found ${bodyBytes}`);
  const memory = new ArrayBuffer(PREFIX_BYTES + padded(text.length) + bodyBytes);
  const frame = Buffer.from(memory);
  frame.writeUInt32LE(text.length, 0);
  frame.writeUInt32LE(bodyBytes, 4);
  text.copy(frame, PREFIX_BYTES);
  return { head, frame, numbers: new Float64Array(memory, 8, 4) };
}

/** Makes frames. Each is overwritten by the next one of the same model: by then it must have arrived. */
export class FrameWriter {
  readonly #forms = new Recent<Form>();

  run({ id, model, feeds, reset, apart = false }: ModelRun): Buffer {
    const form = this.#filled("run", { model, tensors: feeds });
    form.numbers[0] = id;
    form.numbers[3] = (reset ? RESET : 0) + (apart ? APART : 0);
    return form.frame;
  }

  /** Throws FrameFault when it would be larger than the edge takes. */
  answer(message: RunnerMessage): Buffer {
    if (message.kind === "ready") return formOf(message).frame;
    if (message.kind === "refused") {
      const { id, model, reason } = message;
      const { frame, numbers } = formOf({ kind: "refused", model, reason });
      numbers[0] = id;
      return frame;
    }
    const { id, model, outputs, beganMs, inferenceMs } = message.result;
    const { frame, numbers } = this.#filled("result", { model, tensors: outputs });
    numbers[0] = id;
    numbers[1] = beganMs;
    numbers[2] = inferenceMs;
    return frame;
  }

  #filled(kind: "run" | "result", of: Tensors): Form {
    const form = this.#forms.find(({ head }) => isOf(head, kind, of)) ?? this.#formOf(kind, of);
    let at = form.frame.length;
    for (let index = of.tensors.length - 1; index >= 0; index -= 1) {
      const { type, data } = of.tensors[index] as NamedTensor;
      const bytes = lengthOf(type, data) * widthOf(type);
      at -= padded(bytes);
      form.frame.set(new Uint8Array(data.buffer, data.byteOffset, bytes), at);
    }
    return form;
  }

  #formOf(kind: "run" | "result", { model, tensors }: Tensors): Form {
    const heads = tensors.map(({ tensor, type, dims, data }): TensorHead => {
      return { tensor, type, dims: [...dims], length: lengthOf(type, data) };
    });
    return this.#forms.add(formOf({ kind, model, tensors: heads }));
  }
}

/** Bytes of the whole frame that begins here. Throws FrameFault when that is more than a frame may hold. */
export function frameBytes(prefix: Buffer): number {
  const [headBytes, bodyBytes] = [prefix.readUInt32LE(0), prefix.readUInt32LE(4)];
  if (headBytes > MOST_HEAD_BYTES || bodyBytes > MOST_BODY_BYTES || bodyBytes % 8 !== 0)
    throw new FrameFault(`expected a frame within its bounds, found one of ${headBytes} and ${bodyBytes} bytes`);
  return PREFIX_BYTES + padded(headBytes) + bodyBytes;
}

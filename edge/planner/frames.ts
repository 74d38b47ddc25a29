// What the edge and its model processes say to each other, as bytes on a socket pair (R11): a prefix with what changes
// from run to run, a head as JSON, and the numbers of the tensors as they lie in memory. A frame is
//
//   bytes of the head, bytes of the body (4 each), id, beganMs, inferenceMs, 1 for reset (8 each, floating point),
//   the head, zeros up to a multiple of 8, the body with each tensor from a multiple of 8 on
//
// little end first. Heads repeat themselves from run to run, so both sides remember the last few: one that is known
// costs a comparison. This file makes frames, `frame-reader.ts` takes them apart.

import type { NamedTensor, TensorData } from "../../models/elements.js";
import { type ElementTypeName, elementTypes } from "../../models/onnx/element-types.js";
import type { ModelRun, ReadyModel, RunnerMessage } from "../../models/run.js";

/** Most that one frame may hold. */
export const MOST_HEAD_BYTES = 2 ** 18;
export const MOST_BODY_BYTES = 2 ** 26;
export const PREFIX_BYTES = 40;
const HEADS_KEPT = 8;

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

/** A head with its bytes, and how many bytes of a body go with it. */
export interface KnownHead {
  readonly head: Head;
  readonly bytes: Buffer;
  readonly bodyBytes: number;
}

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

/** Heads that were written or read lately, newest last. */
export class Heads {
  readonly #known: KnownHead[] = [];

  add(head: KnownHead): KnownHead {
    this.#known.push(head);
    if (this.#known.length > HEADS_KEPT) this.#known.shift();
    return head;
  }

  with(isIt: (known: KnownHead) => boolean): KnownHead | undefined {
    return this.#known.findLast(isIt);
  }
}

function isOf(
  head: Head,
  kind: "run" | "result",
  of: { readonly model: string; readonly tensors: readonly NamedTensor[] },
) {
  if (head.kind !== kind || head.model !== of.model || head.tensors.length !== of.tensors.length) return false;
  return head.tensors.every((known, at) => {
    const { tensor, type, dims, data } = of.tensors[at] as NamedTensor;
    const isSame = known.tensor === tensor && known.type === type && known.length === lengthOf(type, data);
    return isSame && known.dims.length === dims.length && known.dims.every((dim, axis) => dim === dims[axis]);
  });
}

function lengthOf(type: ElementTypeName, data: TensorData): number {
  return Math.floor(data.byteLength / widthOf(type));
}

/** id, beganMs, inferenceMs, reset. */
type Numbers = readonly [number, number, number, number];

/** Makes frames. */
export class FrameWriter {
  readonly #heads = new Heads();

  run({ id, model, feeds, reset }: ModelRun): Buffer {
    return this.#tensors("run", { model, tensors: feeds }, [id, 0, 0, reset ? 1 : 0]);
  }

  /** Throws FrameFault when it would be larger than the edge takes. */
  answer(message: RunnerMessage): Buffer {
    if (message.kind === "ready") return this.#frame(known({ kind: "ready", models: message.models }), [0, 0, 0, 0]);
    if (message.kind === "refused") {
      const { id, model, reason } = message;
      return this.#frame(known({ kind: "refused", model, reason }), [id, 0, 0, 0]);
    }
    const { id, model, outputs, beganMs, inferenceMs } = message.result;
    return this.#tensors("result", { model, tensors: outputs }, [id, beganMs, inferenceMs, 0]);
  }

  #tensors(
    kind: "run" | "result",
    of: { readonly model: string; readonly tensors: readonly NamedTensor[] },
    numbers: Numbers,
  ): Buffer {
    const { model, tensors } = of;
    let head = this.#heads.with((one) => isOf(one.head, kind, of));
    if (head === undefined) {
      const heads = tensors.map(({ tensor, type, dims, data }) => ({
        tensor,
        type,
        dims,
        length: lengthOf(type, data),
      }));
      head = this.#heads.add(known({ kind, model, tensors: heads }));
    }
    const frame = this.#frame(head, numbers);
    let at = PREFIX_BYTES + padded(head.bytes.length);
    for (const { type, data } of tensors) {
      const bytes = lengthOf(type, data) * widthOf(type);
      frame.set(new Uint8Array(data.buffer, data.byteOffset, bytes), at);
      at += padded(bytes);
    }
    return frame;
  }

  #frame({ bytes, bodyBytes }: KnownHead, [id, beganMs, inferenceMs, reset]: Numbers): Buffer {
    if (bytes.length > MOST_HEAD_BYTES || bodyBytes > MOST_BODY_BYTES)
      throw new FrameFault(`expected at most ${MOST_BODY_BYTES} bytes of numbers, found ${bodyBytes}`);
    const frame = Buffer.alloc(PREFIX_BYTES + padded(bytes.length) + bodyBytes);
    frame.writeUInt32LE(bytes.length, 0);
    frame.writeUInt32LE(bodyBytes, 4);
    frame.writeDoubleLE(id, 8);
    frame.writeDoubleLE(beganMs, 16);
    frame.writeDoubleLE(inferenceMs, 24);
    frame.writeDoubleLE(reset, 32);
    bytes.copy(frame, PREFIX_BYTES);
    return frame;
  }
}

function known(head: Head): KnownHead {
  return { head, bytes: Buffer.from(JSON.stringify(head)), bodyBytes: bodyBytesOf(head) };
}

/** Bytes of the whole frame that begins here. Throws FrameFault when that is more than a frame may hold. */
export function frameBytes(prefix: Buffer): number {
  const [headBytes, bodyBytes] = [prefix.readUInt32LE(0), prefix.readUInt32LE(4)];
  if (headBytes > MOST_HEAD_BYTES || bodyBytes > MOST_BODY_BYTES || bodyBytes % 8 !== 0)
    throw new FrameFault(`expected a frame within its bounds, found one of ${headBytes} and ${bodyBytes} bytes`);
  return PREFIX_BYTES + padded(headBytes) + bodyBytes;
}

// The file of a recording: frames, one after the other, each with a checksum of its own, so that a reader says how far
// a file can be believed and where it ends. Only bytes are judged here; what they mean stands in recording.ts.
//
// A frame, big endian: kind u8 | length of the payload u32 | CRC-32 of the payload u32 | CRC-32 u32 over the nine bytes
// before it | payload.

import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";

const HEADER_BYTES = 13;
/** R13: of one payload. A map of 4,000 by 4,000 cells fits, however little it can be compressed. */
export const MOST_PAYLOAD_BYTES = 67_108_864;

const KINDS = ["head", "site", "state", "batch", "end"] as const;
export type FrameKind = (typeof KINDS)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly at: number; // offset in the file
  readonly payload: Buffer;
}

/** Why a file holds no further frame: its end, the middle of one, or bytes that are not what was written. */
export interface Tail {
  readonly kind: "whole" | "torn" | "damaged";
  readonly at: number;
  readonly why: string;
}

export function frameOf(kind: FrameKind, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUInt8(KINDS.indexOf(kind), 0);
  bytes.writeUInt32BE(payload.length, 1);
  bytes.writeUInt32BE(crc32(payload), 5);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 9)), 9);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The frames of a file in order; its tail last. Throws the file system's error. */
export async function* framesOf(file: string): AsyncGenerator<Frame, Tail> {
  const handle = await open(file, "r");
  try {
    for (let at = 0; ; ) {
      const read = await frameAt(handle, at);
      if (!("payload" in read)) return read;
      yield read;
      at += HEADER_BYTES + read.payload.length;
    }
  } finally {
    await handle.close();
  }
}

async function frameAt(handle: FileHandle, at: number): Promise<Frame | Tail> {
  const header = await bytesAt(handle, at, HEADER_BYTES);
  if (header.length === 0) return { kind: "whole", at, why: "" };
  if (header.length < HEADER_BYTES) return { kind: "torn", at, why: "in the middle of a frame's header" };
  const kind = KINDS[header.readUInt8(0)];
  const length = header.readUInt32BE(1);
  const isHeader = header.readUInt32BE(9) === crc32(header.subarray(0, 9));
  if (!isHeader || kind === undefined || length > MOST_PAYLOAD_BYTES)
    return { kind: "damaged", at, why: "no frame of a recording stands there" };
  const payload = await bytesAt(handle, at + HEADER_BYTES, length);
  if (payload.length < length) return { kind: "torn", at, why: `${payload.length} of ${length} bytes of a frame` };
  if (crc32(payload) !== header.readUInt32BE(5))
    return { kind: "damaged", at, why: "the bytes of a frame are not those of its checksum" };
  return { kind, at, payload };
}

/** Fewer than `length` only at the end of the file. */
async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

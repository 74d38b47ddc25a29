// R14: what a recording holds. A segment stands for itself: a head that says by what it was recorded, the site (context
// and map), the state of the core at its beginning, then every input with its time and what the core made of it, and an
// end. A segment without an end is one whose edge was killed, or still runs.

import { deserialize, serialize } from "node:v8";
import { constants, crc32, inflateRawSync } from "node:zlib";
import type { Grid } from "../../fleet-config/grid.js";
import { VERSION } from "../../proto/version.js";
import type { EdgeSnapshot } from "../core/snapshot.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../core/types.js";
import { type Frame, type FrameKind, frameOf, MOST_PAYLOAD_BYTES } from "./frames.js";

/** Where a running edge keeps its recording, in the data directory. */
export const RECORDING = "recording";

export const FORMAT = 1;
/** Of a segment's file; what stands before it is its number. */
export const SUFFIX = ".recording";

/** Floats compress little however long one tries, and the control loop shares its machine. */
export const DEFLATE = { level: constants.Z_BEST_SPEED } as const;

/** What the last digit of a sine may depend on. */
export interface Maker {
  readonly software: string;
  readonly v8: string;
  readonly arch: string;
}

export const THIS_MAKER: Maker = {
  software: VERSION,
  v8: process.versions.v8.replace(/-node.*$/, ""),
  arch: process.arch,
};

/** Stored as JSON, which every version of Node reads. */
export interface Head extends Maker {
  readonly recording: typeof FORMAT;
  readonly robot: string;
  readonly boot: string;
  readonly segment: number;
  readonly inputs: number; // that this boot had recorded or dropped before
  readonly dropped: number; // of them
  readonly wallMs: number;
}

export interface Site {
  readonly context: EdgeContext;
  readonly grid: Grid;
}

/** What the core made of an input: its effects, or why it threw. */
export type Made = readonly object[] | { readonly threw: string };
export type Entry = readonly [nowMs: number, input: EdgeInput, made: Made];

export interface End {
  readonly why: string;
}

/** The effects of a step as they are recorded: buffers that the core uses again are told by their checksum. */
export function madeOf(effects: readonly EdgeEffect[]): Made {
  return effects.map((effect) => told(effect) as object);
}

function told(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes with CRC-32 ${crc32(bytesOf(value)).toString(16)}`;
  if (Array.isArray(value)) return typeof value[0] === "object" ? value.map(told) : value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  let copy: Record<string, unknown> | null = null;
  for (const [key, field] of Object.entries(value)) {
    const shown = told(field);
    if (shown === field) continue;
    copy ??= { ...value };
    copy[key] = shown;
  }
  return copy ?? value;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The frame of a head or an end. */
export function plainFrame(kind: FrameKind, value: Head | End): Buffer {
  return frameOf(kind, Buffer.from(JSON.stringify(value)));
}

/** Site, state or batch of entries as bytes that remain to be compressed. */
export function packed(value: Site | EdgeSnapshot | readonly Entry[]): Buffer {
  return serialize(value);
}

/** Throws Error when the payload is no JSON, or one of another kind. */
export function headIn(frame: Frame): Head {
  const head = JSON.parse(frame.payload.toString("utf8")) as Head;
  if (typeof head.recording !== "number") throw new Error("it is no head of a recording");
  return head;
}

export function endIn(frame: Frame): End {
  return JSON.parse(frame.payload.toString("utf8")) as End;
}

export function unpacked<T extends Site | EdgeSnapshot | readonly Entry[]>(frame: Frame): T {
  return deserialize(inflateRawSync(frame.payload, { maxOutputLength: 4 * MOST_PAYLOAD_BYTES })) as T;
}

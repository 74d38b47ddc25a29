// R14: records every input of a core and what the core made of it, in a bounded ring of files. The control loop only
// puts what it has into memory; packing happens four times a second, compressing and writing beside it. A disk that is
// full or slow ends the recording, never the driving: the gap is told, and a new segment begins, with the core's state
// at that moment, when there is room again. A core that throws has its last inputs written before the process ends.

import { constants, openSync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateRaw, deflateRawSync } from "node:zlib";
import type { Grid } from "../../fleet-config/grid.js";
import type { EdgeSnapshot } from "../core/snapshot.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../core/types.js";
import { type FrameKind, frameOf } from "../recording/frames.js";
import { DEFLATE, type Entry, FORMAT, madeOf, packed, plainFrame, SUFFIX, THIS_MAKER } from "../recording/recording.js";

export interface RecorderOptions {
  readonly dir: string;
  /** R13: of all segments together. */
  readonly bytesMost: number;
  /** `why` is empty when it records again. */
  readonly onGap: (why: string, dropped: number) => void;
  readonly nowWallMs?: () => number; // for people alone
}

/** What is recorded: the snapshot is asked for between two steps. */
export interface Recorded {
  readonly context: EdgeContext;
  readonly grid: Grid;
  readonly snapshot: () => EdgeSnapshot;
}

const SEGMENTS = 8;
const PACK_MS = 250;
const MOST_ENTRIES = 512; // of a batch
/** What may wait for the disk, before it is compressed. */
const MOST_WAITING_BYTES = 16_777_216;
const PAUSE_MS = 10_000;
/** Every segment has a number of its own, so there is nothing to cut off. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT;

const deflate = promisify(deflateRaw);

/** What is to be written: to the segment that is open, or to a new one that begins with it. */
interface Piece {
  readonly kind: FrameKind;
  readonly raw: Buffer;
  readonly inputs: number; // that it holds
  readonly begins: boolean;
  bytes: Buffer | null; // once compressed
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #segmentBytes: number;
  readonly #timer: NodeJS.Timeout;
  #recorded: Recorded | null = null;
  #site: Buffer | null = null; // its frame, the same for every segment
  #entries: Entry[] = [];
  #queue: Piece[] = [];
  #waitingBytes = 0;
  #handle: FileHandle | null = null;
  #position = 0;
  #segment: number;
  #pumping: Promise<void> | null = null;
  #goneUntilMs: number | null = null; // while it does not record
  #nowMs = 0;
  #inputs = 0;
  #kept = 0; // of them, with the disk
  #told = ""; // why there is a gap, as it was last told
  dropped = 0;

  private constructor(options: RecorderOptions, segment: number) {
    this.#options = options;
    this.#segment = segment;
    this.#segmentBytes = Math.floor(options.bytesMost / SEGMENTS);
    this.#timer = setInterval(() => this.pack(), PACK_MS).unref();
  }

  /** Throws the file system's error when there can be no folder. */
  static async open(options: RecorderOptions): Promise<Recorder> {
    await mkdir(options.dir, { recursive: true });
    const known = (await readdir(options.dir)).filter((name) => name.endsWith(SUFFIX)).sort();
    return new Recorder(options, Number.parseInt(known.at(-1) ?? "0", 10) || 0);
  }

  /** Begins the first segment. Before it nothing is recorded. */
  begin(recorded: Recorded): void {
    this.#recorded = recorded;
    this.#beginSegment();
  }

  /** An input that the core has taken. Never fails, never waits. */
  took(input: EdgeInput, nowMs: number, effects: readonly EdgeEffect[]): void {
    if (this.#recorded === null) return;
    this.#inputs += 1;
    this.#nowMs = nowMs;
    if (this.#goneUntilMs !== null) {
      this.dropped += 1;
      const isIdle = this.#pumping === null; // else the disk still holds a piece
      if (isIdle && nowMs >= this.#goneUntilMs) this.#resume();
      return;
    }
    this.#entries.push([nowMs, input, madeOf(effects)]);
    if (this.#entries.length >= MOST_ENTRIES) this.pack();
  }

  /** An input that the core could not take: what is known is written at once, because the process ends. */
  threw(input: EdgeInput, nowMs: number, cause: Error): void {
    if (this.#recorded === null || this.#goneUntilMs !== null) return;
    this.#entries.push([nowMs, input, { threw: cause.message }]);
    this.pack();
    this.#enqueue("end", endBytes("the core threw"));
    this.#recorded = null;
    const left = this.#queue;
    this.#queue = [];
    try {
      this.#writeNow(left);
    } catch {
      // The disk has the last word: what was thrown is what matters.
    }
  }

  /** Waits until everything that was packed is written, or dropped. */
  async written(): Promise<void> {
    while (this.#pumping !== null) await this.#pumping;
  }

  /** Ends the segment and waits until it is written. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#recorded !== null && this.#goneUntilMs === null) {
      this.pack();
      this.#enqueue("end", endBytes("the edge stopped"));
    }
    this.#recorded = null;
    await this.written();
    await this.#handle?.close();
    this.#handle = null;
  }

  /** Makes what was taken ready for the disk. The recorder's own clock does so four times a second. */
  pack(): void {
    if (this.#entries.length === 0) return;
    const inputs = this.#entries.length;
    const raw = this.#packed(this.#entries);
    if (raw === null) return;
    this.#entries = [];
    this.#enqueue("batch", raw, { inputs });
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#gap("the disk does not keep up");
    else if (this.#isFull()) {
      this.#enqueue("end", endBytes("the next segment begins"));
      this.#beginSegment();
    }
  }

  #isFull(): boolean {
    const hasBegun = this.#queue.every(({ kind }) => kind === "batch");
    return hasBegun && this.#position + this.#waitingBytes >= this.#segmentBytes;
  }

  #beginSegment(): void {
    if (this.#recorded === null) return;
    const { context, grid, snapshot } = this.#recorded;
    const site = this.#site === null ? this.#packed({ context, grid }) : Buffer.alloc(0);
    const state = this.#packed(snapshot());
    if (site === null || state === null) return;
    this.#site ??= frameOf("site", deflateRawSync(site, DEFLATE));
    const needed = 2 * SEGMENTS * (this.#site.length + state.length);
    if (needed > SEGMENTS * this.#segmentBytes) {
      const expected = `a ring of at least ${Math.ceil(needed / 1e6)} MB for this map`;
      return this.#gap(`expected ${expected}, found ${Math.floor((SEGMENTS * this.#segmentBytes) / 1e6)} MB`);
    }
    this.#segment += 1;
    const { robot, boot } = context;
    const at = { segment: this.#segment, inputs: this.#inputs, dropped: this.dropped, wallMs: this.#wallMs() };
    const head = plainFrame("head", { recording: FORMAT, ...THIS_MAKER, robot, boot, ...at });
    this.#enqueue("head", Buffer.concat([head, this.#site]), { begins: true });
    this.#enqueue("state", state);
  }

  /** Null, and a gap, for what cannot be recorded. */
  #packed(value: Parameters<typeof packed>[0]): Buffer | null {
    try {
      return packed(value);
    } catch (cause) {
      this.#gap((cause as Error).message);
      return null;
    }
  }

  #enqueue(kind: FrameKind, raw: Buffer, { begins = false, inputs = 0 } = {}): void {
    this.#queue.push({ kind, raw, inputs, begins, bytes: null });
    this.#waitingBytes += raw.length;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
    });
  }

  async #pump(): Promise<void> {
    for (let piece = this.#queue[0]; piece !== undefined; piece = this.#queue[0]) {
      try {
        if (piece.begins) await this.#openNext();
        piece.bytes ??= framed(piece, await compressed(piece));
        if (this.#queue[0] === piece && this.#handle !== null)
          await writeAll(this.#handle, piece.bytes, this.#position);
      } catch (cause) {
        if (this.#queue[0] === piece) this.#gap((cause as Error).message);
      }
      if (this.#queue[0] !== piece) continue; // a gap, or its process ends
      this.#queue.shift();
      this.#waitingBytes -= piece.raw.length;
      this.#kept += piece.inputs;
      this.#position += piece.bytes?.length ?? 0;
    }
  }

  /** R13: two segments of room for the one that begins, so that the ring is never larger than was asked. */
  async #openNext(): Promise<void> {
    const { dir } = this.#options;
    await this.#handle?.close();
    this.#handle = null;
    const names = (await readdir(dir)).filter((name) => name.endsWith(SUFFIX)).sort();
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
    let left = sizes.reduce((sum, size) => sum + size, 0);
    for (const [index, name] of names.entries()) {
      if (left <= (SEGMENTS - 2) * this.#segmentBytes) break;
      await rm(join(dir, name), { force: true });
      left -= sizes[index] ?? 0;
    }
    this.#handle = await open(this.#pathOf(this.#segment), NEW_FILE);
    this.#position = 0;
  }

  #pathOf(segment: number): string {
    return join(this.#options.dir, `${String(segment).padStart(8, "0")}${SUFFIX}`);
  }

  #gap(why: string): void {
    if (this.#goneUntilMs !== null) return;
    this.#goneUntilMs = this.#nowMs + PAUSE_MS;
    this.dropped = this.#inputs - this.#kept;
    this.#entries = [];
    this.#queue = [];
    this.#waitingBytes = 0;
    if (why !== this.#told) this.#options.onGap(why, this.dropped);
    this.#told = why;
  }

  #resume(): void {
    this.#goneUntilMs = null;
    this.#beginSegment();
    if (this.#goneUntilMs !== null) return;
    this.#told = "";
    this.#options.onGap("", this.dropped);
  }

  #writeNow(pieces: readonly Piece[]): void {
    let fd = this.#handle?.fd;
    for (const piece of pieces) {
      if (piece.begins) {
        fd = openSync(this.#pathOf(this.#segment), NEW_FILE);
        this.#position = 0;
      }
      if (fd === undefined) return;
      piece.bytes ??= framed(piece, isPlain(piece) ? piece.raw : deflateRawSync(piece.raw, DEFLATE));
      writeSync(fd, piece.bytes, 0, piece.bytes.length, this.#position); // again what may just be on its way there
      this.#position += piece.bytes.length;
    }
  }

  #wallMs(): number {
    return (this.#options.nowWallMs ?? Date.now)();
  }
}

function endBytes(why: string): Buffer {
  return Buffer.from(JSON.stringify({ why }));
}

/** A head carries its site, and stands as it is; an end is too short to compress. */
function isPlain({ kind }: Piece): boolean {
  return kind === "head" || kind === "end";
}

function compressed(piece: Piece): Promise<Buffer> {
  return isPlain(piece) ? Promise.resolve(piece.raw) : deflate(piece.raw, DEFLATE);
}

function framed({ kind }: Piece, payload: Buffer): Buffer {
  return kind === "head" ? payload : frameOf(kind, payload);
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

// Reads recordings, of one file or of a ring in a folder, segment by segment, and says of each how far it could be
// believed. What this program cannot replay it refuses before it begins.

import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { EdgeSnapshot } from "../core/snapshot.js";
import { type Frame, framesOf, type Tail } from "./frames.js";
import { type Entry, endIn, FORMAT, type Head, headIn, type Site, SUFFIX, THIS_MAKER, unpacked } from "./recording.js";

/** What cannot be read or replayed; the message names the file, what was expected and what was found. */
export class RecordingRefused extends Error {
  override readonly name = "RecordingRefused";
  readonly exitClass: "missing" | "data" | "config";

  constructor(exitClass: RecordingRefused["exitClass"], message: string) {
    super(message);
    this.exitClass = exitClass;
  }
}

export type Part =
  | { readonly kind: "segment"; readonly file: string; readonly head: Head }
  | { readonly kind: "state"; readonly head: Head; readonly site: Site; readonly snapshot: EdgeSnapshot }
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "end"; readonly why: string }
  | { readonly kind: "cut"; readonly tail: Tail; readonly file: string };

/** The files of a recording, oldest first. Throws RecordingRefused when there is none. */
export async function filesOf(path: string): Promise<readonly string[]> {
  if (!existsSync(path)) throw new RecordingRefused("missing", `${path}: expected a recording, found nothing`);
  if (!statSync(path).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith(SUFFIX)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new RecordingRefused("missing", `${path}: expected files of a recording (*${SUFFIX}), found none`);
}

/** Everything that a file holds, in order. A part of kind `cut` is the last one. */
export async function* partsOf(file: string, anyMaker: boolean): AsyncGenerator<Part> {
  const frames = framesOf(file);
  try {
    yield* partsIn(file, frames, anyMaker);
  } finally {
    await frames.return({ kind: "whole", at: 0, why: "" }); // closes the file, however far it was read
  }
}

async function* partsIn(file: string, frames: AsyncGenerator<Frame, Tail>, anyMaker: boolean): AsyncGenerator<Part> {
  let head: Head | null = null;
  let site: Site | null = null;
  let isEnded = false;
  for (let next = await frames.next(); ; next = await frames.next()) {
    if (next.done === true) {
      const tail = next.value;
      if (tail.at === 0 && tail.kind === "damaged")
        throw new RecordingRefused("data", `${file}: expected a recording, found none`);
      if (tail.kind !== "whole" || !isEnded) yield { kind: "cut", tail, file };
      return;
    }
    const frame = next.value;
    const judged = understood(frame, () => parsed(frame, { head, site }));
    if (judged === null) return yield { kind: "cut", file, tail: { kind: "damaged", at: frame.at, why: NOT_THAT } };
    if ("recording" in judged) {
      head = refuseOther(file, judged, anyMaker);
      isEnded = false;
      yield { kind: "segment", file: basename(file), head };
    } else if ("context" in judged) site = judged;
    else {
      if (judged.kind === "end") isEnded = true;
      yield judged;
    }
  }
}

const NOT_THAT = "a frame does not hold what it says";

function parsed(frame: Frame, of: { readonly head: Head | null; readonly site: Site | null }): Head | Site | Part {
  const { head, site } = of;
  switch (frame.kind) {
    case "head":
      return headIn(frame);
    case "site":
      return unpacked<Site>(frame);
    case "state":
      if (head === null || site === null) throw new Error(NOT_THAT);
      return { kind: "state", head, site, snapshot: unpacked<EdgeSnapshot>(frame) };
    case "batch":
      return { kind: "entries", entries: unpacked<readonly Entry[]>(frame) };
    case "end":
      return { kind: "end", why: endIn(frame).why };
  }
}

/** Null for a frame whose bytes are sound and whose contents are none of ours. */
function understood<T>(frame: Frame, parse: () => T): T | null {
  try {
    return parse();
  } catch (cause) {
    if (frame.kind === "head" || cause instanceof RecordingRefused) throw cause;
    return null;
  }
}

/** Throws RecordingRefused for what this program would read, or compute, in another way. */
function refuseOther(file: string, head: Head, anyMaker: boolean): Head {
  if (head.recording !== FORMAT) {
    throw new RecordingRefused("data", `${file}: expected a recording of format ${FORMAT}, found ${head.recording}`);
  }
  const others = (["software", "v8", "arch"] as const).filter((part) => head[part] !== THIS_MAKER[part]);
  if (others.length === 0 || anyMaker) return head;
  const said = (maker: Pick<Head, (typeof others)[number]>) =>
    others.map((part) => `${part} ${maker[part]}`).join(", ");
  const hint = "--any replays it all the same, and a difference then proves nothing";
  throw new RecordingRefused(
    "config",
    `${file}: expected a recording by ${said(THIS_MAKER)}, found ${said(head)}; ${hint}`,
  );
}

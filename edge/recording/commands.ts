// `drover-edge replay` and `drover-edge record`: what a recording says when it is run once more, and the ring of a data
// directory as one file.

import { open } from "node:fs/promises";
import { EXIT } from "../../proto/errors.js";
import { explained, newest, withHistory } from "./explain.js";
import { explainedLine, explainedLines } from "./explain-text.js";
import { type Frame, frameOf, framesOf } from "./frames.js";
import { filesOf, type Part, partsOf, RecordingRefused } from "./read.js";
import { type End, type Head, headIn } from "./recording.js";
import { type Counts, type Differing, Replay } from "./replay.js";

export type Print = (line: string) => void;

/** Exit code 0 without a difference, 70 with one, 65 when a part could not be compared. Throws RecordingRefused. */
export async function replayCommand(asked: { readonly path: string; readonly any: boolean }, print: Print) {
  const replay = new Replay();
  let damaged = 0;
  for (const file of await filesOf(asked.path)) {
    for await (const part of partsOf(file, asked.any)) {
      if (part.kind === "cut" && part.tail.kind === "damaged") damaged += 1;
      const differing = taken(replay, part, print);
      if (differing === null) continue;
      for (const line of [...countLines(replay.counts), ...differingLines(differing)]) print(line);
      return EXIT.software;
    }
  }
  if (replay.counts.inputs === 0)
    throw new RecordingRefused("data", `${asked.path}: expected inputs to replay, found none`);
  for (const line of countLines(replay.counts)) print(line);
  print(damaged === 0 ? "no difference" : `no difference in what could be read; ${damaged} damaged`);
  return damaged === 0 ? 0 : EXIT.data;
}

function taken(replay: Replay, part: Part, print: Print): Differing | null {
  switch (part.kind) {
    case "segment": {
      const { robot, boot, segment, inputs, dropped, wallMs } = part.head;
      const gap = dropped === 0 ? "" : `, ${dropped} of them dropped`;
      const when = new Date(wallMs).toISOString();
      print(`segment ${segment}: ${plain(robot)}, boot ${plain(boot)}, from ${when}, after ${inputs} inputs${gap}`);
      return null;
    }
    case "state":
      replay.begin(part.head, part.site, part.snapshot);
      return null;
    case "entries":
      return replay.take(part.entries);
    case "end":
      return null;
    case "cut":
      print(`  ${cutText(part)}`);
      return null;
  }
}

function cutText({ tail, file }: Extract<Part, { kind: "cut" }>): string {
  switch (tail.kind) {
    case "whole":
      return `${file} ends without an end: the edge was killed, dropped its recording, or still runs`;
    case "torn":
      return `${file} ends at byte ${tail.at}, ${tail.why}: the edge was killed, or still runs`;
    case "damaged":
      return `${file} is damaged at byte ${tail.at}: ${tail.why}; what follows there is not replayed`;
  }
}

function countLines(counts: Counts): readonly string[] {
  const { segments, inputs, ticks, samples, ms, effects, commands, decisions } = counts;
  return [
    `${segments} segments, ${inputs} inputs (${ticks} ticks, ${samples} samples) of ${(ms / 1000).toFixed(1)} s`,
    `compared: ${decisions} decisions, ${commands} commands, ${effects} effects in all`,
  ];
}

function differingLines(found: Differing): readonly string[] {
  const { segment, input, nowMs, took, decision, path, values } = found;
  const kind = took.kind === "sample" ? `${took.sample.channel} sample` : took.kind;
  const field = path.split(".").slice(1).join(".") || "the effect itself";
  return [
    `differs at input ${input}, segment ${segment}: a ${kind} at ${nowMs} ms, in ${plain(decision) || "no decision"}`,
    `  ${field}: recorded ${text(values.recorded)}, replayed ${text(values.replayed)}`,
    `  recorded  ${text(found.recorded)}`,
    `  replayed  ${text(found.replayed)}`,
    `  input     ${text(took)}`,
    ...found.channels.map(({ channel, sequence, ageMs }) => `  ${channel} ${sequence}, ${ageMs} ms old`),
  ];
}

/** A recording may come from anywhere: what it says of itself shall move no cursor. */
function plain(words: string): string {
  return words.replace(/[^ -~]/g, "?");
}

const TEXT_MOST = 800;

function text(value: unknown): string {
  const shown = JSON.stringify(value, (_, field: unknown) =>
    ArrayBuffer.isView(field) ? `${field.byteLength} bytes` : Object.is(field, -0) ? "-0" : field,
  );
  if (shown === undefined) return "nothing";
  return shown.length > TEXT_MOST ? `${shown.slice(0, TEXT_MOST)} ...` : shown;
}

const LISTED_MOST = 20;

/** One decision, or without an id a list of the newest. Throws RecordingRefused. */
export function explainCommand(
  asked: { readonly id: string | null; readonly dataDir: string; readonly json: boolean },
  print: Print,
): Promise<number> {
  return withHistory(asked.dataDir, async (history) => {
    const found = asked.id === null ? await newest(history, LISTED_MOST) : [await explained(history, asked.id)];
    const lines = asked.id === null ? found.map(explainedLine) : found.flatMap(explainedLines);
    for (const line of asked.json ? found.map((one) => JSON.stringify(one)) : lines) print(line);
    return 0;
  });
}

/** Joins the segments of a ring, each up to where it can be believed. Throws RecordingRefused and file errors. */
export async function recordCommand(asked: { readonly dir: string; readonly out: string }, print: Print) {
  const files = await filesOf(asked.dir);
  const to = await open(asked.out, "wx");
  let bytes = 0;
  const put = async (frame: Buffer) => {
    await to.appendFile(frame);
    bytes += frame.length;
  };
  try {
    for (const file of files) print(await copied(file, put));
  } finally {
    await to.close();
  }
  print(`${asked.out}: ${files.length} segments, ${(bytes / 1e6).toFixed(1)} MB`);
  return 0;
}

async function copied(file: string, put: (frame: Buffer) => Promise<void>): Promise<string> {
  const frames = framesOf(file);
  let last: Frame | null = null;
  let head: Head | null = null;
  for (let next = await opened(frames.next()); ; next = await frames.next()) {
    if (next === null) return `${file}: gone, a newer segment took its place`;
    if (next.done === true) {
      const { kind, at } = next.value;
      const end: End = { why: kind === "damaged" ? `damaged at byte ${at}` : "it ended without an end" };
      if (last === null) return `${file}: nothing yet`;
      if (last.kind !== "end") await put(frameOf("end", Buffer.from(JSON.stringify(end))));
      return `${file}: segment ${head?.segment ?? "?"}, ${at} bytes${last.kind === "end" ? "" : `, ${end.why}`}`;
    }
    last = next.value;
    if (last.kind === "head") head = headIn(last);
    await put(frameOf(last.kind, last.payload));
  }
}

/** Null for a file that is gone: a ring whose edge runs drops its oldest one. */
async function opened<T>(first: Promise<T>): Promise<T | null> {
  try {
    return await first;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}

export { RecordingRefused };

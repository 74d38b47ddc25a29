// A robot of the edge-under-test that is recorded while it lives, into files of a folder, and what is read from them.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { Recorder } from "../../../edge/io/recorder.js";
import { replayCommand } from "../../../edge/recording/commands.js";
import { frameOf, framesOf } from "../../../edge/recording/frames.js";
import { EdgeUnderTest } from "../core/edge-under-test.js";
import { roomGrid } from "../core/yard.js";

const RING_BYTES = 16_000_000;

export function aFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-recording-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Recording {
  readonly robot: EdgeUnderTest;
  readonly recorder: Recorder;
  readonly gaps: readonly string[]; // why, oldest first
}

export async function recorded(dir: string, robot = new EdgeUnderTest(), bytesMost = RING_BYTES): Promise<Recording> {
  const gaps: string[] = [];
  const recorder = await Recorder.open({ dir, bytesMost, onGap: (why) => gaps.push(why) });
  recorder.begin({ context: robot.context, grid: roomGrid(), snapshot: () => robot.edge.snapshot() });
  robot.stepped = (input, nowMs, effects) => recorder.took(input, nowMs, effects);
  return { robot, recorder, gaps };
}

/** A drive of some 14 s with a silent lidar, an order and a planner that lies in it; its files. */
export async function aDrive(dir: string): Promise<EdgeUnderTest> {
  const { robot, recorder } = await recorded(dir);
  robot.driving();
  robot.base.silent.add("scan");
  robot.run(1500);
  robot.base.silent.clear();
  robot.order("REACTIVE_ONLY");
  robot.run(1500);
  robot.planner = "lies";
  robot.run(3000);
  await recorder.close();
  return robot;
}

export async function replayed(path: string, any = false) {
  const lines: string[] = [];
  const exit = await replayCommand({ path, any }, (line) => lines.push(line)).catch((cause: Error) => cause);
  return { exit, lines, text: lines.join("\n") };
}

export function filesIn(dir: string): readonly string[] {
  return readdirSync(dir).sort();
}

/** Where the frames of a file begin, by kind; the last is where the file ends. */
export async function framesIn(file: string): Promise<readonly { readonly kind: string; readonly at: number }[]> {
  const found: { kind: string; at: number }[] = [];
  const frames = framesOf(file);
  for (let next = await frames.next(); ; next = await frames.next()) {
    found.push({ kind: next.value.kind, at: next.value.at });
    if (next.done === true) return found;
  }
}

/** A copy of a file with other bytes. */
export function changed(file: string, to: string, change: (bytes: Buffer) => Buffer): string {
  cpSync(file, to);
  writeFileSync(to, change(readFileSync(file)));
  return to;
}

/** A copy whose head says something else of itself. */
export async function withHead(file: string, to: string, over: object): Promise<string> {
  const frames = framesOf(file);
  const { value: first } = await frames.next();
  await frames.return({ kind: "whole", at: 0, why: "" });
  if (first === undefined || !("payload" in first)) throw new Error("a head");
  const head = { ...(JSON.parse(first.payload.toString("utf8")) as object), ...over };
  const own = frameOf("head", Buffer.from(JSON.stringify(head)));
  const length = first.payload.length + own.length - Buffer.byteLength(JSON.stringify(head));
  return changed(file, to, (bytes) => Buffer.concat([own, bytes.subarray(length)]));
}

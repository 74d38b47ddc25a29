// What recording costs a robot that drives through the warehouse: the control loop's share of it, what happens beside
// the loop, the bytes that reach the disk, and how fast a recording is replayed. Figures are of ten simulated seconds.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EdgeEffect, EdgeInput } from "../../edge/core/types.js";
import { Recorder } from "../../edge/io/recorder.js";
import { replayCommand } from "../../edge/recording/commands.js";
import { packed } from "../../edge/recording/recording.js";
import { alone, type Row } from "./bench.js";
import { EdgeLoad } from "./edge-load.js";
import { scratchDir } from "./scratch.js";

const SIMULATED_S = 10;
const ROUNDS = 7;
const WARM_UP = 2;
const LEAD_IN_S = 60;
/** Packed four times a second, as the recorder's own clock would. */
const PACK_EVERY_MS = 250;
const RING_BYTES = 256_000_000;

const now = (): number => performance.now() * 1000;

interface Spent {
  steps: number;
  ticks: number;
  tookUs: number;
  tickUs: number;
  packUs: number;
  packMostUs: number;
  besideUs: number; // of the processor, all threads, packing included
}

const none = (): Spent => ({ steps: 0, ticks: 0, tookUs: 0, tickUs: 0, packUs: 0, packMostUs: 0, besideUs: 0 });

class Recording {
  readonly dir = scratchDir();
  readonly load = new EdgeLoad();
  spent = none();
  #recorder: Recorder | null = null;

  async open(): Promise<void> {
    const { load, dir } = this;
    const recorder = await Recorder.open({ dir, bytesMost: RING_BYTES, onGap: gap });
    this.#recorder = recorder;
    for (let ms = 0; ms < LEAD_IN_S * 1000; ms += load.controlMs) load.period();
    const { context, grid } = load;
    recorder.begin({ context, grid, snapshot: () => load.edge.snapshot() });
    load.around = (input, step) => this.#one(input, step());
  }

  #one(input: EdgeInput, effects: readonly EdgeEffect[]): void {
    const { spent } = this;
    const beforeUs = now();
    this.#recorder?.took(input, this.load.nowMs, effects);
    const us = now() - beforeUs;
    spent.tookUs += us;
    spent.steps += 1;
    if (input.kind !== "tick") return;
    spent.ticks += 1;
    spent.tickUs += us;
  }

  async live(): Promise<Spent> {
    const { load } = this;
    this.spent = none();
    for (let ms = load.controlMs; ms <= SIMULATED_S * 1000; ms += load.controlMs) {
      load.period();
      if (ms % PACK_EVERY_MS !== 0) continue;
      const used = process.cpuUsage();
      const beforeUs = now();
      this.#recorder?.pack();
      const us = now() - beforeUs;
      this.spent.packUs += us;
      this.spent.packMostUs = Math.max(this.spent.packMostUs, us);
      await this.#recorder?.written();
      const { user, system } = process.cpuUsage(used);
      this.spent.besideUs += user + system;
    }
    return this.spent;
  }

  get bytes(): number {
    const sizes = readdirSync(this.dir).map((name) => statSync(join(this.dir, name)).size);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  close(): Promise<void> {
    return this.#recorder?.close() ?? Promise.resolve();
  }
}

function gap(why: string): void {
  throw new Error(`the recorder stopped: ${why}`);
}

export async function run(): Promise<readonly Row[]> {
  const recording = new Recording();
  await recording.open();
  const figures = { step: [], tick: [], pack: [], packMost: [], kb: [], share: [] } as Record<string, number[]>;
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const bytesBefore = recording.bytes;
    const spent = await recording.live();
    if (round < 0) continue;
    figures.step?.push(spent.tookUs / spent.steps);
    figures.tick?.push(spent.tickUs / spent.ticks);
    figures.pack?.push(spent.packUs / ((SIMULATED_S * 1000) / PACK_EVERY_MS));
    figures.packMost?.push(spent.packMostUs);
    figures.kb?.push((recording.bytes - bytesBefore) / 1000 / SIMULATED_S);
    figures.share?.push((spent.tookUs + spent.besideUs) / SIMULATED_S / 10_000);
  }
  const snapshotUs = Array.from({ length: ROUNDS }, () => {
    const beforeUs = now();
    packed(recording.load.edge.snapshot());
    return now() - beforeUs;
  });
  await recording.close();
  return [
    alone("in the control loop, per input", "us", figures.step ?? []),
    alone("in the control loop, per tick", "us", figures.tick ?? []),
    alone("packing, four times a second", "us", figures.pack ?? []),
    alone("packing, the longest of a round", "us", figures.packMost ?? []),
    alone("state at a segment's begin", "us", snapshotUs),
    alone("recorded a second", "KB", figures.kb ?? []),
    alone("all threads, of one core", "%", figures.share ?? []),
    alone("replayed, simulated seconds a second", "", await replaySpeeds(recording.dir)),
  ];
}

async function replaySpeeds(dir: string): Promise<readonly number[]> {
  const speeds: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const startMs = performance.now();
    const exit = await replayCommand({ path: dir, any: false }, () => {});
    if (exit !== 0) throw new Error(`the replay ended with ${exit}`);
    speeds.push(((ROUNDS + WARM_UP) * SIMULATED_S * 1000) / (performance.now() - startMs));
  }
  return speeds;
}

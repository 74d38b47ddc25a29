// R14: runs the core once more on what a recording holds and compares what it makes of each input with what it made
// then. The first input on which the two differ ends the comparison: what follows only follows from it.

import type { OnboardChannel } from "../../proto/topics.js";
import { ageMs } from "../core/channels.js";
import { Edge } from "../core/edge.js";
import { EMPTY_MEMORY } from "../core/memory.js";
import type { EdgeSnapshot } from "../core/snapshot.js";
import type { EdgeInput } from "../core/types.js";
import { firstDifference } from "./differs.js";
import { type Entry, type Head, type Made, madeOf, type Site } from "./recording.js";

/** What was compared. */
export interface Counts {
  segments: number;
  inputs: number;
  ticks: number;
  samples: number;
  ms: number;
  effects: number;
  commands: number;
  decisions: number;
}

/** The first input on which the core that replays differs from the one that was recorded. */
export interface Differing {
  readonly segment: number;
  readonly input: number; // since the boot, from 1
  readonly nowMs: number;
  readonly took: EdgeInput;
  /** The field, as "INDEX.FIELD" of the effects; empty when one side has no effects at all. */
  readonly path: string;
  readonly decision: string; // the newest before it; empty for none
  readonly recorded: unknown; // the differing effect, or the whole
  readonly replayed: unknown;
  readonly values: { readonly recorded: unknown; readonly replayed: unknown };
  readonly channels: readonly { readonly channel: OnboardChannel; readonly sequence: number; readonly ageMs: number }[];
}

export class Replay {
  readonly counts: Counts = {
    ...{ segments: 0, inputs: 0, ticks: 0, samples: 0, ms: 0, effects: 0, commands: 0, decisions: 0 },
  };
  #edge: Edge | null = null;
  #head: Head | null = null;
  #inputs = 0; // of the boot
  #lastMs: number | null = null;

  /** A segment begins: the core is made as it was then. Takes the snapshot over. Throws what such a core throws. */
  begin(head: Head, { context, grid }: Site, from: EdgeSnapshot): void {
    const { clocks } = from.state;
    if (clocks === null) throw new Error("expected a core that has a clock, found none");
    this.#edge = new Edge({ context, memory: EMPTY_MEMORY, grid, clocks, from });
    this.#head = head;
    this.#inputs = head.inputs;
    this.#lastMs = null;
    this.counts.segments += 1;
  }

  /** Null while the core does what it did. After a difference this segment is over. */
  take(entries: readonly Entry[]): Differing | null {
    for (const entry of entries) {
      const differing = this.#one(entry);
      if (differing !== null) return differing;
    }
    return null;
  }

  #one([nowMs, input, recorded]: Entry): Differing | null {
    const edge = this.#edge;
    if (edge === null) throw new Error("expected a state before the first input, found none");
    this.#inputs += 1;
    const decision = edge.state.decided?.id ?? "";
    const replayed = stepped(edge, input, nowMs);
    this.#count(input, recorded, nowMs);
    const found = firstDifference(recorded, replayed);
    if (found === null) return null;
    const effect = found.path.split(".")[0] ?? "";
    const side = (made: Made) => (Array.isArray(made) ? (made as readonly object[])[Number(effect)] : made);
    return {
      segment: this.#head?.segment ?? 0,
      ...{ input: this.#inputs, nowMs, took: input, path: found.path, decision },
      ...{ recorded: side(recorded), replayed: side(replayed) },
      values: { recorded: found.one, replayed: found.other },
      channels: channelsOf(edge, nowMs),
    };
  }

  #count(input: EdgeInput, made: Made, nowMs: number): void {
    const { counts } = this;
    counts.inputs += 1;
    if (input.kind === "tick") counts.ticks += 1;
    if (input.kind === "sample") counts.samples += 1;
    if (this.#lastMs !== null) counts.ms += nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if ("threw" in made) return;
    counts.effects += made.length;
    for (const effect of made as readonly { readonly kind?: unknown }[]) {
      if (effect.kind === "command") counts.commands += 1;
      if (effect.kind === "record") counts.decisions += 1;
    }
  }
}

function stepped(edge: Edge, input: EdgeInput, nowMs: number): Made {
  try {
    return madeOf(edge.step(input, nowMs));
  } catch (cause) {
    return { threw: (cause as Error).message };
  }
}

function channelsOf({ state }: Edge, nowMs: number): Differing["channels"] {
  return [...state.channels].map(([channel, { order }]) => {
    return { channel, sequence: order.sequence, ageMs: ageMs(state, channel, nowMs) };
  });
}

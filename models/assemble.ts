// From what an edge knows to the tensors of one run, as the manifest says. R6: every quantity younger than the manifest
// allows, or the run is refused by the name of the input. Pure: the same evidence gives the same bytes.

import type { OnboardChannel } from "../proto/topics.js";
import type { ScanSample } from "../proto/wire.js";
import { encodeElements, type NamedTensor } from "./elements.js";
import type { Dimension, Feature, ModelManifest, Rays } from "./manifest.js";
import { type Evidence, SOURCES } from "./sources.js";

/** How old each channel was that a run rests on. */
export interface InputAge {
  readonly channel: OnboardChannel;
  readonly ageMs: number;
}

export type Assembly =
  | { readonly kind: "ready"; readonly feeds: readonly NamedTensor[]; readonly ages: readonly InputAge[] }
  | { readonly kind: "refused"; readonly tensor: string; readonly reason: string };

/** A value of a feature, or one value per ray; a string says why there is none. */
type Reading = readonly number[] | string;

export interface Frame {
  readonly atMs: number;
  readonly values: readonly number[];
}

/** The shape with what the manifest fixes. Dimensions that each run chooses are those of grids: here they throw. */
export function fixedDims(shape: readonly Dimension[]): readonly number[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    if ("size" in dim) return dim.size;
    throw new Error(`expected a dimension that the manifest fixes, found "${dim.dim}" of up to ${dim.max}`);
  });
}

/** How many numbers a feature gives. */
export function widthOf(feature: Feature): number {
  return (feature.rays?.count ?? 1) * (feature.history?.frames ?? 1);
}

/** Longer without a run than this, and than the step of a history, it begins anew. */
const GAP_MS = 1000;

/** What the histories of one model remember between its runs, by tensor and feature; cleared, they begin anew. */
export type Frames = Map<string, Frame[]>;

/**
 * The tensors of a run now, for the inputs that are made of features. A refusal names the first input that cannot be
 * filled, and why. `frames` is changed: it keeps what the histories need, nothing else.
 */
export function assemble(manifest: ModelManifest, evidence: Evidence, frames: Frames): Assembly {
  const feeds: NamedTensor[] = [];
  const ages = new Map<OnboardChannel, number>();
  for (const { tensor, type, shape, fill } of manifest.inputs) {
    if (fill.kind !== "features") continue;
    const values: number[] = [];
    for (const [index, feature] of fill.features.entries()) {
      const reading = readNow(feature, evidence, ages);
      if (typeof reading === "string") return { kind: "refused", tensor, reason: reading };
      const rows =
        feature.history === undefined
          ? reading
          : withHistory(feature.history, { nowMs: evidence.nowMs, now: reading, kept: keptOf(frames, tensor, index) });
      for (const value of rows) values.push(value);
    }
    feeds.push({ tensor, type, dims: fixedDims(shape), data: encodeElements(type, values) });
  }
  return { kind: "ready", feeds, ages: [...ages].map(([channel, ageMs]) => ({ channel, ageMs })) };
}

function keptOf(frames: Frames, tensor: string, index: number): Frame[] {
  const key = `${tensor}/${index}`;
  const kept = frames.get(key) ?? [];
  frames.set(key, kept);
  return kept;
}

function readNow(feature: Feature, evidence: Evidence, ages: Map<OnboardChannel, number>): Reading {
  const sensed = senseNow(feature, evidence, ages);
  if (typeof sensed === "string" && feature.missing === "refuse") return sensed;
  const raw = typeof sensed === "string" ? missingOf(feature) : sensed;
  return raw.map((value) => scaled(feature, value));
}

/** The newest frame that is old enough for each place of the history; the oldest one where none is. */
function withHistory(
  { frames, everyMs, order }: NonNullable<Feature["history"]>,
  at: { readonly nowMs: number; readonly now: readonly number[]; readonly kept: Frame[] },
): readonly number[] {
  const { nowMs, now, kept } = at;
  if (nowMs - (kept.at(-1)?.atMs ?? nowMs) > Math.max(everyMs, GAP_MS)) kept.length = 0; // no history of what is now
  kept.push({ atMs: nowMs, values: now });
  while ((kept[1]?.atMs ?? nowMs) <= nowMs - (frames - 1) * everyMs && kept.length > 1) kept.shift();
  const rows: (readonly number[])[] = [];
  for (let back = 0; back < frames; back += 1) {
    const wantedMs = nowMs - back * everyMs;
    const frame = kept.findLast(({ atMs }) => atMs <= wantedMs) ?? kept[0];
    rows.push(frame?.values ?? now);
  }
  return (order === "newest-first" ? rows : rows.reverse()).flat();
}

/** What is sensed of it now, younger than it must be; a string says why nothing is. */
function senseNow(feature: Feature, evidence: Evidence, ages: Map<OnboardChannel, number>): Reading {
  const { channel } = SOURCES[feature.from];
  if (channel !== null) {
    const ageMs = evidence.ageMs(channel);
    if (!(ageMs <= feature.maxAgeMs)) {
      const found = Number.isFinite(ageMs) ? `${ageMs} ms old` : "of no known age";
      return `${feature.from}: expected ${channel} at most ${feature.maxAgeMs} ms old, found it ${found}`;
    }
    ages.set(channel, ageMs);
  }
  const scan = feature.rays === undefined ? undefined : evidence.sample("scan");
  if (feature.rays !== undefined && scan !== undefined) return sectorsOf(scan, feature.rays);
  const value = SOURCES[feature.from].read(evidence);
  return value === undefined || !Number.isFinite(value) ? `${feature.from}: nothing tells it` : [value];
}

function missingOf(feature: Feature): readonly number[] {
  const value = feature.missing === "refuse" ? 0 : feature.missing;
  return new Array<number>(feature.rays?.count ?? 1).fill(value);
}

function scaled({ offset, scale, clip }: Feature, value: number): number {
  const at = (value + offset) * scale;
  return clip === undefined ? at : Math.min(clip[1], Math.max(clip[0], at));
}

/**
 * R6: the scan in sectors of equal width, robot frame. A sector between two rays of the scan takes the nearer one of
 * both: sectors finer than the scan are not free because of that. One that the scan does not look into has nothing in
 * it, and so has a ray of range 0: by the on-board contract that is no return.
 */
export function sectorsOf(scan: ScanSample, rays: Rays): readonly number[] {
  const { count, fromRad, toRad, take, nothingM } = rays;
  const width = (toRad - fromRad) / count;
  const ranges = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  const offsets = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  for (let ray = 0; ray < scan.rangeM.length; ray += 1) {
    const rangeM = scan.rangeM[ray] || Number.POSITIVE_INFINITY;
    const place = placeOf(scan.angleMinRad + ray * scan.angleStepRad, rays) / width;
    const sector = Math.floor(place);
    if (!(sector >= 0 && sector < count)) continue;
    const off = Math.abs(place - sector - 0.5);
    const isTaken = take === "least" ? rangeM < (ranges[sector] ?? 0) : off < (offsets[sector] ?? 0);
    offsets[sector] = Math.min(off, offsets[sector] ?? off);
    if (isTaken) ranges[sector] = rangeM;
  }
  return ranges.map((rangeM, sector) => {
    const isLookedInto = offsets[sector] !== Number.POSITIVE_INFINITY;
    const seenM = isLookedInto ? rangeM : betweenRays(scan, { atRad: fromRad + (sector + 0.5) * width, take });
    return seenM < scan.rangeMaxM ? seenM : nothingM;
  });
}

/** What the scan says of an angle between two of its rays; Infinity where it does not look. */
function betweenRays(scan: ScanSample, { atRad, take }: { readonly atRad: number } & Pick<Rays, "take">): number {
  const { rangeM, angleMinRad, angleStepRad } = scan;
  const rays = rangeM.length;
  const turn = (2 * Math.PI) / Math.abs(angleStepRad);
  const place = ((((atRad - angleMinRad) / angleStepRad) % turn) + turn) % turn;
  const isRound = rays >= turn - 0.5; // from its last ray on to its first is a step and a half at most
  const before = Math.min(Math.floor(place), rays - 1);
  const after = before === rays - 1 ? 0 : before + 1;
  if (after === 0 && !isRound) return Number.POSITIVE_INFINITY;
  const [beforeM, afterM] = [before, after].map((ray) => rangeM[ray] || Number.POSITIVE_INFINITY);
  if (take === "least") return Math.min(beforeM as number, afterM as number);
  return (place - before <= 0.5 ? beforeM : afterM) as number;
}

/** How far an angle lies beyond the first one of the rays, rad, within one turn. */
function placeOf(angleRad: number, { fromRad }: Rays): number {
  const turn = 2 * Math.PI;
  return (((angleRad - fromRad) % turn) + turn) % turn;
}

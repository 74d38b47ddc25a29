// R6 and R7 judged from outside. No sample may be called fresh that is in truth older than its limit, or than the bound
// that was given for it. And when the newest datum that the hub has of a robot passes the limit, the base must hear of
// it: the latency runs from that instant to the first command on a lower rung, and is negative when the command came
// first.

import type { Findings } from "./findings.js";
import type { CommandLine, SiteLine, TelemetryLine } from "./trace.js";

/** Stamps are whole milliseconds on both sides. */
const STAMP_MS = 2;
/** A command on the top rung later than this after the limit shows that nobody obeyed. */
const OBEYS_MS = 1000;
const CHANNEL = "pose"; // required of every robot unless the site line names channels
const KEPT_MOST = 10_000;

/** A stretch in which the newest datum of a robot was older than its limit. */
export interface Downgrade {
  readonly robot: string;
  readonly capturedMs: number; // of the newest datum before it
  readonly staleAtMs: number;
  readonly backAtMs: number | null; // a newer datum arrived
  readonly obeyedAtMs: number | null;
  readonly latencyMs: number | null; // null: nobody commanded the base, or it was on a lower rung already
  readonly recoveredAtMs: number | null; // first command on the top rung afterwards
}

interface Stretch {
  readonly robot: string;
  readonly capturedMs: number;
  readonly staleAtMs: number;
  readonly backAtMs: number | null;
}
interface Turn {
  readonly t: number;
  readonly low: boolean;
}

export class Freshness {
  readonly #site: SiteLine;
  readonly #findings: Findings;
  readonly #newestMs = new Map<string, number>(); // by "robot channel"
  readonly #stretches: Stretch[] = [];
  readonly #turns = new Map<string, Turn[]>(); // first command of each run on the top rung, and of each run below it
  readonly #lastTopMs = new Map<string, number>();

  constructor(site: SiteLine, seen: { readonly findings: Findings }) {
    this.#site = site;
    this.#findings = seen.findings;
  }

  command(line: CommandLine): void {
    const low = line.rung !== "AUTONOMOUS";
    const turns = this.#turns.get(line.robot) ?? [];
    this.#turns.set(line.robot, turns);
    if (!low) this.#lastTopMs.set(line.robot, line.t);
    if (turns.at(-1)?.low === low) return;
    turns.push({ t: line.t, low });
    if (turns.length > KEPT_MOST) turns.shift();
  }

  telemetry(line: TelemetryLine): void {
    const limitMs = this.#limitOf(line.channel);
    this.#judgeVerdict(line, limitMs);
    if (limitMs === null || !this.#isRequired(line.channel)) return;
    const key = `${line.robot} ${line.channel}`;
    const newestMs = this.#newestMs.get(key);
    if (newestMs !== undefined && line.capturedMs <= newestMs) return;
    this.#newestMs.set(key, line.capturedMs);
    if (newestMs === undefined || line.t <= newestMs + limitMs) return;
    this.#keep({ robot: line.robot, capturedMs: newestMs, staleAtMs: newestMs + limitMs, backAtMs: line.t });
  }

  /** Every stretch up to `nowMs`, the open ones included. */
  downgrades(nowMs: number): readonly Downgrade[] {
    const open: Stretch[] = [];
    for (const [key, capturedMs] of this.#newestMs) {
      const [robot = "", channel = ""] = key.split(" ");
      const limitMs = this.#limitOf(channel);
      if (limitMs === null || nowMs <= capturedMs + limitMs) continue;
      open.push({ robot, capturedMs, staleAtMs: capturedMs + limitMs, backAtMs: null });
    }
    return [...this.#stretches, ...open].map((stretch) => this.#outcomeOf(stretch));
  }

  #judgeVerdict(line: TelemetryLine, limitMs: number | null): void {
    if (line.verdict !== "fresh") return;
    const ageMs = line.t - line.capturedMs;
    const sample = `${line.robot} ${line.channel} ${line.sequence}`;
    const what = `${sample} was called fresh at a true age of ${ageMs.toFixed(0)} ms`;
    if (limitMs !== null && ageMs > limitMs + STAMP_MS) {
      this.#findings.add({ zero: "falseFresh", t: line.t, says: `${what}, its limit is ${limitMs} ms` });
    } else if (line.boundMs === null || line.boundMs < ageMs - STAMP_MS) {
      this.#findings.add({ zero: "falseFresh", t: line.t, says: `${what}, its bound was ${line.boundMs} ms` });
    }
  }

  #outcomeOf(stretch: Stretch): Downgrade {
    const turns = this.#turns.get(stretch.robot) ?? [];
    const before = turns.findLast((turn) => turn.t <= stretch.capturedMs);
    const endMs = stretch.backAtMs ?? Number.POSITIVE_INFINITY;
    const fell = turns.find((turn) => turn.low && turn.t > stretch.capturedMs && turn.t <= endMs + OBEYS_MS);
    if (before?.low === true) return { ...stretch, obeyedAtMs: null, latencyMs: null, recoveredAtMs: null };
    if (fell === undefined) return { ...stretch, ...this.#disobeyed(stretch), recoveredAtMs: null };
    const rose = turns.find((turn) => !turn.low && turn.t > endMs);
    const latencyMs = fell.t - stretch.staleAtMs;
    return { ...stretch, obeyedAtMs: fell.t, latencyMs, recoveredAtMs: rose?.t ?? null };
  }

  /**
   * Without any lower command: how long the base went on being commanded on the top rung, if longer than a reaction.
   */
  #disobeyed(stretch: Stretch): { readonly obeyedAtMs: null; readonly latencyMs: number | null } {
    const endMs = stretch.backAtMs ?? Number.POSITIVE_INFINITY;
    const lastTopMs = Math.min(this.#lastTopMs.get(stretch.robot) ?? 0, endMs);
    const latencyMs = lastTopMs - stretch.staleAtMs;
    return { obeyedAtMs: null, latencyMs: latencyMs > OBEYS_MS ? latencyMs : null };
  }

  #limitOf(channel: string): number | null {
    const { telemetryLimitMs, channelLimitsMs } = this.#site.limits;
    return channelLimitsMs === undefined ? telemetryLimitMs : (channelLimitsMs[channel] ?? null);
  }

  #isRequired(channel: string): boolean {
    const { channelLimitsMs } = this.#site.limits;
    return channelLimitsMs === undefined ? channel === CHANNEL : channelLimitsMs[channel] !== undefined;
  }

  #keep(stretch: Stretch): void {
    this.#stretches.push(stretch);
    if (this.#stretches.length > KEPT_MOST) this.#stretches.shift();
  }
}

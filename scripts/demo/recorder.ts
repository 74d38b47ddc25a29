// Everything that the run's checkers judge by, on one clock: written to the trace and judged as it comes. What the
// product says of itself is taken in as any stranger could: over FleetOperator.

import { createWriteStream, type WriteStream } from "node:fs";
import type { LoadedSite } from "../../fleet-config/load.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { RobotView, SiteView } from "../../proto/operator-views.js";
import { Judge, type Verdict } from "../judge/judge.js";
import { runLengths, type TraceLine } from "../judge/trace.js";
import { monotonicNowMs } from "../world/host.js";

export class Recorder {
  readonly #judge = new Judge();
  readonly #file: WriteStream | null;
  #broken: Error | null = null;
  readonly #rungs = new Map<string, string>();
  readonly #commandMs = new Map<string, number>();
  readonly #gapsMs: number[] = [];
  readonly #onMode: (line: Extract<TraceLine, { kind: "mode" }>) => void;

  constructor(options: {
    readonly trace: string | null;
    readonly onMode: (line: Extract<TraceLine, { kind: "mode" }>) => void;
  }) {
    this.#file = options.trace === null ? null : createWriteStream(options.trace);
    this.#file?.on("error", (cause) => {
      this.#broken ??= cause;
    });
    this.#onMode = options.onMode;
  }

  /** Must come first. */
  site({ config, grid, conflicts, derived }: LoadedSite): void {
    const pairs = [...conflicts].flatMap(([a, others]) => others.filter((b) => a < b).map((b) => [a, b] as const));
    const channels = config.fleets[0]?.freshness.channels ?? {};
    this.take({
      ...{ kind: "site", t: monotonicNowMs(), site: config.site, conflicts: pairs },
      robots: config.robots.map(({ id }) => ({ id, radiusM: config.physics.radiusM })),
      destinations: config.destinations.map(({ id, xM, yM, footprintRadiusM }) => ({ id, xM, yM, footprintRadiusM })),
      ...{ deadmanMs: config.lease.deadmanMs, brakingMs: config.lease.brakingMs, waitMs: derived.waitMs },
      map: { ...pick(grid), blockedRle: runLengths(grid.blocked) },
      limits: { telemetryLimitMs: channels.pose?.limitMs ?? 5000 },
    });
  }

  take(line: TraceLine): void {
    this.#judge.take(line);
    if (this.#broken === null) this.#file?.write(`${JSON.stringify(line)}\n`);
    if (line.kind === "command") this.#gap(line.robot, line.t);
  }

  ledger(event: LedgerEvent): void {
    this.take({ kind: "ledger", t: monotonicNowMs(), event });
  }

  /** The hub's own verdicts, each with the bound that it rests on; and the rungs that follow. */
  view(view: SiteView): void {
    for (const robot of view.robots) {
      this.#telemetry(robot, view.nowMs);
      this.#rung({ robot: robot.id }, robot);
    }
    for (const fleet of view.fleets) this.#rung({ fleet: fleet.id }, fleet);
  }

  verdict(): Verdict {
    return this.#judge.verdict();
  }

  /** Deviations of the time between two commands at the base from the control period, ms, sorted. */
  jitterMs(periodMs: number): readonly number[] {
    return this.#gapsMs.map((gapMs) => Math.abs(gapMs - periodMs)).sort((a, b) => a - b);
  }

  /** Throws when the trace could not be written to its end. */
  async close(): Promise<void> {
    const file = this.#file;
    if (file !== null && this.#broken === null) await new Promise<void>((resolve) => file.end(() => resolve()));
    if (this.#broken !== null) throw new Error(`the trace could not be written: ${this.#broken.message}`);
  }

  #telemetry(robot: RobotView, nowMs: number): void {
    const { telemetryCapturedMs: capturedMs, ageBoundMs = null } = robot;
    if (capturedMs === undefined) return;
    const verdict =
      robot.telemetryVerdict === "fresh" || robot.telemetryVerdict === "late" ? robot.telemetryVerdict : "lost";
    this.take({
      kind: "telemetry",
      t: nowMs,
      robot: robot.id,
      channel: "pose",
      sequence: capturedMs,
      capturedMs,
      boundMs: ageBoundMs,
      verdict,
    });
  }

  #rung(who: { readonly robot: string } | { readonly fleet: string }, now: Pick<RobotView, "rung" | "causes">): void {
    const key = JSON.stringify(who);
    const from = this.#rungs.get(key) ?? "none";
    if (from === now.rung) return;
    this.#rungs.set(key, now.rung);
    const cause = now.causes.find((one) => one.rung === now.rung)?.name ?? "cleared";
    const line = { kind: "mode", t: monotonicNowMs(), ...who, from, to: now.rung, cause } as const;
    this.take(line);
    this.#onMode(line);
  }

  #gap(robot: string, t: number): void {
    const last = this.#commandMs.get(robot);
    this.#commandMs.set(robot, t);
    if (last !== undefined && t - last < 1000) this.#gapsMs.push(t - last);
  }
}

function pick(grid: LoadedSite["grid"]) {
  const { width, height, cellM, originXM, originYM } = grid;
  return { width, height, cellM, originXM, originYM };
}

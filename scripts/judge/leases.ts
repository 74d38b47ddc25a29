// R2 judged from outside: no base may receive a set-point that asks for motion later than the lease's end plus the
// dead-man time, and no body may move later than the braking time after that. The lease's end is the one that the
// command carried.

import type { Findings } from "./findings.js";
import { STANDS_MPS } from "./history.js";
import type { CommandLine, PoseLine, SiteLine } from "./trace.js";

const ZERO_SPEED = 1e-9;

export class Leases {
  readonly #site: SiteLine;
  readonly #findings: Findings;
  readonly #endMs = new Map<string, number>(); // of the last applied command that asked for motion
  readonly #outrunning = new Set<string>();

  constructor(site: SiteLine, seen: { readonly findings: Findings }) {
    this.#site = site;
    this.#findings = seen.findings;
  }

  command(line: CommandLine): void {
    if (Math.abs(line.speed) <= ZERO_SPEED && Math.abs(line.turn) <= ZERO_SPEED) return;
    if (line.applied) this.#endMs.set(line.robot, line.leaseEndMs);
    if (line.leaseEndMs > 0 && line.t <= line.leaseEndMs + this.#site.deadmanMs) return;
    const when =
      line.leaseEndMs > 0 ? `${(line.t - line.leaseEndMs).toFixed(0)} ms after its lease's end` : "without a lease";
    const says = `${line.robot} received command ${line.sequence} (${line.speed} m/s, ${line.turn} rad/s) ${when}`;
    this.#findings.add({ zero: "commandsAfterLease", t: line.t, says });
  }

  /** One finding per stretch of motion that outruns the lease. */
  pose(line: PoseLine): void {
    const endMs = this.#endMs.get(line.robot) ?? 0;
    const late = line.t > endMs + this.#site.deadmanMs + this.#site.brakingMs;
    if (!late || Math.abs(line.speed) <= STANDS_MPS) {
      this.#outrunning.delete(line.robot);
      return;
    }
    if (this.#outrunning.has(line.robot)) return;
    this.#outrunning.add(line.robot);
    const when =
      endMs > 0 ? `${(line.t - endMs).toFixed(0)} ms after the end of its last lease` : "without ever having a lease";
    const says = `${line.robot} moves at ${line.speed.toFixed(2)} m/s ${when}`;
    this.#findings.add({ zero: "commandsAfterLease", t: line.t, says });
  }
}

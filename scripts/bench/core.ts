// What the pure cores cost per step, without any input or output: the hub's with fifty robots that drive, renew and
// report, and the edge's that drives through the warehouse with a scan of 120 rays. Times are means over ten simulated
// seconds.

import type { EdgeInput } from "../../edge/core/types.js";
import type { HubInput } from "../../hub/core/hub.js";
import { alone, type Row } from "./bench.js";
import { EdgeLoad } from "./edge-load.js";
import { HubLoad } from "./hub-load.js";
import { allocatedBytes, retainedBytes } from "./rounds.js";

const ROBOTS = 50;
const SIMULATED_S = 10;
const PERIODS = (SIMULATED_S * 1000) / 50;
const ROUNDS = 7;
const WARM_UP = 3;
/** Rounds before anything is counted, in which tasks begin and end. */
const LEAD_IN = 6;
const RETAINED_STEPS = 10_000;

/** Time and number of steps by kind, gathered around the steps of a core. */
class Account {
  readonly #spent = new Map<string, { us: number; steps: number }>();
  #steps = 0;

  /** Runs the step; `kindOf` is asked after it. */
  take(kindOf: () => string, step: () => void): void {
    const startMs = performance.now();
    step();
    const us = (performance.now() - startMs) * 1000;
    const kind = kindOf();
    const known = this.#spent.get(kind) ?? { us: 0, steps: 0 };
    this.#spent.set(kind, { us: known.us + us, steps: known.steps + 1 });
    this.#steps += 1;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Mean microseconds by kind, and of all steps together in percent of one core; begins anew. */
  close(): ReadonlyMap<string, number> {
    let totalUs = 0;
    const means = new Map<string, number>();
    for (const [kind, { us, steps }] of this.#spent) {
      means.set(kind, us / steps);
      totalUs += us;
    }
    means.set(A_SECOND, totalUs / SIMULATED_S);
    this.#spent.clear();
    return means;
  }
}

const A_SECOND = "all steps of a second";

export interface Load {
  readonly name: string;
  readonly account: Account;
  readonly period: () => void;
}

export function rowsOf({ name, account, period }: Load): readonly Row[] {
  const rounds: ReadonlyMap<string, number>[] = [];
  const work = (sample: () => void): void => {
    for (let done = 0; done < PERIODS; done += 1) {
      period();
      sample();
    }
  };
  const allocatedKb: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const bytes = allocatedBytes(work);
    const means = account.close();
    if (round < 0) continue;
    rounds.push(means);
    allocatedKb.push(bytes / 1024 / SIMULATED_S);
  }
  const kinds = [...new Set(rounds.flatMap((means) => [...means.keys()]))].filter((kind) => kind !== A_SECOND).sort();
  const valuesOf = (kind: string): number[] => rounds.flatMap((means) => means.get(kind) ?? []);
  return [
    ...kinds.map((kind) => alone(`${name}: ${kind}`, "us", valuesOf(kind))),
    alone(`${name}: all steps of a second`, "us", valuesOf(A_SECOND)),
    alone(
      `${name}: all steps of a second, of one core`,
      "%",
      valuesOf(A_SECOND).map((us) => us / 10_000),
    ),
    alone(`${name}: allocated a second, its world too`, "KB", allocatedKb),
    alone(`${name}: more held after ${RETAINED_STEPS} steps`, "KB", [retainedKb(account, period)]),
  ];
}

function retainedKb(account: Account, period: () => void): number {
  const before = retainedBytes();
  const first = account.steps;
  while (account.steps - first < RETAINED_STEPS) period();
  account.close();
  return Math.max(0, (retainedBytes() - before) / 1024);
}

export function hubLoad(name: string, load: HubLoad): Load {
  const account = new Account();
  for (let done = 0; done < LEAD_IN * PERIODS; done += 1) load.period();
  const { state } = load.hub;
  if (state.ledger.counts.accepted > 0 && state.ledger.counts.done === 0)
    throw new Error("the hub of the bench has finished no task");
  load.around = (input, step) => {
    const { lastRoundMs } = state;
    account.take(() => hubKind(input, state.lastRoundMs !== lastRoundMs), step);
  };
  return { name, account, period: () => load.period() };
}

function hubKind(input: HubInput, dispatched: boolean): string {
  if (input.kind === "tick") return dispatched ? "tick with a round of dispatch" : "tick";
  return input.kind === "link" ? input.message.kind : input.kind;
}

export function edgeLoad(name: string, load: EdgeLoad): Load {
  const account = new Account();
  for (let done = 0; done < LEAD_IN * PERIODS; done += 1) load.period();
  if (load.granted > 0 && load.arrivals === 0) throw new Error("the robot of the bench arrived nowhere");
  load.around = (input, step) => {
    let asked = false;
    account.take(
      () => edgeKind(input, asked),
      () => {
        asked = step().some((effect) => effect.kind === "plan");
      },
    );
  };
  return { name, account, period: () => load.period() };
}

function edgeKind(input: EdgeInput, asked: boolean): string {
  if (input.kind === "tick") return asked ? "tick that asks for a plan" : "tick";
  if (input.kind === "sample") return `${input.sample.channel} sample`;
  if (input.kind === "planned") return `${input.result.kind} plan taken`;
  return input.kind === "hub" ? `hub's ${input.message.kind}` : input.kind;
}

export async function run(): Promise<readonly Row[]> {
  return [
    ...rowsOf(hubLoad(`hub, ${ROBOTS} robots`, new HubLoad(ROBOTS))),
    ...rowsOf(edgeLoad("edge, driving", new EdgeLoad())),
  ];
}

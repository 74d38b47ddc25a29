// Drives floors that no training saw, each by every kind of driver, and counts how they end. The exact planner drives
// the same floors: its rate is what there was to reach.

import type { Network } from "../../models/local-policy/network.js";
import { forward } from "../../models/local-policy/network.js";
import { SCORES } from "../../models/local-policy/policy.js";
import type { Weights } from "../../models/local-policy/weights.js";
import { localPolicyFiles } from "../../models/local-policy/write.js";
import type { Controller } from "../prove/rig.js";
import { type Drive, drive } from "./drive.js";
import { Answers, HOW, type How, netDriver } from "./drivers.js";
import type { Floor } from "./floor.js";
import { driveAsRobot } from "./production.js";

export interface Row {
  readonly how: How;
  readonly drives: number;
  readonly arrived: number;
  readonly touched: number;
  readonly stuck: number;
  /** Time beside that of the exact planner, over the floors on which both arrived. */
  readonly timeRatio: number;
  /** Shares of the ticks with a path: the net's velocity went to the base; the guard refused it; it was unsure. */
  readonly drivenShare: number;
  readonly vetoedShare: number;
  readonly unsureShare: number;
  /** Share of its choices that were right beside the exact planner's; 0 where nothing was compared. */
  readonly rightShare: number;
}

export interface EvaluateOptions {
  readonly weights: Weights;
  readonly floors: readonly Floor[];
  readonly kinds?: readonly How[];
  readonly onRow?: (row: Row) => void;
}

/** The net as a controller of the production core. A test holds the graph in the runtime against the same numbers. */
export function controllerOf(weights: Weights): Controller {
  const { manifest } = localPolicyFiles(weights);
  return {
    manifest,
    run: ({ id, model, feeds }) => {
      const scores = Float32Array.from(forward(weights.network, feeds[0]?.data as Float32Array));
      const output = { tensor: SCORES, type: "float32", dims: [1, scores.length], data: scores } as const;
      return { id, model, outputs: [output], beganMs: 0, inferenceMs: 0 };
    },
  };
}

/** A row for each kind of driver; the exact planner comes first, whether it is asked for or not. */
export async function evaluate(options: EvaluateOptions): Promise<readonly Row[]> {
  const { weights, floors, kinds = HOW, onRow } = options;
  const rows: Row[] = [];
  let exact: readonly Drive[] | undefined;
  for (const how of HOW.filter((kind) => kind === "exact" || kinds.includes(kind))) {
    const answers = new Answers();
    const drives: Drive[] = [];
    for (const floor of floors) drives.push(await driveBy(how, floor, { weights, answers }));
    exact ??= drives;
    const row = rowOf(how, { drives, exact, answers });
    rows.push(row);
    onRow?.(row);
  }
  return rows;
}

function driveBy(
  how: How,
  floor: Floor,
  { weights, answers }: { readonly weights: Weights; readonly answers: Answers },
): Drive | Promise<Drive> {
  const { network }: { readonly network: Network } = weights;
  switch (how) {
    case "exact":
      return driveAsRobot(floor);
    case "robot":
      return driveAsRobot(floor, controllerOf(weights));
    case "guarded":
    case "bare":
      return drive(floor, netDriver(network, how, answers));
  }
}

function rowOf(
  how: How,
  all: { readonly drives: readonly Drive[]; readonly exact: readonly Drive[]; readonly answers: Answers },
): Row {
  const { drives, exact, answers } = all;
  const ended = (end: Drive["end"]): number => drives.filter((one) => one.end === end).length;
  const sum = (of: (one: Drive) => number): number => drives.reduce((total, one) => total + of(one), 0);
  const both = drives.flatMap((one, at) => {
    const other = exact[at];
    return one.end === "arrived" && other?.end === "arrived" ? [[one.tookMs, other.tookMs] as const] : [];
  });
  const [tookMs, exactMs] = [0, 1].map((side) => both.reduce((total, pair) => total + (pair[side] ?? 0), 0));
  const followed = sum((one) => one.followed);
  return {
    ...{ how, drives: drives.length, arrived: ended("arrived"), touched: ended("touched"), stuck: ended("stuck") },
    timeRatio: ratio(tookMs ?? 0, exactMs ?? 0),
    drivenShare: ratio(
      sum((one) => one.driven),
      followed,
    ),
    vetoedShare: ratio(sum((one) => one.vetoed) + answers.vetoed, followed),
    unsureShare: ratio(
      sum((one) => one.unsure),
      followed,
    ),
    rightShare: ratio(answers.right, answers.compared),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export const HEAD = ["driver", "arrived", "touched", "stuck", "time", "driven", "vetoed", "unsure", "right"]
  .map((cell) => cell.padStart(9))
  .join("");

/** A row as a line of a table for people, under `HEAD`. */
export function lineOf(row: Row): string {
  const percent = (share: number): string => (share === 0 ? "-" : `${(100 * share).toFixed(1)} %`);
  const cells = [
    ...[row.how, `${row.arrived}/${row.drives}`, `${row.touched}`, `${row.stuck}`, row.timeRatio.toFixed(2)],
    ...[row.drivenShare, row.vetoedShare, row.unsureShare, row.rightShare].map(percent),
  ];
  return cells.map((cell) => cell.padStart(9)).join("");
}

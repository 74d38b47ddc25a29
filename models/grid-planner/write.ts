// Writes the reference planner, its golden vectors and its manifest into a folder. The bytes depend on nothing but this
// source, so that two builds of it agree. With --negate the cost field has the wrong sign; that variant exists for the
// test that the model matters.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealManifest, sha256Hex } from "../contract.js";
import { encodeGolden } from "../golden.js";
import type { ModelManifest, NamedFile, TensorContract } from "../manifest.js";
import { MAX_PLAN_CELLS } from "../planner.js";
import { buildGridPlanner } from "./build.js";
import { gridPlannerGolden } from "./golden.js";

export const MODEL_FILE = "grid-planner.onnx";
const GOLDEN_FILE = "golden.json";

const [height, width] = ["height", "width"].map((dim) => ({ dim, max: MAX_PLAN_CELLS })) as [object, object];
const SHAPE = [height, width] as TensorContract["shape"];

function grid(name: "cost" | "seed", unit: string): ModelManifest["inputs"][number] {
  return { tensor: name, type: "float32", shape: SHAPE, unit, fill: { kind: "grid", grid: name } };
}

function goldenText(negated: boolean): string {
  return encodeGolden(gridPlannerGolden(negated ? -1 : 1));
}

function goldenListed(negated: boolean): NamedFile {
  const text = goldenText(negated);
  return { file: GOLDEN_FILE, bytes: Buffer.byteLength(text), sha256: sha256Hex(text) };
}

/** The manifest of these model bytes. */
export function gridPlannerManifest(bytes: Uint8Array, options: { negate?: boolean } = {}): ModelManifest {
  const negated = options.negate === true;
  const turned = negated ? "; sign turned, for tests" : "";
  return {
    manifest: 2,
    name: negated ? "grid-planner-negated" : "grid-planner",
    version: "1.1.0",
    summary: `Cost-to-go on a grid by value iteration, 8-connected, no corner cutting${turned}`,
    licence: "Apache-2.0",
    robotClass: "",
    file: MODEL_FILE,
    bytes: bytes.length,
    sha256: sha256Hex(bytes),
    inputs: [
      grid("cost", "cost of crossing one cell length inside the cell, above 0 and at most 10000; 0 or less is blocked"),
      grid("seed", "cost-to-go that the cell starts with, 0 or more; 1e9 or more is none"),
    ],
    states: [],
    outputs: [
      {
        tensor: "value",
        type: "float32",
        shape: SHAPE,
        unit: "cost-to-go in the unit of cost times cell lengths; 1e9 or more is unreachable",
      },
      { tensor: "sweeps", type: "int64", shape: [], unit: "sweeps over the grid until nothing changed" },
    ],
    proposal: { kind: "field", tensor: "value" },
    confidence: { kind: "none" },
    golden: goldenListed(negated),
    limits: { deadlineMs: 1_000, memoryMb: 512, threads: 1, providers: ["cpu"], maxCells: MAX_PLAN_CELLS },
  };
}

/**
 * Writes `grid-planner.onnx`, `golden.json` and `manifest.json` into `directory`, which is made when it is not there.
 */
export function writeGridPlanner(directory: string, options: { negate?: boolean } = {}): void {
  const bytes = buildGridPlanner(options);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, MODEL_FILE), bytes);
  writeFileSync(join(directory, GOLDEN_FILE), goldenText(options.negate === true));
  writeFileSync(join(directory, "manifest.json"), sealManifest(gridPlannerManifest(bytes, options)));
}

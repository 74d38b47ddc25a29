// R11: a grid that the core wants valued becomes a run of a model, and its outputs a field, or a reason why not.

import t from "tap";
import { gridPlannerManifest } from "../../models/grid-planner/write.js";
import type { ModelManifest } from "../../models/manifest.js";
import { type PlanRequest, UNREACHABLE } from "../../models/planner.js";
import { gridResult, gridRun, type ModelResult } from "../../models/run.js";
import { aManifest } from "./helpers/manifests.js";

const MANIFEST = gridPlannerManifest(new Uint8Array(1));

function aRequest(more: Partial<PlanRequest> = {}): PlanRequest {
  const seed = new Float32Array(12).fill(UNREACHABLE);
  return { id: 5, kind: "site", width: 4, height: 3, cost: new Float32Array(12).fill(2), seed, ...more };
}

function aResult(length: number, tensor = "value"): ModelResult {
  const value = { tensor, type: "float32", dims: [3, 4], data: new Float32Array(length) } as const;
  const sweeps = { tensor: "sweeps", type: "int64", dims: [], data: new BigInt64Array([9n]) } as const;
  return { id: 5, model: "grid-planner", outputs: [value, sweeps], beganMs: 0, inferenceMs: 1.5 };
}

t.test("grid is fed row by row under the names of the manifest", (t) => {
  const request = aRequest();
  t.same(gridRun(MANIFEST, request), {
    ...{ id: 5, model: "grid-planner", reset: false },
    feeds: [
      { tensor: "cost", type: "float32", dims: [3, 4], data: request.cost },
      { tensor: "seed", type: "float32", dims: [3, 4], data: request.seed },
    ],
  });
  t.end();
});

t.test("R11 grid that breaks the contract of the planner is no run", (t) => {
  const spoiled: [Partial<PlanRequest>, RegExp][] = [
    [{ width: 5 }, /cost must be a Float32Array of 15 values, found 12/],
    [{ width: 200, height: 200 }, /at most 16384 cells, found 40000/],
    [{ width: 0, height: 0 }, /at least 1 x 1 cells/],
    [{ cost: new Float32Array(12).fill(Number.NaN) }, /cost\[0\] must be finite/],
    [{ cost: new Float32Array(12).fill(1e5) }, /cost\[0\] must be finite and at most 10000, found 100000/],
    [{ seed: new Float32Array(12).fill(-1) }, /seed\[0\] must be 0 or more, found -1/],
  ];
  for (const [more, reason] of spoiled) t.match(gridRun(MANIFEST, aRequest(more)), reason);
  const small: ModelManifest = { ...MANIFEST, limits: { ...MANIFEST.limits, maxCells: 11 } };
  t.equal(gridRun(small, aRequest()), "expected at most 11 cells, found 12");
  t.match(
    gridRun(aManifest({ limits: MANIFEST.limits }), aRequest()),
    /expected a model of grids alone, found a-policy/,
  );
  t.end();
});

t.test("field of a run is the plan for the grid that was asked for", (t) => {
  const plan = gridResult(MANIFEST, aRequest(), aResult(12));
  t.match(plan, { id: 5, kind: "site", width: 4, height: 3, sweeps: 9, inferenceMs: 1.5 });
  t.end();
});

t.test("R11 outputs that are no field of that grid are no plan", (t) => {
  t.equal(gridResult(MANIFEST, aRequest(), aResult(11)), "expected 12 float32 values from the model, found 11");
  t.equal(gridResult(MANIFEST, aRequest(), aResult(12, "v")), "expected 12 float32 values from the model, found none");
  t.match(gridResult(aManifest(), aRequest(), aResult(12)), /expected a model that proposes a field, found velocity/);
  t.end();
});

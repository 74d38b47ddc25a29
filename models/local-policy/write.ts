// Writes the local policy into a folder: graph, manifest and golden vectors, all from the file of weights and nothing
// else, so that two builds of it agree. What the golden vectors expect is computed here in double precision, apart from
// any runtime.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealManifest, sha256Hex } from "../contract.js";
import { encodeGolden } from "../golden.js";
import type { ModelManifest } from "../manifest.js";
import { buildLocalPolicy } from "./build.js";
import { forward } from "./network.js";
import { FEATURES, GOLDEN_FILE, localPolicyManifest, MODEL_FILE, SCORES } from "./policy.js";
import type { Weights } from "./weights.js";

/** How far a runtime may be off in a score. */
const TOLERANCE = { absolute: 1e-4, relative: 1e-5 };

/** What lies in the folder of the model. */
export interface ModelFiles {
  readonly manifest: ModelManifest;
  readonly bytes: Uint8Array;
  readonly golden: string;
}

/** The files of these weights. */
export function localPolicyFiles(weights: Weights): ModelFiles {
  const bytes = buildLocalPolicy(weights.network);
  const golden = goldenOf(weights);
  const named = { file: GOLDEN_FILE, bytes: Buffer.byteLength(golden), sha256: sha256Hex(golden) };
  return { bytes, golden, manifest: localPolicyManifest({ ...weights, bytes, golden: named }) };
}

function goldenOf({ network, probes }: Weights): string {
  const vectors = probes.map(({ name, features }) => {
    const scores = Float32Array.from(forward(network, features));
    return {
      name,
      inputs: [{ tensor: FEATURES, type: "float32", dims: [1, features.length], data: features } as const],
      outputs: [{ tensor: SCORES, type: "float32", dims: [1, scores.length], data: scores } as const],
    };
  });
  return encodeGolden({ tolerance: TOLERANCE, vectors });
}

/** Writes the files into `directory`, which is made when it is not there. */
export function writeLocalPolicy(directory: string, weights: Weights): ModelFiles {
  const files = localPolicyFiles(weights);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, MODEL_FILE), files.bytes);
  writeFileSync(join(directory, GOLDEN_FILE), files.golden);
  writeFileSync(join(directory, "manifest.json"), sealManifest(files.manifest));
  return files;
}

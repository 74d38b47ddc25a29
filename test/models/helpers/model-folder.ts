// A signed model folder on disk for tests of admission, with a manifest of the tests' own, so that these tests say
// nothing about the words of the real one.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { sha256Hex } from "../../../models/contract.js";
import { encodeGolden, type GoldenFile } from "../../../models/golden.js";
import {
  type AdmissionPolicy,
  type AdmissionWays,
  type AdmittedModel,
  admitBy,
  type ContractReader,
  type ManifestFacts,
} from "../../../models/load.js";
import { generateSigningKey, type PinnedKey, type SigningOptions, signManifest } from "../../../models/signature.js";
import { floats, weighted } from "./trial-models.js";

export const NOW_MS = Date.UTC(2026, 10, 20);
export const SIGNED_AT_MS = Date.UTC(2026, 10, 1);

export const deskContract: ContractReader<ManifestFacts> = {
  parse: (text) => JSON.parse(text) as ManifestFacts,
  differences: (_, { inputs }) => (inputs[0]?.name === "x" ? [] : [`input "x": found ${inputs[0]?.name}`]),
};

export interface Folder {
  readonly directory: string;
  readonly model: string;
  readonly manifest: string;
  readonly signature: string;
  readonly golden: string;
  readonly key: PinnedKey;
  /** Writes the manifest with these changes and signs it again. */
  readonly rewrite: (change: object, signing?: Partial<SigningOptions>) => void;
}

export const goldenOfWeighted: GoldenFile = {
  tolerance: { absolute: 1e-6, relative: 1e-6 },
  vectors: [{ name: "first", inputs: [floats("x", [1, 2, 3, 4])], outputs: [floats("y", [0.5, 0.5, 6, 16])] }],
};

/** A folder with model, golden vectors, manifest and signature. Admitted as it is by `admit`. */
export function aModelFolder(t: Test, bytes: Uint8Array = weighted()): Folder {
  const directory = t.testdir();
  const { pinned, privateKey } = generateSigningKey();
  const at = (name: string) => join(directory, name);
  const golden = encodeGolden(goldenOfWeighted);
  writeFileSync(at("weighted.onnx"), bytes);
  writeFileSync(at("golden.json"), golden);
  const base: ManifestFacts = {
    ...{ name: "weighted", version: "1.2.0", robotClass: "", file: "weighted.onnx" },
    ...{ bytes: bytes.length, sha256: sha256Hex(bytes) },
    golden: { file: "golden.json", bytes: Buffer.byteLength(golden), sha256: sha256Hex(golden) },
  };
  const rewrite = (change: object, signing: Partial<SigningOptions> = {}) => {
    const manifest = { ...base, ...change };
    const text = JSON.stringify(manifest);
    writeFileSync(at("manifest.json"), text);
    const { name: model, version } = manifest;
    const options = { privateKey, model, version, robotClass: "", signedAtMs: SIGNED_AT_MS, ...signing };
    writeFileSync(at("signature.json"), signManifest(Buffer.from(text), options));
  };
  rewrite({});
  return {
    ...{ directory, key: pinned, rewrite, golden: at("golden.json") },
    ...{ model: at("weighted.onnx"), manifest: at("manifest.json"), signature: at("signature.json") },
  };
}

/** Admits the folder as a robot would that pinned its key. */
export function admit(
  folder: Folder,
  policy: Partial<AdmissionPolicy> = {},
  ways: AdmissionWays = {},
): Promise<AdmittedModel<ManifestFacts>> {
  const full: AdmissionPolicy = { signatures: "required", keys: [folder.key], nowMs: NOW_MS, ...policy };
  return admitBy(deskContract, folder.directory, { policy: full, ways });
}

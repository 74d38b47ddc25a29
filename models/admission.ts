// What admission of a model folder asks for and hands out (see load.ts). Types only.

import type { GoldenFile } from "./golden.js";
import type { ModelReference } from "./histogram.js";
import type { ModelManifest } from "./manifest.js";
import type { ModelFacts } from "./onnx/inspect.js";
import type { ModelFolder } from "./onnx/plain-file.js";
import type { InspectLimits } from "./onnx/refusal.js";
import type { PinnedKey } from "./signature.js";

/** What a folder must satisfy. */
export interface AdmissionPolicy {
  readonly limits?: InspectLimits;
  /** `not-checked` is for whoever loads what was admitted before, and for looking at a model at the desk. */
  readonly signatures: "required" | "unsigned-allowed" | "not-checked";
  readonly keys?: readonly PinnedKey[];
  /** Lowest version by name of a model; a lower one is a roll-back. */
  readonly floors?: Readonly<Record<string, string>>;
  readonly robotClass?: string;
  /** Wall clock; only for what is told to people, since a board's clock may be wrong. */
  readonly nowMs?: number;
}

export interface ListedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What admission needs of a manifest. */
export interface ManifestFacts extends ListedFile {
  readonly name: string;
  readonly version: string;
  readonly robotClass?: string; // empty or absent: any
  readonly golden?: ListedFile;
  readonly reference?: ListedFile;
}

/** How a manifest is read and compared with a graph. `parse` throws with a reason. */
export interface ContractReader<M extends ManifestFacts> {
  parse(text: string, path: string): M;
  differences(manifest: M, facts: ModelFacts): readonly string[];
  referenceFaults?(manifest: M, reference: ModelReference): readonly string[];
}

export type SignatureState =
  | { readonly kind: "verified"; readonly keyId: string; readonly signedAtMs: number }
  | { readonly kind: "unsigned" }
  | { readonly kind: "not-checked" };

/** A model that passed admission; `bytes` is the very buffer that was checked. */
export interface AdmittedModel<M = ModelManifest> {
  readonly manifest: M;
  readonly bytes: Uint8Array;
  readonly facts: ModelFacts;
  readonly golden: GoldenFile | undefined;
  readonly reference: ModelReference | undefined;
  readonly signature: SignatureState;
}

/** One step of admission that was passed, or left out where the policy says so. */
export interface AdmissionStep {
  readonly step:
    | "manifest"
    | "signature"
    | "version"
    | "class"
    | "file"
    | "golden"
    | "reference"
    | "folder"
    | "graph"
    | "contract";
  readonly found: string;
  readonly isChecked: boolean;
}

export interface AdmissionWays {
  readonly folder?: ModelFolder;
  readonly onStep?: (step: AdmissionStep) => void;
}

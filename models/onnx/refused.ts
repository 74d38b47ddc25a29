// What admission of a model folder refuses (R13): a closed table of codes, and the error that carries one with the
// path, what was attempted, what was expected and what was found.

import { type SignatureFault, signatureFaults } from "../signature.js";
import type { FileFault } from "./plain-file.js";
import type { Refusal } from "./refusal.js";

/** Why a model folder is refused, one sentence each. */
export const admissionCodes = {
  missing: "a file that must be there is not",
  link: "a symbolic link in place of a file",
  "not-regular": "a pipe, a device or a folder in place of a file",
  "hard-links": "a file that has other names elsewhere",
  "too-large": "a file above its limit",
  changed: "a file that changes while it is read",
  unreadable: "a file or folder that cannot be read",
  "other-kind": "a web page or a large-file pointer in place of a file",
  "too-deep": "JSON that is nested too deeply",
  manifest: "a manifest that breaks its schema or its seal",
  unsigned: "no signature where one is required",
  ...signatureFaults,
  "roll-back": "a version below the floor",
  checksum: "a file that is not the one in the manifest",
  listing: "a file in the folder that neither manifest nor signature names",
  graph: "a model that the inspector refuses",
  contract: "a model whose interface differs from its manifest",
  golden: "golden vectors that cannot be used",
  reference: "a reference of its inputs that cannot be used",
} as const satisfies Record<FileFault | SignatureFault, string> & Record<string, string>;

export type AdmissionCode = keyof typeof admissionCodes;

export interface RefusedParts {
  readonly path: string;
  readonly attempted: string;
  readonly expected: string;
  readonly found: string;
}

/** A model folder that is not admitted. */
export class ModelRefused extends Error implements RefusedParts {
  override readonly name = "ModelRefused";
  readonly code: AdmissionCode;
  readonly path: string;
  readonly attempted: string;
  readonly expected: string;
  readonly found: string;
  /** What the inspector found, where it was the inspector. */
  readonly refusal: Refusal | undefined;

  constructor(code: AdmissionCode, parts: RefusedParts, refusal?: Refusal) {
    super(`${parts.path}: expected ${parts.expected}, found ${parts.found} (${parts.attempted})`);
    this.code = code;
    this.path = parts.path;
    this.attempted = parts.attempted;
    this.expected = parts.expected;
    this.found = parts.found;
    this.refusal = refusal;
  }
}

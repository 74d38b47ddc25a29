// A manifest as text: read against its closed schema (R13), sealed over its own characters, so that a changed one
// anywhere in it is found, and held against itself. Checksums find damage and mix-ups; `signature.ts` tells who made a
// model.

import { createHash } from "node:crypto";
import { type ErrorObject, SchemaCheck } from "../fleet-config/schema-check.js";
import { manifestFaults } from "./checks.js";
import { type ModelManifest, manifestSchema } from "./manifest.js";

const BLANK_SEAL = "0".repeat(64);

const schema = new SchemaCheck<ModelManifest & { readonly seal: string }>(manifestSchema);

/** The SHA-256 of these bytes in lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The text of a manifest file: readable JSON with a seal over itself. The inverse of `parseManifest`. */
export function sealManifest(manifest: ModelManifest): string {
  const blank = `${JSON.stringify({ ...manifest, seal: BLANK_SEAL }, null, 2)}\n`;
  return blank.replace(`"seal": "${BLANK_SEAL}"`, `"seal": "${sha256Hex(blank)}"`);
}

function describeError(error: ErrorObject): string {
  const where = error.instancePath === "" ? "the manifest" : error.instancePath;
  const extra = error.keyword === "additionalProperties" ? ` ("${error.params.additionalProperty}")` : "";
  const wish = error.keyword === "enum" || error.keyword === "const" ? `: ${JSON.stringify(error.schema)}` : "";
  return `${where} ${error.message ?? "is wrong"}${extra}${wish}, found ${JSON.stringify(error.data)?.slice(0, 120)}`;
}

/**
 * Reads the text of a manifest file. Throws an Error that says what was expected and found, with `path` in front, when
 * the text is no JSON, breaks the schema, differs in any character from what was sealed, or contradicts itself.
 */
export function parseManifest(source: string, path: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new Error(`${path}: expected JSON, ${(error as Error).message}`);
  }
  if (!schema.admits(value)) {
    throw new Error(`${path}: ${schema.errors.map(describeError).join("; ")}`);
  }
  const { seal, ...manifest } = value;
  const parts = source.split(seal);
  const found = sha256Hex(parts.join(BLANK_SEAL));
  if (parts.length !== 2 || found !== seal) {
    throw new Error(`${path}: expected the text that was sealed with ${seal}, found text with seal ${found}`);
  }
  const faults = manifestFaults(manifest);
  if (faults.length > 0) throw new Error(`${path}: ${faults.join("; ")}`);
  return manifest;
}

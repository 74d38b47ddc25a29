// Admits a model folder (R13): the manifest, then the model file, opened once without following links, within the size
// limit, checked by the same buffer that is handed out, then inspected and compared with its contract. Whatever cannot
// be shown to be right is refused with what was expected, what was found, and where; no native code has run by then.

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { contractDifferences, type ModelManifest, parseManifest, sha256Hex } from "./contract.js";
import { inspectModel } from "./onnx/inspect.js";
import { defaultLimits, describeRefusal, type InspectLimits } from "./onnx/refusal.js";

export const MANIFEST_FILE = "manifest.json";
const MANIFEST_BYTES_MAX = 65_536;

/** A model that passed admission; `bytes` is the very buffer that was checked. */
export interface AdmittedModel {
  readonly manifest: ModelManifest;
  readonly bytes: Uint8Array;
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    // Non-blocking, so that a pipe in place of the file is refused instead of waited for.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === "ELOOP") throw new Error(`${path}: expected a regular file, found a symbolic link`);
    if (code === "ENOENT") throw new Error(`${path}: expected a file, found nothing there`);
    throw new Error(`${path}: expected a readable regular file, opening it failed with ${code}`);
  }
}

async function readWhole(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Reads a regular file with one name and at most `maxBytes` bytes into one buffer. Throws with the reason otherwise.
 */
export async function readPlainFile(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await openPlain(path);
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new Error(`${path}: expected a regular file, found another kind of entry`);
    if (info.nlink !== 1) throw new Error(`${path}: expected a file with one name, found ${info.nlink} hard links`);
    if (info.size > maxBytes) throw new Error(`${path}: expected at most ${maxBytes} bytes, found ${info.size}`);
    const bytes = await readWhole(handle, info.size);
    if (bytes.length !== info.size) {
      throw new Error(`${path}: expected ${info.size} bytes as its entry says, found ${bytes.length} while reading`);
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/**
 * Admits the model in `directory`. Throws an Error with a precise reason when anything about it is not as it should be.
 */
export async function loadModel(directory: string, limits: InspectLimits = defaultLimits): Promise<AdmittedModel> {
  const manifestPath = join(directory, MANIFEST_FILE);
  const manifest = parseManifest(
    (await readPlainFile(manifestPath, MANIFEST_BYTES_MAX)).toString("utf8"),
    manifestPath,
  );
  const path = join(directory, manifest.file);
  const bytes = await readPlainFile(path, limits.maxBytes);
  if (bytes.length !== manifest.bytes) {
    throw new Error(`${path}: expected ${manifest.bytes} bytes as the manifest says, found ${bytes.length}`);
  }
  const sha256 = sha256Hex(bytes);
  if (sha256 !== manifest.sha256) throw new Error(`${path}: expected sha256 ${manifest.sha256}, found ${sha256}`);
  const inspection = inspectModel(bytes, limits);
  if (!inspection.ok) throw new Error(`${path}: refused, ${describeRefusal(inspection.refusal)}`);
  const differences = contractDifferences(manifest, inspection.facts);
  if (differences.length > 0) throw new Error(`${path}: differs from its manifest: ${differences.join("; ")}`);
  return { manifest, bytes };
}

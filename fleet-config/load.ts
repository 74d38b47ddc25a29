// Reads a site from disk: the site file and its map, both bounded, both regular files, the map inside the site's
// folder and no symbolic link. Gives one frozen value with everything that follows from it, and a hash that names
// exactly these bytes. Every refusal is a ConfigRefused. Files that change later are not looked at again.

import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ExitClass } from "../proto/errors.js";
import { conflictsOf } from "./conflicts.js";
import { type Derived, deriveSite, gridProblems } from "./derive.js";
import type { Grid } from "./grid.js";
import { fenced } from "./keep-out.js";
import { mapBytesMost, parseMovingAi, parseRosMap, parseRosYaml } from "./maps.js";
import { ConfigRefused } from "./refused.js";
import type { SiteConfig } from "./types.js";
import { parseSite, parseSiteText, refuseIfAny } from "./validate.js";
import { textBytesMost } from "./yaml-text.js";

export { ConfigRefused, parseSite };

export interface LoadedSite {
  readonly config: SiteConfig;
  /** Where robots may be: the map with the zones that they keep out of blocked; not coarsened, not inflated. */
  readonly grid: Grid;
  /** The map as read: what stands there. */
  readonly floor: Grid;
  /** For each destination those that conflict with it (R1). */
  readonly conflicts: ReadonlyMap<string, readonly string[]>;
  readonly derived: Derived;
  /** SHA-256 over the site file and its map files, hexadecimal. */
  readonly hash: string;
  /** Folder of the site file, absolute. */
  readonly dir: string;
}

/** Reads and checks a site file and its map. Throws ConfigRefused. */
export function loadSite(path: string): LoadedSite {
  const dir = dirname(resolve(path));
  const file = basename(path);
  const hash = createHash("sha256");
  const bytes = readBounded(path, { file, mostBytes: textBytesMost });
  addTo(hash, bytes);
  const { config, lineOf } = parseSiteText(decodeUtf8(bytes, file), file);
  const floor = readMap(config, dir, (part) => addTo(hash, part));
  const grid = fenced(floor, config.map.keepOut ?? []);
  refuseIfAny(gridProblems(config, grid), { file, lineOf });
  const conflicts = conflictsOf(config);
  return { config, grid, floor, conflicts, derived: deriveSite(config), hash: hash.digest("hex"), dir };
}

/** Length first, so that bytes cannot move from one file to the next under the same hash. */
function addTo(hash: ReturnType<typeof createHash>, bytes: Uint8Array): void {
  hash.update(`${bytes.length}\n`).update(bytes);
}

function readMap(config: SiteConfig, dir: string, seen: (bytes: Uint8Array) => void): Grid {
  const { map } = config;
  const read = (file: string) => {
    refuseLinks(dir, file);
    const bytes = readBounded(join(dir, file), { file, mostBytes: mapBytesMost });
    seen(bytes);
    return bytes;
  };
  const bytes = read(map.file);
  const text = decodeUtf8(bytes, map.file);
  if (map.format === "movingai") return parseMovingAi(text, map.cellM ?? Number.NaN, { file: map.file });
  const image = join(dirname(map.file), parseRosYaml(text, { file: map.file }).image);
  return parseRosMap(text, read(image), { file: map.file, image });
}

function refuse(
  file: string,
  about: { readonly found: string; readonly expected: string },
  exitClass?: ExitClass,
): never {
  throw new ConfigRefused([{ file, path: "", line: 0, ...about }], exitClass);
}

/** A map is part of the site: no part of its path may be a link that leads elsewhere. */
function refuseLinks(dir: string, file: string): void {
  let path = dir;
  for (const part of file.split("/")) {
    path = join(path, part);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      refuse(file, { found: "a symbolic link", expected: "a file inside the folder of the site file" });
    }
  }
}

/** Reads a regular file of at most `mostBytes`; opening neither blocks on a pipe nor reads a device. */
function readBounded(path: string, about: { readonly file: string; readonly mostBytes: number }): Uint8Array {
  const { file, mostBytes } = about;
  const handle = openOrRefuse(path, file);
  try {
    const stat = fstatSync(handle);
    if (stat.isDirectory()) refuse(file, { found: "a folder", expected: "a file" }, "missing");
    if (!stat.isFile()) refuse(file, { found: "a pipe or device", expected: "a regular file" });
    if (stat.size > mostBytes) refuse(file, { found: `${stat.size} bytes`, expected: `at most ${mostBytes} bytes` });
    const bytes = new Uint8Array(stat.size);
    let size = 0;
    while (size < bytes.length) {
      const more = readSync(handle, bytes, size, bytes.length - size, null);
      if (more === 0) break;
      size += more;
    }
    return bytes.subarray(0, size);
  } finally {
    closeSync(handle);
  }
}

function openOrRefuse(path: string, file: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    if (code === "EACCES" || code === "EPERM")
      refuse(file, { found: code, expected: "leave to read it" }, "permission");
    return refuse(
      file,
      { found: code === "ENOENT" ? `no file at ${path}` : code, expected: "a readable file" },
      "missing",
    );
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes UTF-8; names the first bad byte. */
function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse(file, { found: `an invalid byte at offset ${firstBadByte(bytes)}`, expected: "UTF-8" });
  }
}

/** Offset of the first byte that does not continue valid UTF-8: the longest valid prefix, found by halving. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isPrefix(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

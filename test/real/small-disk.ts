// A small file system in memory, to run full or to be read-only. Mounting takes rights that not everybody has: without
// them a test is skipped with that word.

import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

const PAGE = Buffer.alloc(4096);
const FILLER = "filler";

function mount(...args: readonly string[]): boolean {
  return spawnSync("mount", args, { stdio: "ignore" }).status === 0;
}

/** Why no disk can be mounted here; false where it can. As tap's `skip`. */
export function noSmallDisk(): false | string {
  const probe = mkdtempSync(join(tmpdir(), "drover-mount-"));
  const mounted = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", probe);
  if (mounted) spawnSync("umount", [probe], { stdio: "ignore" });
  rmdirSync(probe);
  return mounted ? false : "a tmpfs cannot be mounted by this user";
}

/** Mounts a file system of this size at `dir`, until the test ends. */
export function aSmallDisk(t: Test, dir: string, sizeKb: number): void {
  mkdirSync(dir, { recursive: true });
  if (!mount("-t", "tmpfs", "-o", `size=${sizeKb}k,mode=700`, "tmpfs", dir)) throw new Error(`cannot mount ${dir}`);
  t.teardown(() => spawnSync("umount", ["-l", dir], { stdio: "ignore" }));
}

/** Fails while anything there is open for writing. */
export function makeReadOnly(dir: string): void {
  if (!mount("-o", "remount,ro", dir)) throw new Error(`cannot make ${dir} read-only`);
}

export function makeWritable(dir: string): void {
  if (!mount("-o", "remount,rw", dir)) throw new Error(`cannot make ${dir} writable`);
}

/** Takes every page that is left. */
export function fill(dir: string): void {
  const file = openSync(join(dir, FILLER), "a");
  try {
    for (;;) writeSync(file, PAGE);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOSPC") throw cause;
  } finally {
    closeSync(file);
  }
}

export function free(dir: string): void {
  rmSync(join(dir, FILLER));
}

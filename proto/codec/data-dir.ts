// The data directory of a daemon, made before anything else is: what cannot be one is refused with a reason and an exit
// class. Folders are made one by one, because a recursive mkdir never returns below a file system that accepts none.

import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ExitClass } from "../errors.js";

export interface DataDirRefusal {
  readonly exit: ExitClass;
  readonly expected: string;
  readonly found: string;
}

/** By the error of the system; all others are errors of input and output. */
const CLASSES: Readonly<Record<string, ExitClass>> = {
  ...{ EACCES: "permission", EPERM: "permission", ENOSPC: "later", EDQUOT: "later" },
  ...{ ENOENT: "missing", ENOTDIR: "missing", EEXIST: "missing" },
};
const EXPECTED = "a data directory that can be made";

/** Makes the directory where it is missing; null when it is there. */
export function makeDataDir(dir: string): DataDirRefusal | null {
  const missing: string[] = [];
  let at = resolve(dir);
  try {
    for (; !isThere(at); at = dirname(at)) missing.push(at);
    for (at = missing.pop() ?? at; ; at = missing.pop() ?? at) {
      if (!isThere(at)) mkdirSync(at);
      if (missing.length === 0) return null;
    }
  } catch (cause) {
    return refused(cause as NodeJS.ErrnoException, { expected: EXPECTED, what: `${at} cannot be made` });
  }
}

/** Whether files can be made there, by making one; null when they can. */
export function tryDataDir(dir: string): DataDirRefusal | null {
  const probe = join(dir, `.probe-${process.pid}`);
  try {
    const file = openSync(probe, "w", 0o600);
    try {
      writeSync(file, "probe");
    } finally {
      closeSync(file);
      rmSync(probe);
    }
    return null;
  } catch (cause) {
    const expected = "a data directory in which files can be made";
    return refused(cause as NodeJS.ErrnoException, { expected, what: `${dir} takes no file` });
  }
}

/** Throws for what is there and is no directory. */
function isThere(dir: string): boolean {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isDirectory()) return true;
  throw Object.assign(new Error("it is a file"), { code: "ENOTDIR" });
}

function refused(
  cause: NodeJS.ErrnoException,
  told: { readonly expected: string; readonly what: string },
): DataDirRefusal {
  const exit = CLASSES[cause.code ?? ""] ?? "io";
  return { exit, expected: told.expected, found: `${told.what}: ${cause.message}` };
}

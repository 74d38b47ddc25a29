// The one-time token of a hub without TLS, and how `drover` on the same machine finds it: in the runtime folder of the
// user who started the hub, under the hub's port. Whoever can read it could as well read the hub's own files. Neither
// end uses a folder that is not the user's own, or that others may look into.

import { closeSync, fchmodSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The folder of this user; `runtimeDir` is $XDG_RUNTIME_DIR, or else a folder for all that keeps them apart. */
export function tokenFolder(at: { readonly runtimeDir: string | undefined; readonly temporaryDir: string }): string {
  if (at.runtimeDir !== undefined && at.runtimeDir !== "") return join(at.runtimeDir, "drover");
  return join(at.temporaryDir, `drover-${process.getuid?.() ?? 0}`);
}

/** Writes a file that only this user can read. Throws what the system says. */
export function writeSecret(file: string, text: string): void {
  rmSync(file, { force: true }); // never through a link that somebody else has put there
  const handle = openSync(file, "wx", 0o600);
  try {
    fchmodSync(handle, 0o600);
    writeSync(handle, `${text}\n`);
  } finally {
    closeSync(handle);
  }
}

/** Leaves the token of the hub on `port` where this user's commands find it. Throws when that is no safe place. */
export function leaveToken(folder: string, port: number, token: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOwn(folder)) throw new Error(`${folder} is not this user's alone`);
  writeSecret(join(folder, `${port}.token`), token);
}

/** Takes it away again, when it is still the same. */
export function takeTokenAway(folder: string, port: number, token: string): void {
  if (foundToken(folder, port) === token) rmSync(join(folder, `${port}.token`), { force: true });
}

/** The token that a hub on `port` of this machine left for this user; null without one. */
export function foundToken(folder: string, port: number): string | null {
  try {
    return isOwn(folder) ? readFileSync(join(folder, `${port}.token`), "utf8").trim() : null;
  } catch {
    return null;
  }
}

function isOwn(folder: string): boolean {
  const { mode, uid } = lstatSync(folder);
  const isFolder = (mode & 0o170000) === 0o040000;
  return isFolder && (mode & 0o077) === 0 && uid === (process.getuid?.() ?? uid);
}

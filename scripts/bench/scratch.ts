// What a bench must undo, however it ends: temporary directories are removed and processes ended, the last begun first.
// The directories lie on the disk that holds the system's own: a file system in memory would make every sync free.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Undo = () => void | Promise<void>;

const undos: Undo[] = [];

/** To be done when the bench ends. Returns the same act for doing it earlier; it is then not done again. */
export function atEnd(undo: Undo): () => Promise<void> {
  undos.push(undo);
  return async () => {
    const index = undos.indexOf(undo);
    if (index < 0) return;
    undos.splice(index, 1);
    await undo();
  };
}

/** Undoes everything; what fails is passed over, so that the rest is undone too. */
export async function undoAll(): Promise<void> {
  for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
    try {
      await undo();
    } catch {
      // the bench has ended; there is nobody to tell
    }
  }
}

/** A new, empty directory, removed at the end. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "drover-bench-"));
  atEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}

// What this board found out about models in trials: by checksum, whether one passed or is banned (R11). A model is
// tried once on a board; one that crashed its trial is not tried again, whatever its name. Lost or damaged, the book is
// begun anew: then models are tried again, in a process that may end.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "models.json";
const KEPT = 256;

export interface TrialEntry {
  readonly sha256: string; // of the whole manifest that passed, or of the model that crashed
  readonly model: string;
  readonly verdict: "passed" | "banned";
  readonly why: string;
}

export class TrialBook {
  readonly file: string;
  #entries: readonly TrialEntry[];

  /** `dataDir` must exist. */
  constructor(dataDir: string) {
    this.file = join(dataDir, FILE);
    this.#entries = readEntries(this.file);
  }

  of(sha256: string): TrialEntry | undefined {
    return this.#entries.find((entry) => entry.sha256 === sha256);
  }

  /** Replaces what was known of these bytes; the oldest are dropped first. Throws when it cannot be written. */
  enter(entry: TrialEntry): void {
    this.#entries = [...this.#entries.filter(({ sha256 }) => sha256 !== entry.sha256), entry].slice(-KEPT);
    writeFileSync(`${this.file}.new`, `${JSON.stringify(this.#entries, null, 1)}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}

function readEntries(file: string): readonly TrialEntry[] {
  if (!existsSync(file)) return [];
  try {
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(found) ? found.filter(isEntry).slice(-KEPT) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is TrialEntry {
  if (typeof value !== "object" || value === null) return false;
  const { sha256, model, verdict, why } = value as Partial<Record<keyof TrialEntry, unknown>>;
  const isText = [sha256, model, why].every((part) => typeof part === "string");
  return isText && (verdict === "passed" || verdict === "banned");
}

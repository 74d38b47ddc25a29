// The files that a run was given by flag, tried before anything is started: a long run must not end in a path that was
// wrong from the beginning.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { loadModel } from "../../models/load.js";
import { EXIT } from "../../proto/errors.js";
import type { DemoOptions } from "./options.js";

/** A file or folder of a flag that cannot be used; `exit` is the code that the run ends with. */
export class FileRefused extends Error {
  override readonly name = "FileRefused";
  constructor(
    readonly exit: number,
    message: string,
  ) {
    super(message);
  }
}

/** Throws FileRefused for the first that cannot be read or written. */
export async function checkFiles(options: DemoOptions): Promise<void> {
  const { map, scenario, report, trace, model, controller, candidate } = options;
  for (const [flag, file] of [["--map", map] as const, ["--scenario", scenario] as const])
    tried(file, { exit: EXIT.missing, cannot: `${flag}: cannot read` }, isReadable);
  for (const [flag, file] of [["--report", report] as const, ["--trace", trace] as const])
    tried(file, { exit: EXIT.io, cannot: `${flag}: cannot write` }, isWritable);
  for (const [flag, folder] of [
    ["--model", model],
    ["--controller", controller],
    ["--candidate", candidate],
  ] as const) {
    if (folder === null) continue;
    await loadModel(folder).catch((cause: Error) => {
      throw new FileRefused(EXIT.config, `${flag}: ${cause.message}`);
    });
  }
}

function tried(
  file: string | null,
  told: { readonly exit: number; readonly cannot: string },
  check: (file: string) => void,
): void {
  if (file === null) return;
  try {
    check(file);
  } catch (cause) {
    throw new FileRefused(told.exit, `${told.cannot} ${file}: ${(cause as Error).message}`);
  }
}

function isReadable(file: string): void {
  if (!statSync(file).isFile()) throw new Error("expected a file");
  accessSync(file, constants.R_OK);
}

function isWritable(file: string): void {
  if (!existsSync(file)) return accessSync(dirname(file), constants.W_OK);
  if (statSync(file).isDirectory()) throw new Error("expected a file, found a folder");
  accessSync(file, constants.W_OK);
}

// Modules that exist only in a test, as the checks read them.

import { type Module, moduleOf } from "../../../scripts/check/source.js";

/** Modules from their paths and texts. */
export function modulesOf(texts: Readonly<Record<string, string>>): readonly Module[] {
  return Object.entries(texts).map(([path, text]) => moduleOf({ path, text }));
}

/** One module below hub/core, unless another path is given. */
export function aModule(text: string, path = "hub/core/one.ts"): Module {
  return moduleOf({ path, text });
}

// All checks that read the project's files without running anything: limits, words and the shape of the repository.

import { readdirSync } from "node:fs";
import { checkLimits } from "./limits.js";
import { type Check, listFiles, type Module, moduleOf, readTextFile, type TextFile } from "./source.js";
import { checkTexts } from "./texts.js";
import { checkLockFile, checkTopLevel } from "./tree.js";
import { checkWords } from "./words.js";

/** The project's own files, read once. */
export interface Sources {
  readonly files: readonly TextFile[];
  readonly modules: readonly Module[];
}

/** Reads every file of the project. Throws, naming the file, when one that should be code cannot be read as such. */
export function readSources(root: string): Sources {
  const paths = [...listFiles(root), ...readdirSync(root).filter((name) => /\.(md|json)$/.test(name))];
  const files = paths.filter((path) => path !== "package-lock.json").map((path) => readTextFile(root, path));
  const modules = files.filter((file) => /\.(ts|mjs)$/.test(file.path)).map(moduleOf);
  return { files, modules };
}

export function checkTidy(root: string, sources: Sources): readonly Check[] {
  return [
    ...checkLimits(sources.files, sources.modules),
    ...checkWords(sources.modules),
    ...checkTexts(sources.files, sources.modules),
    checkTopLevel(readdirSync(root)),
    checkLockFile(readTextFile(root, "package-lock.json").text),
  ];
}

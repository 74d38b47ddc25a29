// Patches on source text, and the copy of the source tree in which they are built. A patch that does not fit the
// present sources is refused, so that a mutant never silently becomes the product itself.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Patch } from "./mutant.js";

export class PatchRefused extends Error {
  override readonly name = "PatchRefused";
}

/**
 * Texts by path: what the patches leave. Throws PatchRefused when one does not fit exactly once, or changes nothing.
 */
export function patched(patches: readonly Patch[], read: (file: string) => string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of patches) {
    const text = texts.get(file) ?? read(file);
    const found = find === "" ? 0 : text.split(find).length - 1;
    if (found !== 1) {
      throw new PatchRefused(
        `cannot patch ${file}: expected to find ${JSON.stringify(find)} once, found it ${found} times`,
      );
    }
    if (find === replace) throw new PatchRefused(`cannot patch ${file}: ${JSON.stringify(find)} would stay as it is`);
    texts.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return texts;
}

/** What a tree is made of and what is built in it. */
export interface TreeParts {
  readonly root: string; // of the repository
  readonly compiled: string; // a finished build; gives what is generated or read at run time
  readonly folders: readonly string[]; // of sources, from the root
  readonly include: readonly string[]; // what tsc is told to compile, from the root
}

/** The simulator and all that it runs. */
export const SIMULATOR = {
  folders: ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"],
  include: ["test/sim"],
} as const;

/** The root of the repository that a compiled folder belongs to. */
export function rootAbove(compiled: string): string {
  for (let folder = compiled; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "tsconfig.json"))) return folder;
  }
  throw new Error(`expected tsconfig.json above ${compiled}, found none`);
}

/** A copy of the sources below the folder for temporary files, with its own build. */
export class Tree {
  readonly dir: string;
  readonly #parts: TreeParts;

  private constructor(dir: string, parts: TreeParts) {
    this.dir = dir;
    this.#parts = parts;
  }

  static make(parts: TreeParts): Tree {
    const dir = mkdtempSync(join(tmpdir(), "drover-mutant-"));
    const tree = new Tree(dir, parts);
    const sources = (path: string): boolean => !/[/\\](mutants|node_modules|__pycache__)$|\.test\.ts$/.test(path);
    for (const folder of parts.folders) {
      cpSync(join(parts.root, folder), join(dir, folder), { recursive: true, filter: sources });
    }
    for (const file of ["package.json", "tsconfig.json"]) cpSync(join(parts.root, file), join(dir, file));
    symlinkSync(join(parts.root, "node_modules"), join(dir, "node_modules"));
    writeFileSync(join(dir, "tsconfig.mutant.json"), JSON.stringify(tsconfig(parts.include)));
    if (existsSync(parts.compiled)) copyMade(parts.compiled, join(dir, "dist"));
    return tree;
  }

  read(file: string): string {
    return readFileSync(join(this.dir, file), "utf8");
  }

  /** Compiles the tree with these texts in place of its own, which come back afterwards. Returns the type errors. */
  async build(texts: ReadonlyMap<string, string>, onChild?: OnChild): Promise<string> {
    const own = new Map([...texts.keys()].map((file) => [file, this.read(file)]));
    for (const [file, text] of texts) writeFileSync(join(this.dir, file), text);
    try {
      const tsc = await compiler(this.#parts.root);
      return await output(spawn(tsc, ["-p", "tsconfig.mutant.json"], { cwd: this.dir }), onChild);
    } finally {
      for (const [file, text] of own) writeFileSync(join(this.dir, file), text);
    }
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

type OnChild = (child: ChildProcess) => void;

/** Unused names are no errors here: what a patch takes away may leave one behind. */
function tsconfig(include: readonly string[]) {
  const lenient = { noUnusedLocals: false, noUnusedParameters: false, sourceMap: false };
  return { extends: "./tsconfig.json", compilerOptions: { ...lenient, rootDir: ".", outDir: "dist" }, include };
}

/** What tsc does not make: codecs, sites and schemas. Modules of the tree itself are compiled anew. */
function copyMade(compiled: string, dist: string): void {
  for (const folder of ["proto/codec/generated", "proto/drover", "fleet-config/sites", "models"]) {
    const from = join(compiled, folder);
    if (!existsSync(from)) continue;
    mkdirSync(dirname(join(dist, folder)), { recursive: true });
    cpSync(from, join(dist, folder), { recursive: true, filter: (path) => !path.endsWith(".map") });
  }
}

/** The native compiler itself: its JavaScript wrapper would cost as much again. */
async function compiler(root: string): Promise<string> {
  const url = pathToFileURL(join(root, "node_modules", "typescript", "lib", "getExePath.js")).href;
  const { default: getExePath } = (await import(url)) as { default: () => string };
  return getExePath();
}

function output(child: ChildProcess, onChild?: OnChild): Promise<string> {
  onChild?.(child);
  let text = "";
  const take = (chunk: Buffer): void => {
    text += chunk.toString("utf8");
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0 ? "" : text.trim() || `tsc ended with ${code}`));
  });
}

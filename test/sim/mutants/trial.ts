// Tries mutants: first the proof that the unmutated build is clean, then each mutant in a tree of its own, and for each
// one that is killed the proof that the unmutated build is clean on that very seed. Without that a row means nothing.

import type { ChildProcess } from "node:child_process";
import type { Alteration } from "./alter.js";
import type { Mutant } from "./mutant.js";
import { patched, Tree, type TreeParts } from "./patch.js";
import { Alterer } from "./random.js";
import { type Ending, type RunLimits, runSeeds, type SeedRange } from "./run.js";
import { type Row, summary } from "./table.js";

/** The unmutated sources do not build, or fail themselves: nothing can be said of mutants. */
export class ProofFailed extends Error {
  override readonly name = "ProofFailed";
}

export interface TrialParts {
  readonly sources: TreeParts;
  readonly main: string; // the compiled simulator, from the tree
  readonly range: SeedRange;
  readonly proofSeeds: number;
  readonly atOnce: number;
  readonly capMs: number;
  readonly onRow: (row: Row, told: readonly string[]) => void;
}

/** Random alterations that are tried for each that is wanted, at the most. */
const TRIES = 20;

export class Trial {
  readonly #parts: TrialParts;
  readonly #base: Tree;
  readonly #trees: Tree[];
  readonly #children = new Set<ChildProcess>();
  readonly #cleanSeeds = new Map<string, Promise<Ending>>();
  #limits: RunLimits;
  #stopped = false;

  constructor(parts: TrialParts) {
    this.#parts = parts;
    this.#limits = { seedMs: 0, mostMs: parts.capMs };
    this.#base = Tree.make(parts.sources);
    this.#trees = Array.from({ length: parts.atOnce }, () => Tree.make(parts.sources));
  }

  /** Builds the sources as they are and runs them. Resolves with how long a seed took, ms. Throws ProofFailed. */
  async prove(): Promise<number> {
    const errors = await this.#base.build(new Map(), this.#onChild);
    if (errors !== "") throw new ProofFailed(`the unmutated sources do not build:\n${errors}`);
    const { range, proofSeeds: seeds } = this.#parts;
    const startedMs = performance.now();
    const ending = await this.#run(this.#base, { from: range.from, seeds });
    if (ending.kind === "failed") throw new ProofFailed(`the unmutated build fails: ${toldOf(ending)}`);
    const seedMs = (performance.now() - startedMs) / seeds;
    this.#limits = { ...this.#limits, seedMs };
    return seedMs;
  }

  /** Tries these mutants. Throws PatchRefused when one does not fit, ProofFailed when the unmutated build fails too. */
  async mutants(mutants: readonly Mutant[]): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const queue = [...mutants];
    for (const mutant of mutants) patched(mutant.patches, (file) => this.#base.read(file)); // all fit, or none is run
    await this.#each(async (tree) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const texts = patched(mutant.patches, (file) => tree.read(file));
        const row = await this.#try(tree, texts, mutant);
        if (typeof row === "string") throw new ProofFailed(`mutant ${mutant.id} does not build:\n${row}`);
        rows.push(row);
        this.#parts.onRow(row, []);
      }
    });
    return rows;
  }

  /** Tries `count` random alterations that compile, from this seed on. The same seeds give the same alterations. */
  async random(
    files: readonly string[],
    wanted: { readonly count: number; readonly from: number },
  ): Promise<RandomResult> {
    const alterer = new Alterer(files, (file) => this.#base.read(file));
    const result = { rows: [] as Row[], survivors: [] as string[], broken: 0, repeated: 0, seeds: 0 };
    const seen = new Set<string>();
    let open = 0; // wanted ones that are done or under way
    const next = (): { readonly id: string; readonly one: Alteration } | null => {
      while (open < wanted.count && result.seeds < TRIES * wanted.count) {
        const seed = wanted.from + result.seeds;
        const one = alterer.pick(seed);
        result.seeds += 1;
        const key = `${one.file} ${one.from} ${one.to} ${one.replace}`;
        if (!seen.has(key)) {
          seen.add(key);
          open += 1;
          return { id: `random-${seed}`, one };
        }
        result.repeated += 1;
      }
      return null;
    };
    await this.#each(async (tree) => {
      for (let picked = next(); picked !== null; picked = next()) {
        const { id, one } = picked;
        const told = alterer.told(one);
        const row = await this.#try(tree, new Map([[one.file, alterer.altered(one)]]), { id, rule: "?" });
        if (typeof row === "string") {
          result.broken += 1;
          open -= 1;
          continue;
        }
        result.rows.push(row);
        if (!row.killed) result.survivors.push([id, ...told].join("\n"));
        this.#parts.onRow(row, told);
      }
    });
    return result;
  }

  /** Ends what runs and removes the trees. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#children) child.kill("SIGKILL");
    for (const tree of [this.#base, ...this.#trees]) tree.remove();
  }

  /** One loop of work in each tree. The first that fails ends the others. */
  async #each(work: (tree: Tree) => Promise<void>): Promise<void> {
    try {
      await Promise.all(this.#trees.map(work));
    } catch (cause) {
      this.#stopped = true;
      for (const child of this.#children) child.kill("SIGKILL");
      throw cause;
    }
  }

  /** The row of a mutant, or its type errors. */
  async #try(
    tree: Tree,
    texts: ReadonlyMap<string, string>,
    mutant: Pick<Mutant, "id" | "rule" | "with">,
  ): Promise<Row | string> {
    const startedMs = performance.now();
    const errors = await tree.build(texts, this.#onChild);
    if (errors !== "") return errors;
    const ending = await this.#run(tree, { ...this.#parts.range, with: mutant.with });
    const seconds = (performance.now() - startedMs) / 1000;
    const { id, rule } = mutant;
    const under = mutant.with?.join(",") ?? "";
    if (ending.kind === "clean") return { id, rule, killed: false, by: "", seed: ending.seeds, seconds, under };
    if (ending.by !== "hang") await this.#proveSeed(ending.seed, mutant);
    return { id, rule, killed: true, by: ending.by, seed: ending.seed, seconds, under };
  }

  async #proveSeed(seed: number, mutant: Pick<Mutant, "id" | "with">): Promise<void> {
    const key = `${seed} ${mutant.with?.join(",") ?? ""}`;
    const known = this.#cleanSeeds.get(key) ?? this.#run(this.#base, { from: seed, seeds: 1, with: mutant.with });
    this.#cleanSeeds.set(key, known);
    const ending = await known;
    if (ending.kind === "failed") {
      throw new ProofFailed(`the unmutated build fails where ${mutant.id} does: ${toldOf(ending)}`);
    }
  }

  #run(tree: Tree, range: SeedRange): Promise<Ending> {
    if (this.#stopped) return Promise.reject(new Error("stopped"));
    return runSeeds({ dir: tree.dir, main: this.#parts.main, onChild: this.#onChild }, range, this.#limits);
  }

  readonly #onChild = (child: ChildProcess): void => {
    this.#children.add(child);
    child.once("close", () => this.#children.delete(child));
  };
}

export interface RandomResult {
  readonly rows: readonly Row[];
  readonly survivors: readonly string[]; // each with its place and the line before and after
  readonly broken: number; // that do not compile: not counted
  readonly repeated: number; // that an earlier seed had given already: not counted
  readonly seeds: number; // that were used
}

/** What stands below the table of random alterations. */
export function randomSummary(result: RandomResult): readonly string[] {
  const { rows, survivors, broken, repeated, seeds } = result;
  const skipped = `${seeds} seeds used; not counted: ${broken} that do not compile, ${repeated} that came twice`;
  const judge = survivors.length === 0 ? [] : ["", "survivors, to be judged by a person:", ...survivors];
  return [...judge, "", summary(rows), skipped];
}

function toldOf(ending: Extract<Ending, { kind: "failed" }>): string {
  return `seed ${ending.seed}, ${ending.by}: ${ending.told}`;
}

// A run follows from its seed alone: twice here, and under every other version of Node that is at hand. DROVER_NODES
// names their binaries, separated by ":"; the packages node, node22, ... below node_modules are found by themselves.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { simulate } from "./simulate.js";
import type { Outcome, RunOptions } from "./world.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const MAIN = join(HERE, "main.js");
/** Quick ones, whose plans hold together every kind of fault. */
const SEEDS = [33, 40, 87, 142, 154] as const;
const SHORT = { robots: 3, chaosS: 12 } as const;
const HASH = /hash ([0-9a-f]{16})/;

function rowsAndHash(options: RunOptions): {
  readonly outcome: Outcome;
  readonly sha256: string;
  readonly rows: number;
} {
  const sha256 = createHash("sha256");
  const rows: string[] = [];
  const outcome = simulate({ ...options, take: (row) => rows.push(JSON.stringify(row)) });
  return { outcome, sha256: sha256.update(rows.join("\n")).digest("hex"), rows: rows.length };
}

t.setTimeout(170_000);

t.test("one seed gives the same run twice: the same hash, and every row the same", (t) => {
  for (const seed of [40, Number.MAX_SAFE_INTEGER]) {
    const [first, again] = [rowsAndHash({ seed, ...SHORT }), rowsAndHash({ seed, ...SHORT })];
    t.ok(first.rows > 200, `${first.rows} rows`);
    t.equal(again.sha256, first.sha256);
    t.same(again.outcome, first.outcome);
  }
  t.end();
});

t.test("taking the rows of a run changes nothing in it", (t) => {
  const options = { seed: 4711, robots: 2, chaosS: 12 };
  t.same(simulate(options), rowsAndHash(options).outcome);
  t.end();
});

t.test("another seed, another number of robots and a fault less give another run", (t) => {
  const options: RunOptions = { seed: 4711, robots: 2, chaosS: 12, kinds: ["link-cut", "edge-crash"] };
  const first = simulate(options);
  t.ok(first.faults.length > 1);
  t.not(simulate({ ...options, seed: 4712 }).hash, first.hash);
  t.not(simulate({ ...options, robots: 3 }).hash, first.hash);
  const less = simulate({ ...options, without: new Set([0]) });
  t.not(less.hash, first.hash);
  t.same(less.faults, first.faults.slice(1), "the other faults are as they were");
  t.end();
});

/** Binaries of Node, each of another version than the one before it and than this. */
function otherNodes(): readonly { readonly path: string; readonly version: string }[] {
  const found = (process.env.DROVER_NODES ?? "").split(":").filter(Boolean);
  for (let folder = HERE; folder !== dirname(folder); folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    if (!existsSync(modules)) continue;
    const names = readdirSync(modules).filter((name) => /^node\d*$/.test(name));
    found.push(...names.map((name) => join(modules, name, "bin", "node")).filter((path) => existsSync(path)));
  }
  const known = new Set([process.version]);
  return found.flatMap((path) => {
    const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
    if (known.has(version)) return [];
    known.add(version);
    return [{ path, version }];
  });
}

function hashUnder(path: string, seed: number): string {
  const out = execFileSync(path, [MAIN, "--seed", String(seed)], { encoding: "utf8", timeout: 120_000 });
  return HASH.exec(out)?.[1] ?? `no hash in: ${out}`;
}

t.test("npm run sim in a process of its own gives the hash that the same seed gives here", (t) => {
  t.equal(hashUnder(process.execPath, SEEDS[0]), simulate({ seed: SEEDS[0] }).hash);
  t.end();
});

const others = otherNodes();
const without = `DROVER_NODES names no Node but ${process.version}, and node_modules holds none`;
t.test(
  "one seed gives the same hash under every version of Node",
  others.length === 0 ? { skip: without } : {},
  (t) => {
    const here = SEEDS.map((seed) => simulate({ seed }).hash);
    for (const { path, version } of others) {
      const there = SEEDS.map((seed) => hashUnder(path, seed));
      t.same(there, here, `${version} as ${process.version}`);
    }
    t.end();
  },
);

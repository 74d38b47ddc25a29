// The runner from end to end on a project of two files: a rule, and a program that tests it as the simulator would.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { PatchRefused, rootAbove } from "./patch.js";
import type { Row } from "./table.js";
import { ProofFailed, randomSummary, Trial } from "./trial.js";

const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));
const RULE = `// A rule.
export function waitMs(leaseMs: number): number {
  return leaseMs + 10;
}
`;
const PROGRAM = `import { waitMs } from "../../proto/rule.js";
declare const process: { readonly argv: readonly string[]; exit(code: number): never };
declare const console: { log(line: string): void };
const [seeds, from] = [Number(process.argv[3]), Number(process.argv[5])];
const fails = (seed: number) => waitMs(seed) < seed + 10 || (waitMs(0) > 10 && seed % 7 === 3);
for (let seed = from; seed < from + seeds; seed += 1) {
  if (waitMs(seed) === Number.POSITIVE_INFINITY) throw new RangeError("no end: of it");
  if (!fails(seed)) continue;
  console.log(\`seed \${seed} failed: safety wait too short or too long\`);
  process.exit(11);
}
`;

interface Made {
  readonly trial: Trial;
  readonly rows: readonly Row[];
  readonly told: readonly string[];
}

function make(t: Test, program = PROGRAM): Made {
  const root = mkdtempSync(join(tmpdir(), "drover-trial-"));
  for (const folder of ["proto", "test/sim"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "proto", "rule.ts"), RULE);
  writeFileSync(join(root, "test", "sim", "main.ts"), program);
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  const types = { types: [], lib: ["es2023"], module: "nodenext", target: "es2023", strict: true, skipLibCheck: true };
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions: types }));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const rows: Row[] = [];
  const told: string[] = [];
  const trial = new Trial({
    sources: { root, compiled: join(root, "dist"), folders: ["proto", "test/sim"], include: ["test/sim"] },
    ...{ main: "dist/test/sim/main.js", range: { from: 1, seeds: 100 }, proofSeeds: 10, atOnce: 2, capMs: 60_000 },
    onRow: (row, lines) => {
      rows.push(row);
      told.push(...lines);
    },
  });
  t.teardown(() => {
    trial.stop();
    rmSync(root, { recursive: true, force: true });
  });
  return { trial, rows, told };
}

function mutant(id: string, find: string, replace: string) {
  return { id, rule: "R3", about: "for the test", patches: [{ file: "proto/rule.ts", find, replace }] };
}

t.test("mutants are killed with seed and checker, or survive", async (t) => {
  const { trial, rows } = make(t);
  t.ok((await trial.prove()) > 0);
  const done = await trial.mutants([
    mutant("shorter", "+ 10", "+ 9"),
    mutant("longer", "+ 10", "+ 11"),
    mutant("same", "+ 10", "+ 5 + 5"),
    mutant("endless", "leaseMs + 10", "leaseMs / 0"),
  ]);
  t.equal(rows.length, 4);
  const told = (id: string) => done.find((row) => row.id === id);
  t.match(told("shorter"), { killed: true, by: "safety wait", seed: 1 });
  t.match(told("longer"), { killed: true, by: "safety wait", seed: 3 });
  t.match(told("same"), { killed: false, by: "", seed: 100 });
  t.match(told("endless"), { killed: true, by: "crash", seed: 1 });
});

t.test(
  "nothing is said of mutants when the unmutated build fails, at first or on the seed of the failure",
  async (t) => {
    const early = make(t, PROGRAM.replace("+ 10 ||", "+ 11 ||"));
    await t.rejects(
      early.trial.prove(),
      new ProofFailed(
        "the unmutated build fails: seed 1, safety wait: seed 1 failed: safety wait too short or too long",
      ),
    );
    const late = make(t, PROGRAM.replace("waitMs(seed) < seed + 10", "seed === 50"));
    await late.trial.prove();
    await t.rejects(late.trial.mutants([mutant("same", "+ 10", "+ 5 + 5")]), {
      message: /fails where same does: seed 50/,
    });
    const broken = make(t, `${PROGRAM}export const x: string = 1;\n`);
    await t.rejects(broken.trial.prove(), { message: /do not build:\ntest\/sim\/main\.ts.*TS2322/s });
  },
);

t.test("a mutant that does not fit or does not build is refused", async (t) => {
  const { trial, rows } = make(t);
  await trial.prove();
  await t.rejects(trial.mutants([mutant("shorter", "+ 10", "+ 9"), mutant("gone", "+ 12", "")]), PatchRefused);
  t.same(rows, []);
  await t.rejects(trial.mutants([mutant("odd", "+ 10", '+ "x"')]), { message: /mutant odd does not build:\nproto/ });
});

t.test("random alterations are counted when they compile, and come in the same order again", async (t) => {
  const { trial, told } = make(t);
  await trial.prove();
  const result = await trial.random(["proto/rule.ts"], { count: 3, from: 1 });
  t.equal(result.rows.length, 3);
  t.equal(result.seeds, 3 + result.broken + result.repeated);
  t.ok(result.rows.every((row) => row.killed));
  t.ok(told.includes("proto/rule.ts:3: arithmetic") && told.includes("  + return leaseMs - 10;"), told.join("\n"));
  t.match(randomSummary(result).at(-2), /^3 mutants, 3 killed, 0 survived$/);
});

t.test("the trees are gone afterwards", async (t) => {
  const before = new Set(readdirSync(tmpdir()));
  const { trial } = make(t);
  const made = readdirSync(tmpdir()).filter((name) => name.startsWith("drover-mutant-") && !before.has(name));
  t.ok(made.length >= 3);
  trial.stop();
  t.same(
    made.filter((name) => existsSync(join(tmpdir(), name, "node_modules"))),
    [],
  );
});

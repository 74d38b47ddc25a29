import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { importsOf } from "../../../scripts/check/imports.js";
import { scan } from "../../../scripts/check/tokens.js";
import { MUTANTS } from "./catalogue.js";
import { patched, rootAbove } from "./patch.js";

const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));
const PRODUCT = ["proto", "fleet-config", "models", "edge", "hub"];
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const code = entries.filter((entry) => entry.isFile() && /\.(ts|mjs|py|proto|yaml)$/.test(entry.name));
  return code.map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)).sort();
}

t.test("the catalogue names each mutant once, with its rule and what it is", async (t) => {
  t.ok(MUTANTS.length >= 45, `${MUTANTS.length} mutants`);
  t.equal(new Set(MUTANTS.map((mutant) => mutant.id)).size, MUTANTS.length);
  for (const { id, rule, about, patches } of MUTANTS) {
    t.match(id, /^[a-z]+(-[a-z]+)+$/);
    t.match(rule, /^R([1-9]|1[0-4])$/, id);
    t.ok(about.length > 20 && patches.length > 0, id);
  }
});

t.test("every patch of the catalogue fits the present sources exactly once and changes them", async (t) => {
  for (const { id, patches } of MUTANTS) {
    try {
      for (const [file, text] of patched(patches, read)) t.not(text, read(file), `${id}: ${file}`);
    } catch (cause) {
      t.fail(`${id}: ${(cause as Error).message}`);
    }
  }
});

t.test("every patch is to a file of the product", async (t) => {
  const files = MUTANTS.flatMap(({ patches }) => patches.map(({ file }) => file));
  t.same(
    files.filter((file) => !PRODUCT.includes(file.split("/")[0] ?? "")),
    [],
  );
});

t.test("nothing of the product knows the tests, and no script the mutants", async (t) => {
  const modules = [...PRODUCT, "scripts"].flatMap(filesBelow).filter((file) => /\.(ts|mjs)$/.test(file));
  t.ok(modules.length > 100, `${modules.length} modules`);
  for (const file of modules) {
    const own = importsOf(file, scan(read(file)).tokens).flatMap(({ target }) =>
      target.kind === "own" ? [target.path] : [],
    );
    const forbidden = file.startsWith("scripts/") ? "test/sim/mutants/" : "test/";
    t.same(
      own.filter((path) => path.startsWith(forbidden)),
      [],
      file,
    );
  }
});

t.test("no mutant's name stands in the product or in a script", async (t) => {
  const ids = new RegExp(`(?<![a-z-])(${MUTANTS.map((mutant) => mutant.id).join("|")})(?![a-z-])`);
  for (const file of [...PRODUCT, "scripts"].flatMap(filesBelow)) t.notMatch(read(file), ids, file);
});

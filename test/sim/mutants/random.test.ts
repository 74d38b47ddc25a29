import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { alterationsOf } from "./alter.js";
import { codeOf } from "./code.js";
import { rootAbove } from "./patch.js";
import { Alterer, Chance, RULE_FILES } from "./random.js";

const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** The line as each operator leaves it. */
function waysOf(line: string): readonly string[] {
  const found = [...alterationsOf("x.ts", line).values()].flat();
  return found.map((one) => line.slice(0, one.from) + one.replace + line.slice(one.to));
}

t.test("running code keeps its place, and all else is blank", async (t) => {
  const text = [
    "// a < b && 1",
    'import { a } from "./a.js";',
    "export interface Shape {",
    "  readonly widthM: number; // < 2",
    "}",
    "type Name = string | 1;",
    `const a = \`x \${b + 1} y\`; // + 2`,
    'if (/a < b/.test(c) && d === "e < 1") f();',
    "",
  ];
  const code = codeOf(text.join("\n")).split("\n");
  t.same(
    code.map((line) => line.length),
    text.map((line) => line.length),
  );
  t.same(
    code.map((line) => line.trim()).filter((line) => line !== ""),
    ["const a =    \u0024{b + 1}   ;", "if (       .test(c) && d ===        ) f();"],
  );
});

t.test("every operator finds its places and no others", async (t) => {
  t.same(waysOf("  const lapsed = nowMs >= endMs;"), [
    "  const lapsed = nowMs > endMs;",
    "  const lapsed = nowMs < endMs;",
  ]);
  t.same(waysOf("  const ms = a - b.c;"), ["  const ms = a + b.c;", "  const ms = b.c - a;"]);
  t.same(waysOf("const map: Map<string, number> = new Map<string, number>();"), []);
  t.same(waysOf("const LIMIT_MS = 2_000;"), ["const LIMIT_MS = 0;", "const LIMIT_MS = 4000;"]);
  t.same(waysOf("  watch.heard = false;"), ["  watch.heard = true;", "  {}"]);
  t.same(waysOf("  if (!a || b) return;"), [
    ...["  if (!a && b) return;", "  if (a || b) return;"],
    ...["  if (false && (!a || b)) return;", "  if (true || (!a || b)) return;", "  {}"],
  ]);
  t.same(waysOf("  return Math.max(a, f(b, c));"), [
    ...["  return Math.min(a, f(b, c));", "  return (a);", "  return (f(b, c));"],
  ]);
  t.same(waysOf("  return isOpen(a);"), ["  return !(isOpen(a));"]);
  t.same(waysOf('  const name = "a < b && 3"; // c > 4'), []);
  t.same(waysOf("  readonly leaseMs: 4000;"), []);
});

t.test("chance is the same for the same seed, and reaches every number", async (t) => {
  const draw = (seed: number): readonly number[] => {
    const chance = new Chance(seed);
    return Array.from({ length: 200 }, () => chance.below(7));
  };
  t.same(draw(4711), draw(4711));
  t.notSame(draw(4711), draw(4712));
  t.same([...new Set(draw(Number.MAX_SAFE_INTEGER))].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

t.test("the alterer picks the same line for the same seed, over all the files of the rules", async (t) => {
  const one = new Alterer(RULE_FILES, read);
  const other = new Alterer(RULE_FILES, read);
  t.ok(one.counts.lines > 500 && one.counts.ways > one.counts.lines);
  const files = new Set<string>();
  for (let seed = 0; seed < 2000; seed += 1) {
    const picked = one.pick(seed);
    files.add(picked.file);
    if (seed < 100) t.same(other.pick(seed), picked);
  }
  t.same([...files].sort(), [...RULE_FILES].sort());
});

t.test("each alteration changes its own line and leaves every other as it is", async (t) => {
  const alterer = new Alterer(RULE_FILES, read);
  for (let seed = 0; seed < 500; seed += 1) {
    const one = alterer.pick(seed);
    const before = read(one.file).split("\n");
    const after = alterer.altered(one).split("\n");
    const changed = before.flatMap((line, index) => (line === after[index] ? [] : [index + 1]));
    if (after.length !== before.length || changed.join() !== String(one.line)) {
      t.fail(alterer.told(one).join("\n"), { changed });
    }
  }
  t.match(alterer.told(alterer.pick(1))[0], /^[a-z/-]+\.ts:\d+: [a-z -]+$/);
});

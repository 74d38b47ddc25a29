// The closed tables of refusals and causes against proto/README.md, both ways. UPDATE_GOLDEN=1 rewrites the tables
// there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { EXIT, REFUSALS, refuse } from "../../proto/errors.js";
import { CAUSES } from "../../proto/mode.js";
import { repositoryRoot } from "../fleet-config/helpers/site.js";

const root = repositoryRoot();
const readme = join(root, "proto", "README.md");

const CLEARS = {
  calm: "as soon as its evidence is good",
  dwell: "one rung at a time, each after the dwell",
  person: "by a person, when its evidence is good",
} as const;

const TABLES = {
  refusals: [
    "| code | class (exit code) | meaning |",
    "|---|---|---|",
    ...Object.entries(REFUSALS).map(([code, [kind, says]]) => `| \`${code}\` | ${kind} (${EXIT[kind]}) | ${says} |`),
  ],
  causes: [
    "| cause | found by | meaning | clears |",
    "|---|---|---|---|",
    ...Object.entries(CAUSES).map(
      ([name, { by, says, clear }]) => `| \`${name}\` | ${by} | ${says} | ${CLEARS[clear]} |`,
    ),
  ],
} as const;

const markers = (name: string) => [`<!-- ${name} -->\n\n`, `\n\n<!-- end of ${name} -->`] as const;

/** The lines between the markers of a table; undefined without them. */
function section(text: string, name: string): string | undefined {
  const [open, close] = markers(name);
  return text.split(open)[1]?.split(close)[0];
}

function update(): void {
  let text = readFileSync(readme, "utf8");
  for (const [name, lines] of Object.entries(TABLES)) {
    const [open, close] = markers(name);
    const old = section(text, name) ?? "";
    text = text.replace(`${open}${old}${close}`, () => `${open}${lines.join("\n")}${close}`);
  }
  writeFileSync(readme, text);
}

t.test("README lists every refusal and every cause as the code has them, and no other", async (t) => {
  if (process.env.UPDATE_GOLDEN === "1") update();
  const text = readFileSync(readme, "utf8");
  for (const [name, lines] of Object.entries(TABLES)) {
    const shown = section(text, name)?.split("\n") ?? [];
    t.same(
      shown.filter((line) => !lines.includes(line)),
      [],
      `${name}: only in the README`,
    );
    t.same(
      lines.filter((line) => !shown.includes(line)),
      [],
      `${name}: only in the code (UPDATE_GOLDEN=1 writes them)`,
    );
    t.same(shown, lines, `${name}: in order`);
  }
});

t.test("README names every rule once, with files and tests that exist", async (t) => {
  const text = readFileSync(readme, "utf8");
  const rows = [...text.matchAll(/^\| (R\d+) /gm)].map(([, label]) => label);
  t.same(
    rows,
    Array.from({ length: 14 }, (_, index) => `R${index + 1}`),
  );
  const paths = [...text.matchAll(/`((?:proto|hub|edge|test|fleet-config|models|scripts)\/[A-Za-z0-9_/.-]+)`/g)];
  t.ok(paths.length > 30, `${paths.length} paths`);
  for (const [, path = ""] of paths) t.ok(existsSync(join(root, path)), path);
});

t.test("refusals have a code in capitals, a class with an exit code, and one sentence without a stop", async (t) => {
  t.same(Object.values(EXIT), [...new Set(Object.values(EXIT))], "classes tell themselves apart");
  for (const [code, [kind, says]] of Object.entries(REFUSALS)) {
    t.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    t.ok(kind in EXIT, `${code}: ${kind}`);
    t.match(says, /^[a-z].{10,100}[^.]$/, code);
  }
  t.same(refuse("BUSY", "cannot give P4 to r2: held by r1"), {
    code: "BUSY",
    message: "cannot give P4 to r2: held by r1",
  });
});

t.test("causes have a name in small letters and one sentence without a stop", async (t) => {
  for (const [name, { says }] of Object.entries(CAUSES)) {
    t.match(name, /^[a-z]+(-[a-z]+)*$/);
    t.match(says, /^[a-z].{10,100}[^.]$/, name);
  }
});

// The pages say what is there: links lead somewhere, the commands that the README shows exist, and each folder of code
// has a page. Whoever renames a script finds out here.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

const ROOT = repositoryRoot();
const FOLDERS = ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"];
const OF_NPM = new Set(["ci", "install", "--version", "--silent"]);

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;

/** Every page of the project, as paths from the root. */
function pages(): readonly string[] {
  const below = FOLDERS.flatMap((folder) => {
    const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    return entries.map((name) => join(folder, name));
  });
  const top = readdirSync(ROOT);
  return [...top, ...below].filter((path) => path.endsWith(".md") && !path.includes("node_modules"));
}

/** Fenced blocks of a page, each with its language and its lines. */
function blocks(text: string): readonly { readonly language: string; readonly lines: readonly string[] }[] {
  const found = text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```/gms);
  return [...found].map(([, language = "", body = ""]) => ({ language, lines: body.split("\n") }));
}

/** Targets of the links of a page, outside its code. */
function links(text: string): readonly string[] {
  const prose = text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target = ""]) => target);
}

/** The anchors of a page's headings. */
function anchors(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) => heading);
  const plain = headings.map((heading) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, ""),
  );
  return new Set(plain.map((heading) => heading.replace(/\s/g, "-")));
}

/** What is wrong with a link on the page at `path`; null for a good one and for one that leaves the project. */
function brokenLink(path: string, target: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  const [file = "", anchor] = target.split("#");
  const to = file === "" ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
  if (relative(ROOT, to).startsWith("..")) return `${path}: ${target} leads out of the project`;
  if (!existsSync(to)) return `${path}: ${target} leads nowhere`;
  if (anchor === undefined || !to.endsWith(".md")) return null;
  return anchors(readFileSync(to, "utf8")).has(anchor) ? null : `${path}: ${target} names no heading there`;
}

/** What is wrong with a line of shell; null for a good one and for commands that are not ours. */
function brokenCommand(line: string): string | null {
  const words = line.replace(/^\$ /, "").trim().split(/\s+/);
  while (/^[A-Z_]+=/.test(words[0] ?? "")) words.shift();
  const [command = "", first = "", second = ""] = words;
  if (command === "npm") {
    const script = first === "run" ? second : first;
    return script in PACKAGE.scripts || OF_NPM.has(first) ? null : `npm has no ${script} here: ${line}`;
  }
  if (command === "npx") return first in PACKAGE.bin ? null : `there is no bin ${first}: ${line}`;
  if (/^drover(-|$)/.test(command)) return command in PACKAGE.bin ? null : `there is no bin ${command}: ${line}`;
  if (command !== "node" || first.startsWith("-")) return null;
  const source = first.replace(/^dist\//, "").replace(/\.js$/, ".ts");
  return existsSync(join(ROOT, source)) ? null : `there is no program ${first}: ${line}`;
}

t.test("links of every page lead somewhere", async (t) => {
  const all = pages();
  t.ok(all.length >= FOLDERS.length, `${all.length} pages`);
  const broken = all.flatMap((path) => {
    const targets = links(readFileSync(join(ROOT, path), "utf8"));
    return targets.map((target) => brokenLink(path, target)).filter((problem) => problem !== null);
  });
  t.same(broken, []);
});

t.test("commands that pages show exist", async (t) => {
  const lines = pages().flatMap((path) => {
    const shown = blocks(readFileSync(join(ROOT, path), "utf8"));
    return shown.filter(({ language }) => /^(sh|bash|console)$/.test(language)).flatMap((block) => block.lines);
  });
  t.ok(lines.filter((line) => line.trim() !== "").length > 0, `${lines.length} lines of shell`);
  t.same(
    lines.map(brokenCommand).filter((problem) => problem !== null),
    [],
  );
});

t.test("README shows both commands", async (t) => {
  const readme = existsSync(join(ROOT, "README.md")) ? readFileSync(join(ROOT, "README.md"), "utf8") : "";
  const shown = blocks(readme).flatMap((block) => block.lines.map((line) => line.replace(/^\$ /, "").trim()));
  for (const command of ["npm start", "npm test"]) t.ok(shown.includes(command), `expected the line ${command}`);
});

for (const folder of ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"]) {
  t.test(`${folder} has a page`, async (t) => {
    t.ok(existsSync(join(ROOT, folder, "README.md")), `expected ${folder}/README.md`);
  });
}

t.test("each bin is a program of ours that a shell can start", async (t) => {
  const bins = Object.entries(PACKAGE.bin);
  t.equal(bins.length, 3);
  for (const [name, path] of bins) {
    const source = join(ROOT, path.replace(/^dist\//, "").replace(/\.js$/, ".ts"));
    t.ok(existsSync(source), `${name} is ${source}`);
    t.equal(readFileSync(source, "utf8").split("\n")[0], "#!/usr/bin/env node", name);
  }
});

t.test("programs that package.json names exist", async (t) => {
  const programs = Object.values(PACKAGE.scripts).flatMap((script) => script.match(/\S+\.m?js\b/g) ?? []);
  t.ok(programs.length > 0);
  for (const program of programs) t.equal(brokenCommand(`node ${program}`), null);
});

t.test("broken links and commands are found", async (t) => {
  t.match(brokenLink("README.md", "proto/absent.md"), /leads nowhere/);
  t.match(brokenLink("proto/README.md", "../../data"), /out of the project/);
  t.equal(brokenLink("test/README.md", "https://example.org/absent"), null);
  t.equal(brokenLink("proto/README.md", "../package.json"), null);
  t.match(brokenLink("README.md", "fleet-config/README.md#no-such-heading"), /names no heading/);
  t.same(links('[a](b.md) `[c](d.md)`\n```sh\n[e](f.md)\n```\n[g](h.md#i "j")'), ["b.md", "h.md#i"]);
  t.same([...anchors("# A `b`: c, d\n## E-f")], ["a-b-c-d", "e-f"]);
  t.match(brokenCommand("npm run absent"), /no absent/);
  t.match(brokenCommand("npx drover-absent run"), /no bin drover-absent/);
  t.match(brokenCommand("$ DROVER_HUB=a drover-absent"), /no bin drover-absent/);
  t.match(brokenCommand("node dist/absent.js"), /no program/);
  for (const good of ["npm start -- --seed 7", "npm ci", "npx drover status", "cd drover", "node --version"]) {
    t.equal(brokenCommand(good), null, good);
  }
});

// When a build is due, and that two of them take turns.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import t, { type Test } from "tap";

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

const FOLDERS = ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"];

/** A tree with the real scripts and nothing else, on a path with a blank. */
function aTree(t: Test): string {
  const root = join(t.testdir({}), "a tree");
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  for (const name of ["package.json", "package-lock.json", "tsconfig.json", "scripts/build.mjs", "scripts/turn.mjs"]) {
    cpSync(join(repositoryRoot(), name), join(root, name));
  }
  writeFileSync(join(root, "hub/a.ts"), "// Promises a.");
  writeFileSync(join(root, "hub/b.ts"), "// Promises b.");
  return root;
}

async function buildOf(root: string): Promise<{ fingerprint(): string; isBuilt(print: string): boolean }> {
  return await import(pathToFileURL(join(root, "scripts/build.mjs")).href);
}

t.test("a build is due when a source changed, came, went or moved, and not when it was only touched", async (t) => {
  const root = aTree(t);
  const { fingerprint } = await buildOf(root);
  const first = fingerprint();
  const differs = (change: () => void, back: () => void, what: string): void => {
    change();
    t.not(fingerprint(), first, what);
    back();
    t.equal(fingerprint(), first, `${what}, and back`);
  };
  const path = join(root, "hub/a.ts");
  const write = (name: string, text: string) => () => writeFileSync(join(root, name), text);
  const remove = (name: string) => () => rmSync(join(root, name));
  differs(write("hub/a.ts", "// Promises c."), write("hub/a.ts", "// Promises a."), "changed in as many bytes");
  differs(write("edge/c.ts", ""), remove("edge/c.ts"), "came, empty");
  differs(remove("hub/a.ts"), write("hub/a.ts", "// Promises a."), "went");
  utimesSync(path, 1, 1);
  t.equal(fingerprint(), first, "touched");
  write("hub/run.log", "ignored")();
  t.equal(fingerprint(), first, "a log");
});

t.test("a build counts only when its stamp names these sources", async (t) => {
  const root = aTree(t);
  const { isBuilt } = await buildOf(root);
  t.notOk(isBuilt("abc"));
  mkdirSync(join(root, "dist"));
  writeFileSync(join(root, "dist/.built-from"), "abc");
  t.ok(isBuilt("abc"));
  t.notOk(isBuilt("abd"));
});

const TAKE_A_TURN = `
  import { appendFileSync } from "node:fs";
  import { takeTurn } from "./turn.mjs";
  const endTurn = await takeTurn((line) => console.log(line));
  appendFileSync("log", "begin ");
  for (const end = performance.now() + 150; performance.now() < end; );
  appendFileSync("log", "end ");
  endTurn();
`;

async function takeTurns(root: string, count: number): Promise<string> {
  writeFileSync(join(root, "scripts/take.mjs"), TAKE_A_TURN);
  const children = Array.from({ length: count }, () => spawn(process.execPath, ["scripts/take.mjs"], { cwd: root }));
  await Promise.all(children.map((child) => once(child, "close")));
  for (const child of children) t.equal(child.exitCode, 0);
  return readFileSync(join(root, "log"), "utf8");
}

t.test("several builds at once take turns, and leave no trace of that", async (t) => {
  const root = aTree(t);
  t.equal(await takeTurns(root, 4), "begin end ".repeat(4));
  t.notOk(existsSync(join(root, ".build/turn")));
});

t.test("a turn whose owner is dead is taken over, also when its process id lives again", async (t) => {
  const root = aTree(t);
  mkdirSync(join(root, ".build"));
  for (const owner of ["4194303 1", `${process.pid} 1`]) {
    writeFileSync(join(root, ".build/turn"), owner);
    rmSync(join(root, "log"), { force: true });
    t.equal(await takeTurns(root, 2), "begin end ".repeat(2), owner);
  }
});

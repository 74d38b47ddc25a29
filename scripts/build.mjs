// Builds Drover into dist/: types checked and compiled, protobuf codecs generated, models written, what is read at run
// time copied. Everything is made in dist.new and takes the place of dist only when it is complete.
//   node scripts/build.mjs                builds anew
//   node scripts/build.mjs --codec DIR    only writes the generated codec below DIR

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"];
const SINGLE_SOURCES = ["package.json", "package-lock.json", "tsconfig.json"];
const COPIED = [join("proto", "drover"), join("fleet-config", "sites"), join("hub", "console", "page")];
const TSC = ["node_modules", "typescript", "bin", "tsc"];
const STAMP = ".built-from";

function run(what, args) {
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status !== 0) throw new Error(`${done.stdout}${done.stderr}\n${what} failed`.trimStart());
}

/** Static protobuf codecs: no code is made from strings at run time. */
export function generateCodec(outDir) {
  const schemaDir = join("proto", "drover", "v1");
  const schemas = readdirSync(join(root, schemaDir)).filter((name) => name.endsWith(".proto"));
  const target = join(outDir, "proto", "codec", "generated");
  mkdirSync(join(root, target), { recursive: true });
  const form = ["-t", "static-module", "-w", "es6"];
  const options = ["--no-service", "--no-delimited", "--no-typeurl", "--force-number"];
  run("generating the protobuf codec", [
    join("node_modules", "protobufjs-cli", "bin", "pbjs"),
    ...form,
    ...options,
    ...["-p", "proto", "-o", join(target, "drover.js")],
    ...schemas.map((name) => join(schemaDir, name)),
  ]);
  cpSync(join(root, "proto", "drover"), join(root, outDir, "proto", "drover"), { recursive: true });
}

function isIgnored(name) {
  return name.startsWith(".") || name === "node_modules" || name === "__pycache__" || name.endsWith(".log");
}

/** One hash over names and contents of everything that the build reads. */
export function fingerprint() {
  const hash = createHash("sha256");
  const add = (path) => {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  };
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      if (isIgnored(entry.name)) continue;
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) add(path);
    }
  };
  for (const path of SINGLE_SOURCES) add(path);
  for (const folder of SOURCES) walk(folder);
  return hash.digest("hex");
}

/** Whether dist holds a complete build of the sources with this fingerprint. */
export function isBuilt(print) {
  const path = join(root, "dist", STAMP);
  return existsSync(path) && readFileSync(path, "utf8") === print;
}

/** Builds anew. Throws with the compiler's output when that fails; dist is then as it was. */
export function build() {
  const fresh = join(root, "dist.new");
  const former = join(root, "dist.old");
  const print = fingerprint();
  rmSync(fresh, { recursive: true, force: true });
  try {
    run("compiling", [join(...TSC), "-p", "tsconfig.json", "--outDir", fresh]);
    run("compiling the console", [join(...TSC), "-p", join("hub", "console"), "--outDir", fresh]);
    generateCodec("dist.new");
    run("building the reference planner", [
      join("dist.new", "models", "grid-planner", "main.js"),
      join("dist.new", "models", "grid-planner", "model"),
    ]);
    run("building the local policy", [
      join("dist.new", "models", "local-policy", "main.js"),
      join("models", "local-policy", "weights.json"),
      join("dist.new", "models", "local-policy", "model"),
    ]);
    for (const path of COPIED) cpSync(join(root, path), join(fresh, path), { recursive: true });
    makeExecutable(fresh);
    writeFileSync(join(fresh, STAMP), print);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    throw cause;
  }
  rmSync(former, { recursive: true, force: true });
  if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), former);
  renameSync(fresh, join(root, "dist"));
  rmSync(former, { recursive: true, force: true });
}

function makeExecutable(fresh) {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const path of Object.values(bin)) chmodSync(join(fresh, path.replace(/^dist\//, "")), 0o755);
}

async function main() {
  const only = process.argv.indexOf("--codec");
  if (only > 0) {
    generateCodec(process.argv[only + 1]);
    return;
  }
  const { takeTurn } = await import("./turn.mjs");
  const endTurn = await takeTurn((line) => process.stderr.write(`${line}\n`));
  try {
    build();
  } finally {
    endTurn();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((cause) => {
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 1;
  });
}

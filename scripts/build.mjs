// Builds Drover into dist/: types checked and compiled, protobuf codecs generated, models written.
// `node scripts/build.mjs --codec DIR` only writes the generated codec below DIR.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(what, args) {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  if (done.status !== 0) {
    process.stderr.write(`${what} failed:\n${done.stdout}${done.stderr}`);
    process.exit(1);
  }
}

/** Static protobuf codecs: no code is made from strings at run time. */
export function generateCodec(outDir) {
  const schemaDir = join("proto", "drover", "v1");
  const schemas = readdirSync(join(root, schemaDir)).map((name) => join(schemaDir, name));
  const target = join(outDir, "proto", "codec", "generated");
  mkdirSync(join(root, target), { recursive: true });
  const options = [
    "-t",
    "static-module",
    "-w",
    "es6",
    "--no-service",
    "--no-delimited",
    "--no-typeurl",
    "--force-number",
  ];
  run("generating the protobuf codec", [
    join("node_modules", "protobufjs-cli", "bin", "pbjs"),
    ...options,
    ...["-p", "proto", "-o", join(target, "drover.js")],
    ...schemas,
  ]);
  cpSync(join(root, "proto", "drover"), join(root, outDir, "proto", "drover"), { recursive: true });
}

function build() {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  run("compiling", [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.json"]);
  generateCodec("dist");
  run("building the reference planner", [
    join("dist", "models", "grid-planner", "write.js"),
    join("dist", "models", "grid-planner"),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv.indexOf("--codec");
  if (only > 0) generateCodec(process.argv[only + 1]);
  else build();
}

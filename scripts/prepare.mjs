// Installs and builds where that is due. What is due is judged by contents: the lock file against what was installed,
// the sources against what was built. Two starts at once take turns, and a turn whose owner died is taken over.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, fingerprint, isBuilt } from "./build.mjs";
import { takeTurn } from "./turn.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_NPM_LINES = 20;

/**
 * Makes the program at `program` (a path from the root, below dist) ready. Returns its path and URL. Returns null, with
 * the reason on stderr and the exit code set, when it cannot be made ready.
 */
export async function prepare(program) {
  if (program === undefined) return refuse("usage: node scripts/setup.mjs dist/PROGRAM.js [args..]");
  const path = join(root, program);
  try {
    if (!isReady(path)) await makeReady(path);
  } catch (cause) {
    return refuse(cause.message, program);
  }
  if (!existsSync(path)) return refuse(`expected the build to make ${program}, found nothing there`, program);
  const real = realpathSync(path);
  return { path: real, url: pathToFileURL(real).href };
}

/** The check's last line is a promise to whoever reads it, kept even when nothing could be checked. */
function refuse(message, program) {
  process.stderr.write(`${message}\n`);
  if (program === "dist/scripts/check/main.js") process.stdout.write("\n0 passed, 1 failed\n");
  process.exitCode = 1;
  return null;
}

function isReady(path) {
  return existsSync(path) && isInstalled() && isBuilt(fingerprint());
}

async function makeReady(path) {
  const endTurn = await takeTurn(say);
  try {
    if (!isInstalled() && !adoptInstall()) install();
    if (existsSync(path) && isBuilt(fingerprint())) return;
    say("building");
    build();
  } finally {
    endTurn();
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

const lockPath = join(root, "package-lock.json");
const stampPath = join(root, "node_modules", ".drover-install");

/** What the stamp of a complete install says: for which lock file, on which kind of machine. */
function installStamp() {
  const hash = createHash("sha256").update(readFileSync(lockPath)).digest("hex");
  return `${hash} ${process.platform} ${process.arch}\n`;
}

function isInstalled() {
  return existsSync(stampPath) && readFileSync(stampPath, "utf8") === installStamp();
}

/** Accepts packages that npm installed without us, if they are the very versions of the lock file. */
function adoptInstall() {
  const hiddenPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hiddenPath)) return false;
  const found = JSON.parse(readFileSync(hiddenPath, "utf8")).packages || {};
  const isThere = ([name, { version }]) =>
    found[name] !== undefined && found[name].version === version && existsSync(join(root, name, "package.json"));
  if (!neededPackages().every(isThere)) return false;
  writeFileSync(stampPath, installStamp());
  return true;
}

/** Entries of the lock file that belong on this machine: each as its path and what the lock says of it. */
function neededPackages() {
  const { packages } = JSON.parse(readFileSync(lockPath, "utf8"));
  const libc = process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl";
  const fits = (allowed, value) => allowed === undefined || allowed.includes(value);
  return Object.entries(packages).filter(
    ([name, entry]) =>
      name !== "" &&
      fits(entry.os, process.platform) &&
      fits(entry.cpu, process.arch) &&
      (process.platform !== "linux" || fits(entry.libc, libc)),
  );
}

/**
 * Installs exactly what the lock file says. Some versions of npm refuse a lock file that leaves out packages of other
 * platforms; then npm installs from it without judging it, and the versions are compared afterwards.
 */
function install() {
  say(`installing ${neededPackages().length} packages`);
  const source = isReachable() ? "--prefer-offline" : "--offline"; // npm's cache may hold everything
  const strict = runNpm(["ci", source]);
  if (strict.status === 0) {
    writeFileSync(stampPath, installStamp());
    return;
  }
  if (!/\bEUSAGE\b/.test(strict.output)) throw new Error(installFailure(strict.output));
  const lenient = runNpm(["install", "--no-save", source]);
  if (lenient.status !== 0) throw new Error(installFailure(lenient.output));
  if (!adoptInstall()) throw new Error("cannot install: expected the versions of package-lock.json, found others");
}

function runNpm(task) {
  const kinds = ["--ignore-scripts", "--include=dev", "--include=optional"];
  const quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  const { command, before } = npm();
  const done = spawnSync(command, [...before, ...task, ...kinds, ...quiet], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.error !== undefined)
    throw new Error(`cannot install: expected npm beside Node, found ${done.error.message}`);
  return { status: done.status, output: `${done.stdout}${done.stderr}` };
}

/** The npm that runs this program; else the one beside Node; else the one on the path. */
function npm() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return { command: process.execPath, before: [script] };
  const beside = join(dirname(process.execPath), "npm");
  return { command: existsSync(beside) ? beside : "npm", before: [] };
}

const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED/;

/** Asked once and first, because npm would ask some minutes for every package before it gives up. */
function isReachable() {
  return !UNREACHABLE.test(runNpm(["ping", "--fetch-retries=1", "--fetch-retry-mintimeout=500"]).output);
}

function installFailure(output) {
  const lines = output.trimEnd().split("\n").slice(0, MOST_NPM_LINES).join("\n");
  const reason = UNREACHABLE.test(output)
    ? "the first install needs the network, and the package registry cannot be reached. Later starts need none."
    : "npm ended with an error.";
  return `${lines}\ncannot install the packages: ${reason}`;
}

// Where a data directory may lie and in what state it may be found (reference: bad input, LevelDB directory): what the
// hub answers, and what the edge does, which rather stands in HALT than is not there at all.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { asBytes, HELLO, rawStream } from "./link-kit.js";
import { aTinySite, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { aSmallDisk, fill, free, makeReadOnly, makeWritable, noSmallDisk } from "./small-disk.js";
import { compiled, inPairs, until } from "./transport-kit.js";

t.setTimeout(60_000);
const HUB = "hub/main.js";
const EDGE = "edge/main.js";
const NOBODY = 65_534;

function aSite(t: Test) {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const hub = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const nowhere = ["--hub", "127.0.0.1:1", "--broker", "mqtt://127.0.0.1:1", "--onboard", "127.0.0.1:0"];
  return { folder, hub, edge: ["--config", config, "--robot", "r1", ...nowhere] };
}

const runOn = (path: string, args: readonly string[], dataDir: string) =>
  program(path, ["run", ...args, "--data-dir", dataDir], 10_000);

/** Starts an edge and tells what it says of its store; it must run on. */
async function halted(t: Test, args: readonly string[], dataDir: string): Promise<string> {
  const child = spawn(process.execPath, [compiled(EDGE), "run", ...args, "--data-dir", dataDir], { stdio: "pipe" });
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (log += text));
  child.stderr.resume();
  await until("the edge runs", () => log.includes('"edge runs"') || child.exitCode !== null);
  t.equal(child.exitCode, null, "it stands in HALT, and runs");
  child.kill("SIGTERM");
  await gone;
  return log;
}

t.test("L01 a data directory that was never there is made, with all folders above it", async (t) => {
  const { folder, hub } = aSite(t);
  const dataDir = join(folder, "new", "deep");
  t.equal(await (await startDaemon(t, HUB, { dataDir, args: hub })).stop(), 0);
  t.ok(existsSync(join(dataDir, "ledger", "CURRENT")));
});

t.test("L04 a data directory that is no directory, or lies where none can be made, is refused at once", async (t) => {
  const { folder, hub, edge } = aSite(t);
  const file = join(folder, "file");
  writeFileSync(file, "x");
  const rows: [string, number, RegExp][] = [
    [file, 66, /it is a file/],
    [join(file, "below"), 66, /cannot be made/],
    ["/dev/null", 66, /it is a file/],
    ["/proc/drover", 66, /\/proc\/drover cannot be made/], // a recursive mkdir never returns there
    ["/proc/self/drover/deep", 66, /cannot be made/],
    ["", 64, /--data-dir DIR is missing/],
  ];
  const rowsOf = (path: string, args: readonly string[]) =>
    rows.map(([dir, exit, says]) => ({ path, args, dir, exit, says }));
  const both = new Set([file, "/proc/drover"]);
  const all = [...rowsOf(HUB, hub), ...rowsOf(EDGE, edge).filter(({ dir }) => both.has(dir))];
  await inPairs(all, async ({ path, args, dir, exit, says }) => {
    const end = await runOn(path, args, dir);
    t.equal(end.exit, exit, `${path} on "${dir}": ${end.err}`);
    t.match(end.err, says);
    t.notMatch(end.err, "    at ", "no stack");
  });
  t.equal((await program(HUB, ["verify", "--data-dir", "/proc/drover"])).exit, 65, "nor does verify hang");
});

t.test("L08 L09 a store in use is refused, and one whose process was killed is not", async (t) => {
  const { folder, hub } = aSite(t);
  const dataDir = join(folder, "hub");
  const first = await startDaemon(t, HUB, { dataDir, args: hub });
  const second = await runOn(HUB, hub, dataDir);
  t.equal(second.exit, 75, second.err);
  t.match(second.err, /another process uses it/);
  first.child.kill("SIGKILL");
  await until("it is gone", () => first.child.signalCode !== null);
  t.ok(existsSync(join(dataDir, "ledger", "LOCK")), "its LOCK file is left");
  t.equal(await (await startDaemon(t, HUB, { dataDir, args: hub })).stop(), 0);
});

t.test("L28 the ledger of another site is refused, and left as it is", async (t) => {
  const { folder, hub } = aSite(t);
  const dataDir = join(folder, "hub");
  t.equal(await (await startDaemon(t, HUB, { dataDir, args: hub })).stop(), 0);
  const other = aTinySite(join(folder, "other"), "elsewhere");
  const before = readdirSync(join(dataDir, "ledger")).sort();
  const refused = await runOn(HUB, ["--config", other, ...hub.slice(2)], dataDir);
  t.equal(refused.exit, 65, refused.err);
  t.match(refused.err, /expected the store of "elsewhere", found that of "tiny"/);
  t.same(readdirSync(join(dataDir, "ledger")).sort(), before);
});

t.test("R5 L29 a hub whose ledger is older than what a robot has seen begins above it and asks people", async (t) => {
  const { folder, hub } = aSite(t);
  const daemon = await startDaemon(t, HUB, { dataDir: join(folder, "hub"), args: hub });
  const { call } = rawStream(t, daemon.own.ports.grpc ?? 0);
  call.write(asBytes({ ...HELLO, kind: "hello", highestToken: { epoch: 7, counter: 3 } } as typeof HELLO));
  let told = "";
  for (const endMs = performance.now() + 8000; !/rolled back/.test(told) && performance.now() < endMs; )
    told = (await drover(["events", "--last", "4", "--hub", `127.0.0.1:${daemon.own.ports.grpc}`])).text;
  t.match(told, /"epoch":8/);
  t.match(told, /"ceilingSet"[\s\S]*"CONFIRM"[\s\S]*rolled back: r1 has seen token 7\.3/);
  t.equal(await daemon.stop(), 0);
});

t.test("L03 a data directory without permission: the hub ends, the edge stands in HALT", async (t) => {
  const { folder, hub, edge } = aSite(t);
  const dataDir = join(folder, "closed");
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o555);
  chmodSync(folder, 0o755);
  const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const end = await endAs(as, [compiled(HUB), "run", ...hub, "--data-dir", dataDir]);
  if (end.exit === 1 && /EACCES|Cannot find module/.test(end.err) && !end.err.includes(dataDir))
    return t.comment("another user cannot read this checkout: not tried");
  t.equal(end.exit, 77, end.err);
  t.match(end.err, /takes no file: EACCES/);
  const below = await endAs(as, [compiled(EDGE), "run", ...edge, "--data-dir", join(dataDir, "x")]);
  t.equal(below.exit, 77, below.err);
});

/** Runs a program of ours as another user. */
async function endAs(as: { uid?: number; gid?: number }, args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], cwd: "/", ...as });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const exit = await new Promise<number | null>((done) => child.once("close", done));
  clearTimeout(hard);
  return { exit, err };
}

t.test("L05 L06 L40 a disk that is read-only or full at start", { skip: noSmallDisk() }, async (t) => {
  const { folder, hub, edge } = aSite(t);
  const disk = join(folder, "disk");
  aSmallDisk(t, disk, 16_384);
  const [ofHub, ofEdge] = [join(disk, "hub"), join(disk, "edge")];
  t.equal(await (await startDaemon(t, HUB, { dataDir: ofHub, args: hub })).stop(), 0, "L40 memory is a disk too");
  makeReadOnly(disk);
  const readOnly = await runOn(HUB, hub, ofHub);
  t.equal(readOnly.exit, 74, readOnly.err);
  t.match(readOnly.err, /read-only file system/);
  const verified = await program(HUB, ["verify", "--data-dir", ofHub]);
  t.equal(verified.exit, 0, `evidence on a read-only disk can be verified: ${verified.out}${verified.err}`);
  makeWritable(disk);
  mkdirSync(ofEdge);
  makeReadOnly(disk);
  t.match(await halted(t, edge, ofEdge), /the store cannot be opened/);
  makeWritable(disk);
  fill(disk);
  const onFull = await program(HUB, ["verify", "--data-dir", ofHub]);
  t.equal(onFull.exit, 0, `so can evidence on a full one: ${onFull.out}${onFull.err}`);
  const full = await runOn(HUB, hub, ofHub);
  t.equal(full.exit, 75, full.err);
  t.match(full.err, /no space left on device/);
  t.match(await halted(t, edge, ofEdge), /no space left on device/);
  free(disk);
  t.equal(await (await startDaemon(t, HUB, { dataDir: ofHub, args: hub })).stop(), 0, "with space it goes on");
});

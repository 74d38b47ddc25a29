// R5: the ledger of a hub that runs is backed up, the hub goes on, and what comes back from the backup is a rollback:
// people's later word is lost, so the restored hub stands until they have looked, and begins above what robots know.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { asBytes, HELLO, rawStream } from "./link-kit.js";
import { aTinySite, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";

t.setTimeout(90_000);

const HUB = "hub/main.js";
const WHY = ["--operator", "tester", "--reason", "test"];

t.test("R5 a hub is backed up while it runs, and one that is restored stands until people have looked", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const args = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const hub = await startDaemon(t, HUB, { dataDir: join(folder, "hub"), args });
  const at = ["--hub", `127.0.0.1:${hub.own.ports.grpc}`];
  t.equal((await drover(["task", "add", "bench", "--id", "kept", ...at, ...WHY])).exit, 0);
  t.equal((await drover(["robot", "absent", "r2", "--seen", "in the workshop", ...at, ...WHY])).exit, 0);
  const out = join(folder, "ledger.backup");
  const adding = Promise.all([1, 2, 3, 4].map((n) => drover(["task", "add", "bench", "--id", `t${n}`, ...at, ...WHY])));
  const backup = await program(HUB, ["backup", "--data-dir", join(folder, "hub"), "--out", out]);
  t.match(backup, { exit: 0, out: /backed up: \d+ events of site tiny, epoch 1, last hash [0-9a-f]{64}/, err: "" });
  t.same(
    (await adding).map(({ exit }) => exit),
    [0, 0, 0, 0],
    "the hub goes on meanwhile",
  );
  t.equal((await drover(["mode", "set", "REACTIVE_ONLY", "--site", ...at, ...WHY])).exit, 0, "this is lost");
  t.notOk(
    readdirSync(join(folder, "hub")).some((name) => name.includes("check")),
    "no copy is left",
  );
  t.equal(await hub.stop(), 0);

  const dataDir = join(folder, "restored");
  const restore = await program(HUB, ["restore", "--from", out, "--data-dir", dataDir, "--config", config]);
  t.match(restore, { exit: 0, out: /restored: \d+ events of site tiny[\s\S]*start no other hub/, err: "" });
  t.match(await program(HUB, ["verify", "--data-dir", dataDir]), { exit: 0, out: /sound: / });
  t.equal(/last hash (\S+)/.exec(restore.out)?.[1], /last hash (\S+)/.exec(backup.out)?.[1]);

  const second = await startDaemon(t, HUB, { dataDir, args });
  const there = ["--hub", `127.0.0.1:${second.own.ports.grpc}`];
  const explained = await drover(["explain", "kept", ...there]);
  t.equal(explained.exit, 0, "it knows the task");
  const shown = async () => (await drover(["mode", "show", ...there])).text;
  t.match(await shown(), /restored from a backup of .*what was decided after event \d+ is not known/);
  t.match((await drover(["robots", ...there])).text, /"id":"r2"[\s\S]*?"absent":false/, "and believes nobody away");

  const { call } = rawStream(t, second.own.ports.grpc ?? 0);
  call.write(asBytes({ ...HELLO, kind: "hello", highestToken: { epoch: 5, counter: 2 } } as typeof HELLO));
  let told = "";
  for (const endMs = performance.now() + 8000; !/rolled back/.test(told) && performance.now() < endMs; )
    told = (await drover(["events", "--last", "6", ...there])).text;
  t.match(told, /"epoch":6/, "above what the robot has seen");
  t.match(told, /rolled back: r1 has seen token 5\.2/);
  t.equal(await second.stop(), 0);

  const third = await startDaemon(t, HUB, { dataDir, args });
  const last = ["--hub", `127.0.0.1:${third.own.ports.grpc}`];
  t.match((await drover(["mode", "show", ...last])).text, /"rung":"CONFIRM"[\s\S]*rolled back/, "over restarts too");
  t.equal((await drover(["mode", "clear", "--site", ...last, ...WHY])).exit, 0, "until a person clears it");
  t.notMatch((await drover(["mode", "show", ...last])).text, /rolled back|restored from/);
  t.equal(await third.stop(), 0);
});

t.test("backup and restore refuse with the exit code of the class, and change nothing", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const args = ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const dataDir = join(folder, "hub");
  t.equal(await (await startDaemon(t, HUB, { dataDir, args })).stop(), 0);
  const good = join(folder, "good");
  t.equal((await program(HUB, ["backup", "--data-dir", dataDir, "--out", good])).exit, 0);
  const whole = readFileSync(good);
  const [damaged, cut, foreign] = [join(folder, "damaged"), join(folder, "cut"), join(folder, "foreign")];
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(600) ^ 1, 600);
  writeFileSync(damaged, flipped);
  writeFileSync(cut, whole.subarray(0, -1));
  writeFileSync(foreign, "a photograph");
  const other = aTinySite(join(folder, "other"), "elsewhere");
  const full = join(folder, "full");
  mkdirSync(join(full, "x"), { recursive: true });
  const to = ["--data-dir", join(folder, "to")];
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["backup", "--data-dir", dataDir], 64, /--out FILE is missing/],
    [["backup", "--data-dir", dataDir, "--out", good], 64, /there already, and no backup is overwritten/],
    [["backup", "--data-dir", join(folder, "none"), "--out", join(folder, "b")], 66, /holds no ledger/],
    [["backup", "--data-dir", dataDir, "--out", join(folder, "none", "b")], 66, /ENOENT/],
    [["backup", "--data-dir", dataDir, "--outt", "b"], 64, /--outt/],
    [["restore", ...to], 64, /--from FILE is missing/],
    [["restore", "--from", join(folder, "none"), ...to], 66, /ENOENT/],
    [["restore", "--from", folder, ...to], 64, /EISDIR/],
    [["restore", "--from", damaged, ...to], 65, /damaged: its SHA-256 does not fit/],
    [["restore", "--from", cut, ...to], 65, /is cut: expected \d+ bytes, found \d+/],
    [["restore", "--from", foreign, ...to], 65, /is no backup/],
    [["restore", "--from", good, "--config", other, ...to], 65, /expected the ledger of site "elsewhere"/],
    [["restore", "--from", good, "--data-dir", full], 64, /not empty: it holds x/],
    [["restore", "--from", good, "--data-dir", dataDir], 64, /not empty/],
  ];
  for (const [argv, exit, says] of rows) {
    const end = await program(HUB, argv);
    t.equal(end.exit, exit, `${argv.join(" ")}: ${end.err}`);
    t.match(end.err, says);
    t.notMatch(end.err, "    at ", "no stack");
  }
  t.notOk(existsSync(join(folder, "to")));
});

// A certificate that is revoked beside a site that runs: what is open under it ends, nothing more is opened, and nobody
// else notices.

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import t, { type Test } from "tap";
import { REVOKED_FILE, readRevoked } from "../../hub/io/revoked-book.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { aTinySite, brokerPort, type Daemon, drover, ownRun, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { aSmallDisk, fill, free, noSmallDisk } from "./small-disk.js";
import { certificates, endingSoon, robotLink } from "./tls-kit.js";
import { compiled, connectPacket, inPairs, RawMqtt, type RawTls, startBroker, TYPE, until } from "./transport-kit.js";

t.setTimeout(120_000);
const skip = hasOpenssl() ? false : "the openssl program is not installed";
const R1 = ["--name", "r1", "--reason", "a test"];
const SPEC_MS = 5000; // an open stream ends by then

const revoke = (dataDir: string, name: string, reason = "a test") =>
  program("hub/main.js", ["certificate", "revoke", "--data-dir", dataDir, "--name", name, "--reason", reason]);

/** Whether a page for scrapes is told, and the session to resume. */
function scrape(port: number, tls: RawTls): Promise<{ isTold: boolean; session: Buffer | undefined }> {
  return new Promise((done) => {
    const found = { isTold: false, session: undefined as Buffer | undefined };
    const socket = connect({ host: "127.0.0.1", port, ...tls, servername: "localhost" }, () => {
      socket.write("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    });
    socket.on("session", (session: Buffer) => {
      found.session = session;
    });
    socket.on("data", (bytes: Buffer) => {
      found.isTold ||= bytes.includes("drover_hub_");
    });
    socket.on("error", () => {});
    socket.once("close", () => done(found));
  });
}

async function aSite(t: Test) {
  const folder = aFolder(t);
  const dataDir = join(folder, "hub");
  const kit = certificates(t);
  const config = aTinySite(join(folder, "site"));
  const args = [
    ...["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"],
    ...["--metrics", "127.0.0.1:0", ...kit.flags("hub")],
  ];
  const start = () => startDaemon(t, "hub/main.js", { dataDir, args });
  const asAda = (hub: Daemon) => ["--hub", `localhost:${hub.own.ports.grpc}`, ...kit.flags("ada")];
  return { ...kit, dataDir, config, start, asAda };
}

function aHubsFolder(t: Test): string {
  const dataDir = aFolder(t);
  mkdirSync(join(dataDir, "ledger"));
  return dataDir;
}

async function turnedAway(t: Test, port: number, tls: RawTls, what: string): Promise<void> {
  const again = new RawMqtt(port, tls);
  again.write(connectPacket({ id: "r1", keepaliveS: 30 }));
  await again.ended(`to the broker ${what}`);
  t.equal(again.of(TYPE.CONNACK).length, 0, what);
}

t.test(
  "F16 what a robot has open ends when its certificate is revoked, and a new one is let in",
  { skip },
  async (t) => {
    const { of, folder, dataDir, start } = await aSite(t);
    const hub = await start();
    const [grpc, mqtt, page] = [hub.own.ports.grpc ?? 0, brokerPort(hub), hub.own.ports.metrics ?? 0];
    const stolen = of("r1");
    let used = stolen;
    const robot = robotLink(t, grpc, { tls: () => used, robot: "r1" });
    const other = robotLink(t, grpc, { tls: () => of("r2"), robot: "r2" });
    const [feed, othersFeed] = await Promise.all([
      RawMqtt.open(mqtt, { id: "r1", keepaliveS: 30 }, stolen),
      RawMqtt.open(mqtt, { id: "r2", keepaliveS: 30 }, of("r2")),
    ]);
    const scraped = await scrape(page, stolen);
    t.match(scraped, { isTold: true, session: Buffer });
    const waiting = connect({ host: "127.0.0.1", port: page, ...stolen, servername: "localhost" });
    waiting.on("error", () => {});
    await until("both are welcome", () => [robot, other].every(({ kinds }) => kinds.includes("welcome")));

    const told = await revoke(dataDir, "r1", "board stolen");
    const fromMs = performance.now();
    t.match(told, {
      exit: 0,
      out: /^revoked r1: every certificate .* begins at or before \d{4}-.*Z is void\n.* with TLS.* within seconds/,
    });
    await until("the link ends", () => robot.closed.length > 0);
    await feed.ended("the certificate of r1 was revoked");
    await until("who asked for nothing yet is let go", () => waiting.destroyed);
    t.ok(performance.now() - fromMs < SPEC_MS, `within ${Math.round(performance.now() - fromMs)} ms`);
    t.match(robot.closed[0], /WRONG_IDENTITY: the certificate of r1 was revoked/);
    t.ok(robot.kinds.includes("WRONG_IDENTITY"), "the robot is told why");

    const attempts = robot.closed.length;
    await until("it dials on", () => robot.closed.length > attempts + 2);
    t.equal(robot.kinds.filter((kind) => kind === "welcome").length, 1, "and is not let in");
    t.match(hub.log(), "hello says r1, the certificate of r1 was revoked");
    await turnedAway(t, mqtt, stolen, "anew");
    await turnedAway(t, mqtt, { ...stolen, session: feed.session }, "nor with the session of before");
    t.match(await scrape(page, stolen), { isTold: false });
    t.match(await scrape(page, { ...stolen, session: scraped.session }), { isTold: false });

    const [row] = readRevoked(join(dataDir, REVOKED_FILE));
    const second = (ms: number) => Math.floor(ms / 1000);
    await until("its second is over", () => second(Date.now()) > second(row?.beforeMs ?? 0));
    const fresh = { ca: stolen.ca, ...endingSoon(folder, 600) };
    used = fresh;
    await until("the new certificate is let in", () => robot.kinds.filter((kind) => kind === "welcome").length === 2);
    await RawMqtt.open(mqtt, { id: "r1", keepaliveS: 30 }, fresh);
    t.match(await scrape(page, fresh), { isTold: true });
    await turnedAway(t, mqtt, stolen, "the stolen one still is not");

    t.same([other.closed.length, othersFeed.closed], [0, false], "nothing of another robot's has ended");
    const broker = hub.own.children[0]?.pid ?? 0;
    process.kill(broker, "SIGKILL");
    await until("the broker is back", () => ![broker, undefined].includes(ownRun(dataDir)?.children[0]?.pid));
    await turnedAway(t, mqtt, stolen, "by a broker that was started again neither");
    await RawMqtt.open(mqtt, { id: "r1", keepaliveS: 30 }, fresh);
    t.equal(await hub.stop(), 0);
  },
);

t.test(
  "F16 what a person follows ends when their certificate is revoked, and a token opens nothing by it",
  {
    skip,
  },
  async (t) => {
    const { dataDir, start, asAda } = await aSite(t);
    const hub = await start();
    const issued = await program("hub/main.js", [
      ...["token", "issue", "--data-dir", dataDir, "--operator", "ada", "--role", "viewer"],
    ]);
    const token = join(dataDir, "ada.token");
    writeFileSync(token, issued.out, { mode: 0o600 });
    const as = (hub: Daemon) => [[], ["--token-file", token]].map((more) => [...asAda(hub), ...more]);
    for (const flags of as(hub)) t.equal((await drover(["status", ...flags])).exit, 0);
    const follow = spawn(process.execPath, [compiled("hub/cli/main.js"), "events", "--follow", ...asAda(hub)]);
    let told = "";
    for (const stream of [follow.stdout, follow.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        told += text;
      });
    t.teardown(() => follow.kill());
    await until("the stream is open", () => told.includes("hub started"), 20_000);
    t.equal((await revoke(dataDir, "ada")).exit, 0);
    await until("the stream ends", () => follow.exitCode !== null);
    t.equal(follow.exitCode, 77);
    t.match(told, /the certificate of ada was revoked/);
    for (const flags of as(hub)) t.match(await drover(["status", ...flags]), { exit: 77, text: /ada was revoked/ });
    t.equal(await hub.stop(), 0);
    const next = await start();
    for (const flags of as(next)) t.match(await drover(["status", ...flags]), { exit: 77, text: /ada was revoked/ });
    t.equal(await next.stop(), 0);
  },
);

t.test("F16 neither hub nor broker starts on a list that cannot be believed", { skip }, async (t) => {
  const { dataDir, config, flags } = await aSite(t);
  mkdirSync(dataDir, { mode: 0o700 });
  const path = join(dataDir, REVOKED_FILE);
  const hub = ["run", "--config", config, "--data-dir", dataDir, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const broker = ["--site", "s1", "--port", "0"];
  const list = ["--revoked", path];
  const starts: [string, readonly string[]][] = [
    ["hub/main.js", [...hub, ...flags("hub")]],
    ["hub/broker/main.js", [...broker, ...flags("hub"), ...list]],
  ];
  const fails = async (what: { readonly says: RegExp; readonly exit: number }) => {
    for (const [bin, args] of starts) {
      const { exit, err } = await program(bin, args);
      t.match({ exit, err }, { exit: what.exit, err: what.says }, `${bin} ${what.says}`);
      t.notMatch(err, "    at ", "no stack");
    }
  };
  writeFileSync(path, "{}", { mode: 0o600 });
  await fails({ exit: 65, says: /hub\/revoked.json.schema: expected 1, found nothing/ });
  t.match(
    await program("hub/main.js", ["verify", "--data-dir", dataDir]),
    { out: /sound: 0 events/ },
    "nothing is written",
  );
  writeFileSync(path, '{"schema":1,"revoked":[]}');
  chmodSync(path, 0o622);
  await fails({ exit: 65, says: /revoked.json: expected a file of its owner alone, found .* \(mode 622\)/ });
  const elsewhere = ["--revoked", join(dataDir, "nowhere", REVOKED_FILE)];
  const lost = await program("hub/broker/main.js", [...broker, ...flags("hub"), ...elsewhere]);
  t.match(lost, { exit: 65, err: /--revoked: .*nowhere.revoked.json: expected a list, found none; an empty one is {/ });
  const plain = await program("hub/broker/main.js", [...broker, ...list]);
  t.match(plain, { exit: 64, err: /--revoked: expected --ca, --cert and --key with it/ });
  chmodSync(path, 0o600);
  const sound = await startBroker([...flags("hub"), ...list]);
  t.ok(sound.port > 0);
  await sound.stop();
});

t.test("drover-hub certificate tells what it did, or why it could not", async (t) => {
  const dataDir = aHubsFolder(t);
  const path = join(dataDir, REVOKED_FILE);
  const list = () => program("hub/main.js", ["certificate", "list", "--data-dir", dataDir]);
  t.match(await list(), { exit: 0, out: "NAME  VOID IF BEGUN BY  REASON\n" });
  t.equal((await revoke(dataDir, "r1", "board stolen")).exit, 0);
  t.equal((await revoke(dataDir, "ada")).exit, 0);
  t.match(await list(), {
    exit: 0,
    out: /^NAME .*\nr1 +\d{4}-\d\d-\d\d [0-9:]{8}Z {2}board stolen\nada +.*Z {2}a test\n$/,
  });
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.same(readdirSync(dataDir), ["ledger", REVOKED_FILE]);

  const wrong: [readonly string[], number, RegExp][] = [
    [["issue", "--data-dir", dataDir], 64, /expected revoke or list, found "issue"\nNext: drover-hub --help/],
    [["list", "--data-dir", join(dataDir, "no")], 66, /cannot list certificates in .*no: there is no such directory/],
    [["revoke", "--data-dir", join(dataDir, "no"), ...R1], 66, /cannot revoke .* there is no such directory/],
    [["revoke", "--data-dir", aFolder(t), ...R1], 66, /expected a hub's data directory, found no ledger in it/],
    [["revoke", "--data-dir", dataDir, "--name", "r9", ...R1], 64, /--name is given twice/],
    [["revoke", "--data-dir", dataDir, "--name", "r9"], 64, /--reason TEXT is missing/],
    [["list", "--data-dir", path], 66, /revoked.json: expected a hub's data directory, found no ledger in it/],
  ];
  const fails = async (cases: typeof wrong) =>
    inPairs(cases, async ([args, exit, says]) => {
      const end = await program("hub/main.js", ["certificate", ...args]);
      t.match(end, { exit, err: says, out: "" }, args.join(" "));
      t.notMatch(end.err, "    at ", "no stack");
    });
  await fails(wrong);
  const sound = readFileSync(path);
  const both = (says: RegExp): typeof wrong => [
    [["list", "--data-dir", dataDir], 65, says],
    [["revoke", "--data-dir", dataDir, ...R1], 65, says],
  ];
  writeFileSync(path, sound.subarray(0, -30));
  await fails(both(/revoked.json: expected JSON, found: .*; put a sound one in its place/));
  t.same(readFileSync(path), sound.subarray(0, -30), "a damaged list is not replaced");
  writeFileSync(path, sound);
  chmodSync(path, 0o606);
  await fails(both(/others may write it \(mode 606\)/));
  t.same(readFileSync(path), sound);
});

t.test("of commands that revoke at once each one says whether it was done", async (t) => {
  const dataDir = aHubsFolder(t);
  const names = ["r1", "r2", "r3", "r4", "r5", "r6"];
  const ends = await Promise.all(names.map(async (name) => ({ name, ...(await revoke(dataDir, name)) })));
  const done = ends.filter(({ exit }) => exit === 0);
  t.ok(done.length > 0);
  t.same(
    new Set(readRevoked(join(dataDir, REVOKED_FILE)).map(({ name }) => name)),
    new Set(done.map(({ name }) => name)),
  );
  for (const { exit, err } of ends.filter((end) => end.exit !== 0))
    t.match({ exit, err }, { exit: 75, err: /cannot revoke certificates in .*: another command is changing them/ });
});

t.test("a full disk leaves the list as it was, and says so", { skip: noSmallDisk() }, async (t) => {
  const dataDir = join(aFolder(t), "small");
  aSmallDisk(t, dataDir, 64);
  mkdirSync(join(dataDir, "ledger"));
  const path = join(dataDir, REVOKED_FILE);
  t.equal((await revoke(dataDir, "r1")).exit, 0);
  const rows = Array.from({ length: 60 }, (_, index) => ({ name: `r${index}`, beforeMs: 1, reason: "x".repeat(100) }));
  writeFileSync(path, JSON.stringify({ schema: 1, revoked: rows }));
  fill(dataDir);
  truncateSync(join(dataDir, "filler"), statSync(join(dataDir, "filler")).size - 4096); // room for a part of it
  const before = readFileSync(path);
  t.match(await revoke(dataDir, "ada"), { exit: 74, err: /cannot revoke certificates in .*: ENOSPC/ });
  t.same(readFileSync(path), before);
  free(dataDir);
  t.equal((await revoke(dataDir, "ada")).exit, 0);
  t.equal(readRevoked(path).length, 61);
});

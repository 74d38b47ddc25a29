// The certificate of a site's hub is renewed beside it: who connects is shown the new one, what is open stays open, and
// half of a renewal is told and not taken.

import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import t, { type Test } from "tap";
import { GrpcHost } from "../../hub/io/grpc-host.js";
import { loadSchemas } from "../../proto/codec/grpc.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { aTinySite, brokerPort, type Daemon, ownRun, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { certificates, endingSoon, robotLink } from "./tls-kit.js";
import { connectPacket, RawMqtt, type RawTls, TYPE, until } from "./transport-kit.js";

t.setTimeout(120_000);
const skip = hasOpenssl() ? false : "the openssl program is not installed";
const HOSTS = ["DNS:localhost", "IP:127.0.0.1"];
const TOLD = "a new certificate is not taken up";
const WITHIN_MS = 10_000;

/** The certificate that is shown on a port, PEM's bytes without their armour. */
function shown(port: number, tls: RawTls): Promise<Buffer> {
  return new Promise((done, fail) => {
    const socket = connect({ host: "127.0.0.1", port, ...tls, rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().raw);
      socket.destroy();
    }).once("error", fail);
  });
}

const bytesOf = (pem: Buffer) => Buffer.from(pem.toString().replace(/-----[^-]+-----/g, ""), "base64");

async function aSite(t: Test) {
  const folder = aFolder(t);
  const kit = certificates(t);
  const dataDir = join(folder, "hub");
  const files = {
    ca: join(kit.folder, "used-ca.crt"),
    cert: join(kit.folder, "used.crt"),
    key: join(kit.folder, "used.key"),
  };
  const put = (some: Partial<TlsFiles>) => {
    for (const part of ["ca", "cert", "key"] as const) {
      const bytes = some[part];
      if (bytes !== undefined) writeFileSync(files[part], bytes);
    }
  };
  put(kit.of("hub"));
  const ANY = "127.0.0.1:0";
  const hub = await startDaemon(t, "hub/main.js", {
    dataDir,
    args: [
      ...["--config", aTinySite(join(folder, "site")), "--listen", ANY, "--broker", ANY, "--metrics", ANY],
      ...["--console", ANY, ...Object.entries(files).flatMap(([part, file]) => [`--${part}`, file])],
    ],
  });
  const { grpc = 0, metrics = 0, console = 0 } = hub.own.ports;
  const ports = { grpc, broker: brokerPort(hub), metrics, console };
  return { ...kit, dataDir, put, hub, ports };
}

type Site = Awaited<ReturnType<typeof aSite>>;

/** Whether each of the four doors shows this certificate. */
async function showsEverywhere({ ports, of }: Site, cert: Buffer): Promise<boolean[]> {
  const found = await Promise.all(Object.values(ports).map((port) => shown(port, of("r2"))));
  return found.map((one) => one.equals(bytesOf(cert)));
}

async function untilShown(site: Site, cert: Buffer): Promise<boolean[]> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await showsEverywhere(site, cert);
    if (!found.includes(false) || performance.now() > endMs) return found;
  }
}

/** Both the hub and its broker said so, each of them once. */
const bothTell = (hub: Daemon, why: RegExp) => {
  const lines = hub
    .log()
    .split("\n")
    .filter((line) => line.includes(TOLD) && why.test(line));
  return lines.filter((line) => line.includes('"role":"hub"')).length === 1 && lines.length === 2;
};

/** Frames of the site that the console sends, and whether it has ended. */
function watching({ dataDir, ports, of }: Site) {
  const seen = { frames: 0, isOver: false };
  const token = readFileSync(join(dataDir, "console.url"), "utf8").trim().split("#")[1] ?? "";
  const at = { ca: of("hub").ca, host: "127.0.0.1", port: ports.console, agent: false as const };
  get({ ...at, path: "/api/live", headers: { authorization: `Bearer ${token}` } }, (response) => {
    response.on("data", () => {
      seen.frames += 1;
    });
    response.once("close", () => {
      seen.isOver = true;
    });
  }).once("error", () => {
    seen.isOver = true;
  });
  return seen;
}

/** The page of a scrape, nothing for whoever is not let in. */
function scraped(port: number, tls: RawTls): Promise<string> {
  return new Promise((done) => {
    const at = { ...tls, host: "127.0.0.1", port, agent: false as const, path: "/metrics" };
    get(at, async (response) => {
      let page = "";
      for await (const bytes of response) page += bytes;
      done(page);
    }).once("error", () => done(""));
  });
}

const connections = (hub: Daemon, isConnected: boolean) => hub.log().split(`"connected":${isConnected},`).length - 1;

/** Whose certificate is of an authority that was taken out comes in nowhere any more; who has one of the new, does. */
async function onlyByTheNew(
  t: Test,
  { ports, of }: Site,
  { ca, session: before }: { readonly ca: Buffer; readonly session: Buffer | undefined },
): Promise<void> {
  const stranger = { ...of("r2", "stranger"), ca };
  const late = robotLink(t, ports.grpc, { tls: () => ({ ...of("r2"), ca }), robot: "r2" });
  await until("who has one of the authority before is not let in", () => late.closed.length > 2);
  t.equal(late.opens, 0);
  late.close();
  t.equal(await scraped(ports.metrics, { ...of("r2"), ca }), "");
  t.match(await scraped(ports.metrics, stranger), "drover_hub_epoch");
  for (const session of [undefined, before]) {
    const again = new RawMqtt(ports.broker, { ...of("r1"), ca, session });
    again.write(connectPacket({ id: "r1", keepaliveS: 30 }));
    await again.ended("who comes to the broker with the authority before");
    t.equal(again.of(TYPE.CONNACK).length, 0, session === undefined ? "anew" : "with the session of before");
  }
  const next = robotLink(t, ports.grpc, { tls: () => stranger, robot: "r2" });
  await until("who has a new one is", () => next.kinds.includes("welcome"));
  (await RawMqtt.open(ports.broker, { id: "r2", keepaliveS: 30 }, stranger)).destroy();
}

t.test("F15 a hub and its broker take up renewed files, and nothing that is open ends", { skip }, async (t) => {
  const site = await aSite(t);
  const { of, folder, put, hub, ports, dataDir } = site;
  const EACH = [true, true, true, true];
  const robot = robotLink(t, ports.grpc, { tls: () => of("r1"), robot: "r1" });
  const feed = await RawMqtt.open(ports.broker, { id: "r1", keepaliveS: 30 }, of("r1"));
  const page = watching(site);
  await until("r1 is linked and the console looks", () => robot.kinds.includes("welcome") && page.frames > 0);
  await until("the hub is at its broker", () => connections(hub, true) === 1);
  const first = of("hub").cert;
  t.same(await showsEverywhere(site, first), EACH);

  put({ key: of("r1").key });
  await until("half of a renewal is told", () => bothTell(hub, /one of another key/));
  t.same(await showsEverywhere(site, first), EACH, "and not taken");
  put({ cert: first.subarray(0, 200) });
  await until("so is a file that was cut off", () => bothTell(hub, /expected whole certificates in PEM/));
  put(of("hub"));
  const over = endingSoon(folder, -60, { name: "hub", begunS: 3600, hosts: HOSTS });
  put(over);
  await until("so is one that has ended", () => bothTell(hub, /one that has ended/));
  t.same(await showsEverywhere(site, first), EACH);

  const renewed = endingSoon(folder, 3600, { name: "hub", begunS: 3600, hosts: HOSTS });
  put(renewed);
  t.same(await untilShown(site, renewed.cert), EACH);
  t.match(await scraped(ports.metrics, of("r2")), /^drover_hub_certificate_left_ratio 0\.(49|5)\d*$/m);
  const other = robotLink(t, ports.grpc, { tls: () => of("r2"), robot: "r2" });
  await until("who has an old one of the authority is let in", () => other.kinds.includes("welcome"));
  other.close();

  const { cert: ca } = of("ca", "stranger");
  const strange = { ...of("hub", "stranger"), ca };
  put(strange);
  t.same(await untilShown(site, strange.cert), EACH, "of another authority");
  await onlyByTheNew(t, site, { ca, session: feed.session });

  const frames = page.frames;
  t.ok(robot.send({ kind: "renew", nonce: 1, modeSequence: 0, acting: [] }));
  await until("r1 is answered on its first link", () => robot.kinds.includes("renewed"));
  t.same([robot.opens, robot.closed, feed.closed], [1, [], false]);
  await until("the console goes on", () => page.frames > frames);
  t.same([page.isOver, connections(hub, true), connections(hub, false)], [false, 1, 0]);

  const broker = hub.own.children[0]?.pid ?? 0;
  process.kill(broker, "SIGKILL");
  await until("the broker is back", () => ![broker, undefined].includes(ownRun(dataDir)?.children[0]?.pid));
  await until("the hub comes to it by the new files", () => connections(hub, true) === 2);
  t.equal(await hub.stop(), 0);
});

t.test("a broker does not start with files that it cannot use, and says which", { skip }, async (t) => {
  const { folder } = certificates(t);
  const at = (name: string) => join(folder, name);
  const starts = (key: string) =>
    program("hub/broker/main.js", [
      ...["--site", "s1", "--port", "0", "--ca", at("ca.crt"), "--cert", at("hub.crt"), "--key", key],
    ]);
  for (const [key, says] of [
    [at("r1.key"), /hub.crt .*expected a certificate of the key in .*r1.key, found one of another key\n$/],
    [at("nowhere"), /nowhere .*expected a regular PEM file .*, found ENOENT/],
  ] as const) {
    const { exit, err } = await starts(key);
    t.match({ exit, err }, { exit: 78, err: says });
    t.notMatch(err, "    at ", "no stack");
  }
});

/** Intervals that pass only when they are told to, until the test ends. */
function heldIntervals(t: Test) {
  const real = { setInterval, clearInterval };
  t.teardown(() => Object.assign(globalThis, real));
  const held = new Map<object, { readonly work: () => void; readonly everyMs: number }>();
  Object.assign(globalThis, {
    setInterval(work: () => void, everyMs: number) {
      const timer = { unref: () => timer };
      held.set(timer, { work, everyMs });
      return timer;
    },
    clearInterval: (timer: object) => held.delete(timer),
  });
  return held;
}

t.test("gRPC looks at the files each two seconds, until it is closed", { skip }, async (t) => {
  const { of } = certificates(t);
  const files = of("hub");
  let looks = 0;
  const tls = () => {
    looks += 1;
    return files;
  };
  const held = heldIntervals(t);
  const at = { host: "127.0.0.1", port: 0, packageDefinition: loadSchemas(), services: [] };
  const host = await GrpcHost.open({ ...at, tls });
  const [only] = [...held.values()];
  t.match({ ...only, held: held.size }, { everyMs: 2000, held: 1 });
  const first = looks;
  only?.work();
  t.equal(looks, first + 1);
  await host.close(0);
  t.equal(held.size, 0);
});

// A certificate that ends takes its connections with it, and a renewed one is taken up beside a running robot.

import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import t, { type Test } from "tap";
import { ownTls, RenewedTls } from "../../fleet-config/tls-files.js";
import { identityOf } from "../../hub/io/grpc-host.js";
import { MetricsHost } from "../../proto/codec/metrics-host.js";
import { goodForMs, lifeLeft, type TlsFiles, whenVoid, whyVoid } from "../../proto/codec/tls.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { aTlsHub, certificates, endingSoon, robotLink } from "./tls-kit.js";
import { connectPacket, RawMqtt, type RawTls, startBroker, TYPE, until } from "./transport-kit.js";

const skip = hasOpenssl() ? false : "the openssl program is not installed";

async function aPage(t: Test, tls: () => TlsFiles): Promise<MetricsHost> {
  const onFault = (cause: Error) => t.fail(cause.message);
  const host = await MetricsHost.open({ host: "127.0.0.1", port: 0, tls, page: () => "x 1\n", onFault });
  t.teardown(() => host.close());
  return host;
}

/** What is answered, nothing for nobody, and the session to resume. */
function scrapes(port: number, tls: RawTls): Promise<{ page: string; session: Buffer | undefined }> {
  return new Promise((done) => {
    const found = { page: "", session: undefined as Buffer | undefined };
    const socket = connect({ host: "127.0.0.1", port, ...tls, servername: "localhost" }, () => {
      socket.write("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    });
    socket.on("session", (session: Buffer) => {
      found.session = session;
    });
    socket.on("data", (bytes: Buffer) => {
      found.page += bytes.toString();
    });
    socket.on("error", () => {});
    socket.once("close", () => done(found));
  });
}

t.test("F15 a link and a connection to the broker end with the robot's certificate", { skip }, async (t) => {
  const { of, flags, folder } = certificates(t);
  const [{ host, opened, closed, turnedAway }, broker] = await Promise.all([
    aTlsHub(t, of("hub")),
    startBroker(flags("hub")),
  ]);
  t.teardown(() => broker.stop());
  const own = of("hub"); // the same for ever, so that sessions can be resumed
  const page = await aPage(t, () => own);
  const files = { ca: join(folder, "ca.crt"), cert: join(folder, "used.crt"), key: join(folder, "used.key") };
  const put = ({ cert, key }: Partial<ReturnType<typeof of>>) => {
    if (cert !== undefined) writeFileSync(files.cert, cert);
    if (key !== undefined) writeFileSync(files.key, key);
  };
  const short = { ca: of("r1").ca, ...endingSoon(folder, 5) };
  put(short);
  const unfit: string[] = [];
  const renewed = new RenewedTls(files, short, (why) => unfit.push(why));
  const robot = robotLink(t, host.port, { tls: () => renewed.read(), robot: "r1" });
  const lasting = robotLink(t, host.port, { tls: () => of("r2"), robot: "r2" });
  const mqtt = await RawMqtt.open(broker.port, { id: "r1" }, short);
  const scraped = await scrapes(page.port, short);
  await until("both are linked", () => opened.length === 2);
  await mqtt.ended("the certificate of r1 has ended");
  await until("the link ends", () => closed.length === 1);
  t.same(closed, ["WRONG_IDENTITY: the certificate of r1 has ended"]);
  await until("the robot is told why", () => robot.kinds.includes("WRONG_IDENTITY"));
  const attempts = robot.closed.length;
  await until("it dials on", () => robot.closed.length > attempts + 2);
  t.same(opened.length, 2, "and is not let in");
  t.ok(
    turnedAway.every((reason) => /has ended/.test(reason)),
    "at the handshake, else at hello",
  );
  t.equal(lifeLeft(short.cert, Date.now()), 0);
  t.ok(lifeLeft(of("r1").cert, Date.now()) > 0.99);
  for (const session of [undefined, mqtt.session]) {
    const again = new RawMqtt(broker.port, { ...short, session });
    again.write(connectPacket({ id: "r1" }));
    await again.ended("neither by the broker");
    t.equal(again.of(TYPE.CONNACK).length, 0, session === undefined ? "anew" : "nor with the session of before");
  }
  t.match(scraped, { session: Buffer, page: /x 1/ });
  t.match(await scrapes(page.port, { ...short, session: scraped.session }), { page: "" });

  t.equal(unfit.length, 0);
  put({ key: of("r1").key });
  await until("half of a renewal is told", () => unfit.length === 1);
  t.match(unfit[0], /expected a certificate of the key in .*used.key, found one of another key/);
  t.same(renewed.current, short, "and not taken up");
  put({ cert: of("r1").cert });
  await until("the renewed certificate is taken up", () => opened.length === 3);
  t.equal(unfit.length, 1, "each reason is told once");
  t.equal(lasting.closed.length, 0, "another robot's link stands all the while");
});

t.test("renewed files are looked at once a second, and taken up as a whole", { skip }, (t) => {
  const { of, folder } = certificates(t);
  const at = (name: string) => join(folder, name);
  const sources = { ca: at("ca.crt"), cert: at("used.crt"), key: at("used.key") };
  const put = (name: string) => {
    writeFileSync(sources.cert, of(name).cert);
    writeFileSync(sources.key, of(name).key);
  };
  put("r1");
  const first = of("r1");
  let nowMs = 5000;
  const unfit: string[] = [];
  const renewed = new RenewedTls(sources, first, (why) => unfit.push(why), {
    nowMs: () => nowMs,
    wallMs: () => Date.now(),
  });
  t.equal(renewed.read(), first, "the same object while nothing has changed");
  put("r2");
  nowMs += 999;
  t.equal(renewed.read(), first, "not looked at");
  nowMs += 1;
  t.same(renewed.read(), of("r2"));
  t.equal(renewed.read(), renewed.current);
  writeFileSync(sources.key, "cut off");
  for (let count = 0; count < 3; count += 1) {
    nowMs += 1000;
    t.same(renewed.read(), of("r2"), "what was good stays");
  }
  t.equal(unfit.length, 1, "told once");
  t.match(unfit[0], /used.key.* found no PEM block/);
  t.end();
});

t.test("a certificate that has ended or has not begun is no renewal, until it has begun", { skip }, (t) => {
  const { of, folder } = certificates(t);
  const at = (name: string) => join(folder, name);
  const sources = { ca: at("ca.crt"), cert: at("used.crt"), key: at("used.key") };
  const put = ({ cert, key }: Pick<TlsFiles, "cert" | "key">) => {
    writeFileSync(sources.cert, cert);
    writeFileSync(sources.key, key);
  };
  const [day, startMs] = [86_400_000, Date.now()];
  const now = { nowMs: 0, wallMs: startMs };
  const unfit: string[] = [];
  const first = of("r1");
  const clocks = { nowMs: () => now.nowMs, wallMs: () => now.wallMs };
  const renewed = new RenewedTls(sources, first, (why) => unfit.push(why), clocks);
  const readAt = (wallMs: number) => {
    Object.assign(now, { nowMs: now.nowMs + 1000, wallMs });
    return renewed.read();
  };
  put(of("r2"));
  t.equal(readAt(startMs - day), first);
  t.equal(readAt(startMs - day + 1000), first);
  t.equal(unfit.length, 1, "told once");
  t.match(unfit[0], /used.crt.* expected a certificate that is good now, found one that has not begun/);
  t.same(readAt(startMs + 1000), of("r2"), "it has begun");
  put(endingSoon(folder, 600));
  t.same(readAt(startMs + day), of("r2"));
  t.match(unfit[1], /used.crt.* expected a certificate that is good now, found one that has ended/);
  t.same(readAt(startMs + day * 2), of("r2"));
  t.equal(unfit.length, 2);
  t.end();
});

t.test("what a daemon shows without files, at first, and after a renewal", { skip }, (t) => {
  const { of, folder } = certificates(t);
  const warn = ({ why }: { readonly why: string }) => t.fail(why);
  const bare = ownTls({}, { warn });
  t.same([bare.tls, bare.certificateLeft()], [undefined, null]);
  const own = endingSoon(folder, 3600, { begunS: 3600 });
  const at = (name: string) => join(folder, name);
  const { tls, certificateLeft } = ownTls({ ca: at("ca.crt"), cert: at("short.crt"), key: at("short.key") }, { warn });
  t.ok(Math.abs((certificateLeft() ?? 0) - 0.5) < 0.01, `${certificateLeft()}`);
  t.same(tls?.(), { ca: of("r1").ca, ...own });
  t.end();
});

t.test("a certificate ends although the wall clock is set back meanwhile", async (t) => {
  const wall = Date.now;
  t.teardown(() => {
    Date.now = wall;
  });
  const fromMs = 1_800_000_000_000;
  Date.now = () => fromMs + 900;
  const inUse = { valid_from: new Date(0).toUTCString(), valid_to: new Date(fromMs + 1000).toUTCString() } as never;
  let ends = 0;
  whenVoid(inUse, () => {
    ends += 1;
  });
  Date.now = () => fromMs - 31_536_000_000;
  await until("it ends", () => ends > 0);
  t.equal(ends, 1);
});

t.test("when a certificate is good", (t) => {
  const of = (valid_from: string, valid_to: string) => ({ valid_from, valid_to }) as never;
  const year = of("Jan  1 00:00:00 2026 GMT", "Jan  1 00:00:00 2027 GMT");
  const at = (text: string) => Date.parse(text);
  t.equal(goodForMs(year, at("2026-12-31T23:59:59Z")), 1000);
  t.equal(goodForMs(year, at("2027-01-01T00:00:00Z")), 0);
  t.equal(goodForMs(year, at("2025-12-31T23:59:59Z")), 0, "not yet");
  for (const broken of [of("", ""), of("Jan  1 00:00:00 2026 GMT", "soon"), of("x", "Jan  1 00:00:00 2027 GMT")])
    t.equal(goodForMs(broken, at("2026-06-01T00:00:00Z")), 0, "unknown means no");
  t.equal(goodForMs(undefined, 0), 0);
  const identity = (valid_to: string) => {
    const sslPeerCertificate = { subject: { CN: "r1" }, valid_from: "Jan  1 00:00:00 2000 GMT", valid_to } as never;
    return identityOf({ getAuthContext: () => ({ transportSecurityType: "ssl", sslPeerCertificate }) });
  };
  t.same(identity("Jan  1 00:00:00 2200 GMT"), { name: "r1", voidBy: null });
  t.same(identity("Jan  1 00:00:00 2001 GMT"), { name: "r1", voidBy: "has ended" });
  t.same(identityOf({ getAuthContext: () => ({ transportSecurityType: "ssl" }) }), {
    name: null,
    voidBy: "was not shown",
  });
  t.equal(identityOf({ getAuthContext: () => ({}) }), null, "without TLS");
  t.equal(whyVoid(year, at("2025-12-31T23:59:59Z")), "has not begun");
  t.equal(lifeLeft(Buffer.from("no certificate"), 0), 0);
  t.end();
});

t.test("a certificate that ends in many years ends nothing before, and one that has ended does at once", async (t) => {
  const ends: string[] = [];
  const warnings: string[] = [];
  const warned = ({ name }: Error) => warnings.push(name);
  process.on("warning", warned);
  t.teardown(() => process.off("warning", warned));
  const lasting = { valid_from: "Jan  1 00:00:00 2000 GMT", valid_to: "Jan  1 00:00:00 2200 GMT" } as never;
  const callOff = whenVoid(lasting, () => ends.push("lasting"));
  whenVoid(undefined, () => ends.push("unknown"));
  const off = whenVoid(undefined, () => ends.push("called off"));
  off();
  await until("unknown", () => ends.length === 1);
  await new Promise((done) => setTimeout(done, 20));
  t.same(ends, ["unknown"]);
  t.same(warnings, [], "no timer was longer than Node can wait");
  callOff();
});

t.test("a page for scrapes shows the certificate of the day", { skip }, async (t) => {
  const { of } = certificates(t);
  let tls = of("hub");
  const host = await aPage(t, () => tls);
  const shown = () =>
    new Promise<Buffer>((done, fail) => {
      const socket = connect({ host: "127.0.0.1", port: host.port, ...of("r1"), rejectUnauthorized: false }, () => {
        done(socket.getPeerCertificate().raw);
        socket.destroy();
      }).once("error", fail);
    });
  const first = await shown();
  t.same(await shown(), first);
  tls = { ...of("hub", "stranger"), ca: tls.ca };
  t.same(await shown(), new X509Certificate(tls.cert).raw);
  t.notSame(await shown(), first);
});

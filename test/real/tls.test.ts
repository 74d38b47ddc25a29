// Safe by default: what may be listened on without TLS, and who is let in with it, on gRPC and on both kinds of MQTT
// end.

import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import t from "tap";
import { SiteTelemetry } from "../../edge/io/site-telemetry.js";
import { checkDial, checkListen, isLoopback } from "../../fleet-config/secure.js";
import { TelemetryIntake } from "../../hub/io/telemetry-intake.js";
import { encode } from "../../proto/codec/codec.js";
import { nameOf } from "../../proto/codec/tls.js";
import { type Telemetry, toTelemetry } from "../../proto/wire.js";
import { hasOpenssl, makeCertificates } from "../../scripts/make-certificates.js";
import { aTlsHub, certificates, robotLink } from "./tls-kit.js";
import { connectPacket, publishPacket, RawMqtt, startBroker, subscribePacket, TYPE, until } from "./transport-kit.js";

const skip = hasOpenssl() ? false : "the openssl program is not installed";
const SAMPLE: Telemetry = {
  ...{ robot: "r1", boot: "b", channel: "battery", sequence: 1, capturedMs: 5, hubNonce: 0, elapsedMs: 0 },
  value: { kind: "battery", chargeRatio: 0.5, charging: false },
};

t.test("listening without TLS is for loopback only, and half of TLS is for nobody", (t) => {
  const loopback = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "localhost",
    "LOCALHOST",
    "::ffff:127.0.0.1",
  ];
  const outside = [
    "0.0.0.0",
    "::",
    "192.168.1.4",
    "hub.site",
    "127.0.0.1.evil",
    "127.0.0",
    "128.0.0.1",
    "localhost.evil",
    "",
  ];
  const whole = { ca: "ca.crt", cert: "hub.crt", key: "hub.key" };
  for (const host of loopback) {
    t.ok(isLoopback(host), host);
    t.equal(checkListen({ host }), null);
    t.equal(checkListen({ host, tls: {} }), null);
  }
  for (const host of outside) {
    t.notOk(isLoopback(host), host);
    t.match(checkListen({ host }), /without TLS: only loopback .* ca, cert, key are missing/);
    t.match(checkDial({ host }), /cannot connect to .* without TLS/);
  }
  for (const host of [...loopback, ...outside]) {
    t.equal(checkListen({ host, tls: whole }), null);
    for (const part of ["ca", "cert", "key"] as const) {
      t.match(checkListen({ host, tls: { ...whole, [part]: undefined } }), `together; ${part} is missing`);
      t.match(checkListen({ host, tls: { [part]: "x" } }), "together");
    }
  }
  t.end();
});

t.test("certificate names one party or nobody", (t) => {
  const named = (subject: object, subjectaltname?: string) => nameOf({ subject, subjectaltname } as never);
  t.equal(named({ CN: "r1" }), "r1");
  t.equal(named({ CN: "r1" }, "DNS:r2"), "r1");
  t.equal(named({}, "DNS:r2"), "r2");
  t.equal(named({}, "DNS:r2, DNS:r3"), null);
  t.equal(named({}, "IP Address:127.0.0.1"), null);
  t.equal(named({ CN: ["r1", "r2"] }), null);
  t.equal(named({ CN: "r1/up" }), null);
  t.equal(named({ CN: "" }, "DNS:r2"), null);
  t.equal(nameOf(undefined), null);
  t.equal(nameOf({} as never), null);
  t.end();
});

t.test("certificates are refused for names that would be somebody else's", { skip }, (t) => {
  for (const name of ["hub", "ca", "", "a/b", "a,b", "/CN=x"]) {
    t.throws(() => makeCertificates({ out: "/nowhere", hosts: ["localhost"], names: [name] }), /cannot name/);
  }
  t.end();
});

t.test("gRPC with TLS lets in the robot whose name is in its certificate, and nobody else", { skip }, async (t) => {
  const { of } = certificates(t);
  const { host, opened, turnedAway } = await aTlsHub(t, of("hub"));
  const right = robotLink(t, host.port, { tls: () => of("r1"), robot: "r1" });
  await until("welcome", () => right.kinds.includes("welcome"));
  const byAddress = new Client(
    `127.0.0.1:${host.port}`,
    credentials.createSsl(of("r1").ca, of("r1").key, of("r1").cert),
  );
  t.teardown(() => byAddress.close());
  await new Promise<void>((done, fail) =>
    byAddress.waitForReady(Date.now() + 5000, (error) => (error === undefined ? done() : fail(error))),
  );
  const wrong = robotLink(t, host.port, { tls: () => of("r2"), robot: "r1" });
  await until("refused", () => wrong.kinds.includes("WRONG_IDENTITY"));
  t.match(turnedAway[0], "hello says r1, the certificate says r2");
  const stranger = robotLink(t, host.port, { tls: () => of("r1", "stranger"), robot: "r1" });
  const bare = robotLink(t, host.port, { robot: "r1" });
  await until("others fail", () => stranger.closed.length > 1 && bare.closed.length > 1);
  t.same([stranger.opens, bare.opens], [0, 0]);
  const { ca } = of("r1");
  const anonymous = new Client(`localhost:${host.port}`, credentials.createSsl(ca));
  t.teardown(() => anonymous.close());
  const same = (bytes: Buffer): Buffer => bytes;
  const code = await new Promise<number>((done) => {
    const call = anonymous.makeBidiStreamRequest("/drover.v1.EdgeLink/Connect", same, same);
    call.on("error", (error: ServiceError) => done(error.code));
  });
  t.equal(code, status.UNAVAILABLE, "no certificate, no connection");
  t.same(opened, ["r1"]);
});

t.test("a host closes in its time, also when a link was let go right before", { skip }, async (t) => {
  const { of } = certificates(t);
  for (let round = 0; round < 6; round += 1) {
    const { host, opened } = await aTlsHub(t, of("hub"));
    const robot = robotLink(t, host.port, { tls: () => of("r1"), robot: "r1" });
    await until("linked", () => opened.length === 1);
    robot.close();
    let isClosed = false;
    host.close(0).then(() => {
      isClosed = true;
    });
    await until("closed", () => isClosed);
  }
});

t.test("robot refuses a hub of another authority, and a robot that plays the hub", { skip }, async (t) => {
  const { of } = certificates(t);
  for (const [what, tls] of [
    ["another authority's hub", of("hub", "stranger")],
    ["a robot's certificate", of("r2")],
  ] as const) {
    const { host, opened } = await aTlsHub(t, { ...tls, ca: of("hub").ca });
    const seen = robotLink(t, host.port, { tls: () => of("r1"), robot: "r1" });
    await until(`${what} is refused`, () => seen.closed.length > 1);
    t.same([seen.opens, opened.length], [0, 0], what);
  }
});

t.test("site broker with TLS binds the client id to the certificate", { skip }, async (t) => {
  const { of, flags } = certificates(t);
  const broker = await startBroker(flags("hub"));
  t.teardown(() => broker.stop());
  const cases: [string, ReturnType<typeof of> | { ca: Buffer }, string][] = [
    ["another robot's id", of("r2"), "r1"],
    ["the hub's id with a robot's certificate", of("r2"), "hub"],
    ["no id", of("r1"), ""],
    ["another authority", of("r1", "stranger"), "r1"],
    ["no certificate", { ca: of("r1").ca }, "r1"],
  ];
  for (const [what, tls, id] of cases) {
    const raw = new RawMqtt(broker.port, tls);
    raw.write(connectPacket({ id }));
    await raw.ended(what);
    t.notOk(
      raw.of(TYPE.CONNACK).some(({ body }) => body[1] === 0),
      what,
    );
  }
  const plain = new RawMqtt(broker.port);
  plain.write(connectPacket({ id: "r1" }));
  await plain.ended("without TLS");
  const r1 = await RawMqtt.open(broker.port, { id: "r1" }, of("r1"));
  r1.write(subscribePacket(["drover/s1/r1/down/#"]));
  await until("its own topics", () => r1.of(TYPE.SUBACK).length === 1);
  r1.destroy();
});

t.test("telemetry travels from robot to hub over TLS, and only what its topic says", { skip }, async (t) => {
  const { of, flags } = certificates(t);
  const broker = await startBroker(flags("hub"));
  t.teardown(() => broker.stop());
  const at = { url: `mqtts://localhost:${broker.port}`, site: "s1" };
  const seen = { samples: [] as Telemetry[], refused: [] as [string | null, string][], hub: false, robot: false };
  const intake = new TelemetryIntake({
    ...{ ...at, tls: () => of("hub") },
    onTelemetry: (sample) => seen.samples.push(sample),
    onRefused: (robot, reason) => seen.refused.push([robot, reason]),
    onState(connected) {
      seen.hub = connected;
    },
  });
  t.teardown(() => intake.close());
  const onState = (connected: boolean): void => {
    seen.robot = connected;
  };
  const robot = new SiteTelemetry({ ...at, robot: "r1", tls: () => of("r1"), onState });
  t.teardown(() => robot.close());
  robot.publish(SAMPLE);
  await until("both are connected", () => seen.hub && seen.robot);
  t.same(robot.counts, { sent: 0, dropped: 1 }, "nothing is kept from before the connection");
  robot.publish(SAMPLE);
  await until("the sample came", () => seen.samples.length === 1);
  t.match(seen.samples[0], SAMPLE);
  const raw = await RawMqtt.open(broker.port, { id: "r2" }, of("r2"));
  raw.write(publishPacket("drover/s1/r2/up/battery", Buffer.from(encode("Telemetry", toTelemetry(SAMPLE)))));
  const own = { ...SAMPLE, robot: "r2" };
  raw.write(publishPacket("drover/s1/r2/up/pose", Buffer.from(encode("Telemetry", toTelemetry(own)))));
  raw.write(publishPacket("drover/s1/r2/up/battery", "no message"));
  await until("three are refused", () => seen.refused.length === 3);
  t.ok(seen.refused.every(([robot]) => robot === "r2"));
  t.match(seen.refused[0]?.[1], "expected a sample of r2/battery, found one of r1/battery");
  t.match(seen.refused[1]?.[1], "expected a sample of r2/pose, found one of r2/battery");
  t.equal(seen.samples.length, 1);
  raw.destroy();
  await broker.stop();
  await until("both notice that the broker is gone", () => !seen.hub && !seen.robot);
  t.throws(
    () => new SiteTelemetry({ ...at, url: "mqtt://localhost:1", robot: "r1", tls: () => of("r1"), onState }),
    /mqtts:/,
  );
  t.throws(() => new SiteTelemetry({ ...at, robot: "r1", onState }), /expected mqtt:/);
});

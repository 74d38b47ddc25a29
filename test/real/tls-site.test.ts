// Safe by default, tried from outside: what hub and edge refuse to listen on or to call without TLS, and with it who is
// let in, by the name in the certificate, as a robot and as an operator. Skipped where there is no openssl.

import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { dialledHost } from "../../hub/broker/child.js";
import { hasOpenssl, makeCertificates } from "../../scripts/make-certificates.js";
import { aTinySite, brokerPort, type Daemon, drover, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { until } from "./transport-kit.js";

t.setTimeout(120_000);
const skip = hasOpenssl() ? false : "the openssl program is not installed";
const BY = ["--operator", "ada", "--reason", "a test"];

interface SecureSite {
  readonly folder: string;
  readonly config: string;
  readonly flags: (name: string) => readonly string[];
}

async function aSecureSite(t: Test): Promise<SecureSite> {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const out = join(folder, "tls");
  const hosts = ["--host", "localhost", "--host", "127.0.0.1"];
  const names = ["--robot", "r1", "--robot", "r2", "--operator", "ada"];
  const made = await program("scripts/make-certificates.js", ["--out", out, ...hosts, ...names]);
  if (made.exit !== 0) throw new Error(made.err);
  const flags = (name: string) =>
    [
      ["--ca", join(out, "ca.crt")] as const,
      ["--cert", join(out, `${name}.crt`)],
      ["--key", join(out, `${name}.key`)],
    ].flat();
  return { folder, config, flags };
}

async function anEdge(
  t: Test,
  site: SecureSite,
  as: { readonly hub: Daemon; readonly robot: string; readonly certificate: string },
): Promise<Daemon> {
  const { hub, robot, certificate } = as;
  return startDaemon(t, "edge/main.js", {
    dataDir: join(site.folder, `${robot}-as-${certificate}`),
    args: [
      ...["--config", site.config, "--robot", robot, "--onboard", "127.0.0.1:0", ...site.flags(certificate)],
      ...["--hub", `localhost:${hub.own.ports.grpc}`, "--broker", `mqtts://localhost:${brokerPort(hub)}`],
    ],
  });
}

interface SiteSeen {
  readonly telemetryReceived: number;
  readonly robots: readonly { readonly id: string; readonly linked: boolean }[];
}

t.test("nothing listens or calls beyond loopback without TLS, and nothing takes half of it", async (t) => {
  const folder = aFolder(t);
  const site = ["--config", aTinySite(join(folder, "site")), "--data-dir", join(folder, "data")];
  const edge = ["run", ...site, "--robot", "r1"];
  const hub = ["run", ...site];
  const cases: ["hub/main.js" | "edge/main.js", readonly string[], RegExp][] = [
    ["hub/main.js", [...hub, "--listen", "0.0.0.0:0", "--broker", "127.0.0.1:0"], /listen on 0.0.0.0 without TLS/],
    ["hub/main.js", [...hub, "--listen", "127.0.0.1:0", "--broker", "0.0.0.0:0"], /listen on 0.0.0.0 without TLS/],
    ["hub/main.js", [...hub, "--listen", "127.0.0.1:0", "--ca", "ca.crt"], /together; cert, key are missing/],
    ["hub/main.js", [...hub, "--broker", "mqtts://localhost:1"], /expected mqtt:\/\/HOST:PORT without --ca/],
    ["edge/main.js", [...edge, "--hub", "hub.site:7443"], /connect to hub.site without TLS/],
    ["edge/main.js", [...edge, "--broker", "mqtt://hub.site:1883"], /connect to hub.site without TLS/],
    ["edge/main.js", [...edge, "--onboard", "0.0.0.0:0"], /listen on 0.0.0.0 without TLS/],
    ["edge/main.js", [...edge, "--broker", "mqtts://localhost:1"], /expected mqtt:\/\/HOST:PORT without --ca/],
  ];
  for (const [bin, args, says] of cases) {
    const end = await program(bin, args);
    t.equal(end.exit, 64, `${bin} ${args.join(" ")}: ${end.out}`);
    t.match(end.err, says);
    t.notMatch(end.err, "    at ", "no stack");
  }
});

t.test("a site with TLS lets in whom the certificate names, and nobody else", { skip }, async (t) => {
  const site = await aSecureSite(t);
  const hub = await startDaemon(t, "hub/main.js", {
    dataDir: join(site.folder, "hub"),
    args: ["--config", site.config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0", ...site.flags("hub")],
  });
  const address = ["--hub", `localhost:${hub.own.ports.grpc}`];
  const ada = [...address, ...site.flags("ada")];
  const seen = async () => (await drover(["status", ...ada])).json as SiteSeen;

  const linked = async (isWanted: boolean) => {
    const endMs = performance.now() + 20_000;
    while (performance.now() < endMs) if ((await seen()).robots[0]?.linked === isWanted) return true;
    return false;
  };

  const right = await anEdge(t, site, { hub, robot: "r1", certificate: "r1" });
  const endMs = performance.now() + 20_000;
  let site1 = await seen();
  while (performance.now() < endMs && !(site1.robots[0]?.linked && site1.telemetryReceived > 0)) site1 = await seen();
  t.equal(site1.robots.find(({ id }) => id === "r1")?.linked, true, "r1 is linked by its own certificate");
  t.ok(site1.telemetryReceived > 0, `${site1.telemetryReceived} samples came over MQTT with TLS`);
  const robots = await drover(["robots", ...ada]);
  t.equal(robots.exit, 0, robots.text);
  t.match(robots.json, { robots: [{ id: "r1", linked: true }] });

  const put = (name: string, as: string) => {
    for (const part of ["key", "crt"])
      copyFileSync(join(site.folder, "tls", `${name}.${part}`), join(site.folder, "tls", `${as}.${part}`));
  };
  put("r2", "used");
  const wrong = await anEdge(t, site, { hub, robot: "r1", certificate: "used" });
  await until("r1 with r2's certificate is refused", () => wrong.log().includes("WRONG_IDENTITY"), 20_000);
  t.match(hub.log(), "hello says r1, the certificate says r2");
  t.notMatch(right.log(), "SUPERSEDED", "the real r1 keeps its link");

  const added = await drover(["task", "add", "bench", ...BY, ...ada]);
  t.equal(added.exit, 0, added.text);
  const borrowed = await drover(["task", "add", "bench", ...BY, ...address, ...site.flags("r1")]);
  t.equal(borrowed.exit, 77, `another name than the certificate's is refused: ${borrowed.text}`);
  t.match(borrowed.text, "WRONG_IDENTITY");
  const bare = await drover(["status", ...address, "--timeout", "2s"]);
  t.not(bare.exit, 0, `without a certificate nothing is answered: ${bare.text}`);
  t.ok((await seen()).robots[0]?.linked, "r1 is linked all the while");
  t.equal(await right.stop(), 0);
  t.equal(await linked(false), true, "r1 is gone");
  put("r1", "used");
  t.equal(await linked(true), true, "a running edge takes up its renewed certificate");
  t.equal(await wrong.stop(), 0);
  t.equal(await hub.stop(), 0);
});

t.test("a hub reaches its own broker by a name that its certificate carries", { skip }, (t) => {
  const folder = aFolder(t);
  const made = (name: string, hosts: readonly string[]) => {
    const out = join(folder, name);
    makeCertificates({ out, hosts, names: [] });
    return readFileSync(join(out, "hub.crt"));
  };
  const loopback = made("loopback", ["127.0.0.1", "::1", "hub.site"]);
  const named = made("named", ["hub.site"]);
  const addressed = made("addressed", ["10.0.0.5"]);
  t.equal(dialledHost("127.0.0.1", loopback), "127.0.0.1");
  t.equal(dialledHost("[::1]", loopback), "[::1]");
  t.equal(dialledHost("0.0.0.0", loopback), "127.0.0.1");
  t.equal(dialledHost("10.0.0.5", addressed), "10.0.0.5");
  for (const listened of ["0.0.0.0", "[::]", "10.0.0.5", "127.0.0.1"])
    t.equal(dialledHost(listened, named), "hub.site");
  t.throws(
    () => dialledHost("0.0.0.0", addressed),
    /cannot reach its own broker on 0.0.0.0 .* found IP Address:10.0.0.5/,
  );
  t.end();
});

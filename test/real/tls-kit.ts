// A site's certificates, a hub with TLS in this process that notes who came, and a robot's link to it.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { HubLink } from "../../edge/io/hub-link.js";
import { edgeLinkHandlers } from "../../hub/io/edge-link.js";
import { GrpcHost, identityOf } from "../../hub/io/grpc-host.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import type { TlsFiles } from "../../proto/codec/tls.js";
import { makeCertificates } from "../../scripts/make-certificates.js";

/** A site's certificates in a folder that goes away, and those of a stranger's authority with the same names. */
export function certificates(t: Test, hosts: readonly string[] = ["localhost", "127.0.0.1"]) {
  const root = mkdtempSync(join(tmpdir(), "drover-tls-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  const folders = { site: join(root, "site"), stranger: join(root, "stranger") };
  for (const out of Object.values(folders)) makeCertificates({ out, hosts, names: ["r1", "r2", "ada"] });
  const of = (name: string, from: keyof typeof folders = "site"): TlsFiles => ({
    ca: readFileSync(join(folders.site, "ca.crt")),
    cert: readFileSync(join(folders[from], `${name}.crt`)),
    key: readFileSync(join(folders[from], `${name}.key`)),
  });
  const flags = (name: string): string[] =>
    ["ca", "cert", "key"].flatMap((part) => [
      `--${part}`,
      join(folders.site, part === "ca" ? "ca.crt" : `${name}.${part === "cert" ? "crt" : "key"}`),
    ]);
  return { of, flags, folder: folders.site };
}

interface Wanted {
  readonly name?: string;
  readonly begunS?: number; // ago
  readonly hosts?: readonly string[]; // of one that may serve, too
}

/** A certificate of the site that ends after so many seconds, with its key, beside the one that `name` has. */
export function endingSoon(
  folder: string,
  seconds: number,
  { name: subject = "r1", begunS = 0, hosts = [] }: Wanted = {},
): Pick<TlsFiles, "cert" | "key"> {
  const at = (name: string) => join(folder, name);
  const second = (inS: number) => {
    const [day = "", time = ""] = new Date(Date.now() + inS * 1000).toISOString().split("T");
    return `${day.slice(2)}${time.slice(0, 8)}Z`.replace(/[-:]/g, "");
  };
  writeFileSync(at("index.txt"), "");
  writeFileSync(at("serial"), "77");
  const policy = "[ca]\ndefault_ca=site\n[site]\nnew_certs_dir=.\ndatabase=index.txt\nserial=serial\npolicy=any\n";
  writeFileSync(at("ca.cnf"), `${policy}default_md=sha256\n[any]\ncommonName=supplied\n`);
  const reached = hosts.length === 0 ? "" : `subjectAltName=${hosts.join(",")}\n`;
  writeFileSync(at("ext.cnf"), `basicConstraints=critical,CA:FALSE\n${reached}`);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(folder, ["req", ...curve, "-subj", `/CN=${subject}`, "-keyout", "short.key", "-out", "short.csr"]);
  const dates = ["-startdate", second(-begunS), "-enddate", second(seconds)];
  const signed = ["-config", "ca.cnf", "-extfile", "ext.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", ...dates];
  openssl(folder, ["ca", "-batch", "-notext", ...signed, "-in", "short.csr", "-out", "short.crt"]);
  return { cert: readFileSync(at("short.crt")), key: readFileSync(at("short.key")) };
}

function openssl(cwd: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`);
}

export async function aTlsHub(t: Test, tls: TlsFiles, { port = 0 } = {}) {
  const opened: (string | null)[] = [];
  const closed: string[] = [];
  const turnedAway: string[] = [];
  const schemas = loadSchemas();
  const implementation = edgeLinkHandlers({
    identityOf: (call) => identityOf(call),
    onOpen(stream) {
      opened.push(stream.robot);
      stream.onClosed((reason) => closed.push(reason));
      stream.onMessage(() =>
        stream.send({ kind: "welcome", session: "s", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" }),
      );
    },
    onTurnedAway: (reason) => turnedAway.push(reason),
  });
  const services = [{ definition: serviceOf(schemas, "EdgeLink"), implementation }];
  const host = await GrpcHost.open({ host: "127.0.0.1", port, tls: () => tls, services, packageDefinition: schemas });
  t.teardown(() => host.close(0));
  return { host, opened, closed, turnedAway };
}

export function robotLink(
  t: Test,
  port: number,
  { tls, robot, host = "localhost" }: { tls?: () => TlsFiles; robot: string; host?: string },
) {
  const seen = { opens: 0, kinds: [] as string[], closed: [] as string[] };
  const link: HubLink = new HubLink({
    ...{ address: `${host}:${port}`, tls, random: () => 0.5, backoffMs: { initial: 50, max: 100 } },
    silenceMs: 60_000, // the hub here says little
    events: {
      onOpen() {
        seen.opens += 1;
        link.send({
          ...{
            followsEpoch: 0,
            followsIncarnation: "",
            kind: "hello",
            robot,
            boot: "b",
            protocol: 1,
            highestToken: { epoch: 0, counter: 0 },
          },
          ...{ holdings: [], configHash: "", software: "" },
        });
      },
      onMessage: (message) => seen.kinds.push(message.kind === "refused" ? message.code : message.kind),
      onClosed: (reason) => seen.closed.push(reason),
    },
  });
  t.teardown(() => link.close());
  link.start();
  const send: HubLink["send"] = (message) => link.send(message);
  return Object.assign(seen, { send, close: () => link.close() });
}

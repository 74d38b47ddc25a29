// Makes a small certificate authority and certificates for a hub, robots and operators, for trying Drover with TLS and
// for its tests. A real site uses its own authority. `node dist/scripts/make-certificates.js --out DIR --host
// NAME_OR_IP... --robot ID... --operator NAME...` writes ca.crt, ca.key and <name>.crt, <name>.key, readable by their
// owner only. The hub's certificate (also for its broker) is named "hub"; only it may serve. Needs the `openssl`
// program.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export interface CertificatesWanted {
  readonly out: string;
  readonly hosts: readonly string[]; // names and addresses that the hub is reached by
  readonly names: readonly string[]; // robots and operators
  readonly days?: number;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether there is an `openssl` program to call. */
export function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0;
}

/** Writes the authority and all certificates below `out`. Throws when a file exists already or openssl fails. */
export function makeCertificates({ out, hosts, names, days = 365 }: CertificatesWanted): void {
  for (const name of names) {
    if (!NAME.test(name) || name === "hub" || name === "ca") throw new Error(`cannot name a certificate "${name}"`);
  }
  if (existsSync(join(out, "ca.crt"))) throw new Error(`${out} has an authority already; choose another folder`);
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const ca = { cert: join(out, "ca.crt"), key: join(out, "ca.key") };
  openssl([
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", String(days)],
    ...["-subj", "/CN=Drover site authority", "-keyout", ca.key, "-out", ca.cert],
    ...["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  ]);
  const reached = hosts.map((host) => (isIP(host) === 0 ? `DNS:${host}` : `IP:${host}`)).join(",");
  sign(out, ca, { name: "hub", days, usage: "serverAuth,clientAuth", reached });
  for (const name of names) sign(out, ca, { name, days, usage: "clientAuth", reached: "" });
}

interface Subject {
  readonly name: string;
  readonly days: number;
  readonly usage: string;
  readonly reached: string;
}

function sign(out: string, ca: { readonly cert: string; readonly key: string }, subject: Subject): void {
  const at = (suffix: string): string => join(out, `${subject.name}.${suffix}`);
  const extensions = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    `extendedKeyUsage=${subject.usage}`,
    ...(subject.reached === "" ? [] : [`subjectAltName=${subject.reached}`]),
  ];
  writeFileSync(at("ext"), `${extensions.join("\n")}\n`);
  openssl([
    ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", `/CN=${subject.name}`, "-keyout", at("key"), "-out", at("csr")],
  ]);
  openssl([
    ...["x509", "-req", "-in", at("csr"), "-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial"],
    ...["-days", String(subject.days), "-extfile", at("ext"), "-out", at("crt")],
  ]);
  rmSync(at("csr"));
  rmSync(at("ext"));
}

function openssl(args: readonly string[]): void {
  const done = spawnSync("openssl", args, { encoding: "utf8" });
  if (done.error !== undefined) throw new Error(`cannot run openssl: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`openssl ${args[0]} failed:\n${done.stderr}`);
}

function main(): void {
  const many = { type: "string", multiple: true, default: [] as string[] } as const;
  const { values } = parseArgs({ options: { out: { type: "string" }, host: many, robot: many, operator: many } });
  if (values.out === undefined || values.host.length === 0) {
    process.stderr.write(
      "usage: make-certificates --out DIR --host NAME_OR_IP... [--robot ID...] [--operator NAME...]\n",
    );
    process.exitCode = 64;
    return;
  }
  if (!hasOpenssl()) {
    process.stderr.write("cannot make certificates: the openssl program is not installed\n");
    process.exitCode = 69;
    return;
  }
  makeCertificates({ out: values.out, hosts: values.host, names: [...values.robot, ...values.operator] });
  process.stdout.write(`wrote ca, hub and ${values.robot.length + values.operator.length} more to ${values.out}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();

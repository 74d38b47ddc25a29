// Files of TLS as authorities and people write them, and as they are left when a copy is cut off.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readTls } from "../../fleet-config/tls-files.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { certificates } from "./tls-kit.js";

const skip = hasOpenssl() ? false : "the openssl program is not installed";

t.test("what stands between the blocks, and blocks of other kinds, are nobody's business", { skip }, (t) => {
  const { folder } = certificates(t);
  const at = (name: string) => join(folder, name);
  const whole = { ca: at("ca.crt"), cert: at("r1.crt"), key: at("r1.key") };
  const texts = [whole.ca, whole.cert, whole.key].map((file) => readFileSync(file, "utf8"));
  const [ca = "", cert = "", key = ""] = texts;
  const locked = `-----BEGIN RSA ${"PRIVATE"} KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n`;
  for (const told of [
    `# ---- the site's own -- authority ----\nBag Attributes\n    localKeyID: 01\n${cert}\n-- and --\n${ca}\n----\n`,
    `\uFEFF${cert}`.replaceAll("\n", "\r\n"),
    `${key}${cert}${locked}-----END RSA PRIVATE KEY-----\n`,
    cert.replaceAll("CERTIFICATE", "X509 CERTIFICATE"),
    `${cert}# ${ca.trimEnd().replaceAll("\n", "\n# ")}\n----------`,
    `DNS:xn--bcher-kva.example, subject=/CN=a--b\n${cert.trimEnd()}`,
  ]) {
    writeFileSync(at("told.crt"), told);
    t.ok(readTls({ ...whole, cert: at("told.crt") }), told.slice(0, 30));
  }
  t.end();
});

t.test("files that are not what they are called are refused by name", { skip }, (t) => {
  const { folder } = certificates(t);
  const at = (name: string) => join(folder, name);
  const whole = { ca: at("ca.crt"), cert: at("r1.crt"), key: at("r1.key") };
  writeFileSync(at("cut.crt"), readFileSync(whole.cert).subarray(0, 200));
  writeFileSync(at("words"), "no PEM");
  const chain = Buffer.concat([readFileSync(whole.cert), readFileSync(whole.ca)]);
  writeFileSync(at("chain.crt"), chain);
  writeFileSync(at("half.crt"), chain.subarray(0, -200));
  writeFileSync(at("begun.crt"), Buffer.concat([readFileSync(whole.ca), Buffer.from("-----BEG")]));
  writeFileSync(at("first.crt"), Buffer.concat([readFileSync(whole.ca).subarray(0, 300), readFileSync(whole.ca)]));
  const ca = readFileSync(whole.ca, "utf8");
  const odd = {
    glued: `${ca.trimEnd()}${ca}`,
    indented: `${ca} ${ca}`,
    after: `${ca.trimEnd()} # old\n`,
    before: `x${ca}`,
  };
  for (const [name, text] of Object.entries(odd)) {
    writeFileSync(at(name), text);
    const says = /expected whole certificates in PEM, found a block that is cut off, or not on lines of its own/;
    t.throws(() => readTls({ ...whole, ca: at(name) }), { message: says }, name);
  }
  const rotten = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  writeFileSync(at("rotten.crt"), Buffer.concat([readFileSync(whole.ca), Buffer.from(rotten)]));
  for (const part of ["ca", "cert"]) t.ok(readTls({ ...whole, [part]: at("chain.crt") }));
  t.equal(readTls({}), undefined);
  t.same(Object.keys(readTls(whole) ?? {}), ["ca", "cert", "key"]);
  for (const [sources, says] of [
    [{ ...whole, ca: at("cut.crt") }, /cut.crt.* expected whole certificates in PEM, found a block that is cut off/],
    [{ ...whole, ca: at("r1.key") }, /r1.key.* expected whole certificates in PEM, found none/],
    [
      { ...whole, cert: at("words") },
      /words.* expected a regular PEM file of at most 262144 bytes, found no PEM block/,
    ],
    [{ ...whole, cert: folder }, /found no regular file/],
    [{ ...whole, ca: at("half.crt") }, /half.crt.* expected whole certificates in PEM, found a block that is cut off/],
    [
      { ...whole, ca: at("begun.crt") },
      /begun.crt.* expected whole certificates in PEM, found a block that is cut off/,
    ],
    [
      { ...whole, ca: at("first.crt") },
      /first.crt.* expected whole certificates in PEM, found a block that is cut off/,
    ],
    [{ ...whole, ca: at("rotten.crt") }, /rotten.crt.* expected whole certificates in PEM, found /],
    [
      { ...whole, cert: at("half.crt") },
      /half.crt.* expected whole certificates in PEM, found a block that is cut off/,
    ],
    [{ ...whole, key: at("nowhere") }, /nowhere.* found ENOENT/],
    [{ ...whole, key: at("r1.crt") }, /r1.crt.* expected a private key in PEM, without a passphrase, found /],
    [
      { ...whole, key: at("r2.key") },
      /r1.crt.* expected a certificate of the key in .*r2.key, found one of another key/,
    ],
  ] as const)
    t.throws(() => readTls(sources), { message: says }, String(says));
  t.end();
});

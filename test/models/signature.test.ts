// Signatures of models: what a pinned key signed counts, and no other text, key, time or statement does.

import { generateKeyPairSync } from "node:crypto";
import t from "tap";
import {
  type ExpectedSignature,
  generateSigningKey,
  keyIdOf,
  type ModelSignature,
  parseSignature,
  pinnedKeyFrom,
  signManifest,
  statementBytes,
  verifySignature,
} from "../../models/signature.js";

const manifest = Buffer.from('{"a manifest":1}');
const signer = generateSigningKey();
const statement = { model: "grid-planner", version: "1.0.0", robotClass: "", signedAtMs: 1_000 };
const text = signManifest(manifest, { privateKey: signer.privateKey, ...statement });
const wanted: ExpectedSignature = {
  ...{ manifest, model: "grid-planner", version: "1.0.0", robotClass: "lifter", keys: [signer.pinned] },
};

function changed(change: object): string {
  return JSON.stringify({ ...(JSON.parse(text) as ModelSignature), ...change });
}

t.test("R13 signature of a pinned key counts, and its key is named by its own hash", (t) => {
  t.match(verifySignature(text, wanted), { ok: true, signature: { keyId: signer.pinned.id, ...statement } });
  t.equal(keyIdOf(signer.pinned.publicKey), signer.pinned.id);
  t.match(signer.pinned.id, /^[0-9a-f]{16}$/);
  t.not(generateSigningKey().pinned.id, signer.pinned.id);
  t.end();
});

t.test("R13 signature does not count when any of its fields is changed", (t) => {
  const other = generateSigningKey().pinned;
  const changes = {
    algorithm: "ed448",
    keyId: other.id,
    manifestSha256: "0".repeat(64),
    model: "other",
    version: "1.0.1",
    robotClass: "lifter",
    signedAtMs: 999,
    value: `${"A".repeat(86)}==`,
    signature: 2,
  };
  t.same(Object.keys(changes).sort(), Object.keys(JSON.parse(text) as object).sort(), "every field is tried");
  const keys = [signer.pinned, other];
  for (const [field, value] of Object.entries(changes)) {
    t.equal(verifySignature(changed({ [field]: value }), { ...wanted, keys }).ok, false, field);
  }
  t.end();
});

t.test("R13 signature does not count when any bit of its value is flipped", (t) => {
  const { value } = JSON.parse(text) as ModelSignature;
  for (let at = 0; at < 64; at += 1) {
    const bytes = Buffer.from(value, "base64");
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
    const verdict = verifySignature(changed({ value: bytes.toString("base64") }), wanted);
    if (verdict.ok) t.fail(`byte ${at} was changed`);
  }
  t.match(verifySignature(changed({ value: "AAAA" }), wanted), { ok: false, code: "signature-wrong" });
  t.end();
});

t.test("R13 signature statement has other bytes whenever a field moves into its neighbour", (t) => {
  const base = { algorithm: "ed25519", keyId: "", manifestSha256: "", model: "ab", version: "c" };
  const one = statementBytes({ ...base, robotClass: "", signedAtMs: 0 });
  const other = statementBytes({ ...base, model: "a", version: "bc", robotClass: "", signedAtMs: 0 });
  t.notSame(one, other);
  t.match(one.toString(), /^drover model signature 1\n/);
  t.end();
});

t.test("R13 signature at the instant of expiry counts, at the instant of revocation not", (t) => {
  const at = (key: object) => verifySignature(text, { ...wanted, keys: [{ ...signer.pinned, ...key }] });
  t.equal(at({ notAfterMs: 1_000 }).ok, true);
  t.match(at({ notAfterMs: 999 }), { ok: false, code: "key-expired" });
  t.equal(at({ revokedAtMs: 1_001 }).ok, true);
  t.match(at({ revokedAtMs: 1_000 }), { ok: false, code: "key-revoked" });
  t.match(at({ revokedAtMs: 0 }), { ok: false, code: "key-revoked" });
  t.end();
});

t.test("R13 signature for one class counts for robots of that class only", (t) => {
  const forLifters = signManifest(manifest, { privateKey: signer.privateKey, ...statement, robotClass: "lifter" });
  t.equal(verifySignature(forLifters, wanted).ok, true);
  t.match(verifySignature(forLifters, { ...wanted, robotClass: "tugger" }), { ok: false, code: "other-class" });
  t.match(verifySignature(forLifters, { ...wanted, robotClass: "" }), { ok: false, code: "other-class" });
  t.end();
});

t.test("R13 signature file of any other form is refused with what was expected", (t) => {
  const cases = ["", "[]", "null", "{", "[[[[1]]]]", changed({ keyId: "XYZ" }), changed({ __proto__x: 1 }), "1e999"];
  for (const source of cases) {
    t.match(parseSignature(source), { ok: false, code: "signature-form", expected: /./ }, source.slice(0, 30));
  }
  t.end();
});

t.test("R13 signer is pinned from base64 or PEM, and no other kind of key is", (t) => {
  const { publicKey } = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const pinned = pinnedKeyFrom(pem);
  t.same(pinnedKeyFrom(`${pinned.publicKey}\n`), pinned);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
  t.throws(() => pinnedKeyFrom(other), { message: /expected an ed25519 public key, found rsa/ });
  t.throws(() => pinnedKeyFrom("AAAA"), { message: /expected a public key of 32 bytes/ });
  const privateKey = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  t.throws(() => signManifest(manifest, { privateKey, ...statement }), { message: /expected an ed25519 private key/ });
  t.end();
});

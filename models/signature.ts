// Who vouches for a model: a detached Ed25519 signature beside the manifest. It binds the exact bytes of the manifest
// (which carries the checksum of every other file), the model's name and version, the class of robot it is for and the
// time of signing. Only keys that were pinned beforehand count; there is no chain, no network and no second algorithm.
// The time of signing is the signer's word: a key that leaked is revoked from the time at which it may have leaked.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { SchemaCheck } from "../fleet-config/schema-check.js";
import { parsePlainJson } from "./onnx/plain-file.js";

export const SIGNATURE_FILE = "signature.json";
export const SIGNATURE_BYTES_MAX = 4_096;
const SIGNATURE_DEPTH_MAX = 2;

/** The only algorithms that count. */
export const SIGNATURE_ALGORITHMS: readonly string[] = ["ed25519"];

const DOMAIN = "drover model signature 1";
const KEY_PREFIX = Buffer.from("302a300506032b6570032100", "hex"); // the standard's wrapping of 32 raw bytes
const KEY_BYTES = 32;
const LATEST_MS = 8.64e15; // the latest moment that a date can name

/** What is signed. */
export interface SignedStatement {
  readonly algorithm: string;
  readonly keyId: string;
  readonly manifestSha256: string;
  readonly model: string;
  readonly version: string;
  readonly robotClass: string; // empty: any
  readonly signedAtMs: number; // wall clock of the signer
}

/** The content of `signature.json`. `value` is 64 bytes in base64. */
export interface ModelSignature extends SignedStatement {
  readonly signature: 1;
  readonly value: string;
}

/** A key that may vouch for models. Signatures made after `notAfterMs`, or at or after `revokedAtMs`, do not count. */
export interface PinnedKey {
  readonly id: string;
  readonly publicKey: string; // 32 raw bytes in base64
  readonly notAfterMs?: number;
  readonly revokedAtMs?: number;
}

/** Why a signature does not count. */
export const signatureFaults = {
  "signature-form": "the signature file is not of the form that Drover reads",
  algorithm: "an algorithm off the allow-list",
  "signer-unknown": "no pinned key of that id",
  "key-expired": "the key had expired when the signature was made",
  "key-revoked": "the key had been revoked when the signature was made",
  "other-manifest": "the signature is for other bytes of a manifest",
  "other-name": "the signature is for another model or version",
  "other-class": "made or signed for another class of robot",
  "signature-wrong": "the signature was not made by that key over this statement",
} as const;

export type SignatureFault = keyof typeof signatureFaults;

export type SignatureVerdict =
  | { readonly ok: true; readonly signature: ModelSignature }
  | { readonly ok: false; readonly code: SignatureFault; readonly expected: string; readonly found: string };

const string = (pattern: string) => ({ type: "string", pattern });
const properties = {
  signature: { const: 1 },
  algorithm: string("^[a-z0-9-]{1,40}$"),
  keyId: string("^[0-9a-f]{16}$"),
  manifestSha256: string("^[0-9a-f]{64}$"),
  model: string("^[a-z][a-z0-9-]{0,62}$"),
  version: string("^[0-9]{1,6}\\.[0-9]{1,6}\\.[0-9]{1,6}$"),
  robotClass: string("^([a-z][a-z0-9-]{0,62})?$"),
  signedAtMs: { type: "integer", minimum: 0, maximum: LATEST_MS },
  value: string("^[A-Za-z0-9+/]{1,1024}={0,2}$"),
};
const schema = new SchemaCheck<ModelSignature>({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/** The bytes that are signed: every field with its length, so that no two statements have the same bytes. */
export function statementBytes(statement: SignedStatement): Buffer {
  const { algorithm, keyId, manifestSha256, model, version, robotClass, signedAtMs } = statement;
  const fields = { algorithm, keyId, manifestSha256, model, version, robotClass, signedAtMs: String(signedAtMs) };
  const lines = Object.entries(fields).map(([name, value]) => `${name} ${Buffer.byteLength(value)} ${value}\n`);
  return Buffer.from(`${DOMAIN}\n${lines.join("")}`, "utf8");
}

/** The first 16 hex digits of the SHA-256 of a raw public key, given in base64. Throws for anything but 32 bytes. */
export function keyIdOf(publicKey: string): string {
  return createHash("sha256").update(rawKey(publicKey)).digest("hex").slice(0, 16);
}

function rawKey(publicKey: string): Buffer {
  const raw = Buffer.from(publicKey, "base64");
  if (raw.length !== KEY_BYTES || raw.toString("base64") !== publicKey) {
    throw new Error(`expected a public key of ${KEY_BYTES} bytes in base64, found "${publicKey.slice(0, 60)}"`);
  }
  return raw;
}

/** A pinned key from the text of a key file: base64 of the raw key, or PEM. Throws for anything else. */
export function pinnedKeyFrom(text: string): PinnedKey {
  if (!text.includes("-----BEGIN PUBLIC KEY-----")) return pinned(text.trim());
  const key = createPublicKey(text);
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Error(`expected an ed25519 public key, found ${key.asymmetricKeyType ?? "another kind"}`);
  }
  return pinned(rawPublicKey(key));
}

function pinned(publicKey: string): PinnedKey {
  return { id: keyIdOf(publicKey), publicKey };
}

function rawPublicKey(key: KeyObject): string {
  return key.export({ type: "spki", format: "der" }).subarray(KEY_PREFIX.length).toString("base64");
}

/** A new pair: the public half as it is pinned, the private half as PEM, to be kept off every robot. */
export function generateSigningKey(): { readonly pinned: PinnedKey; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    pinned: pinned(rawPublicKey(publicKey)),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

export interface SigningOptions {
  readonly privateKey: string; // PEM
  readonly model: string;
  readonly version: string;
  readonly robotClass: string;
  readonly signedAtMs: number;
}

/** The text of `signature.json` for these bytes of a manifest. Throws when the key is not an Ed25519 key. */
export function signManifest(manifest: Uint8Array, options: SigningOptions): string {
  const { privateKey, model, version, robotClass, signedAtMs } = options;
  const key = createPrivateKey(privateKey);
  if (key.asymmetricKeyType !== "ed25519") throw new Error("expected an ed25519 private key, found another kind");
  const keyId = keyIdOf(rawPublicKey(createPublicKey(key)));
  const manifestSha256 = sha256(manifest);
  const statement = { algorithm: "ed25519", keyId, manifestSha256, model, version, robotClass, signedAtMs };
  const value = sign(null, statementBytes(statement), key).toString("base64");
  return `${JSON.stringify({ signature: 1, ...statement, value }, null, 2)}\n`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function refused(code: SignatureFault, expected: string, found: string): SignatureVerdict {
  return { ok: false, code, expected, found };
}

/** The signature in this text, or what is wrong with its form. It is not verified by this. */
export function parseSignature(text: string): SignatureVerdict {
  const json = parsePlainJson(text, SIGNATURE_DEPTH_MAX);
  if (!json.ok) return refused("signature-form", json.expected, json.found);
  if (schema.admits(json.value)) return { ok: true, signature: json.value };
  const [error] = schema.errors;
  const extra = error?.keyword === "additionalProperties" ? ` "${error.params.additionalProperty}"` : "";
  const where = error?.instancePath === "" ? "a signature" : `${error?.instancePath.slice(1)} of a signature`;
  const found = JSON.stringify(error?.data)?.slice(0, 120) ?? "nothing";
  return refused("signature-form", `${where} that ${error?.message ?? "fits the schema"}${extra}`, found);
}

export interface ExpectedSignature {
  readonly manifest: Uint8Array;
  readonly model: string;
  readonly version: string;
  readonly robotClass: string; // of the robot; empty: not known, so only a signature for any class counts
  readonly keys: readonly PinnedKey[];
}

const day = (ms: number) => new Date(ms).toISOString();

function keyFault(signature: ModelSignature, key: PinnedKey): SignatureVerdict | undefined {
  const { keyId, signedAtMs } = signature;
  const { notAfterMs = Number.POSITIVE_INFINITY, revokedAtMs = Number.POSITIVE_INFINITY } = key;
  const found = `a signature of ${day(signedAtMs)} by ${keyId}`;
  if (!(signedAtMs <= notAfterMs)) return refused("key-expired", `a signature not after ${day(notAfterMs)}`, found);
  if (!(signedAtMs < revokedAtMs)) return refused("key-revoked", `a signature before ${day(revokedAtMs)}`, found);
  return undefined;
}

/** Whether a pinned key vouches for exactly this manifest, model, version and class. Never throws for a text. */
export function verifySignature(text: string, wanted: ExpectedSignature): SignatureVerdict {
  const parsed = parseSignature(text);
  if (!parsed.ok) return parsed;
  const { signature } = parsed;
  const { algorithm, keyId, manifestSha256, model, version, robotClass } = signature;
  if (!SIGNATURE_ALGORITHMS.includes(algorithm)) {
    return refused("algorithm", `one of ${SIGNATURE_ALGORITHMS.join(", ")}`, algorithm);
  }
  const key = wanted.keys.find(({ id }) => id === keyId);
  if (!key || keyIdOf(key.publicKey) !== keyId) {
    const known = wanted.keys.map(({ id }) => id).join(", ") || "none is pinned";
    return refused("signer-unknown", `a signature by a pinned key (${known})`, `one by key ${keyId}`);
  }
  const fault = keyFault(signature, key);
  if (fault) return fault;
  const digest = sha256(wanted.manifest);
  if (manifestSha256 !== digest) return refused("other-manifest", `a signature over ${digest}`, manifestSha256);
  if (model !== wanted.model || version !== wanted.version) {
    return refused("other-name", `a signature for ${wanted.model} ${wanted.version}`, `${model} ${version}`);
  }
  if (robotClass !== "" && robotClass !== wanted.robotClass) {
    return refused("other-class", `a signature for class "${wanted.robotClass}" or any`, `class "${robotClass}"`);
  }
  const spki = Buffer.concat([KEY_PREFIX, rawKey(key.publicKey)]);
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const isGood = verify(null, statementBytes(signature), publicKey, Buffer.from(signature.value, "base64"));
  if (!isGood) return refused("signature-wrong", `a value made by key ${keyId} over these fields`, "another value");
  return parsed;
}

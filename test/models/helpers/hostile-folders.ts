// Model folders that are not as they should be (O01..O18), each with the refusal that it must get.

import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AdmissionCode, AdmissionPolicy } from "../../../models/load.js";
import { defaultLimits } from "../../../models/onnx/refusal.js";
import { generateSigningKey, type PinnedKey, signManifest } from "../../../models/signature.js";
import { type Folder, SIGNED_AT_MS } from "./model-folder.js";

export interface FolderCase {
  readonly name: string;
  readonly spoil: (folder: Folder) => void;
  readonly policy?: (folder: Folder) => Partial<AdmissionPolicy>;
  readonly code: AdmissionCode;
  /** The file that the refusal is about; by default the model. */
  readonly file?: keyof Folder;
  readonly found: RegExp;
}

const untouched = (): void => {};
const pinned = (more: Partial<PinnedKey>) => (folder: Folder) => ({ keys: [{ ...folder.key, ...more }] });

function resigned(folder: Folder, change: object): void {
  const signature = JSON.parse(readFileSync(folder.signature, "utf8")) as object;
  writeFileSync(folder.signature, JSON.stringify({ ...signature, ...change }));
}

function sameSize(folder: Folder, fill: number): void {
  writeFileSync(folder.model, Buffer.alloc(readFileSync(folder.model).length, fill));
}

function signedForAnother({ manifest, signature }: Folder): void {
  const { privateKey } = generateSigningKey();
  const options = { privateKey, model: "weighted", version: "1.2.0", robotClass: "", signedAtMs: SIGNED_AT_MS };
  writeFileSync(signature, signManifest(readFileSync(manifest), options));
}

function turnedIntoLink({ model, directory }: Folder): void {
  const elsewhere = join(directory, "..", "elsewhere.onnx");
  rmSync(elsewhere, { force: true });
  renameSync(model, elsewhere);
  symlinkSync(elsewhere, model);
}

function turnedIntoPipe({ model }: Folder): void {
  rmSync(model);
  execFileSync("mkfifo", [model]);
}

const plainFiles: readonly FolderCase[] = [
  { name: "O01 a missing model", spoil: ({ model }) => rmSync(model), code: "missing", found: /nothing there/ },
  {
    name: "O01 a missing manifest",
    ...{ spoil: ({ manifest }) => rmSync(manifest), code: "missing", file: "manifest", found: /nothing there/ },
  },
  { name: "O02 zero bytes", spoil: ({ model }) => truncateSync(model, 0), code: "checksum", found: /^0$/ },
  { name: "O03 a truncated model", spoil: ({ model }) => truncateSync(model, 99), code: "checksum", found: /^99$/ },
  {
    name: "O04 other bytes under a valid signature",
    spoil: (f) => sameSize(f, 7),
    code: "checksum",
    found: /^[0-9a-f]{64}$/,
  },
  {
    name: "O04 a valid signature of another manifest",
    ...{ spoil: (f) => writeFileSync(f.manifest, ` ${readFileSync(f.manifest, "utf8")}`), code: "other-manifest" },
    ...{ file: "signature", found: /^[0-9a-f]{64}$/ },
  },
  {
    name: "O05 a web page in place of the model",
    spoil: ({ model }) => writeFileSync(model, "<!doctype html><html></html>"),
    ...{ code: "other-kind", found: /a web page/ },
  },
  {
    name: "O05 a Git LFS pointer in place of the model",
    spoil: ({ model }) => writeFileSync(model, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
    ...{ code: "other-kind", found: /a Git LFS pointer/ },
  },
  {
    name: "O05 a web page in place of the manifest",
    spoil: ({ manifest }) => writeFileSync(manifest, "\n<html>404</html>"),
    ...{ code: "other-kind", file: "manifest", found: /a web page/ },
  },
  {
    name: "O06 a model above the limit",
    ...{
      spoil: ({ model }) => truncateSync(model, defaultLimits.maxBytes + 1),
      code: "too-large",
      found: /^67108865$/,
    },
  },
  { name: "O07 a symbolic link", spoil: turnedIntoLink, code: "link", found: /a symbolic link/ },
  {
    name: "O08 a second name",
    spoil: ({ model }) => linkSync(model, `${model}.2`),
    code: "hard-links",
    found: /2 hard links/,
  },
  { name: "O09 a pipe", spoil: turnedIntoPipe, code: "not-regular", found: /another kind/ },
  {
    name: "O09 a folder",
    spoil: ({ model }) => {
      rmSync(model);
      mkdirSync(model);
    },
    ...{ code: "not-regular", found: /another kind/ },
  },
];

const signatures: readonly FolderCase[] = (
  [
    { name: "O11 no signature", spoil: ({ signature }) => rmSync(signature), code: "unsigned", found: /none/ },
    { name: "O12 an unknown signer", spoil: signedForAnother, code: "signer-unknown", found: /key [0-9a-f]{16}/ },
    {
      name: "O12 an unknown signer where unsigned models are allowed",
      policy: () => ({ signatures: "unsigned-allowed" as const, keys: [] }),
      ...{ spoil: untouched, code: "signer-unknown", found: /key [0-9a-f]{16}/ },
    },
    {
      name: "O13 a signature for another class",
      spoil: (f) => f.rewrite({}, { robotClass: "tugger" }),
      policy: () => ({ robotClass: "lifter" }),
      ...{ code: "other-class", found: /tugger/ },
    },
    {
      name: "O13 a signature for another model",
      ...{ spoil: (f) => f.rewrite({}, { model: "other" }), code: "other-name", found: /other 1\.2\.0/ },
    },
    {
      name: "O13 a signature for another version",
      ...{ spoil: (f) => f.rewrite({}, { version: "1.1.0" }), code: "other-name", found: /weighted 1\.1\.0/ },
    },
    {
      name: "O14 a key that had expired",
      ...{
        spoil: untouched,
        policy: pinned({ notAfterMs: SIGNED_AT_MS - 1 }),
        code: "key-expired",
        found: /2026-11-01/,
      },
    },
    {
      name: "O14 a key that had been revoked",
      ...{ spoil: untouched, policy: pinned({ revokedAtMs: SIGNED_AT_MS }), code: "key-revoked", found: /2026-11-01/ },
    },
    {
      name: "O17 another algorithm",
      ...{ spoil: (f) => resigned(f, { algorithm: "rsa-pss" }), code: "algorithm", found: /rsa-pss/ },
    },
    {
      name: "O17 no algorithm",
      ...{ spoil: (f) => resigned(f, { algorithm: "none" }), code: "algorithm", found: /none/ },
    },
    {
      name: "O18 a signature of 50 MB",
      ...{ spoil: ({ signature }) => truncateSync(signature, 50_000_000), code: "too-large", found: /^50000000$/ },
    },
    {
      name: "O18 a signature with an unknown key",
      ...{ spoil: (f) => resigned(f, { colour: "red" }), code: "signature-form", found: /./ },
    },
    {
      name: "a signature by another time",
      ...{
        spoil: (f) => resigned(f, { signedAtMs: SIGNED_AT_MS + 1 }),
        code: "signature-wrong",
        found: /another value/,
      },
    },
  ] satisfies readonly FolderCase[]
).map((one) => ({ ...one, file: "signature" as const }));

const contents: readonly FolderCase[] = [
  {
    name: "O13 a manifest for another class",
    ...{ spoil: (f) => f.rewrite({ robotClass: "tugger" }), policy: () => ({ robotClass: "lifter" }) },
    ...{ code: "other-class", file: "manifest", found: /tugger/ },
  },
  {
    name: "O13 a manifest for a class, on a robot of no known class",
    ...{ spoil: (f) => f.rewrite({ robotClass: "tugger" }), code: "other-class", file: "manifest", found: /tugger/ },
  },
  {
    name: "O15 a file more",
    spoil: ({ directory }) => writeFileSync(join(directory, "weights.bin"), ""),
    ...{ code: "listing", file: "directory", found: /a file beside them/ },
  },
  {
    name: "O15 golden vectors fewer",
    ...{ spoil: ({ golden }) => rmSync(golden), code: "missing", file: "golden", found: /nothing there/ },
  },
  {
    name: "O16 a version below the floor",
    ...{ spoil: untouched, policy: () => ({ floors: { weighted: "1.10.0" } }), code: "roll-back" },
    ...{ file: "manifest", found: /^1\.2\.0$/ },
  },
  {
    name: "O18 a manifest nested 10,000 deep",
    spoil: ({ manifest }) => writeFileSync(manifest, "[".repeat(10_000) + "]".repeat(10_000)),
    ...{ code: "too-deep", file: "manifest", found: /deeper/ },
  },
  {
    name: "O18 a manifest of 50 MB",
    spoil: ({ manifest }) => truncateSync(manifest, 50_000_000),
    ...{ code: "too-large", file: "manifest", found: /^50000000$/ },
  },
  {
    name: "other golden vectors",
    ...{ spoil: ({ golden }) => writeFileSync(golden, "{}"), code: "checksum", file: "golden", found: /^2$/ },
  },
];

export const folderCases: readonly FolderCase[] = [...plainFiles, ...signatures, ...contents];

// Admits a model folder before any native code sees it (R13): the manifest, who signed it, version floor and class of
// robot, then every other file, opened once without following links, within its size, checked by the same buffer that
// is handed out; nothing in the folder that nobody named; then the inspector and the contract. Whatever cannot be shown
// to be right is refused as a ModelRefused: a code, the path, what was attempted, expected and found.

import { join } from "node:path";
import type {
  AdmissionPolicy,
  AdmissionStep,
  AdmissionWays,
  AdmittedModel,
  ContractReader,
  ListedFile,
  ManifestFacts,
  SignatureState,
} from "./admission.js";
import { contractDifferences } from "./checks.js";
import { parseManifest, sha256Hex } from "./contract.js";
import { GOLDEN_BYTES_MAX, type GoldenFile, parseGolden } from "./golden.js";
import type { ModelReference } from "./histogram.js";
import type { ModelManifest } from "./manifest.js";
import { inspectModel, type ModelFacts } from "./onnx/inspect.js";
import { diskFolder, type ModelFolder, otherKind, parsePlainJson } from "./onnx/plain-file.js";
import { defaultLimits, describeRefusal, type InspectLimits, type Refusal } from "./onnx/refusal.js";
import { type AdmissionCode, ModelRefused, type RefusedParts } from "./onnx/refused.js";
import { parseReference, REFERENCE_BYTES_MAX, referenceFaults } from "./reference.js";
import { SIGNATURE_BYTES_MAX, SIGNATURE_FILE, verifySignature } from "./signature.js";
import { compareVersions } from "./versions.js";

export type * from "./admission.js";
export { type AdmissionCode, admissionCodes, ModelRefused } from "./onnx/refused.js";

export const MANIFEST_FILE = "manifest.json";
export const MANIFEST_BYTES_MAX = 65_536;
export const MANIFEST_DEPTH_MAX = 12;
const DAY_MS = 86_400_000;

interface ForContract<M extends ManifestFacts> {
  readonly contract: ContractReader<M>;
}

const ownContract: ContractReader<ModelManifest> = {
  ...{ parse: parseManifest, differences: contractDifferences, referenceFaults },
};

class Admission<M extends ManifestFacts> {
  readonly #directory: string;
  readonly #policy: AdmissionPolicy;
  readonly #contract: ContractReader<M>;
  readonly #ways: AdmissionWays;
  readonly #folder: ModelFolder;

  constructor(directory: string, policy: AdmissionPolicy, ways: AdmissionWays & ForContract<M>) {
    this.#directory = directory;
    this.#policy = policy;
    this.#contract = ways.contract;
    this.#ways = ways;
    this.#folder = ways.folder ?? diskFolder(directory);
  }

  async admit(): Promise<AdmittedModel<M>> {
    const { limits = defaultLimits } = this.#policy;
    const source = await this.#read(MANIFEST_FILE, MANIFEST_BYTES_MAX, "reading the manifest");
    const manifest = this.#parse(source);
    const signature = await this.#signature(source, manifest);
    this.#checkVersion(manifest);
    this.#checkClass(manifest);
    const bytes = await this.#listed(manifest, limits.maxBytes, "reading the model");
    this.#step("file", `${manifest.file}, ${bytes.length} bytes, sha256 ${manifest.sha256}`);
    const golden = manifest.golden ? await this.#golden(manifest.golden) : undefined;
    const reference = manifest.reference ? await this.#reference(manifest, manifest.reference) : undefined;
    await this.#checkListing(manifest);
    const facts = this.#inspect(manifest, bytes, limits);
    return { manifest, bytes, facts, golden, reference, signature };
  }

  #refuse(code: AdmissionCode, file: string, parts: Omit<RefusedParts, "path">, refusal?: Refusal): never {
    throw new ModelRefused(
      code,
      { path: file === "" ? this.#directory : join(this.#directory, file), ...parts },
      refusal,
    );
  }

  #step(step: AdmissionStep["step"], found: string, { isChecked = true } = {}): void {
    this.#ways.onStep?.({ step, found, isChecked });
  }

  async #read(file: string, maxBytes: number, attempted: string): Promise<Buffer> {
    const read = await this.#folder.read(file, maxBytes);
    if (!read.ok) this.#refuse(read.code, file, { attempted, expected: read.expected, found: read.found });
    const kind = otherKind(read.bytes);
    if (kind) this.#refuse("other-kind", file, { attempted, expected: "the file itself", found: kind });
    return read.bytes;
  }

  #parse(source: Buffer): M {
    const attempted = "reading the manifest";
    const path = join(this.#directory, MANIFEST_FILE);
    const text = source.toString("utf8");
    const json = parsePlainJson(text, MANIFEST_DEPTH_MAX);
    if (!json.ok) {
      const code = json.code === "too-deep" ? "too-deep" : "manifest";
      this.#refuse(code, MANIFEST_FILE, { attempted, expected: json.expected, found: json.found });
    }
    try {
      const manifest = this.#contract.parse(text, path);
      this.#step("manifest", `${manifest.name} ${manifest.version}`);
      return manifest;
    } catch (cause) {
      const found = (cause as Error).message.replace(`${path}: `, "");
      return this.#refuse("manifest", MANIFEST_FILE, { attempted, expected: "a manifest that is sound", found });
    }
  }

  async #signature(source: Buffer, manifest: M): Promise<SignatureState> {
    const { signatures, keys = [], robotClass = "", nowMs } = this.#policy;
    if (signatures === "not-checked") {
      this.#step("signature", "not looked at", { isChecked: false });
      return { kind: "not-checked" };
    }
    const attempted = "verifying the signature";
    const read = await this.#folder.read(SIGNATURE_FILE, SIGNATURE_BYTES_MAX);
    if (!read.ok) {
      const { code, expected, found } = read;
      if (code !== "missing") return this.#refuse(code, SIGNATURE_FILE, { attempted, expected, found });
      if (signatures === "required") {
        return this.#refuse("unsigned", SIGNATURE_FILE, { attempted, expected: "a signature", found: "none" });
      }
      this.#step("signature", "none, which the policy allows", { isChecked: false });
      return { kind: "unsigned" };
    }
    const { name: model, version } = manifest;
    const verdict = verifySignature(read.bytes.toString("utf8"), {
      manifest: source,
      model,
      version,
      robotClass,
      keys,
    });
    if (!verdict.ok) this.#refuse(verdict.code, SIGNATURE_FILE, { attempted, ...verdict });
    const { keyId, signedAtMs } = verdict.signature;
    const aheadDays = nowMs === undefined ? 0 : Math.floor((signedAtMs - nowMs) / DAY_MS);
    const ahead = aheadDays > 0 ? `, ${aheadDays} days ahead of the clock here` : "";
    this.#step("signature", `key ${keyId}, ${new Date(signedAtMs).toISOString()}${ahead}`);
    return { kind: "verified", keyId, signedAtMs };
  }

  #checkVersion({ name, version }: M): void {
    const { floors = {} } = this.#policy;
    const floor = Object.hasOwn(floors, name) ? floors[name] : undefined;
    if (floor === undefined) return;
    const attempted = "comparing the version with the floor";
    if (compareVersions(version, floor) < 0) {
      this.#refuse("roll-back", MANIFEST_FILE, { attempted, expected: `${name} ${floor} or later`, found: version });
    }
    this.#step("version", `${version}, not below ${floor}`);
  }

  #checkClass({ robotClass = "" }: M): void {
    const { robotClass: own, signatures } = this.#policy;
    if (robotClass === "" || (own === undefined && signatures === "not-checked")) return;
    const attempted = "comparing the class of robot";
    const found = `a model for class "${robotClass}"`;
    if (robotClass !== own) {
      this.#refuse("other-class", MANIFEST_FILE, { attempted, expected: `class "${own ?? ""}" or any`, found });
    }
    this.#step("class", robotClass);
  }

  async #listed({ file, bytes: size, sha256 }: ListedFile, maxBytes: number, attempted: string): Promise<Buffer> {
    const bytes = await this.#read(file, maxBytes, attempted);
    if (bytes.length !== size) {
      const expected = `${size} bytes as the manifest says`;
      this.#refuse("checksum", file, { attempted, expected, found: `${bytes.length}` });
    }
    const digest = sha256Hex(bytes);
    if (digest !== sha256) this.#refuse("checksum", file, { attempted, expected: `sha256 ${sha256}`, found: digest });
    return bytes;
  }

  async #golden(listed: ListedFile): Promise<GoldenFile> {
    const attempted = "reading the golden vectors";
    const parsed = parseGolden((await this.#listed(listed, GOLDEN_BYTES_MAX, attempted)).toString("utf8"));
    if (!parsed.ok) return this.#refuse("golden", listed.file, { attempted, ...parsed });
    this.#step("golden", `${listed.file}, ${parsed.golden.vectors.length} vectors`);
    return parsed.golden;
  }

  async #reference(manifest: M, listed: ListedFile): Promise<ModelReference> {
    const attempted = "reading the reference of its inputs";
    const parsed = parseReference((await this.#listed(listed, REFERENCE_BYTES_MAX, attempted)).toString("utf8"));
    if (!parsed.ok) return this.#refuse("reference", listed.file, { attempted, ...parsed });
    const faults = this.#contract.referenceFaults?.(manifest, parsed.reference) ?? [];
    const expected = "a reference of inputs that the model has";
    if (faults.length > 0)
      this.#refuse("reference", listed.file, { attempted, expected, found: faults.slice(0, 8).join("; ") });
    const { features, samples } = parsed.reference;
    this.#step("reference", `${listed.file}, ${features.length} features of ${samples} samples`);
    return parsed.reference;
  }

  async #checkListing({ file, golden, reference }: M): Promise<void> {
    const attempted = "listing the folder";
    const named = [MANIFEST_FILE, SIGNATURE_FILE, file, ...[golden, reference].flatMap((one) => one?.file ?? [])];
    const names = await this.#folder.list(named.length);
    if (!names)
      return this.#refuse("unreadable", "", { attempted, expected: "a folder", found: "none that can be read" });
    const extra = names.find((name) => !named.includes(name));
    if (extra === undefined) return this.#step("folder", names.join(", "));
    this.#refuse("listing", extra, { attempted, expected: `only ${named.join(", ")}`, found: "a file beside them" });
  }

  #inspect(manifest: M, bytes: Buffer, limits: InspectLimits): ModelFacts {
    const { file } = manifest;
    const inspection = inspectModel(bytes, limits);
    if (!inspection.ok) {
      const { refusal } = inspection;
      const expected = "a model that the inspector admits";
      const found = describeRefusal(refusal);
      return this.#refuse("graph", file, { attempted: "inspecting the model", expected, found }, refusal);
    }
    const { facts } = inspection;
    this.#step("graph", `opset ${facts.opset}, ${facts.inputs.length} inputs, ${facts.outputs.length} outputs`);
    const differences = this.#contract.differences(manifest, facts);
    if (differences.length > 0) {
      const expected = "the interface of its manifest";
      this.#refuse("contract", file, { attempted: "comparing it", expected, found: differences.join("; ") });
    }
    this.#step("contract", "inputs and outputs are those of the manifest");
    return facts;
  }
}

/** Admits the model in `directory` under this policy. Throws ModelRefused. */
export function admitModel(
  directory: string,
  policy: AdmissionPolicy,
  ways: AdmissionWays = {},
): Promise<AdmittedModel> {
  return admitBy(ownContract, directory, { policy, ways });
}

/** Like `admitModel`, for a manifest of another kind. */
export function admitBy<M extends ManifestFacts>(
  contract: ContractReader<M>,
  directory: string,
  { policy, ways = {} }: { readonly policy: AdmissionPolicy; readonly ways?: AdmissionWays },
): Promise<AdmittedModel<M>> {
  return new Admission(directory, policy, { ...ways, contract }).admit();
}

/** Loads a model that was admitted before: everything but the signature is checked again. Throws ModelRefused. */
export function loadModel(directory: string, limits: InspectLimits = defaultLimits): Promise<AdmittedModel> {
  return admitModel(directory, { limits, signatures: "not-checked" });
}

// Other people's models through admission and trial: the policies of robots run on zeros with finite outputs, and the
// models of the standard's own tests give the outputs that the standard stores for them. Skips where the data are
// absent.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { sha256Hex } from "../../../models/contract.js";
import type { NamedTensor } from "../../../models/elements.js";
import { encodeElements } from "../../../models/elements.js";
import { elementsOf, encodeGolden, type GoldenFile } from "../../../models/golden.js";
import { admitBy, type ContractReader, type ManifestFacts } from "../../../models/load.js";
import { decodeTensor } from "../../../models/onnx/decode.js";
import { elementTypeOf } from "../../../models/onnx/element-types.js";
import { inspectModel, type ModelFacts } from "../../../models/onnx/inspect.js";
import { generateSigningKey, signManifest } from "../../../models/signature.js";
import { subjectOf } from "../../../models/trial/feeds.js";
import { runTrial } from "../../../models/trial/trial.js";
import { dataFolder } from "../helpers/maps.js";

const PATIENT_MS = 60_000; // the tests may share the machine with many others
t.setTimeout(4 * PATIENT_MS);
const data = dataFolder();
const skip = "missing" in data ? data.missing : false;
const onnx = "folder" in data ? join(data.folder, "onnx") : "";
const { pinned, privateKey } = generateSigningKey();
const contract: ContractReader<ManifestFacts> = {
  parse: (text) => JSON.parse(text) as ManifestFacts,
  differences: () => [],
};

/** A tensor of the standard's test data under the name that the graph has for it. */
function stored(path: string, tensor: string): NamedTensor {
  const { dims: sizes, dataType = 0, rawData, floatData, int64Data } = decodeTensor(readFileSync(path));
  const type = elementTypeOf(dataType)?.name ?? "float32";
  const dims = sizes.map(Number);
  if (rawData?.length) return { tensor, type, dims, data: elementsOf(type, dims, rawData) };
  return { tensor, type, dims, data: encodeElements(type, type === "int64" ? int64Data.map(Number) : floatData) };
}

function goldenOf(folder: string, { inputs, outputs }: ModelFacts): GoldenFile {
  const list = (kind: string, names: ModelFacts["inputs"]) =>
    names.map(({ name }, index) => stored(join(folder, "test_data_set_0", `${kind}_${index}.pb`), name));
  const vector = { name: "test_data_set_0", inputs: list("input", inputs), outputs: list("output", outputs) };
  return { tolerance: { absolute: 1e-6, relative: 1e-4 }, vectors: [vector] };
}

/** Packs a model into a signed folder, admits it and tries it, as a robot would. */
async function admitAndTry(directory: string, bytes: Uint8Array, golden?: GoldenFile) {
  const text = golden === undefined ? "" : encodeGolden(golden);
  const listed = { file: "golden.json", bytes: Buffer.byteLength(text), sha256: sha256Hex(text) };
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ name: "policy", version: "1.0.0", file: "policy.onnx", bytes: bytes.length, sha256: sha256Hex(bytes) },
      ...(golden === undefined ? {} : { golden: listed }),
    }),
  );
  const signing = { privateKey, model: "policy", version: "1.0.0", robotClass: "", signedAtMs: 1 };
  writeFileSync(join(directory, "policy.onnx"), bytes);
  if (golden !== undefined) writeFileSync(join(directory, "golden.json"), text);
  writeFileSync(join(directory, "manifest.json"), manifest);
  writeFileSync(join(directory, "signature.json"), signManifest(manifest, signing));
  const admitted = await admitBy(contract, directory, { policy: { signatures: "required", keys: [pinned] } });
  return runTrial(subjectOf(admitted, { sha256: sha256Hex(bytes) }), { limits: { timedRuns: 5, wallMs: PATIENT_MS } });
}

t.test("R11 other people's policies are admitted and run, with finite outputs on zeros", { skip }, async (t) => {
  const names = readdirSync(join(onnx, "policies")).filter((name) => name.endsWith(".onnx"));
  t.ok(names.length >= 4, `found ${names.length} policies`);
  for (const name of names) {
    await t.test(name, async (t) => {
      const verdict = await admitAndTry(t.testdir(), readFileSync(join(onnx, "policies", name)));
      t.match(verdict, { ok: true, figures: { vectors: 1, notFinite: undefined } });
    });
  }
});

t.test("R11 models of the standard give the outputs that the standard stores", { skip }, async (t) => {
  const folder = join(onnx, "vectors-v1.18");
  const tried = [];
  for (const name of readdirSync(folder).filter((name) => name.startsWith("test_"))) {
    const bytes = readFileSync(join(folder, name, "model.onnx"));
    const inspection = inspectModel(bytes);
    if (!inspection.ok) continue;
    const verdict = await admitAndTry(t.testdir({}), bytes, goldenOf(join(folder, name), inspection.facts));
    t.match(verdict, { ok: true, figures: { vectors: 1 } }, `${name}: ${verdict.ok ? "" : verdict.detail}`);
    tried.push(name);
  }
  t.ok(tried.length >= 11, `tried ${tried.length}`);
});

// The catalogue of bad model files, O01..O40, whole: each is thrown at admission, or where it passes that, at the
// trial, and gets the refusal that is meant for it. The last test fails when an id of the catalogue has no case.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { sealManifest, sha256Hex } from "../../models/contract.js";
import { gridPlannerManifest, writeGridPlanner } from "../../models/grid-planner/write.js";
import { loadModel, ModelRefused } from "../../models/load.js";
import type { ModelManifest } from "../../models/manifest.js";
import { inspectModel } from "../../models/onnx/inspect.js";
import { diskFolder, type ModelFolder } from "../../models/onnx/plain-file.js";
import { runTrial } from "../../models/trial/trial.js";
import { aModel, encode } from "./helpers/hostile.js";
import { fileCases, outsideCases, tensorCases } from "./helpers/hostile-data.js";
import { folderCases } from "./helpers/hostile-folders.js";
import { graphCases } from "./helpers/hostile-graphs.js";
import { trialCases } from "./helpers/hostile-trials.js";
import { admit, aModelFolder } from "./helpers/model-folder.js";
import { int4Output } from "./helpers/trial-models.js";

const PATIENT_MS = 60_000; // the tests may share the machine with many others
t.setTimeout(4 * PATIENT_MS);

const modelCases = [...fileCases, ...outsideCases, ...tensorCases, ...graphCases];
const tried = new Set<string>();

/** Notes the id at the beginning of a name, and gives the name of the test. */
function noted(name: string): string {
  const [id] = /^O\d\d/.exec(name) ?? [];
  if (id !== undefined) tried.add(id);
  return `R13 ${name}`;
}

async function refusalOf(admission: Promise<unknown>): Promise<ModelRefused> {
  const error = await admission.then(
    () => new Error("it was admitted"),
    (cause: unknown) => cause,
  );
  if (error instanceof ModelRefused) return error;
  throw error;
}

for (const { name, spoil, policy, code, file = "model", found } of folderCases) {
  t.test(`${noted(name)} is refused at admission: ${code}`, async (t) => {
    const folder = aModelFolder(t);
    spoil(folder);
    const refused = await refusalOf(admit(folder, policy?.(folder)));
    t.match(refused, { code, found });
    t.ok(refused.path.startsWith(folder[file] as string), refused.path);
    t.match(refused.message, `expected ${refused.expected}, found ${refused.found} (${refused.attempted})`);
  });
}

t.test(noted("O10 a model that changes after it was read is admitted as it was read, in one read"), async (t) => {
  const folder = aModelFolder(t);
  const original = readFileSync(folder.model);
  const reads: { name: string; bytes: Buffer | undefined }[] = [];
  const disk = diskFolder(folder.directory);
  const changing: ModelFolder = {
    list: (most) => disk.list(most),
    read: async (name, maxBytes) => {
      const read = await disk.read(name, maxBytes);
      reads.push({ name, bytes: read.ok ? read.bytes : undefined });
      writeFileSync(join(folder.directory, name), "changed");
      return read;
    },
  };
  const admitted = await admit(folder, {}, { folder: changing });
  t.same(
    reads.map(({ name }) => name),
    ["manifest.json", "signature.json", "weighted.onnx", "golden.json"],
    "each file once",
  );
  t.equal(admitted.bytes, reads[2]?.bytes, "the very buffer that was read and hashed");
  t.same(Buffer.from(admitted.bytes), original);
});

for (const { name, code, bytes } of modelCases) {
  t.test(`${noted(name)} is refused at admission, signed and under its own checksum`, async (t) => {
    const folder = aModelFolder(t);
    writeFileSync(folder.model, bytes);
    folder.rewrite({ bytes: bytes.length, sha256: sha256Hex(bytes) });
    const refused = await refusalOf(admit(folder));
    const early = { "too-large": "too-large", "not-onnx": "other-kind" }[code as string];
    const atFile = bytes.length > 60_000_000 || code === "not-onnx";
    if (early !== undefined && atFile) t.equal(refused.code, early);
    else t.match(refused, { code: "graph", refusal: { code } });
  });
}

function resealed(directory: string, bytes: Uint8Array, change: (manifest: ModelManifest) => object): void {
  writeGridPlanner(directory);
  writeFileSync(join(directory, "grid-planner.onnx"), bytes);
  const text = sealManifest(change(gridPlannerManifest(bytes)) as ModelManifest);
  writeFileSync(join(directory, "manifest.json"), text);
}

t.test(`${noted("O36 a type that differs from the contract")} is refused, the difference printed`, async (t) => {
  const directory = t.testdir();
  resealed(directory, encode(aModel()), (manifest) => ({
    ...manifest,
    outputs: manifest.outputs.map((output) => ({ ...output, type: "float32" })),
  }));
  t.match(await refusalOf(loadModel(directory)), {
    code: "contract",
    found: /"sweeps": expected float32, found int64/,
  });
});

t.test(`${noted("O37 a dimension that the graph leaves open")} is refused by the contract`, async (t) => {
  const directory = t.testdir();
  const model = aModel();
  model.graph.input[0].type.tensorType.shape.dim[0] = {};
  resealed(directory, encode(model), (manifest) => manifest);
  t.match(await refusalOf(loadModel(directory)), { code: "contract", found: /"cost": .*\?/ });
});

for (const { name, subject, options, code, detail, isBanned } of trialCases) {
  t.test(`${noted(name)} fails its trial: ${code}`, async (t) => {
    const patient = { ...options, limits: { wallMs: PATIENT_MS, ...options?.limits } };
    const verdict = await runTrial(subject(), patient);
    const ban = isBanned ? subject().sha256 : undefined;
    t.match(verdict, { ok: false, code, detail });
    t.equal(verdict.ok ? undefined : verdict.ban, ban);
    t.ok(verdict.figures.wallMs > 0);
    if (ban === undefined) return;
    const again = await runTrial(subject(), { ...options, banned: new Set([ban]) });
    t.match(again, { ok: false, code: "banned", figures: { wallMs: 0 } }, "no second process");
  });
}

t.test("R13 inspector refuses the output of 4-bit numbers that would abort the process", (t) => {
  t.match(inspectModel(int4Output()), { ok: false, refusal: { code: "interface", path: "graph.output[0]" } });
  t.end();
});

t.test("catalogue of bad model files has a case for each of its 40 ids", (t) => {
  const ids = Array.from({ length: 40 }, (_, index) => `O${String(index + 1).padStart(2, "0")}`);
  t.same([...tried].sort(), ids);
  t.end();
});

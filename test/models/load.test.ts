// Loading a model folder under its sealed manifest: what is not exactly the contract and its bytes is refused
// with a reason that names the file, the expectation and the finding.

import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { sealManifest, sha256Hex } from "../../models/contract.js";
import { buildGridPlanner } from "../../models/grid-planner/build.js";
import { gridPlannerManifest, writeGridPlanner } from "../../models/grid-planner/write.js";
import { loadModel } from "../../models/load.js";
import type { ModelManifest } from "../../models/manifest.js";
import { defaultLimits } from "../../models/onnx/refusal.js";
import { aModel, encode } from "./helpers/hostile.js";

interface Folder {
  readonly directory: string;
  readonly model: string;
  readonly manifest: string;
}

function aFolder(t: Test): Folder {
  const directory = t.testdir();
  writeGridPlanner(directory);
  return { directory, model: join(directory, "grid-planner.onnx"), manifest: join(directory, "manifest.json") };
}

/** A folder whose manifest was changed by someone who also sealed it again. */
function aResealedFolder(t: Test, change: (manifest: ModelManifest) => object, bytes = buildGridPlanner()): Folder {
  const folder = aFolder(t);
  writeFileSync(folder.model, bytes);
  writeFileSync(folder.manifest, sealManifest(change(gridPlannerManifest(bytes)) as ModelManifest));
  return folder;
}

t.test("R13 loader admits the reference planner and hands out the bytes of the file", async (t) => {
  const { directory, model } = aFolder(t);
  const admitted = await loadModel(directory);
  t.equal(admitted.manifest.name, "grid-planner");
  t.same(Buffer.from(admitted.bytes), readFileSync(model));
});

t.test("R13 loader admits the negated variant under its own name", async (t) => {
  const directory = t.testdir();
  writeGridPlanner(directory, { negate: true });
  t.equal((await loadModel(directory)).manifest.name, "grid-planner-negated");
});

t.test("R13 loader refuses a manifest with one changed character, wherever it is", async (t) => {
  const { directory, manifest } = aFolder(t);
  const good = readFileSync(manifest, "utf8");
  for (let at = 0; at < good.length; at += 1) {
    const letter = good[at] === "1" ? "2" : "1";
    writeFileSync(manifest, good.slice(0, at) + letter + good.slice(at + 1));
    const refused = await loadModel(directory).then(
      () => false,
      (error: Error) => error.message.startsWith(manifest),
    );
    if (!refused) t.fail(`character ${at} (${good.slice(at - 10, at + 10)}) was changed and admitted`);
  }
  t.ok(good.length > 500);
});

t.test("R13 loader refuses a model with one changed bit", async (t) => {
  const { directory, model } = aFolder(t);
  const bytes = readFileSync(model);
  for (const at of [0, 700, bytes.length - 1]) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] as number) ^ 4;
    writeFileSync(model, flipped);
    await t.rejects(loadModel(directory), { message: /expected sha256 [0-9a-f]{64}, found [0-9a-f]{64}/ });
  }
});

t.test("R13 loader refuses files that are not plain files of the right size", async (t) => {
  const cases: Record<string, { spoil: (folder: Folder) => void; message: RegExp }> = {
    "O01 a missing model": { spoil: ({ model }) => rmSync(model), message: /expected a file, found nothing there/ },
    "O01 a missing manifest": { spoil: ({ manifest }) => rmSync(manifest), message: /manifest\.json: expected a file/ },
    "O02 zero bytes": { spoil: ({ model }) => truncateSync(model, 0), message: /expected \d+ bytes .* found 0/ },
    "O03 a truncated model": {
      spoil: ({ model }) => truncateSync(model, 999),
      message: /expected \d+ bytes .* found 999/,
    },
    "O06 a model above the limit": {
      spoil: ({ model }) => truncateSync(model, defaultLimits.maxBytes + 1),
      message: /expected at most 67108864 bytes, found 67108865/,
    },
    "O07 a symbolic link": {
      spoil: ({ model }) => {
        renameSync(model, `${model}.real`);
        symlinkSync(`${model}.real`, model);
      },
      message: /expected a regular file, found a symbolic link/,
    },
    "O08 a hard link": { spoil: ({ model }) => linkSync(model, `${model}.again`), message: /found 2 hard links/ },
    "O09 a pipe": {
      spoil: ({ model }) => {
        rmSync(model);
        execFileSync("mkfifo", [model]);
      },
      message: /expected a regular file, found another kind of entry/,
    },
    "a manifest of 70,000 bytes": {
      spoil: ({ manifest }) => writeFileSync(manifest, " ".repeat(70_000)),
      message: /expected at most 65536 bytes, found 70000/,
    },
  };
  for (const [name, { spoil, message }] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const folder = aFolder(t);
      spoil(folder);
      await t.rejects(loadModel(folder.directory), { message });
    });
  }
});

t.test("R13 loader refuses a resealed manifest that does not fit the graph or the schema", async (t) => {
  const cases: Record<string, { change: (manifest: ModelManifest) => object; message: RegExp }> = {
    "O36 another name": {
      change: (m) => ({ ...m, inputs: m.inputs.map((input) => ({ ...input, tensor: `${input.tensor}s` })) }),
      message: /input "costs": expected in the graph, found none.*input "cost": expected none of that name/,
    },
    "O36 another type": {
      change: (m) => ({ ...m, outputs: m.outputs.map((output) => ({ ...output, type: "float32" })) }),
      message: /output "sweeps": expected float32, found int64/,
    },
    "O36 another shape": {
      change: (m) => ({ ...m, inputs: m.inputs.map((input) => ({ ...input, shape: [64, 64] })) }),
      message: /input "cost": expected shape \[64, 64\], found \[height, width\]/,
    },
    "an output fewer": {
      change: (m) => ({ ...m, outputs: m.outputs.slice(0, 1) }),
      message: /output "sweeps": expected none of that name/,
    },
    "two maxima for one dimension": {
      change: (m) => ({
        ...m,
        inputs: m.inputs.map((i) => ({
          ...i,
          shape: [
            { dim: "height", max: 9 },
            { dim: "width", max: 9 },
          ],
        })),
      }),
      message: /expected max 9 for height, found max 16384/,
    },
    "an unknown key": { change: (m) => ({ ...m, colour: "red" }), message: /additional properties \("colour"\)/ },
    "a file in another folder": {
      change: (m) => ({ ...m, file: "../grid-planner.onnx" }),
      message: /\/file must match/,
    },
    "no deadline": {
      change: (m) => ({ ...m, limits: { maxCells: 9 } }),
      message: /\/limits must have required property/,
    },
    "another manifest version": { change: (m) => ({ ...m, manifest: 1 }), message: /\/manifest must be .*2, found 1/ },
  };
  for (const [name, { change, message }] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      await t.rejects(loadModel(aResealedFolder(t, change).directory), { message });
    });
  }
});

t.test("R13 loader refuses a dimension that the graph leaves open (O37)", async (t) => {
  const model = aModel();
  model.graph.input[0].type.tensorType.shape.dim[0] = {};
  const { directory } = aResealedFolder(t, (manifest) => manifest, encode(model));
  await t.rejects(loadModel(directory), {
    message: /input "cost": expected shape \[height, width\], found \[\?, width\]/,
  });
});

t.test("R13 loader refuses a hostile model under a manifest that fits it", async (t) => {
  const model = aModel();
  Object.assign(model.graph.initializer[0], {
    dataLocation: 1,
    externalData: [{ key: "location", value: "../secret" }],
  });
  const bytes = encode(model);
  const { directory } = aResealedFolder(t, (manifest) => ({ ...manifest, sha256: sha256Hex(bytes) }), bytes);
  await t.rejects(loadModel(directory), { message: /found external-data at graph\.initializer\[0\]/ });
});

// Other people's models: the inspector admits the policies that fit its rules, refuses the one whose weights lie in a
// second file, and reports the same interface as the native runtime. Skips where the real data are absent.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import t from "tap";
import { decodeTensor } from "../../../models/onnx/decode.js";
import { inspectModel } from "../../../models/onnx/inspect.js";
import { dataFolder } from "../helpers/maps.js";

const data = dataFolder();
const skip = "missing" in data ? data.missing : false;
const onnx = "folder" in data ? join(data.folder, "onnx") : "";

t.test("R13 inspector admits other people's policies and agrees with the runtime about them", { skip }, async (t) => {
  const names = readdirSync(join(onnx, "policies")).filter((name) => name.endsWith(".onnx"));
  t.ok(names.length >= 4, `found ${names.length} policies`);
  for (const name of names) {
    const bytes = readFileSync(join(onnx, "policies", name));
    const inspection = inspectModel(bytes);
    t.match(inspection, { ok: true }, name);
    if (!inspection.ok) continue;
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const { inputs, outputs } = inspection.facts;
    t.same(
      inputs.map((input) => input.name),
      session.inputNames,
    );
    t.same(
      outputs.map((output) => output.name),
      session.outputNames,
    );
  }
});

t.test("R13 inspector refuses a policy whose weights lie in a second file", { skip }, (t) => {
  const bytes = readFileSync(join(onnx, "policies/external_data/policy.onnx"));
  t.match(inspectModel(bytes), { ok: false, refusal: { code: "external-data", detail: /policy\.onnx\.data/ } });
  t.end();
});

t.test(
  "R13 inspector admits the vectors of the standard, save the loop whose turns an input decides",
  { skip },
  (t) => {
    for (const name of readdirSync(join(onnx, "vectors-v1.18"))) {
      const inspection = inspectModel(readFileSync(join(onnx, "vectors-v1.18", name, "model.onnx")));
      if (name === "test_loop11")
        t.match(inspection, { ok: false, refusal: { code: "loop", path: "graph.node[0]" } }, name);
      else t.match(inspection, { ok: true }, name);
    }
    t.end();
  },
);

t.test("reader decodes a tensor of the standard's vectors", { skip }, (t) => {
  const tensor = decodeTensor(readFileSync(join(onnx, "vectors-v1.18/test_add/test_data_set_0/input_0.pb")));
  t.same(tensor.dims, [3n, 4n, 5n]);
  t.equal(tensor.rawData?.length, 240);
  t.end();
});

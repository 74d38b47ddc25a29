// The inspector against the catalogue of hostile model files (O02..O37): each is refused, for its own reason, and at
// the place where the flaw is. The good models that all of them were made from pass.

import t from "tap";
import { inspectModel } from "../../../models/onnx/inspect.js";
import { type RefusalCode, refusalCodes } from "../../../models/onnx/refusal.js";
import { aModel, aNode, aSmallModel, aTensor, aValue, changed, encode, small, withTensor } from "../helpers/hostile.js";
import { fileCases, outsideCases, tensorCases } from "../helpers/hostile-data.js";
import { graphCases } from "../helpers/hostile-graphs.js";

const cases = [...fileCases, ...outsideCases, ...tensorCases, ...graphCases];

for (const { name, code, bytes, path } of cases) {
  t.test(`R13 inspector refuses ${name}`, (t) => {
    const inspection = inspectModel(bytes);
    t.match(inspection, { ok: false, refusal: { code, ...(path === undefined ? {} : { path }) } });
    t.end();
  });
}

t.test("R13 inspector admits the models that the hostile ones were made from", (t) => {
  t.equal(inspectModel(encode(aSmallModel())).ok, true);
  t.equal(inspectModel(changed(() => {})).ok, true);
  t.equal(inspectModel(withTensor({})).ok, true);
  t.equal(inspectModel(withTensor({ rawData: undefined, floatData: [1, 2, 3, 4] })).ok, true);
  t.end();
});

t.test("R13 inspector reports the interface of a model", (t) => {
  const inspection = inspectModel(small({ input: [aValue("x", ["batch", 4])] }));
  t.match(inspection, { ok: true, facts: { opset: 17, inputs: [{ name: "x", type: "float32", dims: ["batch", 4] }] } });
  t.end();
});

t.test("R13 inspector admits sizes that follow from shapes and constants alone, as exporters write them", (t) => {
  const index = aTensor({ name: "i", dims: [1], dataType: 7, rawData: undefined, int64Data: [0] });
  const node = [
    aNode("Shape", ["x"], ["shape"]),
    aNode("Gather", ["shape", "i"], ["batch"]),
    aNode("Concat", ["batch", "i"], ["wanted"], { attribute: [{ name: "axis", type: 2, i: 0 }] }),
    aNode("ConstantOfShape", ["wanted"], ["state"]),
    aNode("Expand", ["state", "wanted"], ["wide"]),
    aNode("Identity", ["wide"], ["y"]),
  ];
  t.match(inspectModel(small({ input: [aValue("x", ["batch", 4])], initializer: [index], node })), { ok: true });
  t.end();
});

t.test("R13 inspector takes no input for one whose value is stored in the model", (t) => {
  const old = small({ input: [aValue("x"), aValue("w")], initializer: [aTensor()] }, { irVersion: 3 });
  const inspection = inspectModel(old);
  t.match(inspection, { ok: true, facts: { inputs: [{ name: "x" }] } });
  t.equal(inspection.ok && inspection.facts.inputs.length, 1);
  t.end();
});

t.test("R13 inspector has a case for every class of refusal", (t) => {
  const tried = new Set(cases.map(({ code }) => code));
  t.same(
    Object.keys(refusalCodes).filter((code) => !tried.has(code as RefusalCode)),
    [],
  );
  t.end();
});

t.test("R13 inspector never throws when single bytes of a good model are changed", (t) => {
  const bytes = encode(aModel());
  let admitted = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const flipped = Uint8Array.from(bytes);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    if (inspectModel(flipped).ok) admitted += 1;
  }
  t.ok(admitted < bytes.length / 3, `${admitted} changed models still make sense`);
  t.end();
});

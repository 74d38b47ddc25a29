// Golden vectors: every element type comes back bit by bit, the file is closed, and a number out of tolerance or not
// finite is found.

import t from "tap";
import { encodeElements, type NamedTensor } from "../../models/elements.js";
import { compareOutputs, encodeGolden, type GoldenFile, parseGolden } from "../../models/golden.js";
import { elementTypes } from "../../models/onnx/element-types.js";
import { floats } from "./helpers/trial-models.js";

const tolerance = { absolute: 0.5, relative: 0.125 };

function golden(outputs: readonly NamedTensor[], inputs: readonly NamedTensor[] = outputs): GoldenFile {
  return { tolerance, vectors: [{ name: "one", inputs, outputs }] };
}

t.test("golden vectors come back with every element type", (t) => {
  const values = [0, 1, 1, 0, 1, 1];
  const all = elementTypes.map(({ name }) => {
    return { tensor: name, type: name, dims: [2, 3], data: encodeElements(name, values) };
  });
  const parsed = parseGolden(encodeGolden(golden(all)));
  t.same(parsed, { ok: true, golden: golden(all) });
  t.equal(all.length, 12);
  t.end();
});

t.test("golden vectors keep what a number cannot: 64-bit integers, halves, empty tensors", (t) => {
  const big: NamedTensor = {
    tensor: "i",
    type: "int64",
    dims: [2],
    data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
  };
  const half: NamedTensor = { tensor: "h", type: "float16", dims: [1], data: Uint16Array.of(0x3555) };
  const none: NamedTensor = { tensor: "e", type: "float32", dims: [0, 4], data: new Float32Array(0) };
  t.same(parseGolden(encodeGolden(golden([big, half, none]))), { ok: true, golden: golden([big, half, none]) });
  t.end();
});

t.test("R13 golden file of any other form is refused with what was expected", (t) => {
  const text = encodeGolden(golden([floats("y", [1, 2])]));
  const replaced = (from: string | RegExp, to: string) => text.replace(from, to);
  const cases: Record<string, [string, RegExp]> = {
    "an unknown key": [replaced('"golden": 1', '"golden": 1, "more": 1'), /more/],
    "another version": [replaced('"golden": 1', '"golden": 2'), /golden/],
    "an unknown type": [replaced(/"float32"/g, '"int4"'), /type/],
    "bytes that do not fill the shape": [replaced(/(dims": \[\s*)2/g, "$13"), /expected 12 bytes.*found 8/],
    "a negative dimension": [replaced(/(dims": \[\s*)2/g, "$1-2"), /dims/],
    "no base64": [replaced(/AACAP/g, "A*"), /data/],
    "text after the padding bits": [
      encodeGolden(golden([floats("y", [1])])).replace(/AACAPw==/g, "AACAPx=="),
      /base64/,
    ],
    "a negative tolerance": [replaced("0.125", "-1"), /tolerance/],
    "no vector": [JSON.stringify({ golden: 1, tolerance, vectors: [] }), /vectors/],
    "deep nesting": ["[".repeat(9) + "]".repeat(9), /deep/],
    "no JSON": ["{", /JSON/],
  };
  for (const [name, [source, reason]] of Object.entries(cases)) {
    const parsed = parseGolden(source);
    t.equal(parsed.ok, false, name);
    if (!parsed.ok) t.match(`${parsed.expected}; ${parsed.found}`, reason, name);
  }
  t.end();
});

t.test("R13 golden file with outputs that are not finite, names twice or bools of 2 is refused", (t) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const odd = golden([floats("y", [1, value])], [floats("x", [Number.NaN])]);
    t.match(parseGolden(encodeGolden(odd)), { ok: false, found: /output: expected finite numbers.*y\[1\]/ });
  }
  const twice = golden([floats("y", [1]), floats("y", [1])]);
  t.match(parseGolden(encodeGolden(twice)), { ok: false, found: /"y" once/ });
  const two: NamedTensor = { tensor: "b", type: "bool", dims: [1], data: Uint8Array.of(2) };
  t.match(parseGolden(encodeGolden(golden([two]))), { ok: false, found: /bools/ });
  t.throws(() => encodeGolden(golden([{ ...two, dims: [2] }])), { message: /expected 2 bytes/ });
  t.end();
});

t.test("R11 golden comparison allows exactly the tolerance, on both sides, and names the worst number", (t) => {
  const wanted = [floats("y", [8, -8])];
  t.match(compareOutputs(wanted, [floats("y", [9.5, -9.5])], tolerance), { ok: true, differenceMax: 1.5 });
  t.match(compareOutputs(wanted, [floats("y", [6.5, -6.5])], tolerance), { ok: true, differenceMax: 1.5 });
  const off = compareOutputs(wanted, [floats("y", [9.75, -10])], tolerance);
  t.match(off, { ok: false, code: "differs", expected: /y\[1\] = -8 within 0\.5 \+ 0\.125/, found: "-10, off by 2" });
  t.end();
});

t.test("R11 golden comparison refuses numbers that are not finite, whatever the tolerance", (t) => {
  const free = { absolute: 1e9, relative: 1e9 };
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const found = compareOutputs([floats("y", [0])], [floats("y", [value])], free);
    t.match(found, { ok: false, code: "not-finite", found: `${value} at y[0]` });
    const half: NamedTensor = { tensor: "y", type: "float16", dims: [1], data: encodeElements("float16", [value]) };
    t.match(compareOutputs([], [half], free), { ok: false, code: "not-finite" }, "also where nothing is expected");
    t.equal(compareOutputs([floats("y", [value])], [floats("y", [0])], tolerance).ok, false, "expected by mistake");
  }
  t.end();
});

t.test("R11 golden comparison is exact for 64-bit integers beyond what a double holds", (t) => {
  const one: NamedTensor = { tensor: "n", type: "int64", dims: [1], data: BigInt64Array.of(2n ** 60n) };
  const other: NamedTensor = { ...one, data: BigInt64Array.of(2n ** 60n + 1n) };
  t.match(compareOutputs([one], [other], { absolute: 0, relative: 0 }), { ok: false, found: /off by 1$/ });
  t.equal(compareOutputs([one], [other], { absolute: 1, relative: 0 }).ok, true);
  t.end();
});

t.test("R11 golden comparison refuses an output that is missing or of another type or shape", (t) => {
  const wanted = [floats("y", [1, 2], [2])];
  t.match(compareOutputs(wanted, [], tolerance), { ok: false, expected: "y: float32[2]", found: "none" });
  t.match(compareOutputs(wanted, [floats("y", [1, 2], [1, 2])], tolerance), { ok: false, found: "y: float32[1, 2]" });
  t.end();
});

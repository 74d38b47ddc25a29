// The reference of a model: made from rows, written and read back, closed and bounded, and admitted with its model.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { sha256Hex } from "../../models/contract.js";
import { encodeElements } from "../../models/elements.js";
import { featuresInto } from "../../models/features.js";
import type { ModelReference } from "../../models/histogram.js";
import { ModelRefused } from "../../models/load.js";
import {
  encodeReference,
  joinReferences,
  parseReference,
  referenceFaults,
  referenceOf,
} from "../../models/reference.js";
import { between, chanceFrom } from "../proto/true-time.js";
import { aManifest } from "./helpers/manifests.js";
import { admit, aModelFolder } from "./helpers/model-folder.js";

function drawn(count: number, width = 3): number[][] {
  const chance = chanceFrom(5);
  return Array.from({ length: count }, () => Array.from({ length: width }, (_, at) => between(chance, -at - 1, at)));
}

t.test("a reference is made from rows: about equal shares, nothing below the least and above the most", (t) => {
  const reference = referenceOf("obs", drawn(1000));
  t.equal(reference.samples, 1000);
  t.same(
    reference.features.map(({ tensor, index }) => [tensor, index]),
    [
      ["obs", 0],
      ["obs", 1],
      ["obs", 2],
    ],
  );
  for (const { edges, shares } of reference.features) {
    t.equal(edges.length, 11);
    t.equal(shares.at(0), 0);
    t.equal(shares.at(-1), 0);
    t.ok(
      shares.slice(1, -1).every((share) => Math.abs(share - 0.1) < 0.01),
      `${shares}`,
    );
  }
  t.end();
});

t.test("a feature that never changed, or has few values, keeps a histogram whose edges rise", (t) => {
  const [still] = referenceOf("x", new Array(50).fill([7])).features;
  t.same(still?.shares, [0, 1, 0]);
  const [flag] = referenceOf(
    "x",
    Array.from({ length: 100 }, (_, at) => [at % 4 === 0 ? 1 : 0]),
  ).features;
  t.same(flag?.shares, [0, 0.75, 0.25, 0]);
  t.match(parseReference(encodeReference(referenceOf("x", new Array(50).fill([7])))), { ok: true });
  t.end();
});

t.test("rows that are none, of two lengths or not finite are refused", (t) => {
  t.throws(() => referenceOf("x", []), RangeError);
  t.throws(() => referenceOf("x", [[]]), RangeError);
  t.throws(() => referenceOf("x", [[1, 2], [1]]), { message: /2 finite numbers in each/ });
  t.throws(
    () =>
      referenceOf(
        "x",
        [
          [1, 2, 3],
          [1, 2],
        ].reverse(),
      ),
    { message: /2 finite numbers in each/ },
  );
  t.throws(() => referenceOf("x", [[Number.NaN]]), { message: /finite/ });
  for (const bins of [0, 1.5, 63]) t.throws(() => referenceOf("x", [[1]], { bins }), { message: /bins/ });
  const parts = [referenceOf("x", drawn(10)), referenceOf("y", drawn(11))];
  t.throws(() => joinReferences(parts), { message: /10 samples in each/ });
  t.equal(joinReferences([referenceOf("x", drawn(10)), referenceOf("y", drawn(10))]).features.length, 6);
  t.end();
});

t.test("a reference comes back as it was written", (t) => {
  for (const width of [1, 40]) {
    const reference = referenceOf("obs", drawn(200, width));
    t.same(parseReference(encodeReference(reference)), { ok: true, reference });
  }
  t.end();
});

const sound: ModelReference = {
  samples: 10,
  features: [{ tensor: "obs", index: 0, edges: [0, 1], shares: [0.25, 0.5, 0.25] }],
};

t.test("R13 a reference of any other form is refused with what was expected", (t) => {
  const text = encodeReference(sound);
  const [feature] = sound.features;
  const withFeature = (change: object) => encodeReference({ ...sound, features: [{ ...feature, ...change }] } as never);
  const cases: Record<string, [string, RegExp]> = {
    "an unknown key": [text.replace('"samples"', '"more":1,"samples"'), /more/],
    "another version": [text.replace('"reference":1', '"reference":2'), /reference/],
    "no samples": [encodeReference({ ...sound, samples: 0 }), /samples/],
    "no features": [encodeReference({ ...sound, features: [] }), /features/],
    "an index below 0": [withFeature({ index: -1 }), /index/],
    "a share above 1": [withFeature({ shares: [0, 2, -1] }), /shares/],
    "a share too few": [withFeature({ shares: [0.5, 0.5] }), /3 shares between the 2 edges of obs\[0\], found 2/],
    "edges that stand": [withFeature({ edges: [1, 1] }), /rise/],
    "edges that fall": [withFeature({ edges: [1, 0] }), /rise/],
    "shares that add up to less": [withFeature({ shares: [0.25, 0.25, 0.25] }), /add up to 1, found 0\.75/],
    "a feature twice": [encodeReference({ ...sound, features: [...sound.features, ...sound.features] }), /once/],
    "no JSON": ["{", /JSON/],
    "deep nesting": ["[".repeat(9) + "]".repeat(9), /deep/],
    "too many edges": [withFeature({ edges: Array.from({ length: 64 }, (_, at) => at) }), /edges/],
  };
  for (const [name, [source, reason]] of Object.entries(cases)) {
    const parsed = parseReference(source);
    t.equal(parsed.ok, false, name);
    if (!parsed.ok) t.match(`${parsed.expected}; ${parsed.found}`, reason, name);
  }
  t.end();
});

t.test("a reference speaks only of numbers that its model is fed", (t) => {
  const [feature] = sound.features;
  const of = (change: object) => ({ ...sound, features: [{ ...feature, ...change }] }) as ModelReference;
  t.same(referenceFaults(aManifest(), of({ index: 8 })), []);
  t.match(referenceFaults(aManifest(), of({ index: 9 })), [/below 9, found 9/]);
  t.match(referenceFaults(aManifest(), of({ tensor: "scan" })), [/input "scan" of features/]);
  t.end();
});

t.test("the numbers of a reference are read out of what a run is fed, in every element type", (t) => {
  const features = [3, 0, 2].map((index) => ({ tensor: "obs", index, edges: [0], shares: [0, 1] }));
  const reference = { samples: 1, features };
  const into = new Float64Array(3);
  for (const type of ["float32", "float16", "int64", "float64"] as const) {
    const feed = { tensor: "obs", type, dims: [1, 4], data: encodeElements(type, [1, 2, 3, 4]) };
    t.ok(featuresInto(into, reference, [feed]));
    t.same([...into], [4, 1, 3], type);
  }
  const short = { tensor: "obs", type: "float32", dims: [1, 3], data: new Float32Array(3) } as const;
  t.notOk(featuresInto(into, reference, [short]));
  t.notOk(featuresInto(into, reference, []));
  t.end();
});

t.test("R13 a reference is admitted with its model, by its checksum, and refused when it is another", async (t) => {
  const folder = aModelFolder(t);
  const file = join(folder.directory, "reference.json");
  const text = encodeReference({ ...sound, features: sound.features.map((one) => ({ ...one, tensor: "x" })) });
  const listed = { file: "reference.json", bytes: Buffer.byteLength(text), sha256: sha256Hex(text) };
  writeFileSync(file, text);
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => "admitted",
      (cause: unknown) => (cause instanceof ModelRefused ? cause.code : String(cause)),
    );
  t.equal(await code(admit(folder)), "listing", "a reference that the manifest does not name");
  folder.rewrite({ reference: listed });
  const admitted = await admit(folder);
  t.match(admitted.reference, { samples: 10 });
  writeFileSync(file, text.replace("0.5", "0.4"));
  t.equal(await code(admit(folder)), "checksum");
  const wrong = text.replace("0.5", "0.4");
  folder.rewrite({ reference: { ...listed, sha256: sha256Hex(wrong) } });
  t.equal(await code(admit(folder)), "reference", "one that was signed and does not add up");
});

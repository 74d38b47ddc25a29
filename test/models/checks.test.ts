// R13: a manifest that contradicts itself, or its graph, is refused by what it contradicts.

import t from "tap";
import { contractDifferences, manifestFaults } from "../../models/checks.js";
import type {
  ConfidenceContract,
  Feature,
  ModelManifest,
  ProposalContract,
  StateContract,
} from "../../models/manifest.js";
import type { ModelFacts, TensorFacts } from "../../models/onnx/inspect.js";
import { aManifest, blend, feature, RAYS } from "./helpers/manifests.js";

const fed = (size: number, ...features: readonly Feature[]): ModelManifest =>
  aManifest({
    inputs: [{ tensor: "obs", type: "float32", shape: [size], unit: "", fill: { kind: "features", features } }],
  });
const proposing = (proposal: ProposalContract): ModelManifest => aManifest({ proposal });
const valuing = (more: Partial<ModelManifest>): ModelManifest =>
  aManifest({
    proposal: { kind: "field", tensor: "value" },
    outputs: [{ tensor: "value", type: "float32", shape: [2, 2], unit: "m" }],
    ...more,
  });
const sure = (more: Partial<Extract<ConfidenceContract, { kind: "output" | "softmax" }>>): ModelManifest => {
  const calibration = [
    [0, 0],
    [1, 1],
  ] as const;
  return aManifest({
    confidence: { kind: "output", tensor: "action", index: 0, calibration, least: 0.5, ...more },
  });
};
const state = (more: Partial<StateContract> = {}): StateContract => ({
  ...{ tensor: "h", output: "h_out", shape: [1, 8], initial: 0, resetAfterMs: 500 },
  type: "float32",
  ...more,
});

t.test("a manifest that contradicts itself nowhere has no faults", (t) => {
  t.same(manifestFaults(aManifest()), []);
  t.same(manifestFaults(aManifest({ states: [state()] })), []);
  t.same(manifestFaults(sure({})), []);
  t.end();
});

const FAULTS: readonly (readonly [string, ModelManifest, RegExp])[] = [
  ["too few features", fed(3, feature("pose.xM")), /expected features for 3 numbers, found them for 1/],
  ["rays counted in", fed(1, feature("scan.rangeM", { rays: RAYS })), /for 1 numbers, found them for 8/],
  [
    "history counted in",
    fed(2, feature("pose.xM", { history: { frames: 3, everyMs: 100, order: "newest-first" } })),
    /for 2 numbers, found them for 3/,
  ],
  ["a field of features", valuing({}), /input "obs": expected grid, since it proposes field, found features/],
  [
    "a velocity of grids",
    aManifest({
      inputs: [{ tensor: "cost", type: "float32", shape: [4, 4], unit: "m", fill: { kind: "grid", grid: "cost" } }],
    }),
    /input "cost": expected features, since it proposes velocity, found grid/,
  ],
  ["rays of a pose", fed(8, feature("pose.xM", { rays: RAYS })), /pose.xM: expected no rays/],
  [
    "rays backwards",
    fed(8, feature("scan.rangeM", { rays: { ...RAYS, fromRad: 1, toRad: 1 } })),
    /expected rays over more than 0 and at most one turn, found 1 to 1/,
  ],
  [
    "rays over two turns",
    fed(8, feature("scan.rangeM", { rays: { ...RAYS, fromRad: -6.5, toRad: 6.5 } })),
    /at most one turn/,
  ],
  [
    "a history of minutes",
    fed(64, feature("pose.xM", { history: { frames: 64, everyMs: 1000, order: "newest-first" } })),
    /expected a history of at most 60000 ms, found 64000/,
  ],
  ["clip backwards", fed(1, feature("pose.xM", { clip: [1, 0] })), /expected clip from low to high/],
  ["one that cannot miss", fed(1, feature("one", { missing: 0 })), /expected missing "refuse"/],
  [
    "an open dimension",
    aManifest({
      inputs: [{ ...aManifest().inputs[0], shape: [{ dim: "batch", max: 4 }, 9] } as ModelManifest["inputs"][number]],
    }),
    /expected every dimension fixed, found "batch" without a size/,
  ],
  ["an input twice", aManifest({ states: [state({ tensor: "obs" })] }), /input "obs": expected each tensor once/],
  ["an output twice", aManifest({ states: [state({ output: "action" })] }), /output "action": expected each/],
  [
    "one name, two sizes",
    aManifest({
      states: [
        state({ shape: [{ dim: "b", size: 1 }] }),
        state({ tensor: "i", output: "o", shape: [{ dim: "b", size: 2 }] }),
      ],
    }),
    /"i": expected size 1 for b, found size 2/,
  ],
  [
    "a grid of the wrong type",
    valuing({
      inputs: [{ tensor: "c", type: "float16", shape: [2, 2], unit: "", fill: { kind: "grid", grid: "cost" } }],
    }),
    /expected a grid of float32 with two dimensions, found float16/,
  ],
  [
    "an index beyond the output",
    proposing({ kind: "velocity", speedMps: blend(0, [-1, 1]), turnRadps: blend(2, [-1, 1]) }),
    /turnRadps: expected an element of "action" below 2, found 2/,
  ],
  [
    "a proposal of no output",
    proposing({ kind: "waypoints", tensor: "path", scaleM: 1 }),
    /expected an output "path", found none/,
  ],
  [
    "scores for other candidates",
    proposing({
      kind: "scores",
      tensor: "action",
      best: "lowest",
      candidates: [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    }),
    /expected a score for each of 3 candidates, found 2/,
  ],
  ["a confidence of no output", sure({ tensor: "sure" }), /confidence output: expected an output "sure"/],
  [
    "a calibration that falls",
    sure({
      calibration: [
        [0, 0],
        [0, 1],
      ],
    }),
    /whose points rise/,
  ],
  [
    "a share above one",
    sure({
      calibration: [
        [0, 0],
        [1, 1.1],
      ],
    }),
    /shares from 0 to 1/,
  ],
];

for (const [name, manifest, reason] of FAULTS) {
  t.test(`manifest with ${name} is refused with the reason`, (t) => {
    const faults = manifestFaults(manifest);
    t.equal(faults.length, 1, faults.join("; "));
    t.match(faults[0], reason);
    t.end();
  });
}

const facts = (inputs: readonly TensorFacts[], outputs: readonly TensorFacts[]) =>
  ({ irVersion: 8, opset: 17, inputs, outputs }) as unknown as ModelFacts;
const tensor = (name: string, dims: TensorFacts["dims"], type: TensorFacts["type"] = "float32"): TensorFacts => ({
  ...{ name, dims, type },
});

t.test("a manifest agrees with a graph of the same names, types and shapes, states counted in", (t) => {
  const manifest = aManifest({ states: [state()] });
  const graph = facts(
    [tensor("obs", [1, 9]), tensor("h", [1, 8])],
    [tensor("action", [1, 2]), tensor("h_out", [1, 8])],
  );
  t.same(contractDifferences(manifest, graph), []);
  t.same(contractDifferences(aManifest(), graph).length, 4, "two that it does not know, and two counts");
  t.end();
});

t.test("a dimension that the graph leaves open has its name, or any name, and a size in the manifest", (t) => {
  const [input] = aManifest().inputs;
  const sized = (dim: object) =>
    aManifest({ inputs: [{ ...input, shape: [dim, 9] } as ModelManifest["inputs"][number]] });
  const differences = (dim: object, found: string | number | null) =>
    contractDifferences(sized(dim), facts([tensor("obs", [found, 9])], [tensor("action", [1, 2])]));
  t.same(differences({ dim: "batch", size: 1 }, "batch"), []);
  t.same(differences({ dim: "any", size: 1 }, null), []);
  t.match(differences({ dim: "batch", max: 1 }, null), [/expected shape \[batch, 9\], found \[\?, 9\]/]);
  t.match(differences({ dim: "batch", size: 1 }, "other"), [/found \[other, 9\]/]);
  t.match(differences({ dim: "batch", size: 1 }, 1), [/found \[1, 9\]/]);
  t.end();
});

t.test("a graph of other types is told by name and type", (t) => {
  const graph = facts([tensor("obs", [1, 9], "float16")], [tensor("action", [1, 2])]);
  t.same(contractDifferences(aManifest(), graph), ['input "obs": expected float32, found float16']);
  t.end();
});

t.test("R13 a model that drives may not be fed or tell more numbers than the edge can handle", (t) => {
  const output = (shape: readonly number[]) => ({ tensor: "action", type: "float32", shape, unit: "m" }) as const;
  const faultsOf = (more: Parameters<typeof aManifest>[0]) => manifestFaults(aManifest(more)).join("\n");
  const proposal = { kind: "waypoints", tensor: "action", scaleM: 1 } as const;
  t.equal(faultsOf({ outputs: [output([128])], proposal }), "");
  t.match(faultsOf({ outputs: [output([130])], proposal }), /expected x and y of at most 64 points, found 130 numbers/);
  t.match(faultsOf({ outputs: [output([2_147_483_647])] }), /expected at most 65536 numbers .* found 214748/);
  const state = { tensor: "h", output: "g", type: "float32", shape: [2e9], initial: 0, resetAfterMs: 1 } as const;
  t.match(faultsOf({ states: [state] }), /expected at most 65536 numbers/);
  t.end();
});

// R11: the outputs of a run are read as the manifest says, or refused in words; nothing that is not a number gets
// through.

import t from "tap";
import { encodeElements, type NamedTensor } from "../../models/elements.js";
import type { ConfidenceContract, ModelManifest, ProposalContract } from "../../models/manifest.js";
import type { ElementTypeName } from "../../models/onnx/element-types.js";
import { readProposal } from "../../models/propose.js";
import { aManifest, blend } from "./helpers/manifests.js";

/** A manifest whose one output "action" has this shape. */
function giving(
  shape: readonly number[],
  proposal: ProposalContract,
  more: { readonly confidence?: ConfidenceContract; readonly type?: ElementTypeName } = {},
): ModelManifest {
  const { type = "float32", confidence = { kind: "none" } as const } = more;
  return aManifest({ outputs: [{ tensor: "action", type, shape, unit: "" }], proposal, confidence });
}

function given(values: readonly number[], dims: readonly number[], type: ElementTypeName = "float32") {
  const output: NamedTensor = { tensor: "action", type, dims, data: encodeElements(type, values) };
  return new Map([["action", output]]);
}

const VELOCITY = { kind: "velocity", speedMps: blend(0, [-1, 1], 2), turnRadps: blend(1, [-2, 2]) } as const;
const WAYPOINTS = { kind: "waypoints", tensor: "action", scaleM: 0.5 } as const;
const SCORES = {
  kind: "scores",
  tensor: "action",
  best: "highest",
  candidates: [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
  ],
} as const;

t.test("velocity is a weighted sum of outputs, held in its bounds", (t) => {
  const read = (values: readonly number[]) => readProposal(giving([1, 2], VELOCITY), given(values, [1, 2]));
  t.same(read([0.25, -1.5]), {
    ...{ kind: "read", confidence: 1 },
    proposal: { kind: "velocity", speedMps: 0.5, turnRadps: -1.5 },
  });
  t.match(read([5, -9]), { proposal: { speedMps: 1, turnRadps: -2 } });
  const wheels = {
    terms: [0, 1].map((index) => ({ tensor: "action", index, scale: 0.05 })),
    offset: 0.1,
    clip: [-9, 9],
  } as const;
  const driven = readProposal(giving([2], { ...VELOCITY, speedMps: wheels }), given([10, 6], [2]));
  t.ok(driven.kind === "read" && driven.proposal.kind === "velocity");
  if (driven.kind === "read" && driven.proposal.kind === "velocity")
    t.ok(Math.abs(driven.proposal.speedMps - 0.9) < 1e-6, `${driven.proposal.speedMps}`);
  t.end();
});

t.test("waypoints are points in the robot frame", (t) => {
  const read = readProposal(giving([2, 2], WAYPOINTS), given([1, 0, 2, -1], [2, 2]));
  const points = [
    { xM: 0.5, yM: 0 },
    { xM: 1, yM: -0.5 },
  ];
  t.match(read, { proposal: { kind: "waypoints", points } });
  t.end();
});

t.test("of scores the best one wins, and of equal ones the first", (t) => {
  const read = (values: readonly number[], best: "highest" | "lowest" = "highest") =>
    readProposal(giving([3], { ...SCORES, best }), given(values, [3]));
  t.match(read([1, 3, 2]), { proposal: { speedMps: 0.5, turnRadps: 0 } });
  t.match(read([1, 3, 3]), { proposal: { turnRadps: 0 } });
  t.match(read([1, 3, 0], "lowest"), { proposal: { speedMps: 0.5, turnRadps: 1 } });
  t.end();
});

t.test("a field has the shape that the run gave it", (t) => {
  const value = new Float32Array([1, 2, 3, 4, 5, 6]);
  const manifest = aManifest({
    outputs: [
      {
        tensor: "action",
        type: "float32",
        shape: [
          { dim: "h", max: 9 },
          { dim: "w", max: 9 },
        ],
        unit: "",
      },
    ],
    proposal: { kind: "field", tensor: "action" },
  });
  const outputs = (dims: readonly number[]) =>
    new Map([["action", { tensor: "action", type: "float32", dims, data: value } as const]]);
  t.same(readProposal(manifest, outputs([2, 3])), {
    ...{ kind: "read", confidence: 1 },
    proposal: { kind: "field", width: 3, height: 2, value },
  });
  t.match(readProposal(manifest, outputs([10, 3])), { reason: /expected shape \[up to 9, up to 9\], found \[10, 3\]/ });
  t.match(readProposal(manifest, outputs([2, 2])), { reason: /found \[2, 2\] with 6 elements/ });
  t.end();
});

t.test("R11 what is no number is refused, wherever a proposal rests on it", (t) => {
  const cases = [
    [giving([1, 2], VELOCITY), [0, Number.NaN], [1, 2]],
    [giving([2, 2], WAYPOINTS), [0, 0, Number.POSITIVE_INFINITY, 0], [2, 2]],
    [giving([3], SCORES), [0, 0, Number.NEGATIVE_INFINITY], [3]],
  ] as const;
  for (const [manifest, values, dims] of cases)
    t.match(readProposal(manifest, given(values, dims)), {
      kind: "refused",
      reason: /expected a finite number, found/,
    });
  t.end();
});

t.test("R11 an output that is absent, or of another type or shape, is refused by name", (t) => {
  const manifest = giving([1, 2], VELOCITY);
  t.same(readProposal(manifest, new Map()), {
    kind: "refused",
    reason: 'expected output "action", found none of that name',
  });
  t.match(readProposal(manifest, given([0, 0], [1, 2], "float64")), { reason: /expected float32, found float64/ });
  t.match(readProposal(manifest, given([0, 0], [2])), { reason: /expected shape \[1, 2\], found \[2\] with 2/ });
  t.end();
});

t.test("confidence is calibrated by straight lines, and too little of it is unsure", (t) => {
  const points = [
    [0, 0.5],
    [10, 0.9],
    [20, 1],
  ] as const;
  const at = (raw: number, least = 0) => {
    const confidence = { kind: "output", tensor: "action", index: 1, calibration: points, least } as const;
    return readProposal(giving([2], VELOCITY, { confidence }), given([0, raw], [2]));
  };
  t.match(at(-5), { confidence: 0.5 });
  t.match(at(0), { confidence: 0.5 });
  t.match(at(5), { confidence: 0.7 });
  t.match(at(15), { confidence: 0.95 });
  t.match(at(99), { confidence: 1 });
  t.match(at(5, 0.7), { kind: "read" });
  t.match(at(4.9, 0.7), {
    kind: "unsure",
    reason: /expected a confidence of at least 0.7, found 0.696/,
  });
  t.match(at(Number.NaN, 0), { kind: "refused" });
  t.end();
});

t.test("the largest share of the softmax is a confidence, also of large numbers", (t) => {
  const identity = [
    [0, 0],
    [1, 1],
  ] as const;
  const confidence = { kind: "softmax", tensor: "action", index: 0, calibration: identity, least: 0 } as const;
  const of = (...values: readonly number[]) =>
    readProposal(giving([3], SCORES, { confidence }), given(values, [3])) as { confidence: number };
  t.ok(Math.abs(of(0, 0, 0).confidence - 1 / 3) < 1e-9);
  t.ok(Math.abs(of(1000, 1000, -1000).confidence - 0.5) < 1e-9);
  t.ok(of(50, 0, 0).confidence > 0.999);
  t.end();
});

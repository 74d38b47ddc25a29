// What a trial and a check at the desk need of an admitted model: the subject of the trial, with its golden vectors, or
// without any with zeros in the smallest shape that its manifest allows.

import { encodeElements, type NamedTensor, sizeOf } from "../elements.js";
import type { GoldenFile } from "../golden.js";
import type { Dimension } from "../manifest.js";
import type { ModelFacts } from "../onnx/inspect.js";
import type { TrialSubject } from "./words.js";

/** How large a dimension is that the graph names or leaves open. */
export type SizeOf = (dimension: string) => number;

const CHOSEN_SIZE = 8;

/** The sizes that a manifest fixes; where it leaves a choice, a small one that it allows. */
export function sizesOf(tensors: readonly { readonly shape: readonly Dimension[] }[]): SizeOf {
  const sizes = new Map<string, number>();
  for (const entry of tensors.flatMap(({ shape }) => shape)) {
    if (typeof entry === "number") continue;
    sizes.set(entry.dim, "size" in entry ? entry.size : Math.min(entry.max, CHOSEN_SIZE));
  }
  return (dimension) => sizes.get(dimension) ?? 1;
}

/** A tensor of zeros for each input. Dimensions that the graph does not fix are as `sizeFor` says (by default 1). */
export function zeroFeeds(facts: ModelFacts, sizeFor: SizeOf = () => 1): readonly NamedTensor[] {
  return facts.inputs.map(({ name, type, dims: declared }) => {
    const dims = declared.map((dim) => (typeof dim === "number" ? dim : sizeFor(dim ?? "")));
    const zeros = new Array<number>(sizeOf(dims)).fill(0);
    return { tensor: name, type, dims, data: encodeElements(type, zeros) };
  });
}

/** What of an admitted model is tried. */
export function subjectOf(
  admitted: { readonly bytes: Uint8Array; readonly facts: ModelFacts; readonly golden: GoldenFile | undefined },
  known: { readonly sha256: string; readonly sizeFor?: SizeOf },
): TrialSubject {
  const { bytes, facts, golden } = admitted;
  const names = (tensors: ModelFacts["inputs"]) => tensors.map(({ name }) => name);
  const feeds = golden ? [] : zeroFeeds(facts, known.sizeFor);
  return { bytes, sha256: known.sha256, inputs: names(facts.inputs), outputs: names(facts.outputs), golden, feeds };
}

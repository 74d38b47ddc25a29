// The trial as a real process: figures of a good model, every element type through the child, and what it does about
// children that end, lie or are stopped. The models that must fail stand in the catalogue.

import { fileURLToPath } from "node:url";
import t from "tap";
import { sha256Hex } from "../../../models/contract.js";
import { encodeElements, type NamedTensor } from "../../../models/elements.js";
import { elementTypes } from "../../../models/onnx/element-types.js";
import { sizesOf, subjectOf, zeroFeeds } from "../../../models/trial/feeds.js";
import { runTrial as run, type TrialOptions } from "../../../models/trial/trial.js";
import type { TrialSubject } from "../../../models/trial/words.js";
import { aNode, aSmallModel, aValue, encode, type Loose } from "../helpers/hostile.js";
import { bitFlipped, subject, weighted } from "../helpers/trial-models.js";

const PATIENT_MS = 60_000; // the tests may share the machine with many others
t.setTimeout(4 * PATIENT_MS);

function runTrial(subject: TrialSubject, options: TrialOptions = {}) {
  return run(subject, { ...options, limits: { wallMs: PATIENT_MS, ...options.limits } });
}

const ones = [1, 1, 1, 1];
const good = () => subject(weighted(), ones, [0.5, 0.25, 2, 4]);

t.test("R11 trial of a good model gives its figures", async (t) => {
  const verdict = await runTrial(good(), { limits: { timedRuns: 9 }, givesWay: true });
  t.match(verdict, { ok: true, figures: { vectors: 1, runs: 9, differenceMax: 0 } });
  const { figures } = verdict;
  t.ok((figures.p50Ms ?? -1) > 0 && (figures.p50Ms ?? 0) <= (figures.maxMs ?? 0));
  t.ok((figures.loadMs ?? -1) > 0 && (figures.firstRunMs ?? -1) > 0 && figures.wallMs > 0);
  if (process.platform === "linux") t.ok((figures.peakBytes ?? 0) > (figures.baseBytes ?? Number.NaN));
});

t.test("R11 trial carries every element type to the model and back, bit by bit", async (t) => {
  const tensors = elementTypes.map(({ name: type }): NamedTensor => {
    return { tensor: type, type, dims: [2, 2], data: encodeElements(type, [0, 1, 1, 0]) };
  });
  const values = (prefix: string): Loose[] =>
    elementTypes.map(({ name, code }) => {
      const value = aValue(`${prefix}${name}`, [2, 2]);
      value.type.tensorType.elemType = code;
      return value;
    });
  const node = elementTypes.map(({ name }) => aNode("Identity", [name], [`of-${name}`]));
  const bytes = encode(aSmallModel({ input: values(""), output: values("of-"), node }));
  const outputs = tensors.map((tensor) => ({ ...tensor, tensor: `of-${tensor.tensor}` }));
  const names = (list: readonly NamedTensor[]) => list.map(({ tensor }) => tensor);
  const all: TrialSubject = {
    ...{ bytes, sha256: sha256Hex(bytes), inputs: names(tensors), outputs: names(outputs), feeds: [] },
    golden: { tolerance: { absolute: 0, relative: 0 }, vectors: [{ name: "all", inputs: tensors, outputs }] },
  };
  const verdict = await runTrial(all);
  t.match(verdict, { ok: true, figures: { differenceMax: 0 } }, verdict.ok ? "" : verdict.detail);
});

t.test("R11 trial without golden vectors compares nothing: a flipped bit passes, NaN is told", async (t) => {
  t.match(await runTrial(subject(bitFlipped(), ones)), { ok: true, figures: { vectors: 1, differenceMax: undefined } });
  const logarithm = encode(aSmallModel({ node: [aNode("Log", ["x"], ["y"])] }));
  t.match(await runTrial(subject(logarithm, [-1, 1, 1, 1])), { ok: true, figures: { notFinite: "NaN at y[0]" } });
});

t.test("R11 trial refuses a model that the runtime does not load, does not run, or sees otherwise", async (t) => {
  const broken = encode(aSmallModel({ node: [aNode("Gemm", ["x"], ["y"])] }));
  t.match(await runTrial(subject(broken, ones)), { ok: false, code: "not-loaded", detail: /without a fault/ });
  t.match(await runTrial(subject(weighted(), [1, 2, 3])), { ok: false, code: "not-run" });
  const otherwise = await runTrial({ ...good(), outputs: ["z"] });
  t.match(otherwise, { ok: false, code: "other-interface", detail: "expected x -> z, found x -> y" });
});

t.test("R11 trial refuses a child that says what it may not say yet, or ends before it begins", async (t) => {
  const strange = fileURLToPath(new URL("../helpers/strange-child.js", import.meta.url));
  t.match(await runTrial(good(), { entry: strange }), { ok: false, code: "crashed", detail: /next word.*"timed"/ });
  const missing = await runTrial(good(), { entry: `${strange}.none` });
  t.match(missing, { ok: false, code: "not-started", detail: /exit code 1/ });
});

t.test("R11 a trial that the system kills is no crash of the model: its bytes are not banned", async (t) => {
  const killed = fileURLToPath(new URL("../helpers/killed-child.js", import.meta.url));
  let kills = 5;
  const verdict = await runTrial(good(), { entry: killed, oomKills: () => kills++ });
  const detail = /found SIGKILL: killed by the system, which had no memory left/;
  t.match(verdict, { ok: false, code: "killed", ban: undefined, detail });
});

t.test("R11 trial runs on the first of the providers that is here, and says on which", async (t) => {
  t.match(await runTrial(good(), { providers: ["tensorrt", "cpu"] }), { ok: true, figures: { provider: "cpu" } });
  const none = await runTrial(good(), { providers: ["tensorrt"] });
  t.match(none, { ok: false, code: "not-loaded", detail: /expected one of tensorrt to run it: tensorrt/ });
});

t.test("R11 trial ends at once when it is stopped, and starts nothing that is banned", async (t) => {
  const stop = AbortSignal.abort();
  t.match(await runTrial(good(), { signal: stop }), { ok: false, code: "stopped", ban: undefined });
  const banned = await runTrial(good(), { banned: new Set([good().sha256]), entry: "none" });
  t.match(banned, { ok: false, code: "banned", detail: good().sha256 });
});

t.test("trial feeds zeros in the sizes that the manifest fixes, small ones where it leaves a choice", (t) => {
  const sizeFor = sizesOf([
    { shape: [2, { dim: "a", size: 3 }, { dim: "b", max: 5 }] },
    { shape: [{ dim: "c", max: 99 }] },
  ]);
  t.same(["a", "b", "c", "unknown"].map(sizeFor), [3, 5, 8, 1]);
  const inputs = [{ name: "x", type: "int64" as const, dims: ["a", 2, null] }];
  const facts = { irVersion: 8, opset: 17, inputs, outputs: [] };
  t.same(zeroFeeds(facts, sizeFor), [{ tensor: "x", type: "int64", dims: [3, 2, 1], data: new BigInt64Array(6) }]);
  t.equal(subjectOf({ bytes: new Uint8Array(0), facts, golden: undefined }, { sha256: "0" }).feeds.length, 1);
  t.end();
});

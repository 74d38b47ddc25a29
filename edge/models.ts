// The models that an edge is given, admitted before any native code sees them (R13) under the site's policy: signatures
// by its pinned keys, version floors, the class of its robots. Then each is tried once on this board (R11).

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigRefused } from "../fleet-config/load.js";
import type { ModelsConfig } from "../fleet-config/types.js";
import { sha256Hex } from "../models/contract.js";
import { type AdmissionPolicy, type AdmittedModel, admitModel } from "../models/load.js";
import type { PinnedKey } from "../models/signature.js";
import { tryAdmitted } from "../models/trial/admitted.js";
import { modelName } from "./core/controller/slots.js";
import type { TrialBook } from "./io/trial-book.js";
import type { HeldModel } from "./model-processes.js";

export const REFERENCE_MODEL = join(
  dirname(dirname(fileURLToPath(import.meta.url))),
  "models",
  "grid-planner",
  "model",
);

/** Folders of models; null: none, and the reference model for the planner. */
export interface ModelFolders {
  readonly planner: string | null;
  readonly controller: string | null;
  readonly candidate: string | null;
}

interface Admitted extends HeldModel {
  readonly admitted: AdmittedModel;
}

/**
 * The planner first. Throws ConfigRefused for a planner or a controller that is refused, or proposes what its role does
 * not take; such a candidate is left out, and said.
 */
export async function admitModels(
  folders: ModelFolders,
  config: ModelsConfig,
  note: (event: string, detail: object) => void = () => {},
): Promise<readonly Admitted[]> {
  const held: Admitted[] = [];
  held.push(await admitOne({ role: "planner", directory: folders.planner ?? REFERENCE_MODEL }, config, held));
  const { controller, candidate } = folders;
  if (controller !== null) held.push(await admitOne({ role: "controller", directory: controller }, config, held));
  if (candidate === null) return held;
  try {
    held.push(await admitOne({ role: "candidate", directory: candidate }, config, held));
  } catch (cause) {
    note("candidate refused", { why: (cause as Error).message }); // what drives is there without it
  }
  return held;
}

async function admitOne(
  { role, directory }: Pick<HeldModel, "role" | "directory">,
  config: ModelsConfig,
  held: readonly Admitted[],
): Promise<Admitted> {
  const admitted = await admitModel(directory, policyFor(directory, config)).catch((cause: Error) =>
    refuse(directory, { found: cause.message, expected: "a model" }),
  );
  const { manifest, golden, reference } = admitted;
  const { kind } = manifest.proposal;
  if ((role === "planner") !== (kind === "field")) {
    const expected = role === "planner" ? "a model that proposes a field" : "one that proposes no field";
    refuse(directory, { found: `${manifest.name}, which proposes ${kind}`, expected });
  }
  const same = held.find((one) => one.manifest.name === manifest.name && isTold(one, role));
  if (same !== undefined || held.some((one) => modelName(one.manifest) === modelName(manifest)))
    refuse(directory, { found: `${modelName(manifest)} again`, expected: "models of different names or versions" });
  return { role, directory, manifest, golden, reference, admitted };
}

/**
 * Models that this board has not tried yet are tried in a throw-away process, before anything drives by them. Throws
 * ConfigRefused for one that fails; a candidate that fails is left out, and said.
 */
export async function tryModels(
  models: readonly Admitted[],
  at: { readonly book: TrialBook; readonly note: (event: string, detail: object) => void },
): Promise<readonly HeldModel[]> {
  const held: HeldModel[] = [];
  for (const model of models) {
    const why = await whyNot(model, at);
    const { admitted: _, ...kept } = model; // not the bytes: the child that runs it reads them again
    const { role, directory, manifest } = kept;
    if (why === "") held.push(kept);
    else if (role === "candidate") at.note("candidate refused", { model: modelName(manifest), why });
    else refuse(directory, { found: `${modelName(manifest)}: ${why}`, expected: "a model that passes its trial" });
  }
  return held;
}

/** Why it may not run here; empty when it may. The reference model is part of Drover, and tried with it. */
async function whyNot(
  { directory, manifest, admitted }: Admitted,
  { book, note }: Parameters<typeof tryModels>[1],
): Promise<string> {
  if (directory === REFERENCE_MODEL) return "";
  // What passed was judged with its limits and golden vectors; what crashed did so by its bytes alone.
  const whole = sha256Hex(Buffer.from(JSON.stringify(manifest)));
  const model = modelName(manifest);
  const known = book.of(manifest.sha256) ?? book.of(whole);
  if (known?.verdict === "passed") return "";
  if (known !== undefined) return `${known.why} (banned in ${book.file}; without its entry there it is tried again)`;
  const verdict = await tryAdmitted(admitted);
  note("model tried", { model, ok: verdict.ok, ...verdict.figures });
  const why = verdict.ok ? "" : `${verdict.code}: ${verdict.detail}`.slice(0, 300);
  try {
    if (verdict.ok) book.enter({ sha256: whole, model, verdict: "passed", why });
    // A trial that took too long or too much may have had no share of a busy board: that refuses this start alone.
    else if (verdict.code === "crashed" && verdict.ban !== undefined)
      book.enter({ sha256: verdict.ban, model, verdict: "banned", why });
  } catch (cause) {
    note("verdict not kept", { model, why: (cause as Error).message }); // it is tried again at the next start
  }
  return why;
}

/** A planner and a controller may share a process, which tells models apart by name alone. */
function isTold({ role }: HeldModel, next: HeldModel["role"]): boolean {
  return role === "planner" && next === "controller";
}

function policyFor(directory: string, { signed, keys, floors, robotClass }: ModelsConfig): AdmissionPolicy {
  const isOurs = directory === REFERENCE_MODEL;
  return {
    signatures: isOurs ? "not-checked" : signed ? "required" : "unsigned-allowed",
    keys: (keys ?? []).map(pinned),
    floors: Object.fromEntries((floors ?? []).map(({ model, version }) => [model, version])),
    ...(robotClass === undefined ? {} : { robotClass }),
  };
}

function pinned(key: NonNullable<ModelsConfig["keys"]>[number]): PinnedKey {
  const { id, publicKey, notAfter, revokedFrom } = key;
  return {
    ...{ id, publicKey },
    ...(notAfter === undefined ? {} : { notAfterMs: Date.parse(`${notAfter}T23:59:59.999Z`) }),
    ...(revokedFrom === undefined ? {} : { revokedAtMs: Date.parse(`${revokedFrom}T00:00:00Z`) }),
  };
}

function refuse(file: string, about: { readonly found: string; readonly expected: string }): never {
  throw new ConfigRefused([{ file, path: "", line: 0, ...about }]);
}

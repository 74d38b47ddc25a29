// The models that an edge is given, admitted before any native code sees them (R13) under the site's policy: signatures
// by its pinned keys, version floors, the class of its robots.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigRefused } from "../fleet-config/load.js";
import type { ModelsConfig } from "../fleet-config/types.js";
import { type AdmissionPolicy, admitModel } from "../models/load.js";
import type { PinnedKey } from "../models/signature.js";
import { modelName } from "./core/controller/slots.js";
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

/** The planner first. Throws ConfigRefused for a model that is refused, or proposes what its role does not take. */
export async function admitModels(folders: ModelFolders, config: ModelsConfig): Promise<readonly HeldModel[]> {
  const wanted = [
    { role: "planner", directory: folders.planner ?? REFERENCE_MODEL },
    { role: "controller", directory: folders.controller },
    { role: "candidate", directory: folders.candidate },
  ] as const;
  const held: HeldModel[] = [];
  for (const { role, directory } of wanted) {
    if (directory === null) continue;
    const { manifest } = await admitModel(directory, policyFor(directory, config)).catch((cause: Error) =>
      refuse(directory, { found: cause.message, expected: "a model" }),
    );
    const { kind } = manifest.proposal;
    if ((role === "planner") !== (kind === "field")) {
      const expected = role === "planner" ? "a model that proposes a field" : "one that proposes no field";
      refuse(directory, { found: `${manifest.name}, which proposes ${kind}`, expected });
    }
    const same = held.find((one) => one.manifest.name === manifest.name && isTold(one, role));
    if (same !== undefined || held.some((one) => modelName(one.manifest) === modelName(manifest)))
      refuse(directory, { found: `${modelName(manifest)} again`, expected: "models of different names or versions" });
    held.push({ role, directory, manifest });
  }
  return held;
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

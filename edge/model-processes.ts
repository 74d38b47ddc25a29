// The processes of all models that an edge holds: which model runs in which, so that the shell names models only. Live
// models share a process or have one each; a candidate always has its own, so that it can delay nothing that drives.

import type { GoldenFile } from "../models/golden.js";
import type { ModelReference } from "../models/histogram.js";
import type { ModelManifest } from "../models/manifest.js";
import type { ModelResult, ModelRun, ReadyModel } from "../models/run.js";
import type { CanaryAnswer } from "./canary.js";
import { modelName } from "./core/controller/slots.js";
import { ModelProcess } from "./io/model-process.js";

const MEBIBYTE = 1024 * 1024;
/** What a process needs beside its models: the engine, and the inference runtime. */
const RUNTIME_BYTES = 256 * MEBIBYTE;

export interface HeldModel {
  readonly role: "planner" | "controller" | "candidate";
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly golden?: GoldenFile | undefined;
  readonly reference?: ModelReference | undefined;
}

/** Each names the model as `modelName` does. */
export interface ModelEvents {
  onReady(model: string, info: ReadyModel & { readonly pid: number }): void;
  onResult(model: string, result: ModelResult): void;
  onRefused(model: string, answer: { readonly id: number; readonly reason: string }): void;
  /** A canary of that model was answered, or made way for a run of any. */
  onCanary(model: string, answer: CanaryAnswer): void;
  onGone(model: string, why: string): void;
}

export class ModelProcesses {
  readonly #processes: readonly { readonly runner: ModelProcess; readonly role: HeldModel["role"] }[];
  readonly #of = new Map<string, ModelProcess>();

  /** `processes`: "shared" puts the live models into one process. */
  constructor(
    held: readonly HeldModel[],
    how: { readonly processes: "shared" | "each"; readonly restartMs: number; readonly events: ModelEvents },
  ) {
    const groups = new Map<string, HeldModel[]>();
    for (const model of held) {
      const key = how.processes === "shared" && model.role !== "candidate" ? "live" : model.role;
      groups.set(key, [...(groups.get(key) ?? []), model]);
    }
    this.#processes = [...groups.values()].map((models) => ({
      runner: this.#runnerOf(models, how),
      role: models[0]?.role ?? "planner",
    }));
  }

  #runnerOf(
    models: readonly HeldModel[],
    { restartMs, events }: { readonly restartMs: number; readonly events: ModelEvents },
  ): ModelProcess {
    const named = (name: string): string => {
      const one = models.find(({ manifest }) => manifest.name === name);
      return one === undefined ? "" : modelName(one.manifest);
    };
    const runner = new ModelProcess({
      models: models.map(({ directory, manifest }) => ({ directory, sha256: manifest.sha256 })),
      restartMs: { initial: restartMs, max: 5000 },
      memoryBytes: models.reduce((sum, { manifest }) => sum + manifest.limits.memoryMb * MEBIBYTE, RUNTIME_BYTES),
      events: {
        onReady: ({ pid, models: ready }) => {
          if (ready.some(({ model }) => named(model) === "") || ready.length !== models.length) return runner.kill();
          for (const model of ready) events.onReady(named(model.model), { ...model, pid });
        },
        onResult: (result) => events.onResult(named(result.model), result),
        onRefused: (model, id, reason) => events.onRefused(named(model), { id, reason }),
        onCanary: (model, answer) => events.onCanary(named(model), answer),
        onExit: ({ pid, code, signal, said }) => {
          const why = `process ${pid} ended with ${signal ?? code}${said === "" ? "" : `: ${said}`}`;
          for (const { manifest } of models) events.onGone(modelName(manifest), why.slice(0, 200));
        },
      },
    });
    for (const { manifest } of models) this.#of.set(modelName(manifest), runner);
    return runner;
  }

  /** Process ids of those that run, each under the role of its first model. */
  get running(): readonly { readonly role: HeldModel["role"]; readonly pid: number }[] {
    return this.#processes.flatMap(({ runner: { pid }, role }) => (pid === undefined ? [] : [{ role, pid }]));
  }

  start(): void {
    for (const { runner } of this.#processes) runner.start();
  }

  /** Starts a run of that model. Returns false, and does nothing, while it cannot take one. */
  run(model: string, run: ModelRun): boolean {
    return this.#of.get(model)?.run(run) ?? false;
  }

  /**
   * Starts a canary of that model, which the next run in its process overtakes. Returns false, and does nothing, unless
   * that process has nothing else to do.
   */
  canary(model: string, run: ModelRun): boolean {
    return this.#of.get(model)?.canary(run) ?? false;
  }

  /** Ends the process that the model runs in, and with it whatever shares that. */
  kill(model: string): void {
    this.#of.get(model)?.kill();
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map(({ runner }) => runner.close()));
  }
}

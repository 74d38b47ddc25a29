// Pure stand-ins for the processes of controller models: each answers a few milliseconds later with a velocity towards
// the next point of the path. They hang, end, are late, answer nonsense or drive wildly when they are told to.

import type { ControllerModels } from "../../edge/core/controller/slots.js";
import { modelName } from "../../edge/core/controller/slots.js";
import type { NamedTensor } from "../../models/elements.js";
import type { ModelManifest } from "../../models/manifest.js";
import type { ModelResult, ModelRun } from "../../models/run.js";
import type { Random } from "../../scripts/world/random.js";
import { action, chase, controller } from "../edge/core/chaser.js";
import { type Kernel, MS } from "./kernel.js";

export interface ControllerEvents {
  ready(model: string): void;
  result(model: string, result: ModelResult): void;
  gone(model: string, why: string): void;
}

export interface ControllerTrouble {
  readonly hangs: boolean;
  readonly slow: boolean;
  readonly crashes: boolean;
  readonly nonsense: boolean;
  readonly wild: boolean;
}

const START_MS = 300;
const SLOW_MS = 150;

/** No model drives, one does, a candidate is in its shadow, or in that of the path itself. */
export function drawControllers(random: Random): ControllerModels {
  const [live, candidate] = [controller("1.0.0"), controller("2.0.0")];
  const choices = [
    { live: null, candidate: null },
    { live: null, candidate: null },
    { live, candidate: null },
    { live, candidate },
    { live: null, candidate },
  ];
  return choices[random.below(choices.length)] ?? { live: null, candidate: null };
}

/** One process. */
class StandIn {
  life = 0; // odd while it runs
  constructor(readonly model: string) {}

  get ready(): boolean {
    return this.life % 2 === 1;
  }
}

export class StandInControllers {
  readonly #parts: {
    readonly kernel: Kernel;
    readonly chance: Random;
    readonly events: ControllerEvents;
    readonly trouble: () => ControllerTrouble;
  };
  readonly #processes: readonly StandIn[];
  #ended = false;

  constructor(
    models: ControllerModels,
    parts: { kernel: Kernel; chance: Random; events: ControllerEvents; trouble: () => ControllerTrouble },
  ) {
    this.#parts = parts;
    const held = [models.live, models.candidate].filter((manifest): manifest is ModelManifest => manifest !== null);
    this.#processes = held.map((manifest) => new StandIn(modelName(manifest)));
    for (const process of this.#processes) this.#start(process);
  }

  #named(model: string): StandIn | undefined {
    return this.#processes.find((process) => process.model === model);
  }

  /** False: it is not ready. */
  run(model: string, run: ModelRun): boolean {
    const process = this.#named(model);
    if (process?.ready !== true) return false;
    const { kernel, chance, events, trouble } = this.#parts;
    const { hangs, slow, crashes, nonsense, wild } = trouble();
    if (crashes) kernel.after(5 * MS, () => this.kill(model));
    if (crashes || hangs) return true;
    const { life } = process;
    const outputs = nonsense ? nonsenseOf(chance) : wild ? wildOf(chance) : chase(run);
    const tookMs = (slow ? SLOW_MS : 2) + 8 * chance.next();
    kernel.after(tookMs * MS, () => {
      if (process.life === life)
        events.result(model, { id: run.id, model: run.model, outputs, beganMs: 0, inferenceMs: tookMs });
    });
    return true;
  }

  kill(model: string): void {
    const process = this.#named(model);
    if (process?.ready !== true) return;
    process.life += 1;
    this.#parts.kernel.after(2 * MS, () => this.#parts.events.gone(model, "the process ended"));
    this.#start(process);
  }

  /** With their edge. */
  end(): void {
    this.#ended = true;
    for (const process of this.#processes) process.life += process.life % 2;
  }

  #start(process: StandIn): void {
    this.#parts.kernel.after(START_MS * MS * (1 + this.#parts.chance.next()), () => {
      if (this.#ended || process.ready) return;
      process.life += 1;
      this.#parts.events.ready(process.model);
    });
  }
}

function nonsenseOf(chance: Random): readonly NamedTensor[] {
  const kinds = [action(Number.NaN, 0), action(0, Number.POSITIVE_INFINITY), action(9, 9), action(0, 9), []];
  return kinds[chance.below(kinds.length)] ?? [];
}

/** Anything that a base could do. */
function wildOf(chance: Random): readonly NamedTensor[] {
  return action(chance.between(-2, 2), chance.between(-1.8, 1.8));
}

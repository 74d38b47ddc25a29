// A robot with one or two controller models that drives to and fro, for tests of what is watched and told of them.
import { type ControllerModels, slotNamed } from "../../../edge/core/controller/slots.js";
import type { ModelManifest } from "../../../models/manifest.js";
import { chase, controller } from "./chaser.js";
import { type Answering, type EdgeOptions, EdgeUnderTest } from "./edge-under-test.js";

export const OLD = "chaser 1.0.0";
export const NEW = "chaser 2.0.0";

/** A chaser that says how sure it is. */
export const CONFIDENT: Partial<ModelManifest> = {
  outputs: [{ tensor: "action", type: "float32", shape: [3], unit: "m/s, rad/s, 1" }],
  confidence: {
    ...{ kind: "output", tensor: "action", index: 2, least: 0.5 },
    calibration: [
      [0, 0],
      [1, 1],
    ],
  },
};

export function chaseWith(confidence: () => number): Answering {
  return (run) => {
    const [speedMps = 0, turnRadps = 0] = Array.from(chase(run)[0]?.data ?? [], Number);
    return [{ tensor: "action", type: "float32", dims: [3], data: Float32Array.of(speedMps, turnRadps, confidence()) }];
  };
}

/** A robot on its way to P1, and on to the other end whenever it arrives. */
export class Fleet {
  readonly robot: EdgeUnderTest;
  #given = 0;

  constructor(options: EdgeOptions, models: Readonly<Record<string, Answering>>) {
    this.robot = new EdgeUnderTest(options);
    for (const [model, answer] of Object.entries(models)) {
      this.robot.answering.set(model, answer);
      this.robot.step({ kind: "modelReady", model });
    }
    this.robot.ready();
  }

  run(ms: number, until?: () => boolean): boolean {
    return this.robot.run(ms, () => {
      if (this.robot.sent("outcome").length === this.#given) this.robot.grant(this.#given++ % 2 === 0 ? "P1" : "P2");
      return until?.() ?? false;
    });
  }

  role(model: string): string {
    return slotNamed(this.robot.edge.state.controllers, model)?.role ?? "none";
  }

  counts(model: string) {
    const slot = slotNamed(this.robot.edge.state.controllers, model);
    if (slot === undefined) throw new Error(`no ${model}`);
    return slot.counts;
  }

  figures(model: string) {
    return this.robot.edge.state.health.figures(model);
  }

  canary(model: string, fault: string): void {
    this.robot.step({ kind: "canary", model, fault });
  }
}

export function alone(answer: Answering, more: Partial<ModelManifest> = {}, options: EdgeOptions = {}): Fleet {
  const controllers: ControllerModels = { live: controller("1.0.0", more), candidate: null };
  return new Fleet({ controllers, ...options }, { [OLD]: answer });
}

export function shadowed(
  candidate: Answering,
  { more = {}, options = {} }: { readonly more?: Partial<ModelManifest>; readonly options?: EdgeOptions } = {},
): Fleet {
  const controllers: ControllerModels = { live: controller("1.0.0"), candidate: controller("2.0.0", more) };
  return new Fleet({ controllers, ...options }, { [OLD]: chase, [NEW]: candidate });
}

// One robot's stream and telemetry over the simulated network, with two ends that keep what they get, for tests.

import type { EdgeMessage, HubMessage, Telemetry } from "../../proto/wire.js";
import { Random } from "../../scripts/world/random.js";
import type { FaultName } from "./faults.js";
import { Kernel, MS } from "./kernel.js";
import { Network, type Stream } from "./network.js";
import { type Row, Trace } from "./trace.js";

export const COUNT = 40;
const EVERY_MS = 20;

/** A network with one stream of r1, both ends of which keep what they get. */
export class Link {
  readonly kernel = new Kernel(new Random(1));
  readonly rows: Row[] = [];
  readonly up: number[] = [];
  readonly down: number[] = [];
  readonly upAtUs: number[] = [];
  readonly closed: string[] = [];
  readonly samples: number[] = [];
  readonly samplesAtUs: number[] = [];
  readonly net: Network;
  readonly stream: Stream;
  readonly #on = new Map<string, number>();

  constructor(seed = 1) {
    const trace = new Trace((row) => this.rows.push(row));
    const weather = { on: (name: FaultName, subject: string) => this.#on.get(`${name} ${subject}`) ?? 0 };
    this.net = new Network({ kernel: this.kernel, weather, chance: new Random(seed), trace });
    this.stream = this.net.open({
      ...{ robot: "r1", to: "hub" },
      edge: {
        take: (message) => this.down.push(message.kind === "modeOrder" ? message.sequence : -1),
        closed: (reason) => this.closed.push(`edge: ${reason}`),
      },
      hub: () => ({
        take: (message) => {
          this.up.push(message.kind === "renew" ? message.nonce : -1);
          this.upAtUs.push(this.kernel.nowUs);
        },
        closed: (reason) => this.closed.push(`hub: ${reason}`),
      }),
    });
  }

  begin(name: FaultName, strength = 0.5, subject = "r1"): void {
    this.#on.set(`${name} ${subject}`, strength);
  }

  end(name: FaultName, subject = "r1"): void {
    this.#on.delete(`${name} ${subject}`);
  }

  wait(ms: number): void {
    this.kernel.run(this.kernel.nowUs + ms * MS);
  }

  /** Sends numbered messages both ways, and a sample with each; 20 ms apart. */
  talk(from = 1, count = COUNT): void {
    for (let index = from; index < from + count; index += 1) {
      this.stream.up({ kind: "renew", nonce: index, modeSequence: 0, acting: [] } satisfies EdgeMessage);
      this.stream.down({ kind: "modeOrder", sequence: index, rung: "HALT", causes: [] } satisfies HubMessage);
      this.net.publish(sample(index), ({ sequence }) => {
        this.samples.push(sequence);
        this.samplesAtUs.push(this.kernel.nowUs);
      });
      this.wait(EVERY_MS);
    }
  }

  /** How long each message up took, for messages that all arrived in order. */
  get tookMs(): readonly number[] {
    return this.upAtUs.map((atUs, index) => atUs / MS - index * EVERY_MS);
  }

  kinds(who: string): readonly string[] {
    return [...new Set(this.rows.filter((row) => row.who === who).map(({ what }) => what))].sort();
  }
}

function sample(sequence: number): Telemetry {
  const tag = { robot: "r1", boot: "b1", channel: "pose", sequence, capturedMs: 0, hubNonce: 1, elapsedMs: 0 };
  return { ...tag, value: { kind: "pose", pose: { xM: 0, yM: 0, headingRad: 0 }, errorM: 0, speedMps: 0 } };
}

export function upTo(count: number, from = 1): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

export function sorted(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((one, other) => one - other);
}

// The trained numbers as a text file: layers, calibration, probes for golden vectors, and how they came about. It is
// what a training leaves and what the model is built from, so that the graph itself stays an output of the build. The
// file is closed and bounded (R13); numbers are base64 of little-endian float32.

import { SchemaCheck } from "../../fleet-config/schema-check.js";
import { sha256Hex } from "../contract.js";
import type { Layer, Network } from "./network.js";
import { CANDIDATES, WIDTH } from "./policy.js";

/** An input with a name, from which a golden vector is made: WIDTH numbers. */
export interface Probe {
  readonly name: string;
  readonly features: Float32Array;
}

/** How the numbers came about; for people, and to do it again. */
export interface Training {
  readonly seed: string;
  readonly samples: number; // in each round
  readonly rounds: number; // after the first
  readonly epochs: number; // of the last fit
  readonly library: string;
}

export interface Weights {
  readonly version: string;
  readonly training: Training;
  readonly network: Network;
  readonly calibration: readonly (readonly [number, number])[];
  readonly least: number;
  readonly probes: readonly Probe[];
}

interface StoredLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: string;
  readonly bias: string;
}

interface Stored extends Omit<Weights, "network" | "probes"> {
  readonly network: readonly StoredLayer[];
  readonly probes: readonly { readonly name: string; readonly features: string }[];
}

const LAYER_MOST = 1024;

function closed(properties: Record<string, object>): object {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const size = { type: "integer", minimum: 1, maximum: LAYER_MOST };
const numbers = { type: "string", maxLength: 6_000_000, pattern: "^[A-Za-z0-9+/]*={0,2}$" };
const word = { type: "string", minLength: 1, maxLength: 100 };
const count = { type: "integer", minimum: 0, maximum: 1e9 };
const share = { type: "number", minimum: 0, maximum: 1 };
const list = (items: object, minItems: number, maxItems: number) => ({ type: "array", items, minItems, maxItems });
const schema = new SchemaCheck<Stored>(
  closed({
    weights: { const: 1 },
    version: word,
    training: closed({ seed: word, samples: count, rounds: count, epochs: count, library: word }),
    calibration: list(list(share, 2, 2), 2, 64),
    least: share,
    network: list(closed({ inputs: size, outputs: size, weight: numbers, bias: numbers }), 1, 8),
    probes: list(closed({ name: word, features: numbers }), 1, 16),
  }),
);

function base64(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, at) => {
    view.setFloat32(4 * at, value, true);
  });
  return Buffer.from(view.buffer).toString("base64");
}

function floats(text: string, wish: { readonly count: number; readonly where: string }): Float32Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 4 * wish.count)
    throw new Error(`${wish.where}: expected ${wish.count} numbers, found ${bytes.length / 4}`);
  const values = Float32Array.from({ length: wish.count }, (_, at) => bytes.readFloatLE(4 * at));
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw new Error(`${wish.where}: expected finite numbers, found ${values[odd]} at ${odd}`);
  return values;
}

/** The text of a file of weights. The inverse of `parseWeights`. */
export function encodeWeights({ version, training, network, calibration, least, probes }: Weights): string {
  const stored = {
    ...{ weights: 1, version, training, calibration, least },
    network: network.map(({ inputs, outputs, weight, bias }) => ({
      ...{ inputs, outputs, weight: base64(weight), bias: base64(bias) },
    })),
    probes: probes.map(({ name, features }) => ({ name, features: base64(features) })),
  };
  // A pair on a line, as the formatter has it.
  const text = JSON.stringify(stored, null, 2).replace(/\[\n +([-\d.e]+),\n +([-\d.e]+)\n +\]/g, "[$1, $2]");
  return `${text}\n`;
}

/** Reads the text of a file of weights. Throws an Error that says what was expected and found. */
export function parseWeights(text: string): Weights {
  const value: unknown = JSON.parse(text);
  if (!schema.admits(value)) {
    const [error] = schema.errors;
    throw new Error(`weights: ${error?.instancePath || "the file"} ${error?.message}`);
  }
  const { version, training, calibration, least } = value;
  const network = value.network.map(({ inputs, outputs, weight, bias }, at): Layer => {
    const where = `weights: layer ${at}`;
    return {
      ...{ inputs, outputs, weight: floats(weight, { count: inputs * outputs, where }) },
      bias: floats(bias, { count: outputs, where }),
    };
  });
  const widths = [WIDTH, ...network.map(({ outputs }) => outputs)];
  const fits = network.every(({ inputs }, at) => inputs === widths[at]) && widths.at(-1) === CANDIDATES.length;
  if (!fits)
    throw new Error(`weights: expected layers from ${WIDTH} to ${CANDIDATES.length}, found ${widths.slice(1)}`);
  const probes = value.probes.map(({ name, features }) => ({
    ...{ name, features: floats(features, { count: WIDTH, where: `weights: probe ${name}` }) },
  }));
  return { version, training, network, calibration, least, probes };
}

/** The SHA-256 of the layers alone, in lower-case hex: what a training must give again. */
export function networkHash(network: Network): string {
  return sha256Hex(network.map(({ weight, bias }) => `${base64(weight)} ${base64(bias)}`).join("\n"));
}

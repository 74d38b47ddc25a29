// Messages at the border: a typed value to bytes and back, judged (R13), beside the static codecs of protobufjs that do
// the same without defaults, without names of enums, without a copy that leaves out what is absent, and without a
// judgement.

import { decode, decodeJson, encode, encodeJson } from "../../proto/codec/codec.js";
import { drover, type MessageType } from "../../proto/codec/generated/drover.js";
import { readOnboard, readTelemetry, type ScanSample, type Telemetry, toTelemetry } from "../../proto/wire.js";
import { beside, type Row } from "./bench.js";
import { callsFor, interleave, perCallUs } from "./rounds.js";

const ROUNDS = 21;
const ROUND_MS = 10;
const RAYS = 120;

/** A message in all its forms, ours and the library's. */
interface Case {
  readonly figure: string;
  readonly what: string;
  readonly own: () => unknown;
  readonly raw: () => unknown;
}

const TAG = { robot: "r1", boot: "boot-1", capturedMs: 123_456_789, hubNonce: 4_294_967_396, elapsedMs: 12 };

function poseSample(): Telemetry {
  const pose = { xM: 12.345, yM: 6.789, headingRad: 1.5 };
  return { ...TAG, channel: "pose", sequence: 4711, value: { kind: "pose", pose, errorM: 0.05, speedMps: 1.25 } };
}

function edgeSample(): Telemetry {
  const causes = [{ name: "sensor-stale", rung: "REACTIVE_ONLY", detail: "scan is up to 612 ms old" }] as const;
  const plans = { planMs: 7.5, plans: 12_345, planDeadlineMisses: 2, inferenceMs: 4.25 };
  const doing = { activity: "driving", blockedBy: "", pathM: Array.from({ length: 64 }, (_, index) => index * 0.25) };
  const confidence = { least: 0.5, unsure: 3, tenths: [0, 0, 0, 1, 2, 5, 12, 30, 60, 90] };
  const model = { name: "local-policy 1.0.0", drives: true, confidence };
  const value = { kind: "edge", rung: "AUTONOMOUS", causes, ...plans, ...doing, model } as const;
  return { ...TAG, channel: "edge", sequence: 815, value };
}

function scanSample(): ScanSample {
  return {
    capture: { baseBoot: "base-1", sequence: 99, monotonicMs: 123_456_789, tickNonce: undefined },
    ...{ angleMinRad: -Math.PI, angleStepRad: (2 * Math.PI) / RAYS, rangeMaxM: 8 },
    rangeM: Array.from({ length: RAYS }, (_, ray) => Math.fround(1 + (ray % 17) * 0.37)),
  };
}

function codecOf(name: string): MessageType {
  const found = drover.v1[name];
  if (found === undefined) throw new Error(`drover/v1 has no ${name}`);
  return found;
}

/** Four ways for one message: bytes out and in, JSON out and in. */
function casesOf(name: string, parts: Parts): readonly Case[] {
  const { type, toPlain, read } = parts;
  const codec = codecOf(type);
  const bytes = encode(type, toPlain());
  const text = encodeJson(type, toPlain());
  const message = codec.fromObject(toPlain());
  const asJson = { longs: String, enums: String, bytes: String, json: true, arrays: true, defaults: true };
  return [
    {
      ...{ figure: `${name} to bytes (${bytes.length})`, what: "protobufjs encode" },
      ...{ own: () => encode(type, toPlain()), raw: () => codec.encode(message).finish() },
    },
    {
      ...{ figure: `${name} from bytes, judged`, what: "protobufjs decode" },
      ...{ own: () => read(decode(type, bytes)), raw: () => codec.decode(bytes) },
    },
    {
      ...{ figure: `${name} to JSON (${text.length})`, what: "protobufjs toObject, JSON.stringify" },
      ...{ own: () => encodeJson(type, toPlain()), raw: () => JSON.stringify(codec.toObject(message, asJson)) },
    },
    {
      ...{ figure: `${name} from JSON, judged`, what: "JSON.parse, protobufjs fromObject" },
      ...{ own: () => read(decodeJson(type, text)), raw: () => codec.fromObject(JSON.parse(text) as object) },
    },
  ];
}

interface Parts {
  readonly type: string;
  /** The plain object that our codec takes, made from a typed value. */
  readonly toPlain: () => object;
  readonly read: (plain: unknown) => unknown;
}

async function measure({ figure, what, own, raw }: Case): Promise<Row> {
  const ownCalls = callsFor(own, ROUND_MS);
  const rawCalls = callsFor(raw, ROUND_MS);
  const measures = [() => perCallUs(own, ownCalls), () => perCallUs(raw, rawCalls)] as const;
  const [ownUs, rawUs] = await interleave(measures, { rounds: ROUNDS, warmUp: 4 });
  return beside({ figure, unit: "us" }, { own: ownUs, raw: rawUs }, { what });
}

export async function run(): Promise<readonly Row[]> {
  const [pose, edge, scan] = [poseSample(), edgeSample(), scanSample()];
  const asTelemetry = { type: "Telemetry", read: (plain: unknown) => readTelemetry(plain, "telemetry") };
  const scanParts = {
    type: "ScanSample",
    toPlain: () => scan,
    read: (plain: unknown) => readOnboard.scan(plain, "scan"),
  };
  const cases = [
    ...casesOf("Telemetry pose", { ...asTelemetry, toPlain: () => toTelemetry(pose) }),
    ...casesOf("Telemetry edge", { ...asTelemetry, toPlain: () => toTelemetry(edge) }),
    ...casesOf(`ScanSample ${RAYS} rays`, scanParts),
  ];
  const rows: Row[] = [];
  for (const one of cases) rows.push(await measure(one));
  return rows;
}

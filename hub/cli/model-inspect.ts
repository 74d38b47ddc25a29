// `drover model inspect FILE`: what an ONNX file holds, and whether the inspector would let it near a robot. Asks no
// hub and runs no native code.

import type { ModelSummary, PortSummary } from "../../models/onnx/summary.js";
import { type Command, type Context, positional } from "./command.js";
import { CliFailure } from "./failure.js";
import { wrap } from "./table.js";
import { several } from "./units.js";

const LABEL_CELLS = 12;
const KIBIBYTE = 1024;

const modelInspect: Command = {
  name: "model inspect",
  takes: "FILE",
  least: 1,
  most: 1,
  flags: [],
  says: "shows what an ONNX file holds, and why a robot would refuse it; runs nothing of it",
  run: inspectFile,
};

async function inspectFile(context: Context): Promise<void> {
  const path = positional(context, 0);
  const { defaultLimits, refusalCodes } = await import("../../models/onnx/refusal.js");
  const { readPlainFile } = await import("../../models/onnx/plain-file.js");
  const read = await readPlainFile(path, defaultLimits.maxBytes, { links: "followed" });
  if (!read.ok) {
    const code = read.code === "too-large" ? "MODEL_REFUSED" : "FILE";
    throw new CliFailure(code, `cannot read ${path}: expected ${read.expected}, found ${read.found}`);
  }
  const { bytes } = read;
  const { inspectModel } = await import("../../models/onnx/inspect.js");
  const { summariseModel } = await import("../../models/onnx/summary.js");
  const { sha256Hex } = await import("../../models/contract.js");
  const summary = summariseModel(bytes) ?? null;
  const file = { file: path, bytes: bytes.length, sha256: sha256Hex(bytes) };
  const inspection = inspectModel(bytes);
  const lines = () => textOf(file, summary, context.out.width);
  if (inspection.ok) {
    const sound = ["", "the inspector admits it"];
    await context.out.result({ admitted: true, ...file, model: summary }, () => [...lines(), ...sound]);
    return;
  }
  const { refusal } = inspection;
  const at = refusal.path === "" ? "" : ` at ${refusal.path}`;
  if (!context.out.isJson) await context.out.result(null, lines);
  const message = `${path} is refused: ${refusalCodes[refusal.code]}\n${refusal.code}${at}: ${refusal.detail}`;
  throw new CliFailure("MODEL_REFUSED", message, undefined, { ...file, model: summary, refusal });
}

interface FileFacts {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

function textOf({ file, bytes, sha256 }: FileFacts, summary: ModelSummary | null, width: number): readonly string[] {
  const row = (label: string, text: string) =>
    wrap(`${label.padEnd(LABEL_CELLS)}${text}`, width, " ".repeat(LABEL_CELLS));
  // In one piece however narrow the terminal is: it is there to be copied.
  const digest = `${"sha256".padEnd(LABEL_CELLS)}${sha256}`;
  const size = row("size", `${bytes} bytes (${(bytes / KIBIBYTE).toFixed(1)} KiB)`);
  const lines = [...row("file", file), ...size, digest];
  if (summary === null) return [...lines, ...row("content", "cannot be read as a model")];
  const { producer, irVersion, opsets, inputs, outputs, operators, graphs, parameters, tensors } = summary;
  const counted = operators.map(({ name, count, isAllowed }) => `${name} ${count}${isAllowed ? "" : " (not allowed)"}`);
  return [
    ...lines,
    ...row("producer", producer || "not named"),
    ...row("format", `IR ${irVersion}; operator sets ${opsets.join(", ") || "none"}`),
    ...row("parameters", `${parameters} in ${several(tensors, "tensor")}; ${several(graphs, "graph")}`),
    ...inputs.flatMap((input) => row("input", portText(input))),
    ...outputs.flatMap((output) => row("output", portText(output))),
    ...row("operators", counted.join(", ") || "none"),
  ];
}

function portText({ name, type, dims }: PortSummary): string {
  return `${name}: ${type}[${dims.map((dim) => dim ?? "?").join(", ")}]`;
}

export const MODEL_FILE = { modelInspect } as const;

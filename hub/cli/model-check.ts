// `drover model check DIR`: admits a model folder as a robot would, then tries it in a process of its own, and prints
// each check with what was found. Asks no hub; native code runs in that process only.

import type { AdmissionStep, AdmittedModel, ModelRefused } from "../../models/load.js";
import type { TrialFigures, TrialVerdict } from "../../models/trial/words.js";
import { EXIT } from "../../proto/errors.js";
import { type Command, type Context, positional } from "./command.js";
import { shown } from "./escape.js";
import { CliFailure, usage } from "./failure.js";
import { type Column, type Row, renderTable } from "./table.js";
import { several } from "./units.js";

const MEBIBYTE = 1024 * 1024;

const columns: readonly Column[] = [
  { key: "check", title: "CHECK", priority: 0, least: 9 },
  { key: "result", title: "RESULT", priority: 1, least: 7 },
  { key: "found", title: "FOUND", priority: 2, least: 12 },
];

const modelCheck: Command = {
  name: "model check",
  takes: "DIR",
  least: 1,
  most: 1,
  flags: [
    { name: "signer", value: "FILE", says: "public key, PEM or base64: the model must be signed with it" },
    { name: "robot-class", value: "NAME", says: "the class of robot that the model must be for" },
    { name: "floor", value: "NAME@VERSION", says: "the lowest version of a model that counts" },
  ],
  says: "checks a model folder as a robot would, runs its golden vectors, and prints what was found",
  run: checkModel,
};

async function checkModel(context: Context): Promise<void> {
  const directory = positional(context, 0);
  const steps: AdmissionStep[] = [];
  const rows = () => steps.map(stepRow);
  const admitted = await admit(context, directory, steps).catch(async (error: unknown) => {
    const { ModelRefused } = await import("../../models/load.js");
    if (!(error instanceof ModelRefused)) throw error;
    throw await refusedFolder(context, error, rows());
  });
  const verdict = await attempt(context, admitted);
  const all = [...rows(), ...trialRows(verdict, admitted.manifest.limits)];
  const { name, version, sha256 } = admitted.manifest;
  const json = { model: { name, version, sha256 }, checks: all, figures: verdict.figures };
  if (verdict.ok) {
    const lines = () => [...renderTable(columns, all, context.out.width), "", `admitted: ${shown(name)} ${version}`];
    await context.out.result({ admitted: true, ...json }, lines);
    return;
  }
  const message = `${directory} is refused by its trial: ${verdict.code}: ${verdict.detail}`;
  throw await failure(context, message, { details: { ...json, trial: verdict.code, ban: verdict.ban ?? null } });
}

function stepRow({ step, found, isChecked }: AdmissionStep): Row {
  return { check: step, result: isChecked ? "ok" : "-", found };
}

/** The folder through admission. Loaded only here, so that no other command pays for it. */
async function admit({ given, shell }: Context, directory: string, steps: AdmissionStep[]): Promise<AdmittedModel> {
  const { admitModel } = await import("../../models/load.js");
  const { pinnedKeyFrom } = await import("../../models/signature.js");
  const signer = given.text("signer");
  const robotClass = given.text("robot-class");
  const policy = {
    floors: floorsOf(given.text("floor")),
    nowMs: Date.now(),
    ...(robotClass === undefined ? {} : { robotClass }),
  };
  const onStep = (step: AdmissionStep) => void steps.push(step);
  if (signer === undefined) return admitModel(directory, { ...policy, signatures: "not-checked" }, { onStep });
  const keys = [readKey(shell, signer, pinnedKeyFrom)];
  return admitModel(directory, { ...policy, signatures: "required", keys }, { onStep });
}

function readKey<Key>(shell: Context["shell"], path: string, parse: (text: string) => Key): Key {
  try {
    return parse(shell.readFile(path).toString("utf8"));
  } catch (cause) {
    throw new CliFailure("FILE", `--signer: cannot use ${path}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function floorsOf(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  const match = /^([a-z][a-z0-9-]{0,62})@(\d{1,6}\.\d{1,6}\.\d{1,6})$/.exec(text);
  if (!match) throw usage(`--floor: expected NAME@VERSION such as grid-planner@1.2.0, found "${text}"`);
  return { [match[1] ?? ""]: match[2] ?? "" };
}

async function attempt({ shell }: Context, admitted: AdmittedModel): Promise<TrialVerdict> {
  const { tryAdmitted } = await import("../../models/trial/admitted.js");
  return tryAdmitted(admitted, { signal: shell.stop });
}

function trialRows(verdict: TrialVerdict, { deadlineMs }: { readonly deadlineMs: number }): readonly Row[] {
  const { figures } = verdict;
  const rows = [
    { check: "load", result: "ok", found: figures.loadMs === undefined ? "" : `in ${ms(figures.loadMs)}` },
    { check: "vectors", result: figures.differenceMax === undefined ? "-" : "ok", found: vectorsText(figures) },
    { check: "time", result: "ok", found: timeText(figures, deadlineMs) },
    { check: "memory", result: figures.memoryGuard === "none" ? "-" : "ok", found: memoryText(figures) },
  ].filter(({ found }) => found !== "");
  if (verdict.ok) return rows;
  return [...rows, { check: "trial", result: "refused", found: `${verdict.code}: ${verdict.detail}` }];
}

function vectorsText({ vectors, differenceMax, notFinite }: TrialFigures): string {
  if (vectors === 0) return "";
  if (differenceMax !== undefined) return `${several(vectors, "golden vector")}, off by ${differenceMax} at most`;
  return `no golden vectors: run on zeros, nothing compared${notFinite ? `; gave ${notFinite}` : ""}`;
}

function timeText({ runs, p50Ms, maxMs, firstRunMs = 0 }: TrialFigures, deadlineMs: number): string {
  if (runs === undefined || p50Ms === undefined || maxMs === undefined) return "";
  const times = `p50 ${ms(p50Ms)}, most ${ms(maxMs)}, first ${ms(firstRunMs)}`;
  return `${several(runs, "run")}: ${times}; deadline ${deadlineMs} ms`;
}

function memoryText({ peakBytes, baseBytes, memoryGuard }: TrialFigures): string {
  if (peakBytes === undefined || baseBytes === undefined) return "";
  const guard = { kernel: "bounded by the kernel", watched: "watched only", none: "not bounded" }[memoryGuard];
  return `${mebibytes(peakBytes - baseBytes)} for the model, ${mebibytes(peakBytes)} in all; ${guard}`;
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 0)} ms`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}

async function refusedFolder(context: Context, error: ModelRefused, passed: readonly Row[]): Promise<CliFailure> {
  const { code, path, attempted, expected, found } = error;
  const checks = [...passed, { check: code, result: "refused", found: `expected ${expected}, found ${found}` }];
  const details = { checks, refusal: { code, path, attempted, expected, found } };
  const exit = code === "missing" || code === "unreadable" ? EXIT.missing : EXIT.data;
  return failure(context, error.message, { details, exit });
}

interface Details {
  readonly checks: readonly Row[];
  readonly [more: string]: unknown;
}

/** People see the table first, then the reason; with --json both are in the error. */
async function failure(
  { out }: Context,
  message: string,
  { details, exit }: { readonly details: Details; readonly exit?: number },
): Promise<CliFailure> {
  if (!out.isJson) await out.result(null, () => renderTable(columns, details.checks, out.width));
  return new CliFailure("MODEL_REFUSED", message, exit, details);
}

export const MODEL = { modelCheck } as const;

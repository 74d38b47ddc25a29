// How an explained decision reads: one line each for inputs, plan, model, guard, command and outcome. Pure.

import type { AdviceNote, DecisionRecord } from "../core/record.js";
import type { Explained, Heard } from "./explain.js";

const TEXT_MOST = 160;

export function explainedLines({ record, wallMs, end, heard }: Explained): readonly string[] {
  const { id, rung, speedMps, turnRadps, activity, why, isChange, former } = record;
  const sampled = isChange ? "" : ", as before (one a second while it drives)";
  const told = heard.map((one) => `  ${placeOf(record, one)} ms  ${heardText(one)}`);
  return [
    `${id}: ${choiceText(record)}${sampled}`,
    `  begun    ${new Date(wallMs).toISOString()}, ${record.atMs} ms on the board's clock`,
    ...(former === null ? [] : [`  after    ${former.id}, ${former.outcome}`]),
    ...record.inputs.map(
      ({ channel, sequence, ageMs, hash }) => `  input    ${channel} ${sequence}, ${ageText(ageMs)}, ${hex(hash)}`,
    ),
    `  plan     ${planText(record)}`,
    `  model    ${modelText(record)}`,
    ...record.advices.map((note) => `  advice   ${adviceText(note)}`),
    `  guard    ${guardText(record)}`,
    `  command  ${speedMps.toFixed(3)} m/s, ${turnRadps.toFixed(3)} rad/s, ${rung}, ${activity}${because(why)}`,
    `  outcome  ${outcomeText(end)}`,
    ...(told.length === 0 ? [] : ["heard meanwhile:", ...told]),
  ].map(plain);
}

/** One line of a list. */
export function explainedLine(found: Explained): string {
  const { record, wallMs, end } = found;
  const { id, rung, speedMps } = record;
  const when = new Date(wallMs).toISOString().slice(11);
  return plain(`${id}  ${when}  ${rung}  ${choiceText(record)}  ${speedMps.toFixed(2)} m/s  ${outcomeText(end)}`);
}

function choiceText({ choice, destination, token, activity }: DecisionRecord): string {
  return destination === "" ? `${activity}, with nowhere to go` : `${choice} to ${destination} under ${token}`;
}

function ageText(ageMs: number): string {
  return ageMs < 0 ? "of unknown age" : `up to ${ageMs} ms old`;
}

function planText({ plan }: DecisionRecord): string {
  if (plan === null) return "none yet";
  const { id, kind, hash, gatherMs, planMs, inferenceMs, useMs } = plan;
  const back = `back after ${planMs} ms, ${inferenceMs.toFixed(1)} of them the model's`;
  return `${kind} ${id}, ${hex(hash)}: asked on a scan ${ageText(gatherMs)}, ${back}, used after ${useMs} ms`;
}

function modelText({ by }: DecisionRecord): string {
  if (by === null) return "none: immediate rules, or it stands";
  const confidence = by.confidence === null ? "tells no confidence" : `confidence ${by.confidence.toFixed(3)}`;
  return `${[by.model, by.version, by.sha].filter((part) => part !== "").join(" ")}, ${confidence}`;
}

function adviceText({ model, role, ageMs, confidence, speedMps, turnRadps, verdict, why }: AdviceNote): string {
  if (ageMs < 0) return `${model}, ${role}: none${because(why)}`;
  const move = speedMps === null ? "waypoints" : `${speedMps.toFixed(3)} m/s, ${turnRadps?.toFixed(3)} rad/s`;
  return `${model}, ${role}: ${move}, confidence ${confidence.toFixed(3)}, ${ageMs} ms old${because(verdict)}`;
}

function guardText({ guard }: DecisionRecord): string {
  if (guard === null) return "nothing was asked of it";
  return guard.cause === "" ? guard.verdict : `${guard.verdict}: ${guard.cause}`;
}

function outcomeText(end: Explained["end"]): string {
  if (end === null) return "open: it goes on, or the robot ended in it";
  return `${end.outcome} after ${(end.forMs / 1000).toFixed(1)} s by ${end.by}${because(end.why)}`;
}

function because(why: string): string {
  return why === "" ? "" : `: ${why}`;
}

function placeOf(record: DecisionRecord, { nowMs }: Heard): string {
  return `+${nowMs - record.atMs}`.padStart(7);
}

function heardText({ kind, nowMs: _, ...rest }: Heard): string {
  const text = JSON.stringify(rest);
  return `${kind} ${text.length > TEXT_MOST ? `${text.slice(0, TEXT_MOST)} ...` : text}`;
}

function hex(hash: number): string {
  return `hash ${hash.toString(16).padStart(8, "0")}`;
}

/** Names come from hubs and people: they shall move no cursor. */
function plain(line: string): string {
  return line.replace(/[^ -~]/g, "?");
}

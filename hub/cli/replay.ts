// `drover replay FILE`: has a robot's core run once more on what it has recorded. The core is the edge's, and so is the
// program that does it: `drover-edge replay`, in a process of its own. Asks no hub.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../proto/errors.js";
import { type Command, type Context, positional } from "./command.js";
import { shown } from "./escape.js";
import { CliFailure } from "./failure.js";

const EDGE = fileURLToPath(new URL("../../edge/main.js", import.meta.url));
const TEXT_MOST = 1_000_000;

const replay: Command = {
  name: "replay",
  takes: "FILE|DIR",
  least: 1,
  most: 1,
  flags: [{ name: "any", says: "also what other software or another Node recorded; a difference then proves nothing" }],
  says: "runs a robot's core on what drover-edge has recorded, and names the first decision that differs",
  run: replayed,
};

async function replayed(context: Context): Promise<void> {
  const path = positional(context, 0);
  const any = context.given.on("any") ? ["--any"] : [];
  const { exit, out, err } = await edge(["replay", ...any, "--", path], context.shell.stop);
  const lines = out.trimEnd().split("\n").map(shown);
  if (exit === 0) return void (await context.out.result({ same: true, lines }, () => lines));
  if (exit !== EXIT.software) throw new CliFailure("RECORDING_REFUSED", err.trim() || lines.join("\n"), exit);
  if (!context.out.isJson) await context.out.result(null, () => lines);
  throw new CliFailure("REPLAY_DIFFERS", `${path} is not what this core does`, exit, { lines });
}

/** Runs the edge's program to its end. */
function edge(args: readonly string[], signal: AbortSignal) {
  const child = spawn(process.execPath, [EDGE, ...args], { stdio: ["ignore", "pipe", "pipe"], signal });
  const text = { out: "", err: "" };
  for (const name of ["out", "err"] as const) {
    child[`std${name}`].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] = (text[name] + chunk).slice(-TEXT_MOST);
    });
  }
  return new Promise<{ exit: number; out: string; err: string }>((resolve, reject) => {
    child.once("error", (cause) => reject(signal.aborted ? new CliFailure("INTERRUPTED", "stopped") : cause));
    child.once("close", (code) => resolve({ exit: code ?? EXIT.software, ...text }));
  });
}

export const REPLAY = { replay } as const;

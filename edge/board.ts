// What this board can do for models: processor, memory, graphics, and on what the inference runtime runs. It only
// looks.

import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const GIBIBYTE = 2 ** 30;
const ASK_MS = 20_000;

/** Processor and memory in words. */
export function machineOf(): string {
  const [first] = cpus();
  const memory = `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`;
  return `${availableParallelism()} cores${first === undefined ? "" : ` (${first.model.trim()})`}, ${memory}`;
}

/** Graphics in words, as the kernel tells of them. */
export function graphicsOf(): string {
  const driver = "/proc/driver/nvidia/version";
  const nvidia = existsSync(driver) ? (readFileSync(driver, "utf8").split("\n")[0] ?? "") : "";
  const nodes = existsSync("/dev/dri") ? readdirSync("/dev/dri").filter((name) => name.startsWith("render")) : [];
  if (nvidia === "" && nodes.length === 0) return "no graphics processor is known to the kernel: cpu only";
  return [nvidia, ...nodes.map((name) => `/dev/dri/${name}`)].filter((part) => part !== "").join(", ");
}

/** The inference runtime and its execution providers in words. Rejects when it cannot be loaded. */
export function runtimeOf(): Promise<string> {
  const entry = fileURLToPath(new URL("./planner/backends.js", import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry], { timeout: ASK_MS }, (cause, out) => {
      if (cause !== null) return reject(new Error(`the inference runtime cannot be loaded: ${cause.message}`));
      const { version, backends } = JSON.parse(out) as {
        readonly version: string;
        readonly backends: readonly { readonly name: string; readonly bundled: boolean }[];
      };
      const named = backends.map(({ name, bundled }) => (bundled ? name : `${name} (needs its libraries)`));
      resolve(`onnxruntime ${version}, can be asked for ${named.join(", ")}`);
    });
  });
}

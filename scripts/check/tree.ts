// The shape of the repository: what may stand at its top, and a lock file that names no host.

import type { Check } from "./source.js";

const TOP_LEVEL: ReadonlySet<string> = new Set([
  ...["README.md", "LICENSE", "package.json", "package-lock.json", "tsconfig.json", "biome.json"],
  ...["proto", "fleet-config", "models", "edge", "hub", "scripts", "test"],
]);
const MADE_BY_TOOLS: ReadonlySet<string> = new Set(["node_modules", "dist", "dist.new", "dist.old"]);
const NEEDED: readonly string[] = [...TOP_LEVEL];

/** `names` are the entries of the root folder. Names that begin with a dot belong to tools. */
export function checkTopLevel(names: readonly string[]): Check {
  const extra = names.filter((name) => !name.startsWith(".") && !TOP_LEVEL.has(name) && !MADE_BY_TOOLS.has(name));
  const missing = NEEDED.filter((name) => !names.includes(name));
  const problems = [
    ...extra.map((name) => `${name}: expected nothing of that name at the top`),
    ...missing.map((name) => `${name}: is missing`),
  ];
  return { name: "the top level holds what it shall", counted: names.length, unit: "entries", problems };
}

/** `text` is package-lock.json. A host in it would tie every install to somebody's mirror. */
export function checkLockFile(text: string): Check {
  const lock: unknown = JSON.parse(text);
  const packages = typeof lock === "object" && lock !== null && "packages" in lock ? lock.packages : {};
  const entries = Object.entries(packages ?? {});
  const problems: string[] = [];
  for (const [name, entry] of entries) {
    const fields: object = typeof entry === "object" && entry !== null ? entry : {};
    if ("resolved" in fields) problems.push(`package-lock.json: ${name} names where it came from`);
    if (name !== "" && !("integrity" in fields)) problems.push(`package-lock.json: ${name} has no checksum`);
  }
  return { name: "the lock file names no host", counted: entries.length, unit: "packages", problems };
}

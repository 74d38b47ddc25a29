// Text of a site file to a frozen SiteConfig, or a refusal of every problem at once (R13: unknown means no). Pure.

import { deriveSite, type KeyProblem, keyProblems } from "./derive.js";
import { ConfigRefused, type Path, type Problem, shown } from "./refused.js";
import { siteSchema } from "./schema.js";
import { type ErrorObject, SchemaCheck } from "./schema-check.js";
import type { SiteConfig } from "./types.js";
import { parseYaml, pointer, type YamlText } from "./yaml-text.js";

const site = new SchemaCheck<SiteConfig>(siteSchema, { allErrors: true, useDefaults: true });

/** Parses and checks the text of a site file; the map is not looked at. Throws ConfigRefused. */
export function parseSite(text: string, fileName: string): SiteConfig {
  return parseSiteText(text, fileName).config;
}

/** As parseSite, with the lines for whoever finds more problems. */
export function parseSiteText(
  text: string,
  file: string,
): { readonly config: SiteConfig; readonly lineOf: YamlText["lineOf"] } {
  const { value, lineOf } = parseYaml(text, file);
  if (!site.admits(value)) throw new ConfigRefused(schemaProblems(site.errors, { file, lineOf }));
  refuseIfAny(keyProblems(value), { file, lineOf });
  return { config: freeze(value), lineOf };
}

export interface Located {
  readonly file: string;
  readonly lineOf: YamlText["lineOf"];
}

/** Throws ConfigRefused when there is a problem. */
export function refuseIfAny(problems: readonly KeyProblem[], { file, lineOf }: Located): void {
  if (problems.length === 0) return;
  throw new ConfigRefused(
    problems.map(({ path, found, expected }) => ({ file, path: pointer(path), line: lineOf(path), found, expected })),
  );
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

function schemaProblems(errors: readonly ErrorObject[], { file, lineOf }: Located): readonly Problem[] {
  return errors.map((error) => {
    const above = pathOf(error.instancePath);
    const { path, found, expected } = schemaProblem(error, above);
    return { file, path: pointer(path), line: lineOf(path), found, expected };
  });
}

function pathOf(instancePath: string): Path {
  const parts = instancePath.split("/").slice(1);
  return parts.map((part) => {
    const word = part.replaceAll("~1", "/").replaceAll("~0", "~");
    return /^(0|[1-9][0-9]*)$/.test(word) ? Number(word) : word;
  });
}

function schemaProblem(error: ErrorObject, path: Path): KeyProblem {
  const params: Readonly<Record<string, unknown>> = error.params;
  if (error.keyword === "additionalProperties") {
    const key = String(params.additionalProperty);
    return { path: [...path, key], found: `the unknown key ${shown(key)}`, expected: expectedKey(key, error, path) };
  }
  if (error.keyword === "required") {
    const key = String(params.missingProperty);
    const schema = propertiesOf(error)[key];
    return { path: [...path, key], found: "nothing", expected: expectedValue(schema) };
  }
  return { path, found: foundBy(error), expected: expectedValue(error.parentSchema) };
}

function foundBy(error: ErrorObject): string {
  const { data, keyword, params } = error;
  if (!Array.isArray(data)) return shown(data);
  return keyword === "uniqueItems" ? `items ${params.j} and ${params.i} equal` : `${data.length} items`;
}

type SchemaPart = Readonly<Record<string, unknown>>;

function propertiesOf(error: ErrorObject): Readonly<Record<string, SchemaPart>> {
  const properties: unknown = error.parentSchema?.properties;
  return typeof properties === "object" && properties !== null ? (properties as Record<string, SchemaPart>) : {};
}

/** What a schema admits, in words: "a whole number from 1 to 100 ms (Length D of a lease ...)". */
export function expectedValue(schema: SchemaPart | undefined): string {
  const about = typeof schema?.description === "string" ? ` (${schema.description.replace(/\.$/, "")})` : "";
  return `${admitted(schema ?? {})}${about}`;
}

/** What a schema admits, without its description. */
export function admitted(schema: SchemaPart): string {
  if (schema.const !== undefined) return shown(schema.const);
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(", ")}`;
  if (schema.type === "integer") return `a whole number${rangeOf(schema)}`;
  if (schema.type === "number") return `a number${rangeOf(schema)}`;
  if (schema.type === "string") return `text that matches ${String(schema.pattern)}`;
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "array") {
    const different = schema.uniqueItems === true ? ", all different" : "";
    return `a list of ${schema.minItems ?? 0} to ${String(schema.maxItems)} items${different}`;
  }
  return schema.minProperties === undefined
    ? "a mapping"
    : `a mapping with at least ${String(schema.minProperties)} key`;
}

function rangeOf(schema: SchemaPart): string {
  const least = schema.exclusiveMinimum === undefined ? schema.minimum : `above ${String(schema.exclusiveMinimum)}`;
  const most = schema.exclusiveMaximum === undefined ? schema.maximum : `below ${String(schema.exclusiveMaximum)}`;
  const unit = schema.unit === undefined || schema.unit === "0..1" ? "" : ` ${String(schema.unit)}`;
  const from = least === undefined ? "" : ` from ${String(least)}`;
  return `${from}${most === undefined ? "" : ` to ${String(most)}`}${unit}`;
}

const derivedKeys = ["w", "waitms", "hubwaitms", "m", "brakeaheadms"];

function expectedKey(key: string, error: ErrorObject, path: Path): string {
  if (derivedKeys.includes(key.toLowerCase())) return derivedExpectation(error, path);
  const known = Object.keys(propertiesOf(error));
  const near = nearest(key, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `one of ${known.join(", ")}${hint}`;
}

function derivedExpectation(error: ErrorObject, path: Path): string {
  const lease: unknown = error.data;
  const sound = path[0] === "lease" && site.errors.every((other) => other.keyword === "additionalProperties");
  const values = sound ? deriveSite({ lease, physics: { maxSpeedMps: 0, brakeMps2: 1 } } as never) : undefined;
  const numbers = values === undefined ? "" : `, here W = ${values.waitMs} ms and M = ${values.brakeAheadMs} ms`;
  return `no such key: W and M are derived from the lease's constants, never set${numbers}`;
}

/** The known word with the smallest edit distance, when that is small enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((other) => ({ other, cost: editDistance(word.toLowerCase(), other.toLowerCase()) }));
  const best = scored.reduce((a, b) => (b.cost < a.cost ? b : a), { other: "", cost: Number.POSITIVE_INFINITY });
  return best.cost <= Math.max(2, Math.floor(word.length / 3)) ? best.other : undefined;
}

/** Insertions, deletions and replacements between two words; words longer than 64 are cut. */
export function editDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 64), b.slice(0, 64)];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

// Words from which the schema of a site is written, so that one line states one key: kind, unit, range, default,
// meaning. Each returns plain JSON Schema (draft 2020-12) whose literal parts survive in the type, because types.ts
// reads them. `unit` is an annotation of our own: the validator ignores it, KEYS.md prints it.

/** Longest duration in milliseconds: a Node timer above it would fire at once. */
export const durationMaxMs = 2_147_483_647;

interface NumberOptions {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: number;
}

/** Whole milliseconds, 1 to durationMaxMs unless told otherwise. */
export function ms<const O extends NumberOptions>(description: string, options: O) {
  const base = { type: "integer" as const, unit: "ms", minimum: 1 as number, maximum: durationMaxMs as number };
  return { ...base, description, ...options };
}

/** A whole number of things; `unit` names them. */
export function count<const O extends NumberOptions>(description: string, options: O & { readonly unit: string }) {
  return { type: "integer" as const, minimum: 1 as number, description, ...options };
}

/** A number with a unit. */
export function quantity<const O extends NumberOptions>(description: string, options: O & { readonly unit: string }) {
  return { type: "number" as const, description, ...options };
}

/** A share from 0 to 1. */
export function ratio<const O extends NumberOptions>(description: string, options: O) {
  return { type: "number" as const, unit: "0..1", minimum: 0 as number, maximum: 1 as number, description, ...options };
}

/** Yes or no. */
export function flag<const D extends boolean>(description: string, options: { readonly default: D }) {
  return { type: "boolean" as const, description, ...options };
}

/** Text that matches a pattern. */
export function text(description: string, pattern: string) {
  return { type: "string" as const, pattern, description };
}

/** One of a closed list of words. */
export function oneOf<const E extends readonly string[], const O extends { readonly default?: E[number] }>(
  description: string,
  words: E,
  options: O,
) {
  return { type: "string" as const, enum: words, description, ...options };
}

/** A list with bounds on its length. */
export function list<const S, const O extends { readonly minItems?: number; readonly maxItems: number }>(
  items: S,
  options: O & { readonly description: string; readonly uniqueItems?: boolean },
) {
  return { type: "array" as const, items, ...options };
}

/** A closed object: a key that is not in `properties` is refused. Keys with a default need not be written. */
export function object<
  const P extends object,
  const O extends { readonly required: readonly string[]; readonly minProperties?: number; readonly default?: object },
>(properties: P, options: O & { readonly description: string }) {
  return { type: "object" as const, additionalProperties: false as const, properties, ...options };
}

// Where two values differ first, bit for bit: -0 is not 0, and no number is rounded. Pure.

export interface Difference {
  readonly path: string;
  readonly one: unknown;
  readonly other: unknown;
}

/** Null for equal values. A field that is missing equals one that is undefined. */
export function firstDifference(one: unknown, other: unknown, path = ""): Difference | null {
  if (Object.is(one, other)) return null;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return { path, one, other };
  const keys = Array.isArray(one) ? range(Math.max(one.length, lengthOf(other))) : fieldsOf(one, other);
  for (const key of keys) {
    const at = path === "" ? key : `${path}.${key}`;
    const found = firstDifference(one[key], other[key], at);
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function lengthOf(value: object): number {
  return Array.isArray(value) ? value.length : 0;
}

function range(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

function fieldsOf(one: object, other: object): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

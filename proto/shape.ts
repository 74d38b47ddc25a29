// How a message is parsed at the border: small readers that turn an unknown plain value into a typed one, or refuse it
// with the path, what was expected and what was found. The types of the messages are inferred from their readers, so
// that there is one truth. Fields that a reader does not name are dropped; the codec has already refused unknown ones.

/** Thrown when a value is not what its reader expects. */
export class WireRefused extends Error {
  override readonly name = "WireRefused";
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly found: unknown,
  ) {
    super(`${path}: expected ${expected}, found ${show(found)}`);
  }
}

/** Reads `value`, which stands at `path`. Throws WireRefused. */
export type Reader<T> = (value: unknown, path: string) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;

type Fields = Readonly<Record<string, Reader<unknown>>>;
type Struct<F extends Fields> = { readonly [K in keyof F]: Read<F[K]> };

/** A message with these fields. */
export function struct<F extends Fields>(fields: F): Reader<Struct<F>> {
  const entries = Object.entries(fields);
  return (value, path) => {
    const source = asObject(value, path);
    const out: Record<string, unknown> = {};
    for (const [key, read] of entries) out[key] = read(source[key], `${path}.${key}`);
    return out as Struct<F>;
  };
}

/** What the reader reads, and these fields, which may be absent: what is not there has no key. */
export function also<T extends object, M extends Fields>(
  read: Reader<T>,
  more: M,
): Reader<T & { readonly [K in keyof M]?: Read<M[K]> }> {
  const entries = Object.entries(more);
  return (value, path) => {
    const source = asObject(value, path);
    const out = read(value, path) as Record<string, unknown>;
    for (const [key, reader] of entries)
      if (source[key] !== undefined) out[key] = reader(source[key], `${path}.${key}`);
    return out as never;
  };
}

/** A message with these fields, of which those of `more` may be absent. */
export function structOf<F extends Fields, M extends Fields>(fields: F, more: M) {
  return also(struct(fields), more);
}

/** A oneof: exactly one of the members is present; its name becomes `kind`. */
export function oneOf<F extends Readonly<Record<string, Reader<object>>>>(
  members: F,
): Reader<{ [K in keyof F]: { readonly kind: K } & Read<F[K]> }[keyof F]> {
  const names = Object.keys(members);
  return (value, path) => {
    const source = asObject(value, path);
    const present = names.filter((name) => source[name] !== undefined);
    const [kind] = present;
    const read = kind === undefined ? undefined : members[kind];
    if (present.length !== 1 || kind === undefined || read === undefined) {
      throw new WireRefused(path, `exactly one of ${names.join(", ")}`, present.length === 0 ? "none" : present);
    }
    return { kind, ...read(source[kind], `${path}.${kind}`) } as never;
  };
}

/** The reverse of `oneOf`: a plain object that the codec encodes. */
export function toOneOf(message: { readonly kind: string }): Record<string, unknown> {
  const { kind, ...fields } = message;
  return { [kind]: fields };
}

/** Absent, or what the reader reads. */
export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** A list of at most `most` items. */
export function listOf<T>(read: Reader<T>, most: number): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new WireRefused(path, "a list", value);
    if (value.length > most) throw new WireRefused(path, `at most ${most} items`, `${value.length} items`);
    return value.map((item, index) => read(item, `${path}[${index}]`));
  };
}

/** Text of at most `most` UTF-16 units, without control characters; may be empty. */
export function text(most: number): Reader<string> {
  return (value, path) => {
    if (typeof value !== "string") throw new WireRefused(path, "text", value);
    if (value.length > most) throw new WireRefused(path, `at most ${most} characters`, `${value.length} characters`);
    if (hasControl(value)) throw new WireRefused(path, "text without control characters", value);
    return value;
  };
}

/** Text that is not empty. */
export function words(most: number): Reader<string> {
  const read = text(most);
  return (value, path) => {
    const found = read(value, path);
    if (found.trim() === "") throw new WireRefused(path, "text that is not empty", found);
    return found;
  };
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A name of something: 1 to 64 letters, digits, dots, dashes and underscores; begins with a letter or digit. */
export const id: Reader<string> = (value, path) => {
  if (typeof value !== "string" || !ID.test(value))
    throw new WireRefused(path, "an id of 1 to 64 [A-Za-z0-9._-]", value);
  return value;
};

/** An id or the empty text. */
export const maybeId: Reader<string> = (value, path) => (value === "" ? "" : id(value, path));

/** A whole number from 0 to 2^53 - 1. */
export const count: Reader<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new WireRefused(path, "a whole number from 0 to 2^53-1", value);
  }
  return value;
};

/** A whole number within ±(2^53 - 1). */
export const whole: Reader<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new WireRefused(path, "a whole number", value);
  return value;
};

/** A whole number from 0 to `most`. */
export function upTo(most: number): Reader<number> {
  return (value, path) => {
    const found = count(value, path);
    if (found > most) throw new WireRefused(path, `at most ${most}`, found);
    return found;
  };
}

/** A finite number from `least` to `most`. */
export function number(least: number, most: number): Reader<number> {
  return (value, path) => {
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      throw new WireRefused(path, `a number from ${least} to ${most}`, value);
    }
    return value;
  };
}

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new WireRefused(path, "true or false", value);
  return value;
};

/** One of these words; anything else, unknown numbers too, reads as `fallback` (unknown means no). */
export function enumOr<W extends string>(known: readonly W[], fallback: W): Reader<W> {
  return (value) => known.find((word) => word === value) ?? fallback;
}

/** One of these words; anything else is refused. */
export function enumOf<W extends string>(known: readonly W[]): Reader<W> {
  return (value, path) => {
    const found = known.find((word) => word === value);
    if (found === undefined) throw new WireRefused(path, `one of ${known.join(", ")}`, value);
    return found;
  };
}

function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WireRefused(path, "a message", value);
  return value as Record<string, unknown>;
}

function hasControl(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

function show(found: unknown): string {
  const shown =
    typeof found === "number" || typeof found === "bigint" ? String(found) : (JSON.stringify(found) ?? "nothing");
  return shown.length > 120 ? `${shown.slice(0, 120)}...` : shown;
}

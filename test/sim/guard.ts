// While a run lasts, nothing that would make it differ from the same run elsewhere can be touched: clocks, chance,
// timers and cryptography throw. Core code has none of them by the checks on its imports; this finds what imports
// cannot show.

const BANNED = [
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "crypto",
  "fetch",
  "Intl",
] as const;

/** Thrown when a run touches what it must not. */
export class Banned extends Error {
  override readonly name = "Banned";
}

function thrower(name: string): () => never {
  return () => {
    throw new Banned(`${name} was touched in a simulated run`);
  };
}

/** Runs `what` with the banned globals out of reach, and puts them back. */
export function guarded<T>(what: () => T): T {
  const kept = new Map<string, PropertyDescriptor | undefined>();
  const { random } = Math;
  const { hrtime } = process;
  for (const name of BANNED) {
    kept.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { configurable: true, get: thrower(name) });
  }
  Math.random = thrower("Math.random");
  const bigint = thrower("process.hrtime.bigint");
  process.hrtime = Object.assign(thrower("process.hrtime"), { bigint }) as unknown as typeof process.hrtime;
  try {
    return what();
  } finally {
    for (const [name, descriptor] of kept) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
    Math.random = random;
    process.hrtime = hrtime;
  }
}

// How things are measured: contestants in turn, round after round (A B A B ...), so that noise hits all of them, after
// rounds that do not count, in which the compiler and the caches get warm.

/** Measures once and returns the value in the unit of its figure. */
export type Measure = () => number | Promise<number>;

export interface Plan {
  readonly rounds: number;
  readonly warmUp?: number; // rounds that do not count; 2
}

/** Each measure once per round, in their order. Returns the values of each, in the order of the rounds. */
export async function interleave<const M extends readonly Measure[]>(
  measures: M,
  { rounds, warmUp = 2 }: Plan,
): Promise<{ [K in keyof M]: number[] }> {
  const values = measures.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [index, measure] of measures.entries()) {
      const value = await measure();
      if (round >= 0) values[index]?.push(value);
    }
  }
  return values as { [K in keyof M]: number[] };
}

/** Microseconds of the processor that one of `calls` synchronous calls uses: what other processes do counts little. */
export function perCallUs(call: () => unknown, calls: number): number {
  const before = process.cpuUsage();
  for (let done = 0; done < calls; done += 1) kept = call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Milliseconds of one of `calls` calls that are waited for, one after the other. */
export async function perAwaitMs(call: () => Promise<unknown>, calls: number): Promise<number> {
  const startMs = performance.now();
  for (let done = 0; done < calls; done += 1) await call();
  return (performance.now() - startMs) / calls;
}

/** How many calls use about `targetMs` of the processor; at least 1. */
export function callsFor(call: () => unknown, targetMs: number): number {
  for (let calls = 1; ; calls *= 2) {
    const usedMs = (perCallUs(call, calls) * calls) / 1000;
    if (usedMs >= targetMs / 4) return Math.max(1, Math.round((calls * targetMs) / usedMs));
  }
}

/** The last result of a measured call: kept, so that the compiler cannot leave the call out. */
export let kept: unknown;

/**
 * Bytes that `work` allocates, roughly: the sum of what the heap grew between samples, `sample` being called now and
 * then from within. A collection between two samples hides what came before it.
 */
export function allocatedBytes(work: (sample: () => void) => void): number {
  let last = process.memoryUsage().heapUsed;
  let total = 0;
  const sample = (): void => {
    const now = process.memoryUsage().heapUsed;
    if (now > last) total += now - last;
    last = now;
  };
  work(sample);
  sample();
  return total;
}

/** Bytes of the heap that are still in use after a full collection. Needs --expose-gc; without it an upper bound. */
export function retainedBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  return process.memoryUsage().heapUsed;
}

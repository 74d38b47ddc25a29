// A circuit breaker: what fails too often within a time is left alone until enough of its failures are past.

export interface Breaker {
  readonly failures: number; // this many within ...
  readonly withinMs: number; // ... this time open it
}

/** When it failed, oldest first; as many as the breaker counts, no more. */
export type Failures = number[];

export function failed(failures: Failures, breaker: Breaker, nowMs: number): void {
  failures.push(nowMs);
  if (failures.length > breaker.failures) failures.shift();
}

/** Why it is open; empty while it is closed. */
export function openBecause(failures: Failures, breaker: Breaker, nowMs: number): string {
  const [oldest] = failures;
  if (oldest === undefined || failures.length < breaker.failures || nowMs - oldest > breaker.withinMs) return "";
  return `${breaker.failures} failures within ${breaker.withinMs / 1000} s`;
}

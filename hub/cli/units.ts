// Numbers as people read them on a shift: ages and waits round up, what is left rounds down, so that nothing looks
// fresher or longer than it is (R6, DESIGN conventions).

type Rounding = (value: number) => number;

function duration(ms: number, round: Rounding): string {
  if (!Number.isFinite(ms)) return "never";
  const seconds = round(ms / 100) / 10;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = round(ms / 1000);
  if (whole < 120) return `${whole} s`;
  const minutes = round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = round(ms / 3_600_000);
  return hours < 48 ? `${hours} h` : `${round(ms / 86_400_000)} days`;
}

/**
 * An age or a wait in ms, rounded up: "0.4 s", "12 s", "3 min", "5 h", "4 days"; "never" for an age without a bound.
 */
export function ageText(ms: number | undefined): string {
  return duration(ms ?? Number.POSITIVE_INFINITY, Math.ceil);
}

/** What is left in ms, rounded down; "-" when there is nothing. */
export function leftText(ms: number | undefined): string {
  return ms === undefined ? "-" : duration(ms, Math.floor);
}

/** A moment of the wall clock in ms since 1970 as UTC, e.g. "2026-03-01 12:00:03Z"; "-" when it is none. */
export function wallText(ms: number): string {
  const at = new Date(ms);
  if (ms === 0 || Number.isNaN(at.getTime())) return "-";
  return at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** Time since a start in ms as h:mm:ss, for lines below each other. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (found: number) => String(found).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** "1 robot", "2 robots". */
export function several(found: number, thing: string): string {
  return `${found} ${thing}${found === 1 ? "" : "s"}`;
}

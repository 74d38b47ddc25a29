// Spans of time as people read them, the same on the command line, in the console and in what the hub tells: ages and
// waits round up, what is left rounds down, so that nothing looks fresher or longer than it is (R6). Pure.

/** "0.4 s", "12 s", "3 min", "5 h", "4 days"; "never" for one without a bound. */
function text(ms: number, round: (value: number) => number): string {
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

/** An age or a wait in ms, rounded up; "never" for an age without a bound. */
export function ageText(ms: number | undefined): string {
  return text(ms ?? Number.POSITIVE_INFINITY, Math.ceil);
}

/** What is left in ms, rounded down; `none` when there is nothing. */
export function leftText(ms: number | undefined, none = "-"): string {
  return ms === undefined ? none : text(ms, Math.floor);
}

// Numbers as people read them on a shift.

export { ageText, leftText } from "../../proto/span-text.js";

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

// Text from data as a terminal may show it: control characters, escape sequences, direction overrides and broken
// halves of characters become visible escapes, so that no name or reason can move the cursor, hide a line or recolour
// a rung.

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `found` with everything that a terminal would obey written as \n, \x1b or \u202e. Other text is unchanged. */
export function shown(found: string): string {
  return found.replace(OBEYED, (unit) => SHORT[unit] ?? escapeUnit(unit)).replace(HALVES, escapeUnit);
}

/** One JSON value on one line whose text obeys nothing either. Numbers that JSON lacks become null. */
export function shownJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.replace(OBEYED, jsonUnit).replace(HALVES, jsonUnit);
}

function escapeUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : jsonUnit(unit);
}

function jsonUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

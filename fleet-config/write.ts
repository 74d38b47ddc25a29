// Writes a site file: every key with its meaning beside it, taken from the schema, lists one item a line. What it
// writes, parseSite reads back to the same config. Also writes MovingAI maps. Pure.

import type { Grid } from "./grid.js";
import { siteSchema } from "./schema.js";
import type { SiteConfig } from "./types.js";

/** The text of a site file. `title` becomes its first comment, one line per line. */
export function siteText(config: SiteConfig, title: string): string {
  const lines = title.split("\n").map((line) => `# ${line}`.trimEnd());
  const schemas: Readonly<Record<string, object>> = siteSchema.properties;
  for (const key of Object.keys(schemas)) {
    const value = (config as Readonly<Record<string, unknown>>)[key];
    if (value === undefined) continue;
    lines.push("", `# ${descriptionOf(schemas[key])}`);
    if (Array.isArray(value)) lines.push(`${key}:`, ...value.flatMap(itemLines));
    else if (typeof value !== "object" || value === null) lines.push(`${key}: ${flow(value)}`);
    else lines.push(`${key}:`, ...keyLines(value, schemas[key]));
  }
  return `${lines.join("\n")}\n`;
}

/** One line for a flat item, one line per key for an item with mappings in it. */
function itemLines(item: object): string[] {
  const nested = Object.values(item).some(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  if (!nested) return [`  - ${flow(item)}`];
  return keyLines(item, undefined).map((line, index) => `${index === 0 ? "  - " : "    "}${line.slice(2)}`);
}

function keyLines(value: object, schema: object | undefined): string[] {
  const properties = schema !== undefined && "properties" in schema ? schema.properties : {};
  const parts = properties as Readonly<Record<string, object>>;
  return Object.entries(value).map(([key, item]) => {
    const line = `  ${key}: ${flow(item)}`;
    const about = descriptionOf(parts[key]);
    return about === "" ? line : `${line} # ${about}`;
  });
}

function descriptionOf(schema: object | undefined): string {
  return schema !== undefined && "description" in schema ? String(schema.description) : "";
}

const plainWord = /^[A-Za-z][A-Za-z0-9._/-]*$/;
const meaningfulWord = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
    return pairs.length === 0 ? "{}" : `{ ${pairs.map(([key, item]) => `${key}: ${flow(item)}`).join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  return plainWord.test(value) && !meaningfulWord.test(value) ? value : JSON.stringify(value);
}

/** The text of a MovingAI map: @ blocked, . free, top row first. */
export function movingAiText(grid: Grid): string {
  const rows: string[] = [];
  for (let y = grid.height - 1; y >= 0; y -= 1) {
    const row = grid.blocked.subarray(y * grid.width, (y + 1) * grid.width);
    rows.push(Array.from(row, (cell) => (cell ? "@" : ".")).join(""));
  }
  return `type octile\nheight ${grid.height}\nwidth ${grid.width}\nmap\n${rows.join("\n")}\n`;
}

// The documented table of keys, generated from the schema so that it cannot say anything else. KEYS.md is its output; a
// test compares the two, and `UPDATE_GOLDEN=1` rewrites the file. Pure.

import { siteSchema } from "./schema.js";
import { admitted } from "./validate.js";

type Part = Readonly<Record<string, unknown>>;

/** The text of KEYS.md. */
export function keysMarkdown(): string {
  return [
    "# Keys of a site file",
    "",
    "Generated from `schema.ts`; change it there. `[]` stands for each item of a list. A key without a default must be",
    "written, unless it says _optional_. W (the hub's wait) and M (the braking lead) are no keys: they are derived.",
    "",
    ...tableLines([["key", "unit", "admitted", "default", "meaning"], ...rowsOf(siteSchema, "")]),
    "",
  ].join("\n");
}

/** A table whose columns are padded, as the formatter wants it; the first row is its head. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [...lines.slice(0, 1), rule, ...lines.slice(1)];
}

function rowsOf(schema: Part, prefix: string): string[][] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(partsOf(schema)).flatMap(([key, part]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const row = [`\`${path}\``, unitOf(part), range(part), standard(part, required.includes(key)), meaning(part)];
    return [row.map(cell), ...below(part, path)];
  });
}

function below(part: Part, path: string): string[][] {
  if (part.type === "array") {
    const items = part.items as Part;
    return items.type === "object" ? rowsOf(items, `${path}[]`) : [];
  }
  return part.type === "object" ? rowsOf(part, path) : [];
}

function partsOf(schema: Part): Readonly<Record<string, Part>> {
  return (schema.properties ?? {}) as Record<string, Part>;
}

function unitOf(part: Part): string {
  return typeof part.unit === "string" ? part.unit : "";
}

function range(part: Part): string {
  const { unit: _unit, ...rest } = part;
  if (part.type === "array" && (part.items as Part).type === "string") {
    return `${admitted(rest)}, each ${admitted(part.items as Part)}`;
  }
  return admitted(rest);
}

function standard(part: Part, required: boolean): string {
  if (part.default === undefined) return required ? "" : "_optional_";
  if (part.type !== "object") return `\`${JSON.stringify(part.default)}\``;
  return Object.keys(part.default as object).length === 0 ? "as below" : `\`${JSON.stringify(part.default)}\``;
}

function meaning(part: Part): string {
  return typeof part.description === "string" ? part.description : "";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

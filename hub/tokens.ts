// `drover-hub token`: who may speak to the hub, beside a hub that runs or not. A token is printed once and never again;
// what is kept of it gives nobody a right.

import { parseArgs } from "node:util";
import { EXIT } from "../proto/errors.js";
import { PERSON_NAME, ROLES, type Role } from "../proto/rights.js";
import { changeTokens, digestOf, newToken, readTokens, TOKENS_MOST, type TokenRow } from "./io/token-book.js";
import { HubStopped } from "./stopped.js";

const USUAL_MS = 90 * 86_400_000;
const MOST_MS = 366 * 86_400_000;
/** Names that stand for something else in the ledger. */
const TAKEN = new Set(["hub", "local", "configuration"]);

export type TokenOptions = { readonly dataDir: string } & (
  | { readonly action: "issue"; readonly operator: string; readonly role: Role; readonly forMs: number }
  | { readonly action: "list" }
  | { readonly action: "revoke"; readonly operator: string; readonly id: string }
);

const OPTIONS = {
  "data-dir": { type: "string", default: "" },
  operator: { type: "string", default: "" },
  role: { type: "string", default: "" },
  for: { type: "string", default: "" },
  id: { type: "string", default: "" },
} as const;

/** The options of `drover-hub token`, or a sentence that says what is wrong. */
export function readTokenOptions([action = "", ...rest]: readonly string[]): TokenOptions | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(rest);
  } catch (cause) {
    return (cause as Error).message;
  }
  const { "data-dir": dataDir, operator, role, for: span, id } = values;
  if (dataDir === "") return "--data-dir DIR is missing";
  if (action === "list") return { action, dataDir };
  if (operator !== "" && !PERSON_NAME.test(operator))
    return `--operator: expected a name of 1 to 64 [A-Za-z0-9._-], found "${operator}"`;
  if (action === "revoke") {
    if ((operator === "") === (id === "")) return "expected --operator NAME, for all tokens of a person, or --id ID";
    return { action, dataDir, operator, id };
  }
  if (action !== "issue") return `expected issue, list or revoke, found "${action}"`;
  if (operator === "") return "--operator NAME is missing";
  if (TAKEN.has(operator)) return `--operator: "${operator}" names no person in the ledger`;
  const known = ROLES.find((one) => one === role);
  if (known === undefined) return `--role: expected one of ${ROLES.join(", ")}, found "${role}"`;
  const forMs = span === "" ? USUAL_MS : spanMs(span);
  if (forMs === null) return `--for: expected a time such as 30min, 12h or 7d, up to 366d, found "${span}"`;
  return { action, dataDir, operator, role: known, forMs };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function spanMs(text: string): number | null {
  const [, digits = "", unit = ""] = /^(\d{1,7})(s|min|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS_MS[unit] ?? 0);
  return ms > 0 && ms <= MOST_MS ? ms : null;
}

export async function runToken(options: TokenOptions): Promise<number> {
  try {
    switch (options.action) {
      case "issue":
        return issue(options);
      case "list":
        return list(readTokens(options.dataDir), Date.now());
      case "revoke":
        return revoke(options);
    }
  } catch (cause) {
    if (cause instanceof HubStopped) throw cause;
    throw stopped(cause as NodeJS.ErrnoException, options);
  }
}

function stopped(cause: NodeJS.ErrnoException, { dataDir, action }: TokenOptions): HubStopped {
  const what = `cannot ${action} tokens in ${dataDir}`;
  if (cause.code === "EEXIST") return new HubStopped(EXIT.later, `${what}: another command is changing them`);
  if (cause.code === "ENOENT") return new HubStopped(EXIT.missing, `${what}: there is no such directory`);
  if (cause.code === "EACCES" || cause.code === "EPERM")
    return new HubStopped(EXIT.permission, `${what}: ${cause.code}`);
  return new HubStopped(cause.code === undefined ? EXIT.data : EXIT.io, `${what}: ${cause.message}`);
}

function issue({ dataDir, operator, role, forMs }: Extract<TokenOptions, { action: "issue" }>): number {
  const token = newToken();
  const sha256 = digestOf(token).toString("hex");
  const issuedMs = Date.now();
  const row: TokenRow = { id: sha256.slice(0, 12), operator, role, sha256, issuedMs, expiresMs: issuedMs + forMs };
  changeTokens(dataDir, (rows) => {
    const held = rows.filter(({ expiresMs }) => expiresMs > issuedMs);
    if (held.length >= TOKENS_MOST) throw new Error(`${held.length} tokens hold, at most ${TOKENS_MOST}`);
    return [...held, row]; // those that have expired are forgotten
  });
  process.stderr.write(
    `token ${row.id} of ${operator}, ${role}, until ${dayOf(issuedMs + forMs)}; it is shown once:\n`,
  );
  process.stdout.write(`${token}\n`);
  return 0;
}

function revoke({ dataDir, operator, id }: Extract<TokenOptions, { action: "revoke" }>): number {
  const isMeant = (row: TokenRow) => row.id === id || row.operator === operator;
  let gone: readonly TokenRow[] = [];
  changeTokens(dataDir, (rows) => {
    gone = rows.filter(isMeant);
    return rows.filter((row) => !isMeant(row));
  });
  const whose = id === "" ? `of ${operator}` : `with the id ${id}`;
  if (gone.length === 0) throw new HubStopped(EXIT.missing, `there is no token ${whose}`);
  for (const row of gone) process.stdout.write(`revoked ${row.id} of ${row.operator}, ${row.role}\n`);
  return 0;
}

function list(rows: readonly TokenRow[], nowMs: number): number {
  const cells = [["ID", "OPERATOR", "ROLE", "ISSUED", "UNTIL"], ...rows.map((row) => rowOf(row, nowMs))];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of cells)
    process.stdout.write(
      `${line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  return 0;
}

function rowOf({ id, operator, role, issuedMs, expiresMs }: TokenRow, nowMs: number): readonly string[] {
  const until = `${dayOf(expiresMs)}${expiresMs <= nowMs ? " (expired)" : ""}`;
  return [id, operator, role, dayOf(issuedMs), until];
}

function dayOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

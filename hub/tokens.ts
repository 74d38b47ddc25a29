// `drover-hub token`: who may speak to the hub, beside a hub that runs or not. A token is printed once and never again;
// what is kept of it gives nobody a right.

import { statSync } from "node:fs";
import { EXIT } from "../proto/errors.js";
import { changeTokens, digestOf, newToken, readTokens, TOKENS_MOST, type TokenRow } from "./io/token-book.js";
import { printTable, withKept } from "./kept-command.js";
import type { TokenOptions } from "./options.js";
import { HubStopped } from "./stopped.js";

export async function runToken(options: TokenOptions): Promise<number> {
  return withKept(`cannot ${options.action} tokens in ${options.dataDir}`, () => {
    switch (options.action) {
      case "issue":
        return issue(options);
      case "list":
        statSync(options.dataDir); // without tokens is not without a hub
        return list(readTokens(options.dataDir), Date.now());
      case "revoke":
        return revoke(options);
    }
  });
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
  printTable([["ID", "OPERATOR", "ROLE", "ISSUED", "UNTIL"], ...rows.map((row) => rowOf(row, nowMs))]);
  return 0;
}

function rowOf({ id, operator, role, issuedMs, expiresMs }: TokenRow, nowMs: number): readonly string[] {
  const until = `${dayOf(expiresMs)}${expiresMs <= nowMs ? " (expired)" : ""}`;
  return [id, operator, role, dayOf(issuedMs), until];
}

function dayOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

// `drover-hub certificate`: which certificates are void before their time, beside a hub that runs or not. What is
// revoked is a name up to now, so that a certificate which is issued later is good.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ledgerPlace } from "../proto/codec/records-ledger.js";
import { EXIT } from "../proto/errors.js";
import { REVOKED_FILE, type RevokedRow, readRevoked, revoke } from "./io/revoked-book.js";
import { printTable, withKept } from "./kept-command.js";
import type { CertificateOptions } from "./options.js";
import { HubStopped } from "./stopped.js";

export async function runCertificate(options: CertificateOptions): Promise<number> {
  const { action, dataDir } = options;
  const path = join(dataDir, REVOKED_FILE);
  return withKept(`cannot ${action} certificates in ${dataDir}`, () => {
    checkDataDir(dataDir);
    switch (action) {
      case "list":
        return list(readRevoked(path));
      case "revoke":
        return tell(revoke(path, { name: options.name, beforeMs: Date.now(), reason: options.reason }));
    }
  });
}

/** Throws where no hub keeps its ledger: a list in the wrong place would revoke nothing, and look as if it did. */
function checkDataDir(dataDir: string): void {
  statSync(dataDir);
  const { name } = ledgerPlace(dataDir);
  if (existsSync(join(dataDir, name))) return;
  throw new HubStopped(EXIT.missing, `${dataDir}: expected a hub's data directory, found no ${name} in it`);
}

function tell({ name, beforeMs }: RevokedRow): number {
  process.stdout.write(
    `revoked ${name}: every certificate of this name that begins at or before ${timeOf(beforeMs)} is void\n` +
      "A hub of this directory that runs with TLS, and its broker, end within seconds what is open under one.\n" +
      "A certificate that begins later is good.\n",
  );
  return 0;
}

function list(rows: readonly RevokedRow[]): number {
  printTable([
    ["NAME", "VOID IF BEGUN BY", "REASON"],
    ...rows.map(({ name, beforeMs, reason }) => [name, timeOf(beforeMs), reason === "" ? "-" : reason]),
  ]);
  return 0;
}

/** To the second, as certificates tell theirs. */
function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

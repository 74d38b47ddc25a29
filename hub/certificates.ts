// `drover-hub certificate`: which certificates are void before their time, beside a hub that runs or not. What is
// revoked is a name up to now, so that a certificate which is issued later is good.

import { statSync } from "node:fs";
import { join } from "node:path";
import { REVOKED_FILE, type RevokedRow, readRevoked, revoke } from "./io/revoked-book.js";
import { printTable, withKept } from "./kept-command.js";
import type { CertificateOptions } from "./options.js";

export async function runCertificate(options: CertificateOptions): Promise<number> {
  const { action, dataDir } = options;
  const path = join(dataDir, REVOKED_FILE);
  return withKept(`cannot ${action} certificates in ${dataDir}`, () => {
    switch (action) {
      case "list":
        statSync(dataDir); // without a list is not without a hub
        return list(readRevoked(path));
      case "revoke":
        return tell(revoke(path, { name: options.name, beforeMs: Date.now(), reason: options.reason }));
    }
  });
}

function tell({ name, beforeMs }: RevokedRow): number {
  process.stdout.write(
    `revoked ${name}: every certificate of this name that begins at or before ${timeOf(beforeMs)} is void\n` +
      "The hub of this directory and the broker that it started end what is open under one within 2 s.\n" +
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

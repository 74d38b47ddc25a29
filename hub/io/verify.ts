// Judges a ledger without changing it (DESIGN: ledger): everything is read on a copy, so the evidence survives, and a
// hub may be running meanwhile. It applies the same judgement as the hub does when it starts.

import { judgeStore } from "../../proto/codec/records-judge.js";
import { eventOf, ledgerPlace } from "../../proto/codec/records-ledger.js";

export interface LedgerVerdict {
  readonly site: string | null; // whose ledger it says it is
  readonly events: number; // sequence of the last event
  readonly head: { readonly count: number; readonly hash: string } | null; // hashes in hex
  readonly lastHash: string | null;
  readonly problems: readonly string[]; // empty: sound
  readonly notes: readonly string[]; // what was found and is no damage
}

/**
 * Verifies the ledger in `dataDir`; with `site`, also that it is that site's. Never throws for damage; errors of the
 * file system (no permission, no space for the copy) are thrown as they are.
 */
export async function verifyLedger(
  dataDir: string,
  options: { readonly site?: string | undefined } = {},
): Promise<LedgerVerdict> {
  const judged = await judgeStore(ledgerPlace(dataDir), { owner: options.site ?? null, take: eventOf });
  const { head, lastHash } = judged;
  return {
    site: judged.owner,
    events: judged.count,
    head: head === null ? null : { count: head.count, hash: inHex(head.hash) },
    lastHash: lastHash === null ? null : inHex(lastHash),
    problems: judged.problems,
    notes: judged.notes,
  };
}

function inHex(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}

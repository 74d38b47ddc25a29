// What a record of the ledger holds, for the hub that writes it and the tool that verifies it: one LedgerEvent each,
// whose sequence is the record's.

import { LEDGER_SCHEMA, type LedgerEvent, readLedgerEvent, toLedgerEvent } from "../ledger.js";
import { decode, encode } from "./codec.js";
import type { StorePlace } from "./records-chain.js";

/** The ledger of a hub's data directory: `dataDir/ledger` and `dataDir/ledger.head`. */
export function ledgerPlace(dataDir: string): StorePlace {
  return { dataDir, name: "ledger", kind: "ledger", schema: LEDGER_SCHEMA, keep: Number.POSITIVE_INFINITY };
}

/** Its snapshot, beside it. */
export const SNAPSHOT_NAME = "ledger.snapshot";

export function payloadOf(event: LedgerEvent): Uint8Array {
  return encode("LedgerEvent", toLedgerEvent(event));
}

/** The event in a record's payload. Throws when it is none, or not that of its record. */
export function eventOf(payload: Uint8Array, sequence: number): LedgerEvent {
  const event = readLedgerEvent(decode("LedgerEvent", payload), `event ${sequence}`);
  if (event.sequence !== sequence) throw new RangeError(`its event says that it is event ${event.sequence}`);
  if (event.schema !== LEDGER_SCHEMA) throw new RangeError(`expected schema ${LEDGER_SCHEMA}, found ${event.schema}`);
  return event;
}

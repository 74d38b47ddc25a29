// The ledger's events: every kind is generated, read and undone, and what is no event is refused by name.
import fc from "fast-check";
import t from "tap";
import { ASSIGNMENT_ENDS, FREE_EXITS, LEDGER_SCHEMA, readLedgerEvent, toLedgerEvent } from "../../proto/ledger.js";
import { contractOf } from "./wire-messages.js";

const tag = { sequence: 1, schema: LEDGER_SCHEMA, epoch: 1, hubMs: 10, wallMs: 20 };
const token = { epoch: 1, counter: 1 };

t.test("ledger events of every kind are generated and undo to the plain object that was read", async (t) => {
  const kinds = new Set<string>();
  for (const value of fc.sample(contractOf("LedgerEvent").values, { numRuns: 600, seed: 5 })) {
    const plain = toLedgerEvent(value as Parameters<typeof toLedgerEvent>[0]);
    const event = readLedgerEvent(plain, "event");
    kinds.add(event.body.kind);
    if (JSON.stringify(toLedgerEvent(event)) !== JSON.stringify(plain)) t.fail(JSON.stringify(plain));
  }
  t.equal(kinds.size, 28, [...kinds].join(" "));
});

t.test("R13 ledger event without a body, or with two, is refused", async (t) => {
  t.throws(() => readLedgerEvent(tag, "event"), { name: "WireRefused", path: "event", found: "none" });
  const two = { ...tag, claimLapsed: { token }, robotEnrolled: { robot: "r1" } };
  t.throws(() => readLedgerEvent(two, "event"), { name: "WireRefused", path: "event" });
});

t.test("R4 an exit or end that the table does not name is refused, never taken for another", async (t) => {
  const freed = (exit: unknown) => ({ ...tag, claimFreed: { token, exit, operator: "", reason: "", seen: "" } });
  for (const exit of FREE_EXITS) t.match(readLedgerEvent(freed(exit), "e").body, { exit });
  for (const exit of ["FREE_EXIT_UNSPECIFIED", "SILENCE", "", 0, 9, undefined])
    t.throws(() => readLedgerEvent(freed(exit), "e"), { name: "WireRefused", path: "e.claimFreed.exit" });
  const ended = (end: unknown) => ({ ...tag, assignmentEnded: { token, end, reason: "", outcome: "" } });
  for (const end of ASSIGNMENT_ENDS) t.match(readLedgerEvent(ended(end), "e").body, { end });
  t.throws(() => readLedgerEvent(ended("TIMEOUT"), "e"), { name: "WireRefused", path: "e.assignmentEnded.end" });
});

t.test("R7 a stored ceiling of an unknown rung is refused rather than softened", async (t) => {
  const ceiling = { robot: "", fleet: "", rung: "RUNG_UNSPECIFIED", operator: "o", reason: "r" };
  const plain = { ...tag, ceilingSet: ceiling };
  t.throws(() => readLedgerEvent(plain, "e"), { name: "WireRefused", path: "e.ceilingSet.rung" });
});

t.test("R5 a claim without a whole token is refused", async (t) => {
  for (const odd of [undefined, {}, { epoch: 0, counter: 1 }, { epoch: 1, counter: 0 }, { epoch: "1", counter: 1 }])
    t.throws(() => readLedgerEvent({ ...tag, claimLapsed: { token: odd } }, "e"), { name: "WireRefused" });
});

// What was revoked: a name up to a time, never less of it, and never forgotten by a process that runs.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import {
  beginRevoked,
  REVOKED_FILE,
  REVOKED_MOST,
  RevokedBook,
  readRevoked,
  revoke,
} from "../../../hub/io/revoked-book.js";

const NOON_MS = Date.parse("2026-05-01T12:00:00Z");

function aList(t: Test) {
  const dataDir = mkdtempSync(join(tmpdir(), "drover-revoked-"));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const path = join(dataDir, REVOKED_FILE);
  const unread: string[] = [];
  const open = () => new RevokedBook({ path, onUnread: (why) => void unread.push(why) });
  const put = (name: string, beforeMs = NOON_MS) => revoke(path, { name, beforeMs, reason: "" });
  return { dataDir, path, unread, open, put };
}

/** A certificate of this name that begins so long after noon. */
function begun(CN: string, afterMs: number) {
  const valid_from = new Date(NOON_MS + afterMs).toUTCString();
  return { subject: { CN }, valid_from, valid_to: new Date(NOON_MS + 86_400_000).toUTCString() } as never;
}

t.test("what was begun by then is void, what begins later is good, and so are others", (t) => {
  const { open, put } = aList(t);
  put("r1");
  const book = open();
  t.equal(book.isRevoked(begun("r1", -86_400_000)), true);
  t.equal(book.isRevoked(begun("r1", 0)), true, "at that second, too");
  t.equal(book.isRevoked(begun("r1", 1000)), false);
  for (const other of ["r2", "r11", "R1", "r"]) t.equal(book.isRevoked(begun(other, -1000)), false, other);
  t.equal(book.isRevoked({ ...(begun("r1", 5000) as object), valid_from: "soon" } as never), true, "unknown means no");
  const several = { ...(begun("", -1000) as object), subject: {}, subjectaltname: "DNS:r1, DNS:r2" };
  t.equal(book.isRevoked(several as never), false, "it speaks for nobody");
  t.equal(book.isRevoked({ ...several, subjectaltname: "DNS:r1" } as never), true, "by its only DNS name");
  t.end();
});

t.test("a name that is revoked again is void up to the later time, under the newer reason", (t) => {
  const { path, open } = aList(t);
  t.same(revoke(path, { name: "r1", beforeMs: NOON_MS, reason: "lost" }), {
    ...{ name: "r1", beforeMs: NOON_MS, reason: "lost" },
  });
  revoke(path, { name: "r2", beforeMs: NOON_MS, reason: "" });
  revoke(path, { name: "r1", beforeMs: NOON_MS + 5000, reason: "stolen" });
  t.equal(open().isRevoked(begun("r1", 5000)), true);
  const held = revoke(path, { name: "r1", beforeMs: NOON_MS - 9000, reason: "again" });
  t.equal(held.beforeMs, NOON_MS + 5000, "a clock that was set back takes nothing back");
  t.same(
    readRevoked(path).map(({ name, reason }) => [name, reason]),
    [
      ["r2", ""],
      ["r1", "again"],
    ],
  );
  const two = [NOON_MS + 7000, NOON_MS].map((beforeMs) => ({ name: "r3", beforeMs, reason: "" }));
  writeFileSync(path, JSON.stringify({ schema: 1, revoked: two }));
  t.equal(open().isRevoked(begun("r3", 7000)), true, "of two rows the later holds");
  t.end();
});

t.test("what was changed holds from the next look on", (t) => {
  const { path, open, put } = aList(t);
  t.throws(open, { message: /revoked.json: expected a list, found none; an empty one is {"schema":1,"revoked":\[\]}/ });
  beginRevoked(path);
  const book = open();
  const r1 = begun("r1", 0);
  t.equal(book.isRevoked(r1), false);
  put("r1");
  t.equal(book.isRevoked(r1), false);
  book.look();
  t.equal(book.isRevoked(r1), true);
  beginRevoked(path);
  put("r2");
  book.look();
  t.equal(book.isRevoked(r1), true, "a list that has begun is not begun anew");
  t.equal(book.isRevoked(begun("r2", 0)), true);
  t.end();
});

t.test("what was revoked stays so while its file is damaged, foreign or gone, and that is told once", (t) => {
  const { path, open, put, unread } = aList(t);
  put("r1");
  const book = open();
  const sound = readFileSync(path);
  const harms: [() => void, RegExp][] = [
    [() => writeFileSync(path, sound.subarray(0, -9)), /revoked.json: expected JSON, found/],
    [() => writeFileSync(path, '{"schema":1,"revoked":[]} x'), /expected JSON/],
    [() => writeFileSync(path, sound.toString().replace("r1", "r 1")), /revoked\[0\].name: expected a name/],
    [() => writeFileSync(path, sound.toString().replace("r1", "hub")), /name: expected a name that is not the hub's/],
    [() => writeFileSync(path, sound.toString().replace("reason", "why")), /revoked\[0\].reason/],
    [
      () => writeFileSync(path, sound.toString().replace("}", ',"untilMs":1}')),
      /expected no keys but name, beforeMs, reason, found "?untilMs/,
    ],
    [
      () => writeFileSync(path, sound.toString().replace(String(NOON_MS), "9e15")),
      /beforeMs: expected a time in milli/,
    ],
    [() => chmodSync(path, 0o666), /others may write it \(mode 666\)/],
    [() => rmSync(path), /expected the file that was there, found none/],
  ];
  for (const [index, [harm, says]] of harms.entries()) {
    writeFileSync(path, sound);
    book.look();
    t.equal(book.isRevoked(begun("r1", 0)), true);
    harm();
    for (let count = 0; count < 3; count += 1) {
      book.look();
      t.equal(book.isRevoked(begun("r1", 0)), true, says.source);
    }
    t.equal(unread.length, index + 1);
    t.match(unread[index], says);
  }
  put("r2");
  book.look();
  t.equal(book.isRevoked(begun("r2", 0)), true, "a sound file is taken up again");
  t.equal(book.isRevoked(begun("r1", 0)), false, "as it is");
  const started = open();
  rmSync(path);
  started.look();
  t.equal(started.isRevoked(begun("r2", 0)), true, "also when it goes before it was looked at again");
  t.end();
});

t.test("a start is refused by a list that cannot be believed, and by a folder that is not there", (t) => {
  const { dataDir, path, open, put, unread } = aList(t);
  put("r1");
  writeFileSync(path, "{}");
  t.throws(open, { message: /revoked.json.schema: expected 1, found nothing/ });
  rmSync(dataDir, { recursive: true });
  t.throws(open, { message: /expected a list, found none/ });
  t.same(unread, []);
  t.end();
});

t.test("a full list refuses a new name with a sentence, and is left as it was", (t) => {
  const { path, put } = aList(t);
  const reason = "\u20ac".repeat(200);
  const name = (index: number) => `robot-${String(index).padStart(58, "0")}`;
  const revoked = Array.from({ length: REVOKED_MOST }, (_, index) => ({ name: name(index), beforeMs: 1, reason }));
  writeFileSync(path, JSON.stringify({ schema: 1, revoked }), { mode: 0o600 });
  put(name(7));
  const says = /revoked.json: expected room for one of 1024 names, found 1024 others; take out those of which/;
  t.throws(() => put("r1"), { message: says });
  t.equal(readRevoked(path).length, REVOKED_MOST);
  t.end();
});

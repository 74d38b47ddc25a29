import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  crc32c,
  genesis,
  hashOf,
  MOST_PAYLOAD_BYTES,
  openRecord,
  RecordDamaged,
  sealRecord,
} from "../../proto/codec/records.js";
import { createHead, type Head, HeadWriter, readHead } from "../../proto/codec/records-head.js";
import { readManifest, scanLog, scanTable } from "../../proto/codec/records-leveldb.js";

const first = genesis("ledger", "depot");
const payload = Buffer.from("the robot r1 holds P4");

t.test("CRC32C agrees with the published check values", async (t) => {
  const cases: readonly [Uint8Array, number][] = [
    [Buffer.from("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(255), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    [new Uint8Array(0), 0],
  ];
  for (const [bytes, expected] of cases) t.equal(crc32c(bytes), expected, `${bytes.length} bytes`);
});

t.test("CRC32C of a range is that of the bytes in it, at every offset", async (t) => {
  const bytes = Uint8Array.from({ length: 41 }, (_, index) => (index * 37) & 255);
  for (let start = 0; start < 9; start += 1) {
    for (let end = start; end <= bytes.length; end += 1) {
      if (crc32c(bytes, { start, end }) !== crc32c(bytes.slice(start, end))) t.fail(`bytes ${start} to ${end}`);
    }
  }
});

t.test("record opens as it was sealed", async (t) => {
  const sealed = sealRecord({ sequence: 7, left: 2, previous: first, payload });
  const opened = openRecord(sealed, { sequence: 7, previous: first });
  t.equal(opened.sequence, 7);
  t.equal(opened.left, 2);
  t.same(Buffer.from(opened.payload), payload);
  t.same(opened.hash, hashOf(sealed));
  t.same(sealRecord({ sequence: 7, left: 2, previous: first, payload }), sealed, "and sealing is deterministic");
});

t.test("record is refused when any one bit of it is flipped or its end is cut", async (t) => {
  const sealed = sealRecord({ sequence: 7, left: 0, previous: first, payload });
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const damaged = Buffer.from(sealed);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    t.throws(() => openRecord(damaged, { sequence: 7, previous: first }), RecordDamaged, `bit ${bit}`);
  }
  for (let length = 0; length < sealed.length; length += 1) {
    const cut = sealed.subarray(0, length);
    t.throws(() => openRecord(cut, { sequence: 7, previous: first }), RecordDamaged, `${length} bytes`);
  }
});

t.test("record is refused in another place or chain, and the message says which and what differs", async (t) => {
  const sealed = sealRecord({ sequence: 7, left: 0, previous: first, payload });
  t.throws(() => openRecord(sealed, { sequence: 8, previous: first }), /record 8: it says that it is record 7/);
  const other = genesis("ledger", "yard");
  t.throws(() => openRecord(sealed, { sequence: 7, previous: other }), /record 7: it follows .* has hash /);
  t.throws(() => openRecord(Buffer.alloc(3), { sequence: 1, previous: null }), /record 1: expected at least 54 bytes/);
});

t.test("R13 record larger than the limit is not sealed", async (t) => {
  const tooLarge = Buffer.alloc(MOST_PAYLOAD_BYTES + 1);
  t.throws(() => sealRecord({ sequence: 1, left: 0, previous: first, payload: tooLarge }), RangeError);
  t.throws(() => sealRecord({ sequence: 1, left: 0, previous: Buffer.alloc(3), payload }), RangeError);
});

t.test("head file tells the last two commits and survives a reopen", async (t) => {
  const file = join(t.testdir({}), "x.head");
  await createHead(file, first);
  for (let count = 1; count <= 5; count += 1) {
    const writer = await HeadWriter.open(file, (await readHead(file, "x.head")).head as Head);
    await writer.write(count, Buffer.alloc(32, count));
    await writer.close();
  }
  const scan = await readHead(file, "x.head");
  t.same(scan.problems, []);
  t.equal(scan.head?.count, 5);
  t.equal(scan.before?.count, 4);
  t.same(Buffer.from(scan.head?.hash ?? []), Buffer.alloc(32, 5));
});

t.test("head file with any flipped byte or another length is a problem", async (t) => {
  const file = join(t.testdir({}), "x.head");
  await createHead(file, first);
  const whole = readFileSync(file);
  for (let offset = 0; offset < whole.length; offset += offset % 4096 < 128 ? 1 : 61) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(offset) ^ 1, offset);
    writeFileSync(file, damaged);
    const { problems } = await readHead(file, "x.head");
    if (problems.length === 0) t.fail(`byte ${offset} was not noticed`);
  }
  for (const length of [0, 1, 4096, 8191]) {
    writeFileSync(file, whole.subarray(0, length));
    t.match((await readHead(file, "x.head")).problems, [/expected 8192 bytes/]);
  }
  t.match((await readHead(`${file}.gone`, "x.head")).problems, [/missing/]);
});

// A piece of a log as LevelDB writes it.
function piece(type: number, body: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(6), Buffer.of(type), body]);
  const crc = crc32c(bytes, { start: 6 });
  bytes.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 0);
  bytes.writeUInt16LE(body.length, 4);
  return bytes;
}

t.test("log scan joins pieces across blocks", async (t) => {
  const inFirst = 32_768 - 2 * 7 - 100;
  const bytes = Buffer.concat([
    piece(1, Buffer.alloc(100, 1)),
    piece(2, Buffer.alloc(inFirst, 2)),
    piece(3, Buffer.alloc(32_768 - 7, 3)),
    piece(4, Buffer.alloc(10, 4)),
  ]);
  const scan = scanLog("a.log", bytes);
  t.same(scan.problems, []);
  t.same(scan.notes, []);
  t.same(
    scan.records.map((record) => record.length),
    [100, inFirst + 32_768 - 7 + 10],
  );
});

t.test("log scan tells a torn end from damage", async (t) => {
  const whole = Buffer.concat([piece(1, Buffer.alloc(50, 1)), piece(1, Buffer.alloc(60, 2))]);
  for (let length = 58; length < whole.length; length += 1) {
    const scan = scanLog("a.log", whole.subarray(0, length));
    t.equal(scan.records.length, 1);
    t.equal(scan.problems.length, 0);
    t.equal(scan.notes.length, 1, `cut to ${length} bytes`);
  }
  for (let offset = 0; offset < whole.length; offset += 1) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(offset) ^ 128, offset);
    const scan = scanLog("a.log", damaged);
    t.equal(scan.records.length, offset < 57 ? 0 : 1, `flip at ${offset}`);
    if (offset >= 57) t.equal(scan.problems.length, 1, `flip at ${offset} in the last record is no torn end`);
    else t.equal(scan.problems.length + scan.notes.length, 1, `flip at ${offset}`);
  }
  const zeros = Buffer.concat([whole.subarray(0, 57), Buffer.alloc(600)]);
  t.match(scanLog("a.log", zeros), { problems: [], notes: [/torn/] });
  const large = Buffer.concat([piece(1, Buffer.alloc(2000, 9))]).fill(0, 1024);
  t.match(scanLog("a.log", large), { problems: [], notes: [/torn/] }, "sectors of zeros at the end");
});

t.test("log scan refuses pieces out of order", async (t) => {
  const body = Buffer.alloc(5, 1);
  t.match(scanLog("a.log", piece(4, body)).problems, [/a piece of a record is missing/]);
  t.match(scanLog("a.log", Buffer.concat([piece(2, body), piece(1, body)])).problems, [/byte 12: a piece/]);
  t.match(scanLog("a.log", piece(9, body)).problems, [/unknown type 9/]);
});

t.test("manifest and table of nonsense are refused, never an endless loop", async (t) => {
  t.throws(() => readManifest([Buffer.of(99)]), RangeError);
  t.throws(() => readManifest([Buffer.of(7, 0, 255)]), RangeError);
  t.match(scanTable("5.ldb", Buffer.alloc(0)), [/footer is missing/]);
  const footer = Buffer.concat([Buffer.alloc(40, 255), Buffer.from("57fb808b247547db", "hex")]);
  t.match(scanTable("5.ldb", footer), [/index is damaged/]);
});

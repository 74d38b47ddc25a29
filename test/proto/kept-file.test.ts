// A kept file: replaced as a whole or not at all, by one at a time, and believed only when nobody else could have
// written it.

import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { changeKept, KeptLook, type KeptShape, readKept } from "../../proto/codec/kept-file.js";
import { words } from "../../proto/shape.js";

const SHAPE: KeptShape<string> = { key: "rows", row: words(100), rowsMost: 3, bytesMost: 200 };

function aFile(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), "drover-kept-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "kept.json");
  const add = (row: string) => changeKept(path, SHAPE, (rows) => [...rows, row]);
  return { folder, path, add };
}

t.test("what is written is read again, for its owner alone, and nothing is left beside it", (t) => {
  const { folder, path, add } = aFile(t);
  t.same(readKept(path, SHAPE), [], "no file, no rows");
  add("a");
  add("b");
  t.same(readKept(path, SHAPE), ["a", "b"]);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.same(readdirSync(folder), ["kept.json"]);
  t.end();
});

t.test("a change that could not be read again is not written", (t) => {
  const { folder, path, add } = aFile(t);
  add("a");
  const before = readFileSync(path, "utf8");
  const wrong: [readonly string[], RegExp][] = [
    [["a", "b", "c", "d"], /kept.json.rows: expected at most 3 items, found "4 items"/],
    [[""], /kept.json.rows\[0\]: expected text that is not empty/],
    [["a".repeat(90), "b".repeat(90)], /kept.json: expected at most 200 bytes, found 2\d\d$/],
  ];
  for (const [rows, says] of wrong) t.throws(() => changeKept(path, SHAPE, () => rows), { message: says });
  t.equal(readFileSync(path, "utf8"), before);
  t.same(readdirSync(folder), ["kept.json"]);
  t.end();
});

t.test("of two at once one throws, also where one took the other for dead", (t) => {
  const { folder, path, add } = aFile(t);
  add("a");
  changeKept(path, SHAPE, (rows) => {
    t.throws(() => add("lost"), { code: "EEXIST" }, "the first is at work");
    return [...rows, "b"];
  });
  t.same(readKept(path, SHAPE), ["a", "b"]);
  const slow = () =>
    changeKept(path, SHAPE, (rows) => {
      utimesSync(`${path}.new`, 1, 1);
      changeKept(path, SHAPE, (others) => {
        t.throws(() => add("lost"), { code: "EEXIST" });
        return [...others, "c"];
      });
      return [...rows, "slow"];
    });
  t.throws(slow, { code: "EEXIST" }, "the slow one says that it was not done");
  t.same(readKept(path, SHAPE), ["a", "b", "c"]);
  t.same(readdirSync(folder), ["kept.json"]);
  t.end();
});

t.test("a lock of long ago, or of a time to come, is taken away; one of now is named", (t) => {
  const { folder, path, add } = aFile(t);
  const nowS = Date.now() / 1000;
  for (const atS of [nowS - 60, nowS + 86_400]) {
    writeFileSync(`${path}.new`, "left");
    utimesSync(`${path}.new`, atS, atS);
    add("a");
    t.same(readKept(path, SHAPE), ["a"]);
    t.same(readdirSync(folder), ["kept.json"]);
    rmSync(path);
  }
  symlinkSync(join(folder, "nowhere"), `${path}.new`);
  t.throws(() => add("a"), { code: "EEXIST", path: `${path}.new` }, "a link is followed nowhere");
  t.end();
});

t.test("a slow one never puts the half of another in place, nor takes the other's file away", (t) => {
  const { path, add } = aFile(t);
  add("a");
  const slow = () =>
    changeKept(path, SHAPE, () => {
      renameSync(`${path}.new`, `${path}.away`);
      writeFileSync(`${path}.new`, "half");
      return ["slow"];
    });
  t.throws(slow, { code: "EEXIST", message: /another command has taken over/ });
  t.same(readKept(path, SHAPE), ["a"]);
  t.equal(readFileSync(`${path}.new`, "utf8"), "half");
  t.end();
});

t.test(
  "what root writes belongs to whom the folder belongs to",
  {
    skip: process.getuid?.() === 0 ? false : "only root may give a file away",
  },
  (t) => {
    const { folder, path, add } = aFile(t);
    chownSync(folder, 12_345, 12_346);
    add("a");
    const { uid, gid } = statSync(path);
    t.same([uid, gid], [12_345, 12_346]);
    t.same(readKept(path, SHAPE), ["a"], "and root reads it");
    chownSync(path, 9999, 9999);
    t.throws(() => readKept(path, SHAPE), { message: /expected a file of its folder's owner, found one of user 9999/ });
    chownSync(path, 12_345, 12_346);
    chmodSync(folder, 0o777);
    process.seteuid?.(9999);
    t.teardown(() => process.seteuid?.(0));
    rmSync(path);
    add("nobody's yet");
    t.equal(statSync(path).uid, 9999, "before there is a daemon");
    process.seteuid?.(0);
    rmSync(path);
    mkdirSync(join(folder, "ledger"));
    chownSync(join(folder, "ledger"), 777, 778);
    add("a");
    t.equal(statSync(path).uid, 777, "the daemon's, whose folder is another's");
    t.same(readKept(path, SHAPE), ["a"]);
    process.seteuid?.(9999);
    t.throws(() => add("b"), { code: "EACCES" });
    rmSync(path);
    t.throws(() => add("b"), { code: "EACCES", message: /ledger in .* belongs to user 777, and this is user 9999/ });
    process.seteuid?.(0);
    process.seteuid?.(777);
    add("c");
    t.equal(statSync(path).uid, 777);
    process.seteuid?.(0);
    t.end();
  },
);

t.test("a file that cannot be believed is refused with what was expected and found", (t) => {
  const { folder, path, add } = aFile(t);
  add("a");
  const put = (text: string) => () => writeFileSync(path, text);
  const cases: [() => void, RegExp][] = [
    [put(""), /kept.json: expected JSON, found: .*; put a sound one in its place$/],
    [put("null"), /kept.json: expected a message, found null/],
    [put("[]"), /kept.json: expected a message, found \[\]/],
    [put("{}"), /kept.json.schema: expected 1, found nothing/],
    [put('{"schema":2,"rows":[]}'), /kept.json.schema: expected 1, found 2/],
    [put('{"schema":1,"rows":[],"Rows":["b"]}'), /kept.json: expected no keys but schema, rows, found "?Rows/],
    [put('{"schema":1,"rows":{}}'), /kept.json.rows: expected a list/],
    [put('{"schema":1,"rows":["a",5]}'), /kept.json.rows\[1\]: expected text, found 5/],
    [put(" ".repeat(201)), /kept.json: expected at most 200 bytes, found 201/],
    [
      () => chmodSync(path, 0o620),
      /kept.json: expected a file of its owner alone, .* others may write it \(mode 620\)/,
    ],
    [() => symlinkSync(join(folder, "elsewhere"), path), /kept.json: expected a file, found a link/],
    [() => mkdirSync(path), /kept.json: expected a file, found something else/],
  ];
  for (const [harm, says] of cases) {
    rmSync(path, { force: true });
    add("a");
    const kept = readFileSync(path);
    if (!/link|something else/.test(says.source)) writeFileSync(path, kept);
    else rmSync(path);
    harm();
    t.throws(() => readKept(path, SHAPE), { message: says });
    t.throws(() => add("b"), { message: says }, "nor is it replaced");
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
  }
  t.end();
});

t.test("a folder that cannot be looked into for a while ends nothing for good", (t) => {
  const { folder, path, add } = aFile(t);
  add("a");
  const file = new KeptLook({ path, shape: SHAPE, mayVanish: true, onUnread: () => {} });
  t.same(file.look(), ["a"]);
  renameSync(folder, `${folder}-away`);
  symlinkSync(folder, folder);
  t.equal(file.look(), "unread");
  rmSync(folder);
  renameSync(`${folder}-away`, folder);
  t.same(file.look(), ["a"], "the very same file is read again");
  t.end();
});

t.test("a file is read again when it has changed, and each reason against it is told once", (t) => {
  const { path, add } = aFile(t);
  const unread: string[] = [];
  const look = (mayVanish: boolean) =>
    new KeptLook({ path, shape: SHAPE, mayVanish, onUnread: (why) => void unread.push(why) });
  const [loose, strict] = [look(true), look(false)];
  for (const one of [loose, strict]) t.same(one.look(), [], "none yet");
  for (const one of [loose, strict]) t.equal(one.look(), "same");
  add("a");
  for (const one of [loose, strict]) t.same(one.look(), ["a"]);
  writeFileSync(path, "x");
  for (let count = 0; count < 3; count += 1) t.equal(loose.look(), "unread");
  t.equal(unread.length, 1);
  rmSync(path);
  t.same(loose.look(), []);
  for (let count = 0; count < 3; count += 1) t.equal(strict.look(), "unread");
  t.equal(unread.length, 2);
  t.match(unread[1], /kept.json: expected the file that was there, found none/);
  add("b");
  for (const one of [loose, strict]) t.same(one.look(), ["b"], "put right, it is believed");
  rmSync(path);
  t.equal(strict.look(), "unread");
  t.equal(unread.length, 3, "and told anew");
  t.end();
});

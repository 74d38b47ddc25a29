// The file of tokens: nothing in it is a token, what it says holds from the next question on, and a file that cannot be
// believed names nobody.

import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import {
  changeTokens,
  digestOf,
  newToken,
  readTokens,
  TOKENS_FILE,
  TOKENS_MOST,
  TokenBook,
  type TokenRow,
} from "../../../hub/io/token-book.js";

function aBook(t: Test, wallMs = () => 1000) {
  const dataDir = mkdtempSync(join(tmpdir(), "drover-tokens-"));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const unread: string[] = [];
  const book = new TokenBook({ dataDir, wallMs, onUnread: (why) => void unread.push(why) });
  const issue = (operator: string, role: TokenRow["role"] = "operator", expiresMs = 2000): string => {
    const token = newToken();
    const sha256 = digestOf(token).toString("hex");
    const row = { id: sha256.slice(0, 12), operator, role, sha256, issuedMs: 0, expiresMs };
    changeTokens(dataDir, (rows) => [...rows, row]);
    return token;
  };
  return { dataDir, book, issue, unread, file: join(dataDir, TOKENS_FILE) };
}

t.test("a token names its person and role, from its issue to its revocation, beside a book that is open", (t) => {
  const { dataDir, book, issue } = aBook(t);
  t.equal(book.find("drover_x"), null, "no file, nobody");
  const ada = issue("ada", "supervisor");
  const bob = issue("bob", "viewer");
  t.same(book.find(ada), { operator: "ada", role: "supervisor" });
  t.same(book.find(bob), { operator: "bob", role: "viewer" });
  for (const wrong of ["", ada.slice(0, -1), `${ada}x`, ada.toUpperCase(), "x".repeat(10_000)])
    t.equal(book.find(wrong), null, wrong.slice(0, 20));
  changeTokens(dataDir, (rows) => rows.filter(({ operator }) => operator !== "ada"));
  t.equal(book.find(ada), null, "revoked");
  t.same(book.find(bob), { operator: "bob", role: "viewer" });
  t.end();
});

t.test("a token ends by itself", (t) => {
  let wallMs = 1999;
  const { book, issue } = aBook(t, () => wallMs);
  const token = issue("ada", "operator", 2000);
  t.same(book.find(token), { operator: "ada", role: "operator" });
  wallMs = 2000;
  t.equal(book.find(token), null);
  t.end();
});

t.test("the file holds no token, is its owner's alone, and nothing is left beside it", (t) => {
  const { dataDir, issue, file } = aBook(t);
  const token = issue("ada");
  t.notMatch(readFileSync(file, "utf8"), token.slice(7));
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(dataDir), [TOKENS_FILE]);
  t.end();
});

t.test("two who change it at once do not lose each other's; what a crash left is taken away", (t) => {
  const { dataDir, issue, file } = aBook(t);
  issue("ada");
  writeFileSync(`${file}.new`, "");
  t.throws(() => issue("bob"), { code: "EEXIST" });
  t.equal(readTokens(dataDir).length, 1);
  utimesSync(`${file}.new`, 1, 1);
  issue("bob");
  t.equal(readTokens(dataDir).length, 2);
  t.throws(() => changeTokens(dataDir, (rows) => Array.from({ length: TOKENS_MOST + 1 }, () => rows[0] as TokenRow)));
  t.equal(readTokens(dataDir).length, 2, "a change that is refused leaves the file as it was");
  t.same(readdirSync(dataDir), [TOKENS_FILE]);
  t.end();
});

t.test("a file that others may write, or that is damaged, names nobody, and says so once", (t) => {
  const { book, issue, file, unread } = aBook(t);
  const token = issue("ada");
  const good = readFileSync(file, "utf8");
  const row = '{"id":"x","operator":"a b","role":"operator","sha256":"00","issuedMs":0,"expiresMs":9}';
  const bad = ["", "{}", "[]", good.slice(0, -20), good.replace("operator", "root"), `{"schema":1,"tokens":[${row}]}`];
  for (const text of [...bad, good.replace('"schema": 1', '"schema": 2')]) {
    writeFileSync(file, text);
    t.equal(book.find(token), null, text.slice(0, 60));
    t.equal(book.find(token), null);
  }
  const told = unread.length;
  t.ok(told >= 3 && told <= bad.length + 1, `${told} reasons, each once`);
  writeFileSync(file, good);
  chmodSync(file, 0o622);
  t.equal(book.find(token), null);
  t.match(unread.at(-1), /others may write it \(mode 622\)/);
  chmodSync(file, 0o600);
  t.same(book.find(token), { operator: "ada", role: "operator" }, "put right, it is believed again");
  t.end();
});

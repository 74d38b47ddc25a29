// What is said of a trial's child that ended before its verdict: over its memory where that is known, else no more than
// is known.

import t from "tap";
import { type End, whyEnded } from "../../../models/trial/ended.js";

const end = (over: Partial<End>): End => {
  return { code: null, signal: "SIGKILL", stderr: "", moreBytes: 900, memoryBytes: 1000, oomKills: 0, ...over };
};

t.test("R13 a child that was last seen over its memory is told to have been over it, whatever ended it", (t) => {
  const detail = "expected at most 1000 bytes, found 1001";
  for (const signal of ["SIGKILL", "SIGABRT"])
    t.same(whyEnded(end({ moreBytes: 1001, signal, oomKills: 1 })), { code: "out-of-memory", detail });
  t.end();
});

t.test("R13 of a killed child it is told with what it was last seen, and whether memory ran out", (t) => {
  const found = "expected the child to stay until its verdict, found SIGKILL: killed by the system";
  const seen = "; it was last seen with 900 bytes of at most 1000";
  t.same(whyEnded(end({})), { code: "killed", detail: `${found}, perhaps for its memory${seen}` });
  t.same(whyEnded(end({ oomKills: 1 })), { code: "killed", detail: `${found}, which had no memory left${seen}` });
  for (const unknown of [{ oomKills: undefined }, { moreBytes: undefined }])
    t.match(whyEnded(end(unknown)), { code: "killed", detail: /perhaps for its memory/ });
  t.notMatch(whyEnded(end({ moreBytes: undefined })).detail, /seen/);
  t.end();
});

t.test("a child that ends by itself otherwise has crashed, with its last words, which prove nothing", (t) => {
  const stderr = "an error before\nFATAL ERROR: v8::ArrayBuffer::New Allocation failed - process out of memory\n";
  t.match(whyEnded(end({ signal: "SIGABRT", stderr })), { code: "crashed", detail: /found SIGABRT: FATAL ERROR: v8/ });
  t.match(whyEnded(end({ signal: null, code: 3 })), { code: "crashed", detail: /found exit code 3$/ });
  t.end();
});

import t from "tap";
import { PatchRefused, patched } from "./patch.js";

const SOURCES: Readonly<Record<string, string>> = { "a.ts": "one two one\n", "b.ts": "price = $1;\n" };
const read = (file: string): string => SOURCES[file] ?? "";

t.test("a patch replaces the one place that it names, to the letter", async (t) => {
  t.same([...patched([{ file: "a.ts", find: "two", replace: "$& 2" }], read)], [["a.ts", "one $& 2 one\n"]]);
  t.same([...patched([{ file: "b.ts", find: "$1", replace: "" }], read)], [["b.ts", "price = ;\n"]]);
});

t.test("later patches of a file see what earlier ones left", async (t) => {
  const both = [
    { file: "a.ts", find: "two", replace: "three" },
    { file: "a.ts", find: "three", replace: "four" },
  ];
  t.same([...patched(both, read)], [["a.ts", "one four one\n"]]);
});

t.test("a patch is refused when its place is missing, not the only one, or would stay as it is", async (t) => {
  const refusal = (find: string, replace = ""): string => {
    try {
      patched([{ file: "a.ts", find, replace }], read);
    } catch (cause) {
      if (cause instanceof PatchRefused) return cause.message;
    }
    return "taken";
  };
  t.equal(refusal("five"), 'cannot patch a.ts: expected to find "five" once, found it 0 times');
  t.equal(refusal("one"), 'cannot patch a.ts: expected to find "one" once, found it 2 times');
  t.equal(refusal(""), 'cannot patch a.ts: expected to find "" once, found it 0 times');
  t.equal(refusal("two", "two"), 'cannot patch a.ts: "two" would stay as it is');
});

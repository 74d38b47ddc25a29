// R13: the small readers from which every message is built.
import fc from "fast-check";
import t from "tap";
import {
  count,
  enumOf,
  enumOr,
  flag,
  id,
  listOf,
  maybeId,
  number,
  oneOf,
  optional,
  type Reader,
  struct,
  text,
  toOneOf,
  WireRefused,
  whole,
  words,
} from "../../proto/shape.js";

const anything: readonly unknown[] = [
  ...[undefined, null, true, false, 0, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, "", " ", "x", "é"],
  ...["a b", "-x", "x".repeat(65), "tab\t", "del\u007f", "nul\0", [], [1], {}, { x: 1 }, 1n, Symbol("s")],
];

t.test("R13 readers take what they promise and refuse all else", async (t) => {
  const rows: readonly [string, Reader<unknown>, readonly unknown[]][] = [
    ["count", count, [0]],
    ["whole", whole, [0, -1]],
    ["number", number(-1, 2), [0, -1, 1.5]],
    ["flag", flag, [true, false]],
    ["id", id, ["x"]],
    ["maybeId", maybeId, ["", "x"]],
    ["text", text(3), ["", " ", "x", "é", "a b", "-x"]],
    ["words", words(3), ["x", "é", "a b", "-x"]],
    ["enumOf", enumOf(["x", "y"]), ["x"]],
    ["listOf", listOf(count, 3), [[], [1]].map((list) => list)],
    ["struct", struct({}), [{}, { x: 1 }]],
  ];
  for (const [name, read, taken] of rows) {
    const known = taken.map((value) => JSON.stringify(value));
    for (const value of anything) {
      const wanted = typeof value !== "bigint" && typeof value !== "symbol" && known.includes(JSON.stringify(value));
      const isListed = wanted && taken.some((one) => typeof one === typeof value);
      let found = true;
      try {
        read(value, "p");
      } catch (cause) {
        found = false;
        if (!(cause instanceof WireRefused) || cause.path !== "p") t.fail(`${name} throws ${cause}`);
      }
      if (found !== isListed) t.fail(`${name} ${found ? "reads" : "refuses"} ${String(value)}`);
    }
  }
});

t.test("R13 id keeps out what could leave a topic, a path or a terminal line", async (t) => {
  for (const bad of ["../../x", "a/b", "a+b", "#", "a b", ".x", "_x", "-x", "a\n", "\u001b[0m", "ä", "x".repeat(65)])
    t.throws(() => id(bad, "p"), WireRefused, JSON.stringify(bad));
  for (const good of ["0", "a", "A1", "r-1_b.c", "x".repeat(64)]) t.equal(id(good, "p"), good);
});

t.test("R13 a refusal shows path, expectation and what was found, cut short", async (t) => {
  const message = (value: unknown) => {
    try {
      struct({ list: listOf(count, 9) })({ list: [1, value] }, "m");
      return "";
    } catch (cause) {
      return (cause as Error).message;
    }
  };
  t.equal(message("no"), 'm.list[1]: expected a whole number from 0 to 2^53-1, found "no"');
  t.equal(message(Number.NaN), "m.list[1]: expected a whole number from 0 to 2^53-1, found NaN");
  t.equal(message(undefined), "m.list[1]: expected a whole number from 0 to 2^53-1, found nothing");
  t.ok(message("y".repeat(5000)).length < 200);
});

t.test("R13 enumOr reads every unknown value as its fallback", async (t) => {
  const read = enumOr(["GO", "STOP"], "STOP");
  t.equal(read("GO", "p"), "GO");
  for (const value of anything) t.equal(read(value, "p"), "STOP");
});

t.test("R13 optional takes only absence as absent", async (t) => {
  const read = optional(count);
  t.equal(read(undefined, "p"), undefined);
  t.equal(read(3, "p"), 3);
  t.throws(() => read(null, "p"), WireRefused);
});

t.test("R13 struct drops what it does not name and is not fooled by prototypes", async (t) => {
  const read = struct({ a: count });
  t.strictSame(read({ a: 1, b: 2 }, "p"), { a: 1 });
  t.strictSame(read(JSON.parse('{"a":1,"__proto__":{"c":3}}'), "p"), { a: 1 });
});

t.test("R13 oneOf and toOneOf undo each other, and demand exactly one member", async (t) => {
  const read = oneOf({ on: struct({ level: count }), off: struct({}) });
  const drawn = fc.oneof(
    fc.nat().map((level) => ({ kind: "on" as const, level })),
    fc.constant({ kind: "off" as const }),
  );
  t.doesNotThrow(() =>
    fc.assert(fc.property(drawn, (message) => JSON.stringify(read(toOneOf(message), "p")) === JSON.stringify(message))),
  );
  t.throws(() => read({}, "p"), { name: "WireRefused", expected: "exactly one of on, off", found: "none" });
  t.throws(() => read({ on: { level: 1 }, off: {} }, "p"), { name: "WireRefused", path: "p" });
  t.throws(() => read({ on: { level: -1 } }, "p"), { name: "WireRefused", path: "p.on.level" });
});

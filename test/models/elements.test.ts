// R11: numbers go into a tensor, and come out of it, as they are: half precision by its standard, 64-bit integers
// exact.

import t from "tap";
import { elementAt, encodeElements, fromFloat16, sizeOf, toFloat16 } from "../../models/elements.js";
import { elementTypes } from "../../models/onnx/element-types.js";

t.test("every half precision number comes back as itself", (t) => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 65_536; bits += 1) {
    const isNan = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    const back = toFloat16(fromFloat16(bits));
    if (isNan ? !Number.isNaN(fromFloat16(back)) : back !== bits) wrong.push(bits);
  }
  t.same(wrong, []);
  t.end();
});

t.test("a number between two halves goes to the nearer one, and from the middle to the even one", (t) => {
  const cases: readonly (readonly [number, number])[] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_519.99, 0x7bff],
    [65_520, 0x7c00], // half a step above the largest: infinite
    [1 + 1 / 2048, 0x3c00], // the middle of 1 and the next: 1 is even
    [1 + 3 / 2048, 0x3c02], // the middle of the first and the second above 1
    [1 + 1.1 / 2048, 0x3c01],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // the middle of 0 and the least: 0 is even
    [2 ** -25 * 1.01, 0x0001],
    [2 ** -14 - 2 ** -25, 0x0400], // the least that is not subnormal
    [Number.POSITIVE_INFINITY, 0x7c00],
    [1e30, 0x7c00],
    [0, 0x0000],
    [-0, 0x8000],
  ];
  for (const [value, bits] of cases) t.equal(toFloat16(value), bits, `${value}`);
  t.ok(Number.isNaN(fromFloat16(toFloat16(Number.NaN))));
  t.end();
});

t.test("each element type holds small whole numbers exactly", (t) => {
  const values = [0, 1, 5, 100];
  for (const { name } of elementTypes) {
    const data = encodeElements(name, values);
    const back = values.map((_, at) => elementAt({ type: name, data }, at));
    t.same(back, name === "bool" ? [0, 1, 1, 1] : values, name);
  }
  t.end();
});

t.test("integers are rounded, and held at the bounds of their type", (t) => {
  const values = [-1e12, -1.5, 0.4, 0.6, 1e12];
  const held = (type: Parameters<typeof encodeElements>[0]) => Array.from(encodeElements(type, values), Number);
  t.same(held("int8"), [-128, -1, 0, 1, 127]);
  t.same(held("uint8"), [0, 0, 0, 1, 255]);
  t.same(held("int32"), [-2_147_483_648, -1, 0, 1, 2_147_483_647]);
  t.same(held("int64"), [-1e12, -1, 0, 1, 1e12]);
  t.same(held("uint64"), [0, 0, 0, 1, 1e12]);
  t.end();
});

t.test("what is not there is not a number, and a scalar has one element", (t) => {
  t.ok(Number.isNaN(elementAt({ type: "float32", data: new Float32Array(2) }, 2)));
  t.equal(sizeOf([]), 1);
  t.equal(sizeOf([2, 0, 3]), 0);
  t.end();
});

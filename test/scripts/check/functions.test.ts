// Where functions begin and end, in every form that TypeScript has for them.

import t from "tap";
import { functionsOf } from "../../../scripts/check/functions.js";
import { aModule } from "./modules.js";

/** Each function as "NAME FROM-TO", in the order of their heads. */
function found(text: string): readonly string[] {
  const { tokens, partner } = aModule(text);
  const extents = [...functionsOf(tokens, partner)].sort((one, other) => one.fromLine - other.fromLine);
  return extents.map(({ name, fromLine, toLine }) => `${name} ${fromLine}-${toLine}`);
}

t.test("functions are found in every form", async (t) => {
  t.same(found("export async function one(a: number) {\n\n}"), ["one 1-3"]);
  t.same(found("class A {\n  constructor() {\n  }\n  get b(): C {\n  }\n  static async *d() {}\n}"), [
    "constructor 2-3",
    "b 4-5",
    "d 6-6",
  ]);
  t.same(found("const a = (b: C) => {\n};"), ["arrow 1-2"]);
  t.same(found("const a = async b =>\n  c(\n  );"), ["arrow 1-3"], "an expression ends where its statement ends");
  t.same(found("f(\n  (a) => [a,\n 1],\n  2);"), ["arrow 2-3"]);
});

t.test("functions are found behind types that have braces of their own", async (t) => {
  t.same(found("function one(): { a: { b: C } } {\n}"), ["one 1-2"]);
  t.same(found("function one(): Map<string, { a: B }> {\n}"), ["one 1-2"]);
  t.same(found("function one(a: unknown): a is { b: C } | D[] {\n}"), ["one 1-2"]);
  t.same(found("const a = (b): Promise<{ c: D }> => {\n};"), ["arrow 1-2"]);
  t.ok(found("function one(): () => { a: B } {\n}").includes("one 1-2"), "a function type");
});

t.test("blocks, classes and objects are no functions", async (t) => {
  t.same(found("if (a) {\n} else {\n}\nfor (;;) {\n}\nwhile (a) {\n}\nswitch (a) {\n}\ntry {\n} catch (b) {\n}"), []);
  t.same(found("async () => { for await (const a of b) {\n} };"), ["arrow 1-2"]);
  t.same(found("class A extends mixin(B) {\n}"), []);
  t.same(found("const a = b ? (c) : { d: 1,\n};"), []);
  t.same(found("interface A {\n b(c: D): { e: F };\n}"), []);
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { SchemaCheck, schemasMade } from "../../fleet-config/schema-check.js";
import "../../fleet-config/validate.js";
import "../../models/contract.js";
import "../../models/golden.js";
import "../../models/local-policy/weights.js";
import "../../models/reference.js";
import "../../models/signature.js";
import { repositoryRoot } from "./helpers/site.js";

t.test("every schema of the product is one", (t) => {
  const product = schemasMade();
  const root = repositoryRoot();
  const made = ["edge", "fleet-config", "hub", "models", "proto"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts") && readFileSync(join(root, file), "utf8").includes("= new SchemaCheck"));
  t.equal(product.length, made.length, `all of these are imported here: ${made.join(", ")}`);
  for (const schema of product) t.doesNotThrow(() => schema.judgeSchema());
  const broken = new SchemaCheck({ type: "object", minProperties: "two" });
  t.throws(() => broken.judgeSchema(), /schema is invalid/);
  t.end();
});

t.test("a value is admitted or refused, with what was wrong", (t) => {
  const pair = { type: "object", properties: { a: { type: "integer" }, b: { type: "integer", default: 2 } } };
  const schema = new SchemaCheck<{ a: number; b: number }>({ ...pair, required: ["a"], additionalProperties: false });
  t.same(schema.errors, [], "before the first question");
  t.equal(schema.admits({ c: 1 }), false);
  t.match(schema.errors, [{ keyword: "required", params: { missingProperty: "a" } }]);
  const value = { a: 1 };
  t.equal(schema.admits(value), true);
  t.same(schema.errors, []);
  t.same(value, { a: 1 }, "nothing is filled in unless that was asked");
  const all = new SchemaCheck({ ...pair, required: ["a"], additionalProperties: false }, { allErrors: true });
  t.equal(all.admits({ c: 1 }), false);
  t.equal(all.errors.length, 2);
  t.equal(new SchemaCheck(pair, { useDefaults: true }).admits(value), true);
  t.same(value, { a: 1, b: 2 });
  t.end();
});

t.test("a word that the schema language does not have is refused when the first value comes", (t) => {
  t.throws(() => new SchemaCheck({ type: "object", propertys: {} }).admits({}), /unknown keyword: "propertys"/);
  t.ok(new SchemaCheck({ type: "integer", unit: "ms" }).admits(3));
  t.end();
});

// KEYS.md says what the schema says. UPDATE_GOLDEN=1 rewrites it; read the change as a diff.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { keysMarkdown } from "../../fleet-config/docs.js";
import { siteSchema } from "../../fleet-config/schema.js";
import { editDistance, nearest } from "../../fleet-config/validate.js";
import { repositoryRoot } from "./helpers/site.js";

t.test("KEYS.md is the table of the schema", async (t) => {
  const path = join(repositoryRoot(), "fleet-config/KEYS.md");
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, keysMarkdown());
  t.equal(readFileSync(path, "utf8"), keysMarkdown());
});

/** Every part of the schema with its path. */
function parts(schema: object, path: string): { readonly path: string; readonly part: Record<string, unknown> }[] {
  const properties = "properties" in schema ? (schema.properties as Record<string, Record<string, unknown>>) : {};
  return Object.entries(properties).flatMap(([key, part]) => {
    const items = (part.items ?? {}) as object;
    return [{ path: `${path}/${key}`, part }, ...parts(part, `${path}/${key}`), ...parts(items, `${path}/${key}/*`)];
  });
}

t.test("every key has a description, every number a unit, and physics no default", async (t) => {
  const all = parts(siteSchema, "");
  t.ok(all.length > 80, `${all.length} keys`);
  t.same(
    all.filter(({ part }) => typeof part.description !== "string" || part.description === ""),
    [],
  );
  const bare = all.filter(
    ({ part }) => (part.type === "number" || part.type === "integer") && part.const === undefined && !part.unit,
  );
  t.same(bare, []);
  const unmeasured = /^\/(physics|lease\/(deadmanMs|brakingMs))/;
  t.same(
    all.filter(({ path, part }) => unmeasured.test(path) && part.default !== undefined),
    [],
  );
});

t.test("the nearest known key is the one with the fewest slips", async (t) => {
  t.equal(editDistance("kitten", "sitting"), 3);
  t.equal(editDistance("", "abc"), 3);
  t.equal(nearest("leaseMS", ["renewMs", "leaseMs"]), "leaseMs");
  t.equal(nearest("banana", ["renewMs", "leaseMs"]), undefined);
});

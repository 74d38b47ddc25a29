// The arrows can fail: every planted violation is found, at its line, and what is allowed is not.

import t from "tap";
import { checkArrows, pureModules } from "../../../scripts/check/arrows.js";
import { importsOf } from "../../../scripts/check/imports.js";
import { scan } from "../../../scripts/check/tokens.js";
import { modulesOf } from "./modules.js";

/** A small tree in which every arrow has something to see and holds. */
const SOUND: Readonly<Record<string, string>> = {
  "proto/mode.ts": "export const a = 1;",
  "proto/lease.ts": 'import { a } from "./mode.js"; export const b = 2 ** 32 + a;',
  "proto/codec/codec.ts": 'import { Reader } from "protobufjs"; import { b } from "../lease.js";',
  "fleet-config/types.ts": 'import type { A } from "../proto/mode.js";',
  "fleet-config/load.ts": 'import { parse } from "yaml"; import "./types.js"; import Ajv from "ajv/dist/2020.js";',
  "models/planner.ts": "export interface Planner {}",
  "edge/main.ts": 'import { step } from "./core/step.js"; run(process.argv, process.env.DROVER_HUB);',
  "edge/core/step.ts":
    'import type { A } from "../../fleet-config/types.js"; import type { P } from "../../models/planner.js";',
  "edge/io/store.ts": 'import { Level } from "level"; import { step } from "../core/step.js";',
  "hub/core/decide.ts": 'import { b } from "../../proto/lease.js"; import { c } from "./claims.js";',
  "hub/core/claims.ts": "export const c = { process: 1, Date: 2 }; c.process; c.Date;",
  "hub/cli/main.ts":
    'import { connect } from "../../proto/codec/codec.js"; import { load } from "../../fleet-config/load.js";',
};

function problemsWith(changed: Readonly<Record<string, string>>): readonly string[] {
  const checks = checkArrows(modulesOf({ ...SOUND, ...changed }));
  for (const { name, counted } of checks) t.ok(counted > 0, `${name} saw ${counted}`);
  return checks.flatMap((check) => check.problems);
}

t.test("arrows hold in a sound tree", async (t) => {
  t.same(problemsWith({}), []);
});

t.test("arrows that see no module say so", async (t) => {
  t.ok(checkArrows([]).every((check) => check.counted === 0));
});

const PLANTED: readonly (readonly [path: string, text: string, expected: string])[] = [
  ["proto/a.ts", 'import { join } from "node:path";', "proto/a.ts:1: imports node:path"],
  ["proto/a.ts", 'import protobuf from "protobufjs";', "proto/a.ts:1: imports the package protobufjs"],
  ["proto/a.ts", '\nimport type { C } from "./codec/codec.js";', "proto/a.ts:2: imports proto/codec/codec.ts"],
  ["proto/a.ts", "export async function f() {}", "proto/a.ts:1: async, expected rules that answer at once"],
  ["proto/codec/a.ts", 'import "../../fleet-config/load.js";', "proto/codec/a.ts:1: imports fleet-config/load.ts"],
  ["fleet-config/a.ts", 'import { s } from "../edge/core/step.js";', "fleet-config/a.ts:1: imports edge/core/step.ts"],
  ["fleet-config/a.ts", 'import mqtt from "mqtt";', "fleet-config/a.ts:1: imports the package mqtt"],
  ["models/a.ts", 'export { c } from "../hub/core/claims.js";', "models/a.ts:1: imports hub/core/claims.ts"],
  ["edge/a.ts", 'export * from "../hub/core/claims.js";', "edge/a.ts:1: imports hub/core/claims.ts"],
  ["edge/a.ts", 'const a = await import("../hub/core/claims.js");', "edge/a.ts:1: imports hub/core/claims.ts"],
  ["hub/a.ts", 'type A = import("../edge/core/step.js").A;', "hub/a.ts:1: imports edge/core/step.ts"],
  ["hub/a.ts", 'import "../scripts/demo/world.js";', "hub/a.ts:1: imports scripts/demo/world.ts"],
  [
    "hub/a.ts",
    "const a = await import(path);",
    "hub/a.ts:1: imports a computed path, expected a path that can be judged",
  ],
  ["hub/a.ts", 'const a = require("../edge/core/step.js");', "hub/a.ts:1: imports edge/core/step.ts"],
  [
    "edge/core/a.ts",
    'import { load } from "../../fleet-config/load.js";',
    "edge/core/a.ts:1: imports fleet-config/load.ts",
  ],
  [
    "edge/core/a.ts",
    'import { c } from "../../proto/codec/codec.js";',
    "edge/core/a.ts:1: imports proto/codec/codec.ts",
  ],
  ["edge/core/a.ts", 'import { s } from "../io/store.js";', "edge/core/a.ts:1: imports edge/io/store.ts"],
  ["edge/core/a.ts", 'import { Level } from "level";', "edge/core/a.ts:1: imports the package level"],
  ["edge/core/a.ts", "const a = Date.now();", "edge/core/a.ts:1: uses Date"],
  ["edge/core/a.ts", "const a = Math.random();", "edge/core/a.ts:1: uses Math.random"],
  [
    "edge/core/a.ts",
    "const { pow } = Math;",
    "edge/core/a.ts:1: uses Math as a value, expected one of its functions by name",
  ],
  ["edge/core/a.ts", "const a = b ** 2;", "edge/core/a.ts:1: uses **"],
  ["edge/core/a.ts", "const a = (1).toLocaleString();", "edge/core/a.ts:1: uses toLocaleString"],
  ["proto/a.ts", "setTimeout(() => {}, 1);", "proto/a.ts:1: uses setTimeout"],
  ["edge/io/a.ts", 'import { s } from "./store.js";', "edge/io/a.ts:1: imports edge/io/store.ts"],
  ["hub/cli/a.ts", 'import { c } from "../core/claims.js";', "hub/cli/a.ts:1: imports hub/core/claims.ts"],
  [
    "hub/console/a.ts",
    'import { c } from "../../models/contract.js";',
    "hub/console/a.ts:1: imports models/contract.ts",
  ],
  ["hub/a.ts", "const a = process.env.HOME;", "hub/a.ts:1: reads process.env, expected only in main.ts"],
  ["hub/a.ts", "const { argv } = process;", "hub/a.ts:1: uses process as a value, expected one of its members by name"],
  ["hub/a.ts", 'import { env } from "node:process";', "hub/a.ts:1: imports node:process"],
  ["hub/a.ts", "parseArgs({});", "hub/a.ts:1: uses parseArgs, expected only in main.ts, options.ts and arguments.ts"],
];

for (const [path, text, expected] of PLANTED) {
  t.test(`arrows find in ${path}: ${text.trim()}`, async (t) => {
    t.ok(problemsWith({ [path]: text }).includes(expected), problemsWith({ [path]: text }).join("\n"));
  });
}

t.test("arrows leave a read of arguments in main.ts and the word parseArgs in options.ts alone", async (t) => {
  t.same(problemsWith({ "hub/options.ts": "parseArgs({ args });", "hub/broker/main.ts": "run(process.argv);" }), []);
});

t.test("a module is pure only when all that it reaches is", async (t) => {
  const modules = modulesOf({
    "fleet-config/a.ts": 'import "./b.js";',
    "fleet-config/b.ts": 'import "./c.js"; import "./a.js";',
    "fleet-config/c.ts": 'import "node:fs";',
    "fleet-config/d.ts": 'import "./e.js";',
    "fleet-config/e.ts": 'import "./d.js";',
    "fleet-config/f.ts": 'import "./absent.js";',
  });
  t.same([...pureModules(modules)], ["fleet-config/d.ts", "fleet-config/e.ts"]);
});

t.test("imports are read in every form, and nothing else is", async (t) => {
  const source = `
    import one, { type two as three } from "./1.js"; import "./2.js"; import * as four from "../x/3.js";
    export { five } from "./4.js"; export * as six from "./5.js"; export type { Seven } from "./6.js";
    const eight: import("./7.js").Eight = await import("./8.js"); import data from "./9.json" with { type: "json" };
    export { one }; export const from = "./no.js"; const text = 'import "./no.js"';
    import.meta.url; a.require("./no.js");
    export type { Nine }; const ten = { from: "./no.js" }; import eleven from "@scope/name/path.js"; // import "./no.js"
  `;
  const found = importsOf("edge/a.ts", scan(source).tokens).map(({ target }) =>
    "path" in target ? target.path : target.name,
  );
  const own = ["1.ts", "2.ts", "../x/3.ts", "4.ts", "5.ts", "6.ts", "7.ts", "8.ts", "9.json"];
  t.same(found, [...own.map((name) => (name.startsWith("../") ? name.slice(3) : `edge/${name}`)), "@scope/name"]);
});

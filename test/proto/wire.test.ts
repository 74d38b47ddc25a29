// R13: what is sent is what is read. Every generated message survives both forms of the codec unchanged, and the
// readers and the schemas name the same fields, in both directions.
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import t from "tap";
import { decode, decodeJson, encode, encodeJson } from "../../proto/codec/codec.js";
import { ASSIGNMENT_ENDS, DEADLINE_VERDICTS, FREE_EXITS, INTERPLAYS, TASK_ENDS } from "../../proto/ledger.js";
import { RUNGS } from "../../proto/mode.js";
import { OUTCOMES, PURPOSES } from "../../proto/wire.js";
import { repositoryRoot } from "../fleet-config/helpers/site.js";
import { CONTRACTS, contractOf } from "./wire-messages.js";

/** The schemas themselves, read from their text. */
function loadSchemas(): protobuf.Root {
  const folder = join(repositoryRoot(), "proto");
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => join(folder, target.replace(/^.*(?=drover\/v1\/)/, ""));
  root.loadSync(["types", "link", "telemetry", "onboard", "ledger"].map((name) => `drover/v1/${name}.proto`));
  root.resolveAll();
  return root;
}

const schemas = loadSchemas();
const v1 = schemas.lookup("drover.v1") as protobuf.Namespace;

/** The same value with the prototypes of literals: generated records have none. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainOf(one)]));
}

for (const { type, read, toPlain, values } of CONTRACTS) {
  t.test(`R13 ${type} survives bytes and JSON unchanged`, async (t) => {
    const bytes = fc.property(values, (value) => {
      assert.deepStrictEqual(read(decode(type, encode(type, toPlain(value))), "m"), plainOf(value));
    });
    const json = fc.property(values, (value) => {
      assert.deepStrictEqual(read(decodeJson(type, encodeJson(type, toPlain(value))), "m"), plainOf(value));
    });
    t.doesNotThrow(() => fc.assert(bytes, { numRuns: 300 }), "bytes");
    t.doesNotThrow(() => fc.assert(json, { numRuns: 300 }), "JSON");
  });
}

/** Lets a reader read, and notes which fields of which schema type it asks for. */
function watched(plain: object, type: protobuf.Type, asked: Map<string, Set<string>>): object {
  const fields = asked.get(type.name) ?? new Set<string>();
  asked.set(type.name, fields);
  return new Proxy(plain, {
    get(target, key) {
      if (typeof key !== "string") return undefined;
      fields.add(key);
      const value = (target as Record<string, unknown>)[key];
      const inner = type.fields[key]?.resolvedType;
      if (!(inner instanceof protobuf.Type) || typeof value !== "object" || value === null) return value;
      return Array.isArray(value) ? value.map((one) => watched(one, inner, asked)) : watched(value, inner, asked);
    },
  });
}

t.test("R13 readers and schemas name the same fields", async (t) => {
  const asked = new Map<string, Set<string>>();
  for (const { type, read, toPlain, values } of CONTRACTS) {
    for (const value of fc.sample(values, { numRuns: 300, seed: 1 })) {
      const plain = decode(type, encode(type, toPlain(value)));
      read(watched(plain, v1.lookupType(type), asked), "m");
    }
  }
  const messages = v1.nestedArray.filter((one): one is protobuf.Type => one instanceof protobuf.Type);
  t.ok(messages.length > 35, `${messages.length} messages in the schemas`);
  for (const message of messages) {
    const fields = Object.keys(message.fields).sort();
    t.same([...(asked.get(message.name) ?? ["never read"])].sort(), fields, message.name);
  }
});

t.test("R13 words of the readers are the values of the schemas", async (t) => {
  const rows: readonly [string, readonly string[]][] = [
    ["Rung", RUNGS],
    ["OutcomeKind", OUTCOMES],
    ["Purpose", PURPOSES],
    ["TaskEnd", TASK_ENDS],
    ["AssignmentEnd", ASSIGNMENT_ENDS],
    ["FreeExit", FREE_EXITS],
    ["Interplay", INTERPLAYS],
    ["DeadlineVerdict", DEADLINE_VERDICTS],
  ];
  for (const [name, words] of rows) {
    const values = v1.lookupEnum(name).values;
    const known = Object.entries(values).sort(([, a], [, b]) => a - b);
    t.match(known[0], [/_UNSPECIFIED$/, 0], `${name} 0 means nothing`);
    t.same(
      known.slice(1).map(([word]) => word),
      words,
      name,
    );
  }
  const all = v1.nestedArray.filter((one) => one instanceof protobuf.Enum).map((one) => one.name);
  t.same(all.sort(), rows.map(([name]) => name).sort(), "no other enum");
});

t.test("R7 an unknown rung in the bytes reads as HALT, an unknown purpose is refused", async (t) => {
  const order = encode("ModeOrder", { sequence: 3, rung: 9, causes: [{ name: "x", rung: 77, detail: "" }] });
  const plain = { modeOrder: decode("ModeOrder", order) };
  const read = contractOf("HubMessage").read(plain, "m") as { readonly rung: string; readonly causes: object[] };
  t.equal(read.rung, "HALT");
  t.match(read.causes, [{ rung: "HALT" }] as object);
  const unset = contractOf("HubMessage").read({ modeOrder: decode("ModeOrder", new Uint8Array()) }, "m");
  t.match(unset, { rung: "HALT", sequence: 0 }, "so does one that was not sent");
  const grant = { token: { epoch: 1, counter: 1 }, assignment: "a", destination: "P", purpose: 9 };
  const odd = { grant: decode("Grant", encode("Grant", grant)) };
  t.throws(() => contractOf("HubMessage").read(odd, "m"), {
    name: "WireRefused",
    path: "m.grant.purpose",
    expected: "one of TASK, PARK, CHARGE",
  });
});

t.test("R13 a message without, or with two, members of its oneof is refused", async (t) => {
  for (const [type, one, other] of [
    [
      "EdgeMessage",
      { renew: { nonce: 1, modeSequence: 0, acting: [] } },
      { modeReport: { sequence: 1, rung: "HALT", causes: [] } },
    ],
    ["HubMessage", { outcomeStored: { id: "o" } }, { refused: { code: "BUSY", message: "" } }],
  ] as const) {
    const { read } = contractOf(type);
    t.throws(() => read(decode(type, new Uint8Array()), "m"), { name: "WireRefused", path: "m", found: "none" });
    t.throws(() => read({ ...one, ...other }, "m"), { name: "WireRefused", path: "m" });
    const bytes = Buffer.concat([encode(type, one), encode(type, other)]);
    t.doesNotThrow(() => read(decode(type, bytes), "m"), "on the wire the last member stands, as protobuf says");
  }
});

t.test("R6 telemetry whose channel is not that of its value is refused", async (t) => {
  const { read } = contractOf("Telemetry");
  const tag = { robot: "r1", boot: "b", sequence: 1, capturedMs: 1, hubNonce: 1, elapsedMs: 0 };
  const battery = { chargeRatio: 0.5, charging: false };
  t.match(read({ ...tag, channel: "battery", battery }, "m"), { value: { kind: "battery" } });
  t.throws(() => read({ ...tag, channel: "pose", battery }, "m"), {
    name: "WireRefused",
    path: "m.channel",
    found: "pose",
  });
});

// R13: bytes and JSON that are not the message they claim to be are refused, and nothing is bent in silence.
import fc from "fast-check";
import t from "tap";
import { decode, decodeJson, encode, encodeJson, MalformedMessage } from "../../proto/codec/codec.js";
import { WireRefused } from "../../proto/shape.js";
import { CONTRACTS, contractOf } from "./wire-messages.js";

t.test("R13 codec refuses a message of no schema, by name", async (t) => {
  for (const type of ["Nonsense", "", "constructor", "__proto__", "toString"]) {
    t.throws(() => encode(type, {}), { name: "MalformedMessage" }, type);
    t.throws(() => decode(type, new Uint8Array()), { name: "MalformedMessage" }, type);
    t.throws(() => decodeJson(type, "{}"), { name: "MalformedMessage" }, type);
  }
});

t.test("R13 any bytes are read, or refused as malformed, and never anything else", async (t) => {
  const drawn = fc.uint8Array({ maxLength: 60 });
  const property = fc.property(fc.constantFrom(...CONTRACTS), drawn, ({ type, read }, bytes) => {
    try {
      read(decode(type, bytes), "m");
      return true;
    } catch (cause) {
      return cause instanceof MalformedMessage || cause instanceof WireRefused;
    }
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test("R13 a message that was cut or bent is read, or refused, and never anything else", async (t) => {
  for (const { type, read, toPlain, values } of CONTRACTS) {
    for (const value of fc.sample(values, { numRuns: 15, seed: 3 })) {
      const bytes = encode(type, toPlain(value));
      for (let at = 0; at < bytes.length; at += 1) {
        const bent = Uint8Array.from(bytes);
        bent[at] = (bent[at] ?? 0) ^ (1 << (at % 8));
        for (const spoilt of [bytes.subarray(0, at), bent]) {
          try {
            read(decode(type, spoilt), "m");
          } catch (cause) {
            if (!(cause instanceof MalformedMessage || cause instanceof WireRefused)) t.fail(`${type}: ${cause}`);
          }
        }
      }
    }
  }
});

t.test("R13 nesting beyond any schema does not exhaust the stack", async (t) => {
  let nested = Buffer.from([0x0a, 0x00]);
  for (let depth = 0; depth < 5000 && nested.length < 100_000; depth += 1) {
    const length: number[] = [];
    for (let left = nested.length; ; left >>>= 7) {
      length.push(left > 127 ? (left & 127) | 128 : left);
      if (left <= 127) break;
    }
    nested = Buffer.concat([Buffer.from([0x0a, ...length]), nested]);
  }
  for (const { type, read } of CONTRACTS) {
    try {
      read(decode(type, nested), "m");
    } catch (cause) {
      if (!(cause instanceof MalformedMessage || cause instanceof WireRefused)) t.fail(`${type}: ${cause}`);
    }
  }
  const deep = `${'{"capture":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  t.throws(() => decodeJson("PoseSample", deep), { name: "MalformedMessage" });
});

t.test("R13 whole numbers beyond 2^53 are refused when they are read", async (t) => {
  const { read } = contractOf("Tick");
  const tick = (nonce: string) => `{"nonce":"${nonce}","monotonicMs":"0"}`;
  t.match(read(decodeJson("Tick", tick("9007199254740991")), "m"), { nonce: 9007199254740991 });
  for (const nonce of ["9007199254740992", "9007199254740993", "18446744073709551615"])
    t.throws(() => read(decodeJson("Tick", tick(nonce)), "m"), { name: "WireRefused", path: "m.nonce" }, nonce);
  const bytes = Uint8Array.from([0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  t.throws(() => read(decode("Tick", bytes), "m"), { name: "WireRefused", path: "m.nonce" }, "2^64-1 in bytes");
});

t.test("R13 JSON that the message does not take is refused with the path, not bent to fit", async (t) => {
  const rows: readonly [string, string, RegExp][] = [
    ["BaseSample", '{"emergencyStopp":true}', /no field "emergencyStopp"/],
    ["BaseSample", '{"emergency_stop":true}', /no field "emergency_stop"/],
    ["PoseSample", '{"capture":{"monotonicMS":"5"}}', /no field "capture.monotonicMS"/],
    ["BaseSample", '{"emergencyStop":"false"}', /"emergencyStop" expects a boolean/],
    ["BaseSample", '{"emergencyStop":0}', /"emergencyStop" expects a boolean/],
    ["BaseSample", '{"commandSequence":-1}', /"commandSequence" expects a number/],
    ["BaseSample", '{"commandSequence":1.5}', /"commandSequence" expects a number/],
    ["PoseSample", '{"xM":"abc"}', /"xM" expects a number/],
    ["PoseSample", '{"xM":""}', /"xM" expects a number/],
    ["PoseSample", '{"xM":true}', /"xM" expects a number/],
    ["PoseSample", '{"xM":[1]}', /"xM" expects a number/],
    ["PoseSample", '{"capture":{"baseBoot":5}}', /"capture.baseBoot" expects a string/],
    ["PoseSample", '{"capture":5}', /capture/],
    ["PoseSample", '{"capture":[]}', /capture/],
    ["ScanSample", '{"rangeM":[1,null,2]}', /"rangeM.1" expects a number/],
    ["ScanSample", '{"rangeM":[1,"wall"]}', /"rangeM.1" expects a number/],
    ["ScanSample", '{"rangeM":{"0":1}}', /rangeM/],
    ["Command", '{"rung":"FASTER"}', /"rung" expects a string/],
    ["Command", '{"validForMs":4294967297}', /"validForMs" expects a number/],
    ["PoseSample", '{"__proto__":{"xM":1}}', /no field "__proto__"/],
    ["PoseSample", '{"constructor":1}', /no field "constructor"/],
    ["PoseSample", "[]", /expected an object/],
    ["PoseSample", "null", /expected an object/],
    ["PoseSample", '"pose"', /expected an object/],
    ["PoseSample", "{xM:1}", /cannot read JSON as PoseSample/],
    ["PoseSample", '{"xM":NaN}', /cannot read JSON as PoseSample/],
    ["PoseSample", "", /cannot read JSON as PoseSample/],
  ];
  for (const [type, text, says] of rows)
    t.throws(() => decodeJson(type, text), { name: "MalformedMessage", message: says }, text);
});

t.test("JSON takes numerals as text, null as absent and every field as optional, as proto3 says", async (t) => {
  const pose = decodeJson("PoseSample", '{"capture":{"sequence":"7","tickNonce":3},"xM":"1.5","yM":2,"errorM":null}');
  const capture = { baseBoot: "", sequence: 7, tickNonce: 3 };
  t.strictSame(pose, { capture, xM: 1.5, yM: 2, headingRad: 0, errorM: 0 });
  const scan = decodeJson("ScanSample", '{"capture":null,"rangeM":["Infinity",1]}');
  t.strictSame(scan, { angleMinRad: 0, angleStepRad: 0, rangeMaxM: 0, rangeM: [Number.POSITIVE_INFINITY, 1] });
});

t.test("JSON is written with 64-bit integers as text, enums by name and all fields", async (t) => {
  t.equal(encodeJson("Tick", { nonce: 7 }), '{"nonce":"7","monotonicMs":"0"}');
  const command = JSON.parse(encodeJson("Command", { sequence: 1, rung: "HALT", validForMs: 300 }));
  t.match(command, { sequence: "1", rung: "HALT", validForMs: 300, speedMps: 0, leaseEndMonotonicMs: "0" });
});

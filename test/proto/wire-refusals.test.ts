// R13: whatever is wrong in a message is refused with its path, what was expected and what was found; lists and texts
// are bounded. Each generated message is spoilt at every one of its leaves in turn.
import fc from "fast-check";
import t from "tap";
import { WireRefused } from "../../proto/shape.js";
import { CONTRACTS, contractOf } from "./wire-messages.js";

type Plain = Record<string, unknown>;

/** Every leaf and list of a plain value, by path and way. */
function* ways(value: unknown, way: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (way.length > 0) yield way;
  if (typeof value !== "object" || value === null) return;
  const entries = Array.isArray(value) ? value.map((one, index) => [index, one] as const) : Object.entries(value);
  for (const [key, one] of entries) if (one !== undefined) yield* ways(one, [...way, key]);
}

function pathOf(way: readonly (string | number)[]): string {
  return way.reduce<string>((path, key) => (typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`), "m");
}

function spoil(value: unknown, way: readonly (string | number)[], bad: unknown): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return bad;
  const copy: Plain | unknown[] = Array.isArray(value) ? [...value] : { ...(value as Plain) };
  (copy as Plain)[key] = spoil((value as Plain)[key], rest, bad);
  return copy;
}

function refusalOf(read: () => unknown): WireRefused | null {
  try {
    read();
    return null;
  } catch (cause) {
    if (cause instanceof WireRefused) return cause;
    throw cause;
  }
}

/** Where a wrong value is no refusal: an unknown rung reads as HALT, and a missing token is none. */
function isForgiven(way: readonly (string | number)[]): boolean {
  return way.at(-1) === "rung";
}

for (const { type, read, toPlain, values } of CONTRACTS) {
  t.test(`R13 ${type} spoilt anywhere is refused there`, async (t) => {
    let tried = 0;
    for (const value of fc.sample(values, { numRuns: 60, seed: 7 })) {
      const plain = toPlain(value);
      for (const way of ways(plain)) {
        if (isForgiven(way) && type !== "LedgerEvent") continue;
        for (const bad of [Symbol.iterator, null, () => 0]) {
          const refused = refusalOf(() => read(spoil(plain, way, bad), "m"));
          tried += 1;
          if (refused === null) t.fail(`${pathOf(way)} = ${String(bad)} was read`);
          else if (refused.path !== pathOf(way)) t.fail(`${pathOf(way)} was refused at ${refused.path}`);
          else if (!refused.message.startsWith(`${refused.path}: expected ${refused.expected}, found `))
            t.fail(`the sentence is "${refused.message}"`);
        }
      }
    }
    t.ok(tried > 100, `${tried} spoilt messages`);
  });
}

const token = { epoch: 1, counter: 1 };
const cause = { name: "c", rung: "HALT", detail: "" };
const hello = {
  ...{ robot: "r1", boot: "b", protocol: 1, highestToken: token, holdings: [] as object[] },
  ...{ configHash: "", software: "", followsEpoch: 0, followsIncarnation: "" },
};
const holding = { token, assignment: "a", destination: "P", arrived: false };
const capture = { baseBoot: "b", sequence: 1, monotonicMs: 1 };
const scan = { capture, angleMinRad: 0, angleStepRad: 0.1, rangeMaxM: 8, rangeM: [] as number[] };
const edge = {
  ...{ rung: "HALT", causes: [], planMs: 0, plans: 0, planDeadlineMisses: 0, inferenceMs: 0 },
  ...{ activity: "", blockedBy: "", pathM: [] as number[] },
};
const telemetry = { robot: "r1", boot: "b", channel: "edge", sequence: 1, capturedMs: 1, hubNonce: 1, elapsedMs: 0 };
const event = { sequence: 1, schema: 1, epoch: 1, hubMs: 1, wallMs: 1 };
const accepted = { task: "t", stops: [] as object[], fleet: "", dwellMs: 0, operator: "o", reason: "r" };

function many<T>(size: number, one: T): T[] {
  return Array.from({ length: size }, () => one);
}

t.test("R13 lists are read up to their limit and refused beyond it", async (t) => {
  const clear = (causes: readonly string[]) => ({ clearLatches: { causes, operator: "o", reason: "r", report: 1 } });
  const stop = (size: number) => ({ destinations: many(size, "P") });
  const rows: readonly [string, string, number, string, (size: number) => Plain][] = [
    ["holdings", "EdgeMessage", 64, "m.hello.holdings", (n) => ({ hello: { ...hello, holdings: many(n, holding) } })],
    [
      ...(["claims acted on", "EdgeMessage", 64, "m.renew.acting"] as const),
      (n) => ({ renew: { nonce: 1, modeSequence: 0, acting: many(n, token) } }),
    ],
    [
      ...(["causes told", "EdgeMessage", 32, "m.modeReport.causes"] as const),
      (n) => ({ modeReport: { sequence: 1, rung: "HALT", causes: many(n, cause) } }),
    ],
    [
      ...(["causes ordered", "HubMessage", 32, "m.modeOrder.causes"] as const),
      (n) => ({ modeOrder: { sequence: 1, rung: "HALT", causes: many(n, cause) } }),
    ],
    [
      ...(["void tokens", "HubMessage", 64, "m.welcome.void"] as const),
      (n) => ({ welcome: { session: "s", epoch: 1, hubNonce: 1, void: many(n, token), incarnation: "h1" } }),
    ],
    [
      ...(["lines told", "EdgeMessage", 48, "m.toldWhy.lines"] as const),
      (n) => ({ toldWhy: { ask: 1, known: true, claim: "", lines: many(n, "x") } }),
    ],
    ["latches", "HubMessage", 32, "m.clearLatches.causes", (n) => clear(many(n, "bumper"))],
    ["rays", "ScanSample", 1440, "m.rangeM", (n) => ({ ...scan, rangeM: many(n, 1) })],
    ["path", "Telemetry", 128, "m.edge.pathM", (n) => ({ ...telemetry, edge: { ...edge, pathM: many(n, 1) } })],
    [
      ...(["stops", "LedgerEvent", 64, "m.taskAccepted.stops"] as const),
      (n) => ({ ...event, taskAccepted: { ...accepted, stops: many(n, stop(1)) } }),
    ],
    [
      ...(["alternatives", "LedgerEvent", 4096, "m.taskAccepted.stops[0].destinations"] as const),
      (n) => ({ ...event, taskAccepted: { ...accepted, stops: [stop(n)] } }),
    ],
  ];
  for (const [name, type, most, path, plain] of rows) {
    const { read } = contractOf(type);
    t.equal(
      refusalOf(() => read(plain(most), "m")),
      null,
      `${most} ${name}`,
    );
    const refused = refusalOf(() => read(plain(most + 1), "m"));
    t.match(refused, { path, expected: `at most ${most} items`, found: `${most + 1} items` }, `${most + 1} ${name}`);
  }
});

t.test("R13 texts are read up to their limit and refused beyond it", async (t) => {
  const grant = { token, assignment: "a", task: "", destination: "P", purpose: "TASK", dwellMs: 0 };
  const rows: readonly [string, string, number, (words: string) => Plain][] = [
    ["m.hello.software", "EdgeMessage", 64, (words) => ({ hello: { ...hello, software: words } })],
    ["m.hello.configHash", "EdgeMessage", 128, (words) => ({ hello: { ...hello, configHash: words } })],
    ["m.hello.robot", "EdgeMessage", 64, (words) => ({ hello: { ...hello, robot: words } })],
    ["m.grant.destination", "HubMessage", 64, (words) => ({ grant: { ...grant, destination: words } })],
    ["m.grant.task", "HubMessage", 64, (words) => ({ grant: { ...grant, task: words } })],
    ["m.refused.message", "HubMessage", 400, (words) => ({ refused: { code: "BUSY", message: words } })],
    ["m.edge.activity", "Telemetry", 32, (words) => ({ ...telemetry, edge: { ...edge, activity: words } })],
    ["m.capture.baseBoot", "ScanSample", 64, (words) => ({ ...scan, capture: { ...capture, baseBoot: words } })],
    [
      "m.taskAccepted.reason",
      "LedgerEvent",
      400,
      (words) => ({ ...event, taskAccepted: { ...accepted, reason: words } }),
    ],
  ];
  for (const [path, type, most, plain] of rows) {
    const { read } = contractOf(type);
    t.equal(
      refusalOf(() => read(plain("x".repeat(most)), "m")),
      null,
      `${path} of ${most}`,
    );
    t.match(
      refusalOf(() => read(plain("x".repeat(most + 1)), "m")),
      { path },
      `${path} of ${most + 1}`,
    );
    t.match(
      refusalOf(() => read(plain("a\u001b[2J"), "m")),
      { path },
      `${path} with an escape`,
    );
  }
});

t.test("R13 numbers out of their range are refused", async (t) => {
  const pose = { capture, xM: 0, yM: 0, headingRad: 0, errorM: 0 };
  const command = {
    ...{ sequence: 1, speedMps: 0, turnRadps: 0, validForMs: 1, sentMonotonicMs: 1, rung: "HALT" },
    ...{ leaseEndMonotonicMs: 0, decisionId: "" },
  };
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const rows: readonly [string, string, (value: number) => Plain, readonly number[]][] = [
    ["m.xM", "PoseSample", (xM) => ({ ...pose, xM }), [100_000.1, -100_001, ...odd]],
    ["m.errorM", "PoseSample", (errorM) => ({ ...pose, errorM }), [-0.001, ...odd]],
    ["m.headingRad", "PoseSample", (headingRad) => ({ ...pose, headingRad }), [1001, ...odd]],
    [
      ...(["m.capture.sequence", "PoseSample"] as const),
      (sequence) => ({ ...pose, capture: { ...capture, sequence } }),
      [0, -1, 1.5, 2 ** 53, ...odd],
    ],
    ["m.rangeM[0]", "ScanSample", (range) => ({ ...scan, rangeM: [range] }), [-1, Number.NaN]],
    ["m.speedMps", "Command", (speedMps) => ({ ...command, speedMps }), [101, ...odd]],
    ["m.validForMs", "Command", (validForMs) => ({ ...command, validForMs }), [-1, 0.5, ...odd]],
    ["m.elapsedMs", "Telemetry", (elapsedMs) => ({ ...telemetry, elapsedMs, edge }), [0.5, 2 ** 53, ...odd]],
    ["m.hubNonce", "Telemetry", (hubNonce) => ({ ...telemetry, hubNonce, edge }), [-1, 0.5, ...odd]],
    ["m.renew.nonce", "EdgeMessage", (nonce) => ({ renew: { nonce, modeSequence: 0, acting: [] } }), [0, -1, ...odd]],
  ];
  for (const [path, type, plain, bad] of rows) {
    const { read } = contractOf(type);
    for (const value of bad)
      t.match(
        refusalOf(() => read(plain(value), "m")),
        { path },
        `${path} = ${value}`,
      );
  }
});

t.test("R6 a capture that carries both a time and a tick is refused, one with neither is read", async (t) => {
  const { read } = contractOf("ScanSample");
  const both = { ...scan, capture: { ...capture, tickNonce: 3 } };
  t.match(
    refusalOf(() => read(both, "m")),
    { path: "m.capture" },
  );
  t.match(read({ ...scan, capture: { baseBoot: "b", sequence: 1 } }, "m"), { capture: { sequence: 1 } });
});

t.test("R7 the order to clear latches names causes of the closed table only", async (t) => {
  const { read } = contractOf("HubMessage");
  const refused = refusalOf(() =>
    read({ clearLatches: { causes: ["magic"], operator: "o", reason: "r", report: 1 } }, "m"),
  );
  t.match(refused, { path: "m.clearLatches.causes[0]", found: "magic" });
});

t.test("R13 what a robot tells of its model's confidence is read whole or refused with its path", async (t) => {
  const { read } = contractOf("Telemetry");
  const sure = { least: 0.5, unsure: 3, tenths: [0, 0, 0, 0, 3, 0, 0, 0, 0, 9_997] };
  const told = (model: object | undefined) => ({ ...telemetry, edge: { ...edge, model } });
  const driving = (of: object) => told({ name: "m 1.0.0", drives: true, confidence: { ...sure, ...of } });
  for (const model of [undefined, { name: "", drives: false }, { name: "m 1.0.0", drives: true }])
    t.match(read(told(model), "m"), { value: { model } }, "not told, no model, a model that tells none");
  t.same((read(driving({}), "m") as { readonly value: object }).value, { kind: "edge", ...edge, ...driving({}).edge });
  const rows: readonly (readonly [string, Plain & { readonly edge: object }])[] = [
    ...([Number.NaN, -0.1, 1.1, "0.5", undefined] as const).map((least) => ["least", driving({ least })] as const),
    ...([Number.NaN, -1, 0.5, 10_001, 2 ** 60] as const).map((unsure) => ["unsure", driving({ unsure })] as const),
    ...[many(9, 0), many(0, 0), many(11, 0)].map((tenths) => ["tenths", driving({ tenths, unsure: 0 })] as const),
    ["tenths", driving({ tenths: [...many(9, 0), 10_001] })],
    ["tenths", driving({ tenths: many(10, 1001) })],
    ["tenths", driving({ tenths: [...many(9, 0), Number.NaN] })],
    ["tenths", driving({ tenths: [...many(9, 5), -1] })],
    ["unsure", driving({ tenths: [...many(9, 0), 2] })],
  ];
  for (const [field, plain] of rows) {
    const found = refusalOf(() => read(plain, "m"));
    t.match(found?.path, new RegExp(`^m\\.edge\\.model\\.confidence\\.${field}`), JSON.stringify(plain.edge));
  }
  for (const model of [{ drives: true }, { drives: false, confidence: sure }])
    t.match(
      refusalOf(() => read(told({ name: "", ...model }), "m")),
      { path: "m.edge.model.name" },
    );
});

// Traces leave in the collector's format, join what hub and robot tell of one assignment, and cost neither of them
// anything when no collector answers.
import t from "tap";
import type { DecisionRecord } from "../../edge/core/record.js";
import { EdgeTraces } from "../../edge/traces.js";
import { logLine } from "../../hub/event-log.js";
import { HubTraces } from "../../hub/traces.js";
import { tokenKey } from "../../proto/claim.js";
import { type Span, SpanExporter, spanIdOf, traceIdOf } from "../../proto/codec/otlp.js";
import { EdgeUnderTest } from "../edge/core/edge-under-test.js";
import { ready, realDispatcher, SiteUnderTest } from "../hub/core/site-under-test.js";
import { openCollector, readOtlp } from "./collector.js";

const SOON = { everyMs: 5, answerMs: 200 };
const WALL_MS = 1_700_000_000_000;

function aSpan(name: string): Span {
  const traceId = traceIdOf("yard", "a1-1");
  const times = { startMs: WALL_MS + 0.5, endMs: WALL_MS + 12.25 };
  return {
    traceId,
    spanId: spanIdOf(traceId, name),
    parentId: "",
    name,
    ...times,
    attributes: {},
    isError: false,
    events: [],
  };
}

function exporterTo(url: string) {
  const faults: string[] = [];
  const onFault = (why: string, dropped: number) => void faults.push(`${dropped}: ${why}`);
  const exporter = new SpanExporter({
    url,
    resource: { "service.name": "drover-test" },
    version: "0",
    onFault,
    ...SOON,
  });
  return { exporter, faults };
}

t.test("spans reach a collector in its format, with times in whole nanoseconds", async (t) => {
  const collector = await openCollector(t);
  const { exporter, faults } = exporterTo(collector.url);
  const attributes = { "drover.task": "t\u001b1", "drover.speedMps": 0.5, "drover.plan": 7, "drover.flag": true };
  const events = [{ name: "arrived", atMs: WALL_MS + 3, attributes: {} }];
  exporter.add([{ ...aSpan("one"), attributes, events, isError: true, parentId: "00f067aa0ba902b7" }]);
  exporter.add(Array.from({ length: 100 }, (_, index) => aSpan(`more ${index}`)));
  await exporter.close();
  t.same(faults, []);
  t.same([exporter.sent, exporter.dropped], [101, 0]);
  t.same(
    new Set(collector.requests.map(({ path, type }) => `${path} ${type}`)),
    new Set(["POST /v1/traces application/json"]),
  );
  t.ok(
    collector.requests.every(({ spans }) => spans <= 64),
    "in small requests",
  );
  const [one] = collector.spans;
  t.match(one, {
    name: "one",
    service: "drover-test",
    status: 2,
    events: ["arrived"],
    parentSpanId: "00f067aa0ba902b7",
  });
  t.equal(one?.startNs, 1_700_000_000_000_500_000n);
  t.equal(one?.endNs, 1_700_000_000_012_250_000n);
  t.same(Object.fromEntries(one?.attributes ?? []), {
    "drover.task": "t\u001b1",
    "drover.speedMps": 0.5,
    "drover.plan": "7",
    "drover.flag": true,
  });
});

t.test(
  "R13 without a collector, with one that fails and with one that hangs spans are dropped and counted",
  async (t) => {
    const collector = await openCollector(t);
    collector.answers = 503;
    const failing = exporterTo(collector.url);
    failing.exporter.add([aSpan("a")]);
    await failing.exporter.close();
    t.same(failing.faults, ["1: the collector answered 503"]);
    collector.answers = "nothing";
    const hanging = exporterTo(collector.url);
    hanging.exporter.add(Array.from({ length: 5000 }, (_, index) => aSpan(`${index}`)));
    t.equal(hanging.exporter.dropped, 5000 - 2048, "what waits is bounded, and nobody waits");
    await hanging.exporter.close();
    t.equal(hanging.exporter.dropped, 5000);
    t.equal(hanging.faults.length, 3, "it is not told of each");
    const nobody = exporterTo("http://127.0.0.1:9");
    nobody.exporter.add([aSpan("b"), aSpan("c")]);
    await nobody.exporter.close();
    t.equal(nobody.exporter.dropped, 2);
    t.match(nobody.faults, [/^2: .*ECONNREFUSED/]);
  },
);

/** A site does a task, and tells of it. */
function hubSpans() {
  const site = new SiteUnderTest({ dispatcher: realDispatcher });
  site.submit("t1", ["A"]);
  ready(site, "r1", "r2");
  site.run(3000, () => site.bodies("claimed").some(({ task }) => task === "t1"));
  const claim = site.bodies("claimed").find(({ task }) => task === "t1");
  if (claim === undefined) throw new Error("nothing was claimed");
  const lines: ReturnType<typeof logLine>[] = [];
  const robot = site.robot(claim.robot);
  const place = site.site.destinations.get("A");
  if (place !== undefined) robot.standAt(place);
  site.say(claim.robot, robot.outcome("ARRIVED"));
  const traces = new HubTraces("yard");
  const claimOf = ({ epoch, counter }: typeof claim.token) =>
    site.bodies("claimed").find((one) => tokenKey(one.token) === `${epoch}.${counter}`);
  const spans = site.events.flatMap((event) => {
    lines.push(logLine(event, { site: "yard", claimOf }));
    return traces.take(event);
  });
  return { claim, spans, lines: lines.filter((line) => line !== null) };
}

/** The decisions of a robot that drives under that token, told as of that assignment. */
function edgeSpans(assignment: string): { spans: readonly Span[]; records: readonly DecisionRecord[] } {
  const robot = new EdgeUnderTest().driving();
  robot.run(3000);
  const records = robot.of("record").map(({ record }) => record);
  const traces = new EdgeTraces("yard", "r1");
  const toWallMs = (boardMs: number) => WALL_MS + boardMs;
  const spans = records.flatMap((record) =>
    traces.take(record, { assignment: record.token === "" ? "" : assignment, toWallMs }),
  );
  return { spans, records };
}

t.test(
  "R14 one trace leads from the task's acceptance to the samples of each decision and to the outcome",
  async (t) => {
    const collector = await openCollector(t);
    const hub = exporterTo(collector.url);
    const edge = exporterTo(collector.url);
    const { claim, spans } = hubSpans();
    const told = edgeSpans(claim.assignment);
    hub.exporter.add(spans);
    edge.exporter.add(told.spans);
    await Promise.all([hub.exporter.close(), edge.exporter.close()]);
    const mine = collector.spans.filter(({ traceId }) => traceId === traceIdOf("yard", claim.assignment));
    const byId = new Map(mine.map((span) => [span.spanId, span]));
    t.equal(byId.size, mine.length, "no two spans of one name");
    const root = mine.filter(({ parentSpanId }) => parentSpanId === undefined);
    t.same(
      root.map(({ name }) => name),
      ["assignment"],
    );
    for (const span of mine)
      t.ok(span.parentSpanId === undefined || byId.has(span.parentSpanId), `${span.name} has its parent`);
    const under = (name: string) => mine.filter(({ parentSpanId }) => byId.get(parentSpanId ?? "")?.name === name);
    t.same(
      under("assignment")
        .map(({ name }) => name)
        .sort(),
      ["act", "wait"],
    );
    t.ok(under("act").length > 1 && under("act").every(({ name }) => name === "decision"));
    for (const stage of ["sample pose", "sample scan", "gather", "plan", "use", "guard", "command"])
      t.ok(
        under("decision").some(({ name }) => name === stage),
        stage,
      );
    t.match(Object.fromEntries(root[0]?.attributes ?? []), {
      "drover.task": "t1",
      "drover.assignment": claim.assignment,
      "drover.token": tokenKey(claim.token),
      "drover.end": "COMPLETED",
    });
    t.match(mine.find(({ name }) => name === "act")?.events, ["arrived"]);
    const ended = told.records.flatMap(({ former }) => (former === null ? [] : [former.id]));
    const decisions = collector.spans.filter(({ name }) => name === "decision");
    t.same(
      decisions.map(({ attributes }) => attributes.get("drover.decision")),
      ended,
      "each decision once, by its id",
    );
    t.ok(decisions.every(({ attributes }) => attributes.has("drover.outcome")));
  },
);

t.test("log, ledger and trace speak of one assignment by the same ids", async (t) => {
  const { claim, lines } = hubSpans();
  const of = lines.filter(({ ids }) => ids.assignment === claim.assignment);
  t.same(
    of.map(({ says }) => says),
    ["claimed", "arrived", "assignment ended"],
  );
  const ids = {
    task: "t1",
    token: tokenKey(claim.token),
    robot: claim.robot,
    trace: traceIdOf("yard", claim.assignment),
  };
  for (const line of of) t.match(line.ids, ids, line.says);
  t.match(
    lines.map(({ says }) => says),
    ["task accepted"],
  );
});

t.test("an assignment that goes on under a new token is one trace, and one of a former hub none", async (t) => {
  const traces = new HubTraces("yard");
  const at = (sequence: number) => ({ sequence, schema: 1, epoch: 1, hubMs: 1, wallMs: WALL_MS + 1000 * sequence });
  const claimed = (counter: number) => {
    const what = { robot: "r1", destination: "A", purpose: "TASK", task: "t1", stopIndex: 0, leaseMs: 1 } as const;
    return { kind: "claimed", token: { epoch: 1, counter }, assignment: "a1-1", ...what } as const;
  };
  const ended = (counter: number) =>
    ({
      kind: "assignmentEnded",
      token: { epoch: 1, counter },
      end: "GAVE_UP",
      reason: "blocked",
      outcome: "o",
    }) as const;
  t.same(traces.take({ ...at(1), body: claimed(1) }), []);
  t.same(traces.take({ ...at(2), body: { kind: "claimLapsed", token: { epoch: 1, counter: 1 } } }), []);
  t.same(traces.take({ ...at(3), body: claimed(2) }), []);
  t.same(traces.take({ ...at(4), body: ended(1) }), [], "the token of before is none any more");
  const spans = traces.take({ ...at(5), body: ended(2) });
  t.same(
    spans.map(({ name, startMs, endMs, isError }) => [name, startMs - WALL_MS, endMs - WALL_MS, isError]),
    [
      ["assignment", 1000, 5000, true],
      ["wait", 1000, 1000, false],
      ["act", 1000, 5000, true],
    ],
  );
  t.same(
    spans[2]?.events.map(({ name }) => name),
    ["claimLapsed", "granted again"],
  );
  t.same(traces.take({ ...at(6), body: ended(9) }), []);
});

t.test("the collector of these tests takes nothing that is not the format", async (t) => {
  const span = {
    traceId: "1".repeat(32),
    spanId: "1".repeat(16),
    name: "x",
    kind: 1,
    startTimeUnixNano: "1700000000000000000",
    endTimeUnixNano: "1700000000000000001",
    attributes: [],
    events: [],
    status: { code: 0 },
  };
  const request = (change: object) => ({
    resourceSpans: [
      {
        resource: { attributes: [] },
        scopeSpans: [{ scope: { name: "d", version: "0" }, spans: [{ ...span, ...change }] }],
      },
    ],
  });
  t.equal(readOtlp(request({})).length, 1);
  const odd = [
    { traceId: "0".repeat(32) },
    { spanId: "1" },
    { startTimeUnixNano: 5 },
    { extra: 1 },
    { status: 0 },
    { attributes: [{ key: "a", value: { intValue: 7 } }] },
    { endTimeUnixNano: "1600000000000000000" },
  ];
  for (const change of odd) t.throws(() => readOtlp(request(change)), JSON.stringify(change));
});

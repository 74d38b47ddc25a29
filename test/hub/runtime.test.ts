// R3, R6: the hub's shell ends before it steps when this machine was suspended or its clock went back, because all that
// it knows of robots is then older than it seems. R10: what rests on an append waits for it, answers to renewals do
// not.
import t from "tap";
import { Hub, type HubInput, replay } from "../../hub/core/hub.js";
import { HubRuntime } from "../../hub/runtime.js";
import type { ClockReading } from "../../proto/clock.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";
import { SiteUnderTest } from "./core/site-under-test.js";

type Stream = Parameters<HubRuntime["onLink"]>[0];

/** The hub's shell around the real core, on clocks that a test sets, with a store that a test can block. */
class Shell {
  readonly faults: string[] = [];
  readonly stepped: HubInput[] = [];
  readonly sent: HubMessage[] = [];
  readonly site = new SiteUnderTest({ robots: 1 });
  readonly runtime: HubRuntime;
  readonly hub: Hub;
  clocks: ClockReading = { monotonicMs: 100_000, bootMs: 100_000, wallMs: 1_700_000_000_000 };
  gate: Promise<void> = Promise.resolve();
  say: (message: EdgeMessage) => void = () => undefined;

  constructor() {
    this.hub = new Hub({
      incarnation: "h1",
      site: this.site.site,
      ledger: replay([]),
      dispatcher: this.site.script.dispatcher,
    });
    const step = this.hub.step.bind(this.hub);
    this.hub.step = (input, now) => {
      this.stepped.push(input);
      return step(input, now);
    };
    this.runtime = new HubRuntime({
      ...{ hub: this.hub, telemetryCounts: () => ({ messages: 0, bytes: 0 }) },
      store: { append: () => this.gate, read: async () => [], count: 0 },
      onFault: (cause) => this.faults.push(cause.message),
      clocks: () => this.clocks,
    });
  }

  /** Some time passes on each clock. */
  pass(monotonicMs: number, bootMs = monotonicMs): void {
    const { clocks } = this;
    this.clocks = {
      monotonicMs: clocks.monotonicMs + monotonicMs,
      bootMs: clocks.bootMs + bootMs,
      wallMs: clocks.wallMs + bootMs,
    };
  }

  async start(t: { readonly teardown: (end: () => Promise<void>) => void }): Promise<this> {
    t.teardown(() => this.runtime.stop());
    await this.runtime.start();
    return this;
  }

  /** Opens r1's link and says hello. */
  async link(): Promise<void> {
    const stream: Stream = {
      ...{ id: 1, robot: "r1", onClosed: () => undefined, end: () => undefined },
      send: (message) => this.sent.push(message),
      onMessage: (listener) => {
        this.say = (message) => listener(message, this.clocks.monotonicMs);
      },
    } as Stream;
    this.runtime.onLink(stream);
    this.say(this.site.robot("r1").hello());
    await settled();
  }
}

/** Everything that only waits for promises has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const ANOMALIES = [
  { what: "was suspended", pass: [20, 60_000] as const, says: /suspended/ },
  { what: "was suspended for the least that is seen", pass: [20, 71] as const, says: /suspended/ },
  { what: "has a clock that went back", pass: [-1, 20] as const, says: /backwards/ },
];

for (const { what, pass, says } of ANOMALIES) {
  t.test(`R3, R6 hub whose machine ${what} ends before it steps`, async (t) => {
    const shell = await new Shell().start(t);
    await shell.link();
    const steps = shell.stepped.length;
    const sent = shell.sent.length;
    shell.pass(pass[0], pass[1]);
    shell.say({ kind: "renew", nonce: 1, modeSequence: 9, acting: [] });
    const answer = await shell.runtime.operator.act({
      ...{ kind: "halt", act: { operator: "ada", reason: "test" }, scope: { robot: "", fleet: "" } },
    });
    await settled();
    t.match(shell.faults, [says]);
    t.equal(shell.faults.length, 1, "once");
    t.match(answer, { code: "SITE_STOPPING" });
    t.equal(shell.stepped.length, steps, "no input was taken");
    t.equal(shell.sent.length, sent, "no lease was given");
  });
}

t.test("R3 hub whose machine was suspended while its first event was written ends too", async (t) => {
  const shell = new Shell();
  let open = () => {};
  shell.gate = new Promise((resolve) => {
    open = resolve;
  });
  const started = shell.start(t);
  shell.pass(20, 60_000);
  open();
  await started;
  await shell.link();
  t.match(shell.faults, [/suspended/]);
  t.equal(shell.stepped.length, 0);
});

t.test("R3 wall clock that jumps, and time that passes, end nothing", async (t) => {
  const shell = await new Shell().start(t);
  await shell.link();
  shell.clocks = { ...shell.clocks, wallMs: 0 };
  shell.say({ kind: "renew", nonce: 1, modeSequence: 9, acting: [] });
  shell.pass(3_600_000);
  shell.say({ kind: "renew", nonce: 2, modeSequence: 9, acting: [] });
  t.same(shell.faults, []);
  t.equal(shell.sent.filter(({ kind }) => kind === "renewed").length, 2);
});

t.test("R10 what rests on an append waits until it is durable, an answer to a renewal does not", async (t) => {
  const shell = await new Shell().start(t);
  await shell.link();
  let open = () => {};
  shell.gate = new Promise((resolve) => {
    open = resolve;
  });
  const asked = shell.runtime.operator.act({
    ...{ kind: "halt", act: { operator: "ada", reason: "test" }, scope: { robot: "", fleet: "" } },
  });
  const before = shell.sent.length;
  shell.say({ kind: "renew", nonce: 1, modeSequence: 9, acting: [] });
  await settled();
  t.same(
    shell.sent.slice(before).map(({ kind }) => kind),
    ["renewed"],
  );
  open();
  t.match(await asked, { told: ["r1"] });
  t.match(shell.sent.at(-1), { kind: "modeOrder", rung: "HALT" });
});

t.test("R10 hub whose store fails ends, and sends nothing that was not stored", async (t) => {
  const shell = await new Shell().start(t);
  await shell.link();
  const before = shell.sent.length;
  shell.gate = Promise.reject(new Error("disk full"));
  const answer = await shell.runtime.operator.act({
    ...{ kind: "halt", act: { operator: "ada", reason: "test" }, scope: { robot: "", fleet: "" } },
  });
  t.match(answer, { code: "SITE_STOPPING" });
  t.match(shell.faults, [/cannot be written: disk full/]);
  t.equal(shell.sent.length, before);
});

t.test("R13 fault of the core ends the hub, and whoever asked is told", async (t) => {
  const shell = await new Shell().start(t);
  shell.hub.step = () => {
    throw new RangeError("planted");
  };
  const act = { operator: "ada", reason: "test" };
  const answer = shell.runtime.operator.act({ kind: "halt", act, scope: { robot: "", fleet: "" } });
  t.match(await answer, { code: "SITE_STOPPING", message: /planted/ });
  t.same(shell.faults, ["planted"]);
});

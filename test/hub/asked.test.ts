// R14: robots are asked about themselves one question at a time, with a limit in time, and only by a hub of their own
// software; what they answer never reaches the core.
import t from "tap";
import { Asked, type AskedStream } from "../../hub/asked.js";
import { Hub, replay } from "../../hub/core/hub.js";
import { HubRuntime } from "../../hub/runtime.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";
import { SiteUnderTest } from "./core/site-under-test.js";
import { StubRobot } from "./core/stub-robot.js";

function aStream(id: number, robot: string): AskedStream & { readonly sent: HubMessage[] } {
  const sent: HubMessage[] = [];
  return { id, robot, sent, send: (message) => void sent.push(message) };
}

const helloOf = (robot: string): EdgeMessage => new StubRobot(robot, { xM: 0, yM: 0 }).hello();
const toldOf = (ask: number, lines: readonly string[] = ["because"]): EdgeMessage => {
  return { kind: "toldWhy", ask, known: true, claim: "", lines };
};

t.test("R14 an answer goes to whoever asked, and not into the core", async (t) => {
  const asked = new Asked("0");
  const stream = aStream(4, "r1");
  t.notOk(asked.took(stream, helloOf("r1")), "a hello is the core's");
  const answer = asked.ask("r1", "d-b1-7");
  t.same(stream.sent, [{ kind: "askWhy", ask: 1, id: "d-b1-7" }]);
  t.equal(await asked.ask("r1", "d-b1-8"), null, "one question at a time");
  t.ok(asked.took(aStream(5, "r2"), toldOf(1)), "another robot's word is not the answer");
  t.ok(asked.took(stream, toldOf(9)), "nor is one to another question");
  t.ok(asked.took(stream, toldOf(1, ["it stood"])));
  t.same((await answer)?.lines, ["it stood"]);
  t.ok(asked.took(stream, toldOf(1)), "told again, it is still none of the core's");
});

t.test("R13 a robot that is silent, gone, or of other software is waited for no longer than the limit", async (t) => {
  const asked = new Asked("0", 20);
  const stream = aStream(1, "r1");
  asked.took(stream, helloOf("r1"));
  t.equal(await asked.ask("r1", ""), null, "silent");
  const gone = asked.ask("r1", "");
  asked.closed(1);
  t.equal(await gone, null, "its stream has ended");
  t.equal(await asked.ask("r1", ""), null, "and nobody is asked any more");
  const other = aStream(2, "r2");
  asked.took(other, { ...helloOf("r2"), software: "9.9" } as EdgeMessage);
  t.equal(await asked.ask("r2", ""), null);
  t.same(other.sent, [], "one of other software may not know the question");
});

t.test(
  "R14 explain at the hub gives the robot's own words for its decision, with the events of its claim",
  async (t) => {
    const { site, script } = new SiteUnderTest({ robots: 1 });
    const hub = new Hub({ incarnation: "h1", site, ledger: replay([]), dispatcher: script.dispatcher });
    const events: LedgerEvent[] = [];
    const store = {
      append: async (more: readonly LedgerEvent[]) => void events.push(...more),
      read: async (from: number, most: number) => events.slice(from - 1, from - 1 + most),
      get count() {
        return events.length;
      },
    };
    const runtime = new HubRuntime({
      ...{ hub, store, telemetryCounts: () => ({ messages: 0, bytes: 0 }) },
      onFault: (cause) => t.fail(cause.message),
    });
    t.teardown(() => runtime.stop());
    await runtime.start();
    const robot = new StubRobot("r1", { xM: 6, yM: 6 });
    let say: (message: EdgeMessage) => void = () => undefined;
    runtime.onLink({
      ...{ id: 1, robot: "r1", end: () => undefined, onClosed: () => undefined },
      onMessage: (handler) => {
        say = (message) => handler(message, 0);
      },
      send: (message) => {
        if (message.kind !== "askWhy") return;
        const lines = message.id === "" ? ["as its board tells it: CONFIRM"] : [`${message.id}: drive to A`];
        say({ kind: "toldWhy", ask: message.ask, known: true, claim: "", lines });
      },
    });
    say(robot.hello());
    t.same(await runtime.operator.explain("d-boot1-7"), {
      ...{ kind: "decision", lines: ["d-boot1-7: drive to A"], facts: [], events: [] },
    });
    const told = await runtime.operator.explain("r1");
    t.match(told, { kind: "robot" });
    t.equal("lines" in told ? told.lines.at(-1) : "", "as its board tells it: CONFIRM");
    t.match(await runtime.operator.explain("nothing"), { code: "UNKNOWN_ID" });
  },
);

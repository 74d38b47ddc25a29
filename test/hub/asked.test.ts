// R14: robots are asked about themselves one question at a time, with a limit in time, and only by a hub of their own
// software; what they answer never reaches the core.
import t from "tap";
import { Asked, type AskedStream } from "../../hub/asked.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";
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

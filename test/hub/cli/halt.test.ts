// `drover halt`: it ends with 0 only when every robot is known to stand, waits for evidence as long as it may, and asks
// again while the hub is away.

import t from "tap";
import { FakeShell, openStubHub, run, runAt } from "./stub-hub.js";

const HALT = ["halt", "--site", "--timeout", "400ms"];

t.test("a halt tells robot by robot what is known, and ends with 75 when not all have obeyed", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const states: Readonly<Record<string, string>> = { r1: "obeyed", r2: "delivered" };
  hub.port.halts = (robot) => states[robot] ?? "not-delivered";
  const { exit, out, err } = await runAt(hub, HALT);
  t.equal(exit, 75);
  t.match(out, /^halt of the whole site: 1 of 3 robots obeyed\n/);
  t.match(out, /\nr1 +obeyed +stands, seen/);
  t.match(out, /\nr2 +delivered +follows the order; seen/);
  t.match(out, /\nr3 +not-delivered +no link/);
  t.match(err, /not known to have obeyed: r2, r3. Use the emergency stop/);
  const json = await runAt(hub, [...HALT, "--json"]);
  const [told, error] = json.out.trimEnd().split("\n");
  t.match(JSON.parse(told ?? ""), { obeyed: 1, robots: [{ robot: "r1", state: "obeyed" }, {}, { robot: "r3" }] });
  t.match(JSON.parse(error ?? ""), { error: { code: "NOT_OBEYED", exit: 75 } });
});

t.test("a halt waits for robots to obey, and no longer than it may", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  let looks = 0;
  hub.port.halts = () => {
    looks += 1;
    return looks > 12 ? "obeyed" : "delivered";
  };
  t.match(await runAt(hub, ["halt", "--site", "--timeout", "20s"]), { exit: 0, out: /3 of 3 robots obeyed/ });
  t.ok(looks > 12);
  t.equal(hub.port.asked.length, 1, "asked once");
});

t.test("a robot that the hub does not know to be halted has not obeyed", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.halts = (robot) => (robot === "" ? "x" : "");
  t.match(await runAt(hub, HALT), { exit: 75, out: /0 of 3 robots obeyed/ });
});

t.test("a halt asks again while the hub is away, says so once, and reaches it when it is back", async (t) => {
  const first = await openStubHub();
  const { address } = first;
  first.close();
  const shell = new FakeShell();
  const asked = run(["halt", "--site", "--timeout", "20s", "--hub", address], shell);
  while (!shell.err.includes("asking again")) await new Promise((resolve) => setImmediate(resolve));
  const second = await openStubHub({ listenOn: address });
  t.teardown(() => second.close());
  const { exit, out, err } = await asked;
  t.equal(exit, 0, err);
  t.match(out, /3 of 3 robots obeyed/);
  t.equal(err.match(/not delivered yet/g)?.length, 1);
  t.match(err, /not delivered yet: cannot reach the hub at .*; asking again\n$/);
  t.equal(second.port.asked.length, 1);
});

t.test("a halt that a person stops says that it may not have been delivered", async (t) => {
  const shell = new FakeShell();
  const asked = run(["halt", "--site", "--timeout", "20s", "--hub", "127.0.0.1:1"], shell);
  while (!shell.err.includes("asking again")) await new Promise((resolve) => setImmediate(resolve));
  shell.stopper.abort();
  t.match(await asked, { exit: /69|130/, err: /not (delivered|confirmed)/ });
});

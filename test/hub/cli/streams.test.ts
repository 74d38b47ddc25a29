// Following: events that come later, a site that changes, a person who has seen enough, a hub that goes away.

import t from "tap";
import { FakeShell, golden, openStubHub, runAt } from "./stub-hub.js";
import { aRobot, aSite } from "./stub-views.js";

t.test(
  "events --follow goes on with what becomes durable, each once and in order, and ends cleanly on Ctrl-C",
  async (t) => {
    const hub = await openStubHub();
    t.teardown(() => hub.close());
    const shell = new FakeShell();
    const sequences = () => [...shell.out.matchAll(/"sequence":(\d+)/g)].map(([, found]) => Number(found));
    let appended = 0;
    shell.onWrite = () => {
      if (sequences().length >= 20) shell.stopper.abort();
      else if (sequences().length >= 2) {
        for (; appended < 18; appended += 1) hub.port.append({ kind: "robotEnrolled", robot: `r${appended}` });
      }
    };
    const { exit, err } = await runAt(hub, ["events", "--follow", "--last", "2", "--json"], shell);
    t.same([exit, err], [0, ""]);
    t.same(
      sequences().slice(0, 20),
      Array.from({ length: 20 }, (_, index) => index + 18),
    );
    for (const line of shell.out.trimEnd().split("\n")) t.doesNotThrow(() => JSON.parse(line));
    await until(() => hub.port.listeners.size === 0);
    t.pass("the hub listens for nobody any more");
  },
);

t.test("a follower of a quiet ledger waits longer than the timeout of an answer", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.ledger = [];
  const shell = new FakeShell();
  const following = runAt(hub, ["events", "--follow", "--timeout", "100ms"], shell);
  await until(() => hub.port.listeners.size === 1);
  shell.onWrite = () => shell.stopper.abort();
  const openMs = performance.now();
  await until(() => performance.now() - openMs > 120);
  hub.port.append({ kind: "robotEnrolled", robot: "late" });
  t.match(await following, { exit: 0, out: /robot late enrolled/ });
});

t.test("watch and events --follow end with 69 when the hub goes away, and say so", async (t) => {
  for (const argv of [["watch"], ["events", "--follow", "--json"]]) {
    const hub = await openStubHub();
    const shell = new FakeShell();
    shell.onWrite = () => hub.close();
    const { exit, out, err } = await runAt(hub, argv, shell);
    t.equal(exit, 69, `${argv}`);
    if (argv.includes("--json")) t.match(JSON.parse(out.trimEnd().split("\n").at(-1) ?? ""), { error: { exit: 69 } });
    else t.match(err, /drover: the hub at/);
    hub.close();
  }
});

t.test("a hub that is stopping says so to its followers", async (t) => {
  const stopping = new AbortController();
  const hub = await openStubHub({ stopping: stopping.signal });
  t.teardown(() => hub.close());
  const shell = new FakeShell();
  shell.onWrite = () => stopping.abort();
  t.match(await runAt(hub, ["watch"], shell), { exit: 69, err: /the hub is stopping/ });
  t.match(await runAt(hub, ["watch"]), { exit: 69, err: /cannot WatchSite: the hub is stopping/ });
});

t.test("watch prints a table and then a line per change where output is no terminal", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const later = aSite({
    upMs: 756_000,
    grantsFrozen: true,
    robots: [
      aRobot("r1", { task: "t7", destination: "P9", speedMps: 0.5 }),
      aRobot("r2", {
        linked: false,
        rung: "CONFIRM",
        causes: [{ name: "telemetry-stale", rung: "CONFIRM", detail: "" }],
      }),
      aRobot("r6"),
    ],
    tasks: { submitted: 21, accepted: 20, waiting: 2, active: 3, done: 13, failed: 1, cancelled: 1 },
  });
  hub.port.views = [aSite(), { ...aSite(), upMs: 755_000 }, later];
  const shell = new FakeShell();
  shell.onWrite = (out) => out.includes("r6 is new") && shell.stopper.abort();
  const { exit, out, err } = await runAt(hub, ["watch", "--every", "200ms"], shell);
  t.same([exit, err], [0, ""]);
  t.equal(out, golden("watch-plain", out));
  t.notMatch(out, "\u001b");
});

t.test("watch redraws one screen that fits on a terminal", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell(72, 7);
  let screens = 0;
  shell.onWrite = () => {
    screens += 1;
    if (screens === 2) shell.stopper.abort();
  };
  const { exit, out } = await runAt(hub, ["watch", "--every", "200ms"], shell);
  t.equal(exit, 0);
  const [screen = ""] = out.split("\u001b[H").slice(1);
  t.equal(screen.split("\n").length, 7, "one line less than the terminal, and the end of the last");
  t.match(screen, /and 3 more/);
  t.ok(screen.endsWith("\u001b[J"), "and clears what was below");
  const found = screen.replaceAll("\u001b", "^[");
  t.equal(found, golden("watch-screen", found));
});

t.test("watch ends quietly when nobody reads any more", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell();
  shell.onWrite = () => {
    shell.closed = true;
    shell.stopper.abort();
  };
  t.match(await runAt(hub, ["watch", "--json"], shell), { exit: 0, err: "" });
});

async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error("it did not happen within 5 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

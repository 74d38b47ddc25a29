// --watch: a screen that is repainted on a terminal, a block per change elsewhere, 130 after Ctrl-C; and colours, which
// only a terminal gets.

import t from "tap";
import type { RobotView, TaskView } from "../../../proto/operator-views.js";
import { FakeShell, openStubHub, run, runAt } from "./stub-hub.js";
import { aRobot, aSite, TASKS } from "./stub-views.js";

const FAST = ["--watch", "--every", "200ms"];

/** Each value in turn, then the last one again and again. */
function inTurn<V>(values: readonly V[], shell: FakeShell): () => V {
  let asked = 0;
  return () => {
    asked += 1;
    if (asked === values.length + 2) setImmediate(() => shell.stopper.abort());
    return values[Math.min(asked, values.length) - 1] as V;
  };
}

t.test("robots --watch prints a block per change where output is no terminal, and ends with 130", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell();
  const views: readonly (readonly RobotView[])[] = [
    [aRobot("r1", { speedMps: 0.1 })],
    [aRobot("r1", { speedMps: 0.9, ageBoundMs: 900, leaseLeftMs: 1000, chargeRatio: 0.5 })],
    [aRobot("r1", { rung: "CONFIRM", causes: [{ name: "telemetry-stale", rung: "CONFIRM", detail: "" }] })],
    [aRobot("r1"), aRobot("r2")],
    [aRobot("r1")],
  ];
  hub.port.robots = inTurn(views, shell) as typeof hub.port.robots;
  const { exit, out, err } = await runAt(hub, ["robots", ...FAST], shell);
  t.same([exit, err], [130, ""]);
  const blocks = out.split("\n\n");
  t.equal(blocks.length, 4, out);
  t.match(blocks[0], /^ROBOT .*\nr1 +AUTONOMOUS/);
  t.match(blocks[1], /\nr1 +CONFIRM +telemetry-stale/);
  t.match(blocks[2], /\nr2 /);
  t.notMatch(blocks[3], /\nr2 /);
});

t.test("task list --watch --json prints a value per line and per change, and status --watch too", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell();
  const [first] = TASKS as readonly [TaskView, ...TaskView[]];
  const lists = [[first], [{ ...first, acceptedAgoMs: first.acceptedAgoMs + 5000 }], [{ ...first, robot: "r9" }], []];
  hub.port.tasks = inTurn(lists, shell);
  const tasks = await runAt(hub, ["task", "list", "--json", ...FAST], shell);
  t.same([tasks.exit, tasks.err], [130, ""]);
  const told = tasks.out.trimEnd().split("\n");
  t.same(
    told.map((line) => (JSON.parse(line) as { tasks: TaskView[] }).tasks.map(({ robot }) => robot)),
    [[first.robot], ["r9"], []],
  );

  const other = new FakeShell();
  const site = aSite();
  hub.port.site = inTurn([site, { ...site, upMs: 760_000, events: 13 }, { ...site, decisions: [] }], other);
  const status = await runAt(hub, ["status", ...FAST], other);
  t.equal(status.exit, 130);
  t.equal(status.out.split(/^site demo/m).length - 1, 2);
});

t.test("robots --watch repaints one screen that fits on a terminal", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shell = new FakeShell(72, 4);
  let screens = 0;
  shell.onWrite = () => {
    screens += 1;
    if (screens === 3) shell.stopper.abort();
  };
  const { exit, out, err } = await runAt(hub, ["robots", ...FAST], shell);
  t.same([exit, err], [130, ""]);
  const painted = out.split("\u001b[H").slice(1);
  t.equal(painted.length, 3, "also where nothing has changed: ages do");
  for (const screen of painted) t.match(screen, /^ROBOT[^\n]*\n[^\n]*\n[^\n]*and 4 more/);
});

t.test("--watch ends with 69 when the hub goes away, with 0 when nobody reads, and --every goes with it", async (t) => {
  const hub = await openStubHub();
  const shell = new FakeShell();
  shell.onWrite = () => hub.close();
  t.match(await runAt(hub, ["robots", ...FAST, "--timeout", "500ms"], shell), {
    exit: 69,
    err: /cannot reach the hub/,
  });
  const other = await openStubHub();
  t.teardown(() => other.close());
  const closed = new FakeShell();
  closed.onWrite = () => {
    closed.closed = true;
    closed.stopper.abort();
  };
  t.match(await runAt(other, ["status", ...FAST], closed), { exit: 0, err: "" });
  t.match(await run(["robots", "--every", "1s"]), { exit: 64, err: /--every goes with --watch/ });
  t.match(await run(["robots", "--watch", "--every", "1ms"]), { exit: 64, err: /from 200ms to 10s/ });
});

t.test("rungs are coloured on a terminal only, and never with NO_COLOR or --json", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shellOf = (isTty: boolean, colours: boolean) => {
    const shell = new FakeShell(isTty ? 100 : 0, isTty ? 40 : 0);
    shell.terminal = { ...shell.terminal, colours };
    return shell;
  };
  const plain = { robots: "", status: "", "mode show": "" };
  for (const command of Object.keys(plain) as (keyof typeof plain)[]) {
    const argv = command.split(" ");
    const painted = await runAt(hub, argv, shellOf(true, true));
    t.match(painted.out, "\u001b[32mAUTONOMOUS\u001b[0m", command);
    if (command !== "status") t.match(painted.out, "\u001b[1;31mHALT\u001b[0m");
    const bare = await runAt(hub, argv, shellOf(true, false));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what this test is about.
    t.equal(painted.out.replace(/\u001b\[[\d;]*m/g, ""), bare.out, "colours change nothing else");
    for (const shell of [shellOf(true, false), shellOf(false, true)])
      t.notMatch((await runAt(hub, argv, shell)).out, "\u001b");
    t.notMatch((await runAt(hub, [...argv, "--json"], shellOf(true, true))).out, "\u001b");
  }
});

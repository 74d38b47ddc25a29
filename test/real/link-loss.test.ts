// Loss of the hub in every form: killed, stopped with its sockets open, silent, and never really there.

import { type ChildProcess, fork } from "node:child_process";
import { createServer, type Socket } from "node:net";
import t from "tap";
import { monotonicMs } from "../../proto/codec/clock.js";
import { aHub, aLink, HELLO } from "./link-kit.js";
import { compiled, until } from "./transport-kit.js";

async function aHubProcess(port = 0): Promise<{ child: ChildProcess; port: number; told: object[] }> {
  const child = fork(compiled("test/real/link-hub.js"), [String(port)]);
  const told: object[] = [];
  child.on("message", (message) => told.push(message as object));
  await until("the hub process listens", () => told.length > 0);
  return { child, port: (told[0] as { port: number }).port, told };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await gone;
  }
}

t.test("link comes back by itself after the hub was killed and started again", async (t) => {
  const first = await aHubProcess();
  t.teardown(() => end(first.child));
  const { link, events } = aLink(t, first.port);
  link.start();
  await until("welcome", () => events.messages.some(({ kind }) => kind === "welcome"));
  await end(first.child);
  await until("the loss is noticed", () => events.closed.length > 0);
  t.equal(link.send(HELLO), false, "nothing is kept for the next hub");
  await until("it tries again and again", () => events.closed.length > 4);
  const pausesMs = events.atMs.slice(1).map((atMs, index) => atMs - (events.atMs[index] ?? 0));
  t.ok((pausesMs.at(-1) ?? 0) > (pausesMs[0] ?? 0), `pauses grow: ${pausesMs.join(", ")} ms`);
  const second = await aHubProcess(first.port);
  t.teardown(() => end(second.child));
  events.messages.length = 0;
  await until("welcome again", () => events.messages.some(({ kind }) => kind === "welcome"));
});

t.test("link notices a hub that stands still with its sockets open", async (t) => {
  const hub = await aHubProcess();
  t.teardown(() => end(hub.child));
  const { link, events } = aLink(t, hub.port);
  link.start();
  let nonce = 0;
  const renewals = setInterval(() => link.send({ kind: "renew", nonce: ++nonce, modeSequence: 0, acting: [] }), 100);
  t.teardown(() => clearInterval(renewals));
  await until("renewed", () => events.messages.filter(({ kind }) => kind === "renewed").length > 3);
  hub.child.kill("SIGSTOP");
  const stoppedMs = monotonicMs();
  await until("the silence is noticed", () => events.closed.length > 0);
  t.ok(monotonicMs() - stoppedMs < 4000, `noticed after ${monotonicMs() - stoppedMs} ms: ${events.closed[0]}`);
  hub.child.kill("SIGCONT");
  events.messages.length = 0;
  await until("renewed again", () => events.messages.some(({ kind }) => kind === "renewed"));
});

t.test("link notices by silence alone a hub that answers pings and nothing else", async (t) => {
  const { host } = await aHub(t);
  const { link, events } = aLink(t, host.port);
  const startedMs = monotonicMs();
  link.start();
  await until("open", () => events.opens === 1);
  await until("the silence is noticed", () => events.closed.length > 0);
  t.equal(events.closed[0], "no message from the hub for 3000 ms");
  t.ok(monotonicMs() - startedMs >= 3000);
});

t.test("link neither counts as open nor collects sockets while something mute listens at the hub's port", async (t) => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((done) => mute.listen(0, "127.0.0.1", done));
  t.teardown(() => mute.close());
  const at = mute.address();
  const { link, events } = aLink(t, typeof at === "object" && at !== null ? at.port : 0, { silenceMs: 100 });
  link.start();
  await until("given up several times", () => events.closed.length > 4);
  t.equal(events.opens, 0);
  t.ok(sockets.size <= 2, `${sockets.size} sockets after ${events.closed.length} attempts`);
  link.close();
  await until("the last is closed", () => sockets.size === 0);
});

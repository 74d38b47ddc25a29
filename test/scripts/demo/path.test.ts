// A stretch of network that is cut carries nothing, keeps the sockets, and delivers what was under way when it is
// whole.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { NetworkPath } from "../../../scripts/demo/path.js";

t.test("a path carries bytes both ways, none while it is cut, and all of them afterwards", async (t) => {
  const { path, near } = await aPath(t);
  t.equal(await asked(near, "a"), "<a>");
  path.cut();
  let heard = "";
  near.on("data", (bytes) => (heard += String(bytes)));
  near.write("b");
  const late = connect({ host: "127.0.0.1", port: path.port });
  late.on("data", (bytes) => (heard += String(bytes)));
  late.write("c");
  await turns(50);
  t.equal(heard, "", "nothing passes, on old sockets and on new ones");
  t.notOk(near.destroyed, "the ends keep their sockets");
  const delivered = Promise.all([once(near, "data"), once(late, "data")]);
  path.restore();
  await delivered;
  t.same([...heard].sort().join(""), "<<>>bc", "what was under way arrives");
  late.destroy();
});

t.test("a path that is cut one way carries the other, and tells nobody beyond the cut of an end", async (t) => {
  const { path, near, seen } = await aPath(t);
  await asked(near, "a");
  path.cut(["down"]);
  near.write("b");
  await turns(50);
  t.equal(seen.heard, "ab", "up it passes");
  path.restore();
  t.equal(String((await once(near, "data"))[0]), "<b>", "what came down waited");
  path.cut(["up"]);
  near.write("c");
  near.destroy();
  await turns(50);
  t.equal(seen.heard, "ab");
  t.equal(seen.closed, 0, "the far end does not learn that the near one is gone");
  path.restore();
  await until(() => seen.closed === 1);
});

t.test("a half-open path swallows every byte, and its connections end when it is whole", async (t) => {
  const { path, near, seen } = await aPath(t);
  await asked(near, "a");
  path.swallow();
  near.write("b");
  await turns(50);
  t.equal(seen.heard, "a");
  t.notOk(near.destroyed, "the ends keep their sockets");
  path.restore();
  await Promise.all([once(near, "close"), until(() => seen.closed === 1)]);
  t.equal(seen.heard, "a", "what was swallowed never comes");
  const again = connect({ host: "127.0.0.1", port: path.port });
  t.equal(await asked(again, "c"), "<c>");
  again.destroy();
});

/** A path to something that answers each text in brackets, and a connection through it. */
async function aPath(t: Test) {
  const seen = { heard: "", closed: 0 };
  const echo = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("close", () => (seen.closed += 1));
    socket.on("data", (bytes) => {
      seen.heard += String(bytes);
      socket.write(`<${bytes}>`);
    });
  });
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  const path = await NetworkPath.open({ port: (echo.address() as AddressInfo).port });
  const near = connect({ host: "127.0.0.1", port: path.port });
  t.teardown(async () => {
    near.destroy();
    await path.close();
    echo.close();
  });
  await once(near, "connect");
  return { path, near, seen };
}

/** The event loop turns until it holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !holds(); turn += 1) await turns(1);
  if (!holds()) throw new Error("it never held");
}

async function asked(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, "data");
  socket.write(text);
  return String((await answer)[0]);
}

/** Lets the event loop turn, so that whatever could arrive on loopback has arrived. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

// A stretch of network that is cut carries nothing, keeps the sockets, and delivers what was under way when it is
// whole.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import t from "tap";
import { NetworkPath } from "../../../scripts/demo/path.js";

t.test("a path carries bytes both ways, none while it is cut, and all of them afterwards", async (t) => {
  const echo = createServer((socket) => socket.on("data", (bytes) => socket.write(`<${bytes}>`)));
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

async function asked(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, "data");
  socket.write(text);
  return String((await answer)[0]);
}

/** Lets the event loop turn, so that whatever could arrive on loopback has arrived. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

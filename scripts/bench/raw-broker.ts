// aedes alone, as a process of its own: what the site broker is built on, without policy, guard and limits. Tells its
// port to its parent and ends with it.

import { createServer, type Server } from "node:net";
import { Aedes } from "aedes";

const aedes = await Aedes.createBroker();
const listener: Server = createServer((socket) => {
  socket.setNoDelay(true);
  aedes.handle(socket);
});
process.once("disconnect", () => process.exit(0));
listener.listen(0, "127.0.0.1", () => {
  const address = listener.address();
  process.send?.({ ready: true, port: typeof address === "object" ? address?.port : 0 });
});

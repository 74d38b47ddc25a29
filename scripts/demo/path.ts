// A stretch of network that can be cut: a TCP forwarder on loopback between one robot and one listener. Cut, it carries
// no byte either way and opens nothing new, while the ends keep their sockets, as when a radio goes out of reach; what
// was under way arrives when it is whole again, or not at all when an end has given up.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class NetworkPath {
  readonly #listener: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #cut = false;

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  static async open(target: { readonly port: number }): Promise<NetworkPath> {
    const listener = createServer();
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(0, "127.0.0.1", resolve);
    });
    const path = new NetworkPath(listener);
    listener.on("connection", (near) => path.#carry(near, target.port));
    return path;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  cut(): void {
    this.#cut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  restore(): void {
    this.#cut = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #carry(near: Socket, port: number): void {
    const far = connect({ host: "127.0.0.1", port });
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    join(near, far);
    join(far, near);
    if (this.#cut) for (const socket of pair) socket.pause();
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.once("error", end).once("close", end).setNoDelay(true);
  }
}

/** Unlike `pipe`, leaves pausing to the path, and keeps the other end's pace. */
function join(from: Socket, to: Socket): void {
  from.on("data", (bytes) => {
    if (!to.destroyed) to.write(bytes);
  });
}

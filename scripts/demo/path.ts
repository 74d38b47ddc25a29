// A stretch of network that can be cut: a TCP forwarder on loopback between one robot and one listener. Cut, both ways
// or one, it carries no byte that way and tells nobody of an end that hung up, while the ends keep their sockets, as
// when a radio goes out of reach; what was under way arrives when it is whole again, or not at all when an end has
// given up. Half-open, it swallows what it is given, and its connections are dead when it is whole again.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Up: from the robot. */
export type Way = "up" | "down";
export const BOTH_WAYS: readonly Way[] = ["up", "down"];

interface Pair {
  readonly up: Socket; // the one that bytes on their way up come from: the robot's
  readonly down: Socket;
  dead: boolean; // an end hung up, or bytes were lost: ended when the path is whole
}

export class NetworkPath {
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #cut: readonly Way[] = [];
  #swallows = false;

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

  cut(ways: readonly Way[] = BOTH_WAYS): void {
    this.#cut = ways;
    for (const pair of this.#pairs) for (const way of ways) pair[way].pause();
  }

  /** Half-open: takes everything, accepts new connections, and passes nothing on. */
  swallow(): void {
    this.#swallows = true;
  }

  restore(): void {
    this.#cut = [];
    this.#swallows = false;
    for (const pair of this.#pairs) {
      if (pair.dead) this.#end(pair);
      else for (const way of BOTH_WAYS) pair[way].resume();
    }
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#end(pair);
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #carry(near: Socket, port: number): void {
    const far = connect({ host: "127.0.0.1", port });
    const pair: Pair = { up: near, down: far, dead: false };
    this.#pairs.add(pair);
    for (const way of BOTH_WAYS) {
      const [from, to] = [pair[way], pair[way === "up" ? "down" : "up"]];
      // Unlike `pipe`, leaves pausing to the path, and keeps the other end's pace.
      from.on("data", (bytes) => {
        if (this.#swallows) pair.dead = true;
        else if (!to.destroyed) to.write(bytes);
      });
      if (this.#cut.includes(way)) from.pause();
      const hungUp = () => this.#hungUp(pair, way);
      from.once("error", hungUp).once("close", hungUp).setNoDelay(true);
    }
  }

  #hungUp(pair: Pair, way: Way): void {
    if (this.#swallows || this.#cut.includes(way)) pair.dead = true;
    else this.#end(pair);
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.up.destroy();
    pair.down.destroy();
  }
}

// The sockets of one attempt to connect, so that giving the attempt up closes them. grpc-js keeps a connection whose
// peer accepts but never speaks, for ever and even after its channel was closed: a hub that stands still would collect
// one more with every attempt. Node announces each new client socket; the asynchronous context tells whose it is.

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

const current = new AsyncLocalStorage<Dialled>();
let listening = false;

function noteSocket(message: unknown): void {
  const { socket } = message as { readonly socket?: Socket };
  if (socket !== undefined) current.getStore()?.add(socket);
}

export class Dialled {
  readonly #sockets = new Set<Socket>();
  #over = false;

  /** Runs `dial`; sockets that it or anything it starts opens belong to this attempt. */
  run<T>(dial: () => T): T {
    if (!listening) subscribe("net.client.socket", noteSocket);
    listening = true;
    return current.run(this, dial);
  }

  add(socket: Socket): void {
    if (this.#over) {
      setImmediate(() => socket.destroy());
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Closes all of them, and those that still come. */
  destroy(): void {
    this.#over = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

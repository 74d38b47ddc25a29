// R13: who keeps a connection to the console when there are as many as there may be. A new one takes the seat of the
// one that has longest asked for nothing more, else of the one that has longest not finished its first or next request,
// so that whoever opens many and says little keeps nobody out. One that waits for its answer, or follows the site live,
// is never sent away. An address beyond this machine has a share of the seats; behind loopback may be everybody.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isLoopback } from "../../fleet-config/secure.js";

export interface SeatLimits {
  readonly most: number;
  readonly mostOfOne: number; // of one address
  /** Whether many may stand behind an address, so that it has no share of its own. Default: loopback. */
  readonly isShared?: ((address: string) => boolean) | undefined;
}

interface Seat {
  readonly address: string;
  socket: Socket; // with TLS, once it is agreed on, what is said through it
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse } | null; // the newest
}

/** In this order they are sent away. */
const FIRST_AWAY = ["idle", "unfinished"] as const;

export class Seats {
  readonly #limits: SeatLimits;
  readonly #seats = new Map<string, Seat>(); // by address and port; whoever has longest said nothing comes first

  constructor(limits: SeatLimits) {
    this.#limits = limits;
  }

  /** Seats a new connection, or ends it when nobody can be sent away for it. */
  take(socket: Socket): void {
    const key = keyOf(socket);
    const address = socket.remoteAddress ?? "";
    if (key === null || !this.#makeRoom(address)) {
      socket.destroy();
      return;
    }
    const seat: Seat = { address, socket, exchange: null };
    this.#seats.set(key, seat);
    this.#leave(key, seat);
  }

  #leave(key: string, seat: Seat): void {
    seat.socket.once("close", () => {
      if (this.#seats.get(key) === seat) this.#seats.delete(key);
    });
  }

  /** TLS is agreed on over a connection that has a seat. */
  secured(socket: Socket): void {
    const key = keyOf(socket) ?? "";
    const seat = this.#seats.get(key);
    if (seat === undefined) return;
    seat.socket = socket;
    this.#leave(key, seat);
  }

  /** The head of a request has come. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    const key = keyOf(request.socket) ?? "";
    const seat = this.#seats.get(key);
    if (seat === undefined) return;
    seat.exchange = { request, response };
    this.#seats.delete(key);
    this.#seats.set(key, seat);
  }

  /** false: nobody can go. */
  #makeRoom(address: string): boolean {
    const { most, mostOfOne, isShared = isLoopback } = this.#limits;
    if (!isShared(address)) {
      const own = [...this.#seats.values()].filter((seat) => seat.address === address);
      if (own.length >= mostOfOne) return this.#sendAway(own);
    }
    return this.#seats.size < most || this.#sendAway([...this.#seats.values()]);
  }

  #sendAway(among: readonly Seat[]): boolean {
    for (const how of FIRST_AWAY) {
      const seat = among.find((one) => stateOf(one) === how);
      if (seat === undefined) continue;
      for (const [key, one] of this.#seats) if (one === seat) this.#seats.delete(key);
      seat.socket.destroy();
      return true;
    }
    return false;
  }
}

function stateOf({ exchange }: Seat): "idle" | "unfinished" | "busy" {
  if (exchange === null || !exchange.request.complete) return "unfinished";
  return exchange.response.writableFinished || exchange.response.destroyed ? "idle" : "busy";
}

/** null: it is gone already. */
function keyOf({ remoteAddress, remotePort }: Socket): string | null {
  return remoteAddress === undefined ? null : `${remoteAddress} ${remotePort}`;
}

// The live views: one frame per period for all who look, the whole site for whoever is new or was too slow, and for the
// others what changed. R13: a page that does not take its frame gets no further one until it has, and is dropped when
// it takes nothing for long.

import { FRAME_EVENTS_MOST, frameOf, type LiveView } from "../../proto/console.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import type { ConsolePort } from "../operator-port.js";
import type { Trail } from "./trail.js";

/** Where frames go. */
export interface Sink {
  /** False: nothing more should be written before `drained` was called. */
  write(text: string): boolean;
  end(): void;
}

interface Stream {
  readonly sink: Sink;
  whole: boolean; // the next frame must be a full one
  blockedMs: number | null; // since when it has taken nothing
}

export interface LiveOptions {
  readonly port: Pick<ConsolePort, "site" | "places" | "onEvents">;
  readonly trail: Trail;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly streamsMost: number;
  readonly slowMs: number;
}

export interface Follower {
  /** It takes more. */
  drained(): void;
  closed(): void;
}

export class Live {
  readonly #options: LiveOptions;
  readonly #streams = new Set<Stream>();
  #last: LiveView | null = null;
  #events: LedgerEvent[] = [];
  #quiet: (() => void) | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#streams.size;
  }

  /** null: too many are open. The first frame is sent by the next `tick`. */
  follow(sink: Sink): Follower | null {
    const { port, streamsMost } = this.#options;
    if (this.#streams.size >= streamsMost) return null;
    const stream: Stream = { sink, whole: true, blockedMs: null };
    this.#streams.add(stream);
    this.#quiet ??= port.onEvents((events) => {
      this.#events.push(...events.slice(0, Math.max(0, FRAME_EVENTS_MOST - this.#events.length)));
    });
    return {
      drained: () => {
        stream.blockedMs = null;
      },
      closed: () => {
        this.#streams.delete(stream);
        if (this.#streams.size === 0) this.#rest();
      },
    };
  }

  /** To be called each FRAME_MS. No-op when nobody looks. */
  tick(): void {
    if (this.#streams.size === 0) return;
    const view = this.#view();
    const changes = this.#last === null ? "" : message(JSON.stringify(frameOf(this.#last, view, this.#events)));
    let whole = "";
    for (const stream of [...this.#streams]) {
      if (this.#isSlow(stream)) continue;
      if (stream.whole || changes === "") whole ||= message(JSON.stringify(frameOf(null, view, [])));
      const text = stream.whole || changes === "" ? whole : changes;
      stream.whole = false;
      if (!stream.sink.write(text)) stream.blockedMs = this.#options.nowMs();
    }
    this.#last = view;
    this.#events = [];
  }

  close(): void {
    for (const { sink } of [...this.#streams]) sink.end();
    this.#streams.clear();
    this.#rest();
  }

  #rest(): void {
    this.#quiet?.();
    this.#quiet = null;
    this.#last = null;
    this.#events = [];
  }

  /** One that has not taken the frame before misses this one; one that takes nothing for long is let go. */
  #isSlow(stream: Stream): boolean {
    if (stream.blockedMs === null) return false;
    stream.whole = true;
    if (this.#options.nowMs() - stream.blockedMs >= this.#options.slowMs) stream.sink.end();
    return true;
  }

  #view(): LiveView {
    const { port, trail, wallMs } = this.#options;
    const seen = port.site();
    trail.noteLeases(seen);
    const { robots, ...site } = seen;
    return {
      site: { ...site, wallMs: wallMs() },
      robots: Object.fromEntries(robots.map((robot) => [robot.id, trail.withLease(robot)])),
      places: Object.fromEntries(port.places().map((place) => [place.id, place])),
    };
  }
}

function message(json: string): string {
  return `data: ${json}\n\n`;
}

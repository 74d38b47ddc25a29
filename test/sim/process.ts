// What hub and edge have in common as processes of a machine: they end and stop at any boundary between two effects,
// what reaches a stopped one waits for it, and what reaches one that has ended is gone.

type Todo = () => void;

/** Inputs that may wait for a stopped process; a socket's buffer is no longer. */
const INBOX_MOST = 2000;

export abstract class Process {
  readonly #inbox: Todo[] = [];
  #state: "running" | "stopped" | "ended" = "running";
  /** Effect boundaries to pass before it ends or stops; null: it does not. */
  endsAfter: number | null = null;
  stopsAfter: number | null = null;
  /** Happens when it stops. */
  onStop: Todo | null = null;

  get running(): boolean {
    return this.#state === "running";
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Does it now, or when the process goes on. */
  enter(what: Todo): void {
    if (this.#state === "running") what();
    else if (this.#state === "stopped" && this.#inbox.length < INBOX_MOST) this.#inbox.push(what);
  }

  /** Performs effects in order; the process may end or stop before each of them. */
  perform<E>(effects: readonly E[], one: (effect: E) => void, then: Todo = () => {}): void {
    this.#performFrom(0, { effects, one, then });
  }

  #performFrom<E>(
    from: number,
    work: { readonly effects: readonly E[]; readonly one: (effect: E) => void; readonly then: Todo },
  ): void {
    for (let index = from; index < work.effects.length; index += 1) {
      this.#boundary();
      if (this.ended) return;
      if (!this.running) {
        this.#inbox.unshift(() => this.#performFrom(index, work));
        return;
      }
      work.one(work.effects[index] as E);
      if (this.ended) return;
    }
    work.then();
  }

  #boundary(): void {
    if (this.endsAfter !== null) {
      if (this.endsAfter <= 0) this.end("killed");
      else this.endsAfter -= 1;
    }
    if (this.stopsAfter !== null) {
      if (this.stopsAfter <= 0) this.stop();
      else this.stopsAfter -= 1;
    }
  }

  stop(): void {
    if (this.#state !== "running") return;
    this.#state = "stopped";
    this.stopsAfter = null;
    this.onStop?.();
    this.onStop = null;
  }

  goOn(): void {
    this.stopsAfter = null;
    this.onStop = null;
    if (this.#state !== "stopped") return;
    this.#state = "running";
    while (this.#inbox.length > 0 && this.#state === "running") this.#inbox.shift()?.();
  }

  /** The process is gone at once. */
  end(why: string): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#inbox.length = 0;
    this.gone(why);
  }

  /** What the rest of the world notices of its end. */
  protected abstract gone(why: string): void;
}

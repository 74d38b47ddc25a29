// Tells another system by POST of JSON, with a bounded number of tries, each bounded in time, and a bounded number that
// wait. What cannot be told is given up and said so: a hook that is down holds nobody up.

export interface WebhookOptions {
  readonly url: string;
  /** Told once for each message that was given up. */
  readonly onGivenUp: (why: string) => void;
  readonly triesMost?: number; // 6
  readonly firstWaitMs?: number; // 1 s, doubled after each try
  readonly answerMs?: number; // 5 s
  readonly waitingMost?: number; // 64
}

export class Webhook {
  readonly #options: Required<WebhookOptions>;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<Promise<void>>();

  constructor(options: WebhookOptions) {
    this.#options = { triesMost: 6, firstWaitMs: 1000, answerMs: 5000, waitingMost: 64, ...options };
  }

  /** Sends it in its own time; never throws and never waits. */
  tell(message: object): void {
    const { waitingMost, onGivenUp } = this.#options;
    if (this.#waiting.size >= waitingMost) return onGivenUp(`${waitingMost} messages wait already`);
    const sent = this.#send(JSON.stringify(message)).finally(() => this.#waiting.delete(sent));
    this.#waiting.add(sent);
  }

  /** Gives up what still waits. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#waiting);
  }

  async #send(body: string): Promise<void> {
    const { triesMost, firstWaitMs, onGivenUp } = this.#options;
    let why = "";
    for (let tried = 0; tried < triesMost && !this.#stop.signal.aborted; tried += 1) {
      if (tried > 0) await this.#pause(firstWaitMs * 2 ** (tried - 1));
      if (this.#stop.signal.aborted) break;
      why = await this.#post(body);
      if (why === "") return;
    }
    onGivenUp(this.#stop.signal.aborted ? "the hub stops" : `${triesMost} tries: ${why}`);
  }

  /** Empty when it was taken, else why not. */
  async #post(body: string): Promise<string> {
    const { url, answerMs } = this.#options;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(answerMs)]);
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", body, headers, redirect: "error", signal });
      await response.body?.cancel();
      return response.ok ? "" : `status ${response.status}`;
    } catch (cause) {
      const { message, cause: deeper } = cause as Error;
      return deeper instanceof Error ? deeper.message : message;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop.signal.addEventListener("abort", done);
    });
  }
}

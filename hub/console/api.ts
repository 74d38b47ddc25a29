// How the page speaks to its hub: with a token that came in the address's fragment, which no server and no log sees. A
// refusal is a value; only a hub that cannot be reached throws.

import type { Frame } from "../../proto/console.js";

export interface Refused {
  readonly refused: true;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export function isRefused(found: unknown): found is Refused {
  return typeof found === "object" && found !== null && "refused" in found && found.refused === true;
}

const KEPT = "drover-token";
const ASK_MS = 8000;

export class Api {
  #token: string;

  constructor() {
    const given = location.hash.slice(1);
    this.#token = given === "" ? (sessionStorage.getItem(KEPT) ?? "") : given;
    if (given !== "") {
      sessionStorage.setItem(KEPT, given);
      history.replaceState(null, "", location.pathname);
    }
  }

  set token(token: string) {
    this.#token = token.trim().replace(/^.*#/, "");
    sessionStorage.setItem(KEPT, this.#token);
  }

  /** Throws when the hub is not reached, or answers nothing within `withinMs`. */
  async get<T>(
    name: string,
    query: Readonly<Record<string, string | number>> = {},
    withinMs = ASK_MS,
  ): Promise<T | Refused> {
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    return this.#answer(await this.#fetch(`/api/${name}?${search}`, { signal: AbortSignal.timeout(withinMs) }));
  }

  async act<T>(kind: string, request: object): Promise<T | Refused> {
    return this.#answer(
      await this.#fetch(`/api/act/${kind}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(ASK_MS),
      }),
    );
  }

  /** Reads live frames until the stream ends or is aborted; gives why it was refused, or null when it just ended. */
  async live(stop: AbortSignal, take: (frame: Frame) => void): Promise<Refused | null> {
    const response = await this.#fetch("/api/live", { signal: stop });
    if (!response.ok || response.body === null) {
      const found = await this.#answer<unknown>(response);
      return isRefused(found) ? found : null;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        if (text.startsWith("data: ")) take(JSON.parse(text.slice("data: ".length, end)) as Frame);
        text = text.slice(end + 2);
      }
    }
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    return fetch(path, { ...init, headers, cache: "no-store" });
  }

  async #answer<T>(response: Response): Promise<T | Refused> {
    const body = (await response.json().catch(() => ({}))) as { readonly code?: string; readonly message?: string };
    if (response.ok) return body as T;
    const { code = "", message = `the hub answered ${response.status}` } = body;
    return { refused: true, status: response.status, code, message };
  }
}

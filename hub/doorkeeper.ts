// The shell around admission: the book of tokens in the data directory, and without TLS the one-time token of this
// start, which is printed, kept in the data directory and left where this user's commands find it.

import { createHash, timingSafeEqual } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { SiteConfig } from "../fleet-config/types.js";
import { monotonicMs } from "../proto/codec/clock.js";
import { leaveToken, takeTokenAway, writeSecret } from "../proto/codec/own-token.js";
import type { RefusalCode } from "../proto/errors.js";
import { ONE_TIME } from "../proto/rights.js";
import { Admission, bearerOf } from "./admission.js";
import { newToken, TokenBook } from "./io/token-book.js";

/** Holds the one-time token while this hub runs. */
export const ONE_TIME_FILE = "operator.token";

export interface DoorkeeperParts {
  readonly dataDir: string;
  readonly config: SiteConfig;
  readonly isTls: boolean;
  /** Where this user's commands look for tokens; null: nowhere. */
  readonly tokenFolder: string | null;
  readonly log: Logger;
  readonly onDenied: (code: RefusalCode) => void;
}

export interface Doorkeeper {
  readonly admission: Admission;
  readonly tokenOf: (call: { readonly metadata: { get(key: string): unknown[] } }) => string | null;
  /** Prints the one-time token and leaves it for this user's commands, once the port is known. No-op with TLS. */
  opened(port: number): void;
  close(): void;
}

export function openDoorkeeper(parts: DoorkeeperParts): Doorkeeper {
  const { dataDir, log, config } = parts;
  const oneTime = parts.isTls ? null : newToken(ONE_TIME);
  const file = join(dataDir, ONE_TIME_FILE);
  const fault = keep(file, oneTime);
  if (fault !== null) log.warn({ cause: fault }, `${ONE_TIME_FILE} cannot be written; the token is printed`);
  const digest = sha256(oneTime ?? "");
  const admission = new Admission({
    book: new TokenBook({
      ...{ dataDir, wallMs: () => Date.now() },
      onUnread: (why) => log.error({ why }, "the tokens cannot be read: none of them is believed"),
    }),
    isOneTime: (token) => timingSafeEqual(sha256(token), digest) && oneTime !== null,
    people: config.people,
    robots: new Set(config.robots.map(({ id }) => id)),
    nowMs: monotonicMs,
    onDenied: parts.onDenied,
    onTold: (denied, last) => log.warn({ denied, last }, "calls denied"),
  });
  let port = 0;
  return {
    admission,
    tokenOf: (call) => bearerOf(call.metadata.get("authorization")[0]),
    opened: (found) => {
      if (oneTime === null) return;
      port = found;
      log.info({ token: oneTime, file }, "one-time token of this start, for --token-file or $DROVER_TOKEN");
      leave(parts, port, oneTime);
    },
    close: () => {
      if (oneTime === null) return;
      rmSync(file, { force: true });
      if (parts.tokenFolder !== null) takeTokenAway(parts.tokenFolder, port, oneTime);
    },
  };
}

/** Keeps the token, or takes away that of a start before; gives what the system says against it. */
function keep(file: string, token: string | null): string | null {
  try {
    if (token === null) rmSync(file, { force: true });
    else writeSecret(file, token);
    return null;
  } catch (cause) {
    return (cause as Error).message;
  }
}

/** That nobody finds it ends nothing: it is printed, and in the data directory. */
function leave({ tokenFolder, log }: DoorkeeperParts, port: number, token: string): void {
  if (tokenFolder === null) return;
  try {
    leaveToken(tokenFolder, port, token);
  } catch (cause) {
    log.warn({ cause: (cause as Error).message }, "the one-time token is not left for this user's commands");
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

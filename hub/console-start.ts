// The web console of a hub that runs: its files, its token, and where it is found.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Grid } from "../fleet-config/grid.js";
import type { SiteConfig } from "../fleet-config/types.js";
import { monotonicMs } from "../proto/codec/clock.js";
import type { TlsFiles } from "../proto/codec/tls.js";
import { EXIT } from "../proto/errors.js";
import type { Admission } from "./admission.js";
import { ConsoleHost } from "./io/console-host.js";
import type { ConsolePort } from "./operator-port.js";
import type { HubOptions } from "./options.js";
import { HubStopped } from "./stopped.js";
import { readAssets } from "./web/assets.js";
import { either, oneToken, tokenIn } from "./web/guard.js";
import { Past } from "./web/past.js";
import { Trail } from "./web/trail.js";

const COMPILED = dirname(dirname(fileURLToPath(import.meta.url)));

export interface ConsoleParts {
  readonly port: ConsolePort;
  readonly admission: Pick<Admission, "personOf" | "denied">; // by people's own tokens
  readonly config: SiteConfig;
  readonly grid: Grid;
  readonly tls: (() => TlsFiles) | undefined;
  readonly log: Logger;
}

/** null: there shall be none. Throws HubStopped when it cannot be had. */
export async function openConsole(options: HubOptions, parts: ConsoleParts): Promise<ConsoleHost | null> {
  const { console: at, dataDir } = options;
  if (at === null) return null;
  const { port, admission, config, grid, tls, log } = parts;
  try {
    const token = tokenIn(dataDir);
    const host = await ConsoleHost.open({
      ...{
        port,
        config,
        grid,
        tls,
        host: at.host,
        portNumber: at.port,
        authenticate: either(oneToken(token), admission),
        onDenied: (refusal) => admission.denied(refusal),
      },
      ...{ assets: readAssets(COMPILED), nowMs: monotonicMs, wallMs: Date.now },
      past: new Past({ port }),
      trail: new Trail(config.robots.map(({ id }) => id)),
      onFault: (cause) => log.error({ err: cause }, "the console has a fault"),
    });
    const file = join(dataDir, "console.url");
    const name = at.host.includes(":") ? `[${at.host.replace(/[[\]]/g, "")}]` : at.host;
    const url = `${tls === undefined ? "http" : "https"}://${name}:${host.port}/`;
    writeFileSync(file, `${url}#${token}\n`, { mode: 0o600 });
    log.info({ console: url, withToken: file }, "console"); // the token itself is for no log
    return host;
  } catch (cause) {
    throw new HubStopped(EXIT.unavailable, `the hub cannot open its console: ${(cause as Error).message}`);
  }
}

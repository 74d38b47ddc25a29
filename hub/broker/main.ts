// The site's MQTT broker, a process of its own so that nothing that happens to it can touch the lease service. Tells
// its port in one message ({"ready":true,"port":N}: by IPC when it was forked, else as a line on standard output), ends
// when its parent goes away, and ends cleanly on SIGTERM and SIGINT. What it refuses is summed up on standard error, at
// most a line a second. It takes up renewed files of TLS while it runs. With --revoked it ends the connections of
// robots whose certificate was revoked, and does not start on a list that cannot be believed. Exit: 0 asked to end, 64
// wrong call, 65 such a list or none, 69 port not to be had, 77 not without TLS, 78 files of TLS that cannot
// be used.

import { fstatSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigRefused } from "../../fleet-config/refused.js";
import { checkListen, type TlsSources } from "../../fleet-config/secure.js";
import { ownTls } from "../../fleet-config/tls-files.js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { PolicedBroker } from "../../proto/codec/mqtt-broker.js";
import { type IsRevoked, RENEWAL_LOOK_MS, type TlsFiles } from "../../proto/codec/tls.js";
import { EXIT } from "../../proto/errors.js";
import { watchRevoked } from "../io/revoked-book.js";
import { stoppedBy } from "../kept-command.js";
import { sitePolicy } from "./policy.js";

const USAGE = `drover site broker: --site NAME [--host 127.0.0.1] [--port 1883]
  [--ca FILE --cert FILE --key FILE [--revoked FILE]]    FILE: the hub's DATA/revoked.json, here or a copy`;
const OPTIONS = {
  site: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "1883" },
  ca: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  revoked: { type: "string" },
} as const;
const LIMITS = {
  packetBytes: 65_536,
  clients: 1200,
  keepaliveLeastS: 5,
  keepaliveMostS: 30,
  rate: { perSecond: 500, burst: 10_000 },
};
const SITE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

interface Asked {
  readonly site: string;
  readonly host: string;
  readonly port: number;
  readonly tls: (() => TlsFiles) | undefined;
  readonly isRevoked: IsRevoked | undefined;
}

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function read(): Asked {
  const { site = "", host, port: text, ca, cert, key, revoked } = parse();
  const port = Number(text);
  if (!SITE.test(site))
    fail(EXIT.usage, `--site: expected a name of 1 to 64 [A-Za-z0-9._-], found "${site}"\n${USAGE}`);
  if (!/^\d+$/.test(text) || port > 65_535) fail(EXIT.usage, `--port: expected 0 to 65535, found "${text}"\n${USAGE}`);
  const refusal = checkListen({ host, tls: { ca, cert, key } });
  if (refusal !== null) fail(EXIT.permission, refusal);
  const isSecure = ca !== undefined && cert !== undefined && key !== undefined;
  if (revoked !== undefined && !isSecure)
    fail(
      EXIT.usage,
      `--revoked: expected --ca, --cert and --key with it, since only a certificate is revoked\n${USAGE}`,
    );
  const isRevoked = revoked === undefined ? undefined : list(revoked);
  return { site, host, port, tls: renewed({ ca, cert, key }), isRevoked };
}

function list(path: string): IsRevoked {
  const onUnread = (why: string): void => {
    process.stderr.write(
      `${JSON.stringify({ error: "revoked certificates cannot be read: what was known stays", why })}\n`,
    );
  };
  try {
    return watchRevoked({ path, onUnread });
  } catch (cause) {
    const { exit, message } = stoppedBy(cause, `--revoked: the broker does not start without knowing ${path}`);
    return fail(exit, message);
  }
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (cause) {
    return fail(EXIT.usage, `${(cause as Error).message}\n${USAGE}`);
  }
}

/** The files as they are whenever they are asked for. Looked at by itself, so that half a renewal is told at once. */
function renewed(sources: TlsSources): (() => TlsFiles) | undefined {
  const warn = ({ why }: { readonly why: string }, error: string): void => {
    process.stderr.write(`${JSON.stringify({ error, why })}\n`);
  };
  try {
    const { tls } = ownTls(sources, { warn });
    if (tls !== undefined) setInterval(tls, RENEWAL_LOOK_MS).unref();
    return tls;
  } catch (cause) {
    if (cause instanceof ConfigRefused) return fail(EXIT[cause.exitClass], cause.message);
    throw cause;
  }
}

// Sums up refusals, so that a flood of them cannot become a flood of lines.
function reporter(): (id: string | null, reason: string) => void {
  let count = 0;
  let last = "";
  const timer = setInterval(() => {
    if (count > 0) process.stderr.write(`${JSON.stringify({ refused: count, last })}\n`);
    count = 0;
  }, 1000);
  timer.unref();
  return (id, reason) => {
    count += 1;
    last = `${id ?? "unknown client"}: ${reason}`;
  };
}

function endWithParent(end: () => void): void {
  if (process.send !== undefined) {
    process.once("disconnect", end);
    if (!process.connected) end();
    return;
  }
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return; // a terminal or a service manager
  process.stdin.resume();
  process.stdin.once("close", end);
  process.stdin.once("error", end);
}

async function main(): Promise<void> {
  let broker: PolicedBroker | null = null;
  const end = (): void => {
    if (broker === null) process.exit(0);
    void broker.close().then(() => process.exit(0));
  };
  endWithParent(end);
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  const { site, host, port, tls, isRevoked } = read();
  const parts = { policy: sitePolicy(site), limits: LIMITS, onRefused: reporter(), monotonicMs };
  broker = await PolicedBroker.open({ host, port, tls, isRevoked, ...parts }).catch((cause: Error) =>
    fail(EXIT.unavailable, `cannot start the site broker: ${cause.message}`),
  );
  const ready = { ready: true, port: broker.port };
  if (process.send !== undefined) process.send(ready);
  else process.stdout.write(`${JSON.stringify(ready)}\n`);
}

await main();

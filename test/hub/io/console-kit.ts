// A host of the console on loopback with a made-up site behind it, and how to ask it.

import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { generateWarehouse } from "../../../fleet-config/warehouse.js";
import { ConsoleHost, type ConsoleHostOptions } from "../../../hub/io/console-host.js";
import { readAssets } from "../../../hub/web/assets.js";
import { oneToken } from "../../../hub/web/guard.js";
import { Past } from "../../../hub/web/past.js";
import { Trail } from "../../../hub/web/trail.js";
import { madeUpSite } from "../../../scripts/bench/console-site.js";

const COMPILED = fileURLToPath(new URL("../../../", import.meta.url));

export async function aHost(t: Test, over: Partial<ConsoleHostOptions> = {}) {
  const nowMs = () => Math.floor(performance.now()) + 100_000;
  const site = madeUpSite(3, nowMs, Date.now);
  const faults: unknown[] = [];
  const host = await ConsoleHost.open({
    ...{ port: site.port, config: site.config, grid: generateWarehouse({ seed: 1, robots: 12 }).grid },
    ...{ host: "127.0.0.1", portNumber: 0, assets: readAssets(COMPILED), authenticate: oneToken("secret") },
    past: new Past({ port: site.port }),
    trail: new Trail(site.config.robots.map(({ id }) => id)),
    ...{ nowMs, wallMs: Date.now, onFault: (fault: unknown) => faults.push(fault) },
    ...over,
  });
  t.teardown(() => host.close());
  const url = `http://127.0.0.1:${host.port}`;
  const ask = (path: string, init: RequestInit = {}, token = "secret") =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    ask(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  return { ...site, host, url, ask, post, faults };
}

// The console with 200 robots at five frames a second in a headless Chromium, drawn by the processor alone: the time
// between two animation frames, how long each task of the page held it up, and what the host costs to serve it.

import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { generateWarehouse } from "../../fleet-config/warehouse.js";
import { ConsoleHost } from "../../hub/io/console-host.js";
import { readAssets } from "../../hub/web/assets.js";
import { oneToken } from "../../hub/web/guard.js";
import { Past } from "../../hub/web/past.js";
import { Trail } from "../../hub/web/trail.js";
import { CHROMIUM_ARGS, chromiumPath, missingChromium } from "../chromium.js";
import { alone, type Row } from "./bench.js";
import { madeUpSite } from "./console-site.js";

const ROBOTS = 200;
const WARM_MS = 3000;
const MEASURED_MS = 10_000;
const TOKEN = "bench";
const COMPILED = fileURLToPath(new URL("../../", import.meta.url));

export async function run(): Promise<readonly Row[]> {
  if (missingChromium() !== "") throw new Error(missingChromium());
  const host = await openHost();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.addInitScript({ content: 'sessionStorage.setItem("drover-operator", "bench")' });
    await page.goto(`http://127.0.0.1:${host.port}/#${TOKEN}`);
    await page.waitForSelector("button.robot");
    await page.click("button.robot");
    await page.waitForTimeout(WARM_MS);
    const startCpu = process.cpuUsage();
    const { frames, tasks } = await measure(page);
    const { user, system } = process.cpuUsage(startCpu);
    return [
      alone(`${ROBOTS} robots: time between frames`, "ms", frames),
      alone("time between frames, p50", "ms", [at(frames, 0.5)]),
      alone("time between frames, p99", "ms", [at(frames, 0.99)]),
      alone("frames later than 50 ms", "%", [(100 * frames.filter((ms) => ms > 50).length) / frames.length]),
      alone("long tasks of the page (over 50 ms)", "", [tasks.length]),
      alone("longest task of the page", "ms", [Math.max(0, ...tasks)]),
      alone("the host's share of a core", "%", [(user + system) / (10 * MEASURED_MS)]),
    ];
  } finally {
    await browser.close();
    await host.close();
  }
}

/** The host of a made-up site on any port. */
export async function openHost(): Promise<ConsoleHost> {
  const nowMs = () => Math.floor(performance.now()) + 100_000;
  const { port, config, silence } = madeUpSite(ROBOTS, nowMs, Date.now);
  silence("r17");
  return ConsoleHost.open({
    ...{ port, config, grid: generateWarehouse({ seed: 1, robots: 12 }).grid, host: "127.0.0.1", portNumber: 0 },
    ...{ assets: readAssets(COMPILED), authenticate: oneToken(TOKEN), nowMs, wallMs: Date.now },
    past: new Past({ port }),
    trail: new Trail(config.robots.map(({ id }) => id)),
    onFault: (cause) => process.stderr.write(`${String(cause)}\n`),
  });
}

/** Runs in the page, where Node's types are not. */
const MEASURE = `(async () => {
  const frames = [];
  const tasks = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  });
  observer.observe({ entryTypes: ["longtask"] });
  const startMs = performance.now();
  let lastMs = startMs;
  await new Promise((done) => {
    const next = (nowMs) => {
      frames.push(nowMs - lastMs);
      lastMs = nowMs;
      if (nowMs - startMs > ${MEASURED_MS}) done();
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  observer.disconnect();
  return { frames: frames.slice(1), tasks };
})()`;

async function measure(page: Page): Promise<{ readonly frames: number[]; readonly tasks: number[] }> {
  return page.evaluate(MEASURE);
}

function at(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}

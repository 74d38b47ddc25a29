// Has a real Prometheus judge what hub and edges tell: `promtool` tries the alert rules, and reads the example
// configuration and each page; then a `prometheus` of its own scrapes the pages until it knows every series, loads the
// rules and answers every query of the dashboard. `node dist/scripts/check-metrics.js
// http://127.0.0.1:9464/metrics ...` tries what runs; without an address it checks the files only. Ends with 0 when
// nothing is wrong, with 1 otherwise, and with 0 and a word where the Debian package `prometheus` is not installed.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dashboardQueries } from "../fleet-config/observability/dashboard.js";

const WITHIN_MS = 30_000;
const POLL_MS = 250;

/** Why nothing can be checked here; empty where it can. */
export function missingPrometheus(): string {
  const missing = ["promtool", "prometheus"].filter((program) => spawnSync(program, ["--version"]).status !== 0);
  return missing.length === 0 ? "" : `${missing.join(" and ")} not installed (Debian package prometheus)`;
}

/** What is wrong with the files, with the pages at `urls`, and with what Prometheus makes of both. */
export async function checkMetrics(urls: readonly string[]): Promise<readonly string[]> {
  const folder = join(rootOf(dirname(fileURLToPath(import.meta.url))), "fleet-config/observability");
  const problems = [
    ...promtool(["check", "rules", join(folder, "alerts.yaml")], ""),
    ...promtool(["test", "rules", join(folder, "alerts-test.yaml")], ""),
    ...promtool(["check", "config", join(folder, "prometheus.yaml")], ""),
  ];
  const pages = await Promise.all(urls.map(async (url) => ({ url, text: await get(url) })));
  for (const { url, text } of pages)
    problems.push(...promtool(["check", "metrics"], text).map((problem) => `${url}: ${problem}`));
  if (pages.length > 0) problems.push(...(await scraped(pages, join(folder, "alerts.yaml"))));
  return problems;
}

interface Page {
  readonly url: string;
  readonly text: string;
}

function promtool(args: readonly string[], input: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync("promtool", [...args], { input, encoding: "utf8" });
  const said = `${stdout}${stderr}`.trim();
  if (status !== 0) return [`promtool ${args.join(" ")}: ${said}`];
  return args[1] === "metrics" && said !== "" ? [said] : [];
}

async function get(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
  if (response.status !== 200) throw new Error(`${url} answers with ${response.status}`);
  return response.text();
}

/** Names of all series of a page. */
function namesOf(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => line.split(/[{ ]/)[0] ?? "");
}

async function scraped(pages: readonly Page[], rules: string): Promise<readonly string[]> {
  const dir = mkdtempSync(join(tmpdir(), "drover-prometheus-"));
  const port = await freePort();
  const child = started(dir, { port, pages, rules });
  try {
    const api = (path: string) => get(`http://127.0.0.1:${port}/api/v1/${path}`).then((text) => JSON.parse(text).data);
    let missing: readonly string[] = ["every metric"];
    for (let waitedMs = 0; missing.length > 0 && waitedMs < WITHIN_MS; waitedMs += POLL_MS) {
      await sleep(POLL_MS);
      const now = await Promise.all(pages.map(({ url }) => get(url))); // a cause may have gone meanwhile
      const expected = new Set(now.flatMap(namesOf));
      const known = await api("label/__name__/values").catch(() => []);
      const waiting = await notScraped(api).catch(() => []);
      missing = [...[...expected].filter((name) => !(known as readonly string[]).includes(name)), ...waiting];
    }
    if (missing.length > 0) return [`Prometheus does not know ${missing.join(", ")}`];
    return [...(await targets(api)), ...(await rulesOf(api)), ...(await queried(port))];
  } finally {
    await ended(child);
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Api = (path: string) => Promise<unknown>;

interface Target {
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
}

async function targetsOf(api: Api): Promise<readonly Target[]> {
  return ((await api("targets")) as { readonly activeTargets: readonly Target[] }).activeTargets;
}

/** Pages that it has not asked for yet. */
async function notScraped(api: Api): Promise<readonly string[]> {
  return (await targetsOf(api)).filter(({ health }) => health === "unknown").map(({ scrapeUrl }) => scrapeUrl);
}

async function targets(api: Api): Promise<readonly string[]> {
  const sick = (await targetsOf(api)).filter(({ health }) => health !== "up");
  return sick.map(({ scrapeUrl, health, lastError }) => `${scrapeUrl} is ${health}: ${lastError}`);
}

async function rulesOf(api: Api): Promise<readonly string[]> {
  const { groups } = (await api("rules")) as {
    readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly lastError?: string }[] }[];
  };
  const all = groups.flatMap(({ rules }) => rules);
  if (all.length === 0) return ["Prometheus has loaded no rule"];
  return all.filter(({ lastError = "" }) => lastError !== "").map(({ name, lastError }) => `${name}: ${lastError}`);
}

/** Queries of the dashboard that Prometheus does not understand. */
async function queried(port: number): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const expr of dashboardQueries()) {
    const query = encodeURIComponent(expr.replaceAll("$__rate_interval", "1m"));
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`);
    if (response.status !== 200) problems.push(`${expr}: ${await response.text()}`);
  }
  return problems;
}

function started(
  dir: string,
  { port, pages, rules }: { readonly port: number; readonly pages: readonly Page[]; readonly rules: string },
): ChildProcess {
  const targets = ["hub", "edge"].flatMap((role) => {
    const own = pages.filter(({ text }) => text.includes(`\ndrover_${role}_`)).map(({ url }) => new URL(url).host);
    return [`- job_name: drover-${role}`, `  static_configs: [{ targets: ${JSON.stringify(own)} }]`];
  });
  const lines = [
    "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }",
    `rule_files: [${JSON.stringify(rules)}]`,
    ...["scrape_configs:", ...targets],
  ];
  writeFileSync(join(dir, "prometheus.yml"), `${lines.join("\n")}\n`);
  const flags = [
    `--config.file=${join(dir, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(dir, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return spawn("prometheus", flags, { stdio: "ignore" });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(hard);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function rootOf(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) === folder) throw new Error("expected package.json in a folder above this script");
  return rootOf(dirname(folder));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = missingPrometheus();
  const problems = missing === "" ? await checkMetrics(process.argv.slice(2)) : [];
  for (const problem of problems) console.error(problem);
  const pages = process.argv.length - 2;
  console.log(
    missing === "" ? `rules, dashboard and ${pages} pages: ${problems.length} problems` : `skipped: ${missing}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

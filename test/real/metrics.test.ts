// `/metrics` of real daemons, asked by a real Prometheus: it takes every series, loads the rules and answers every
// query of the dashboard. Skipped where promtool and prometheus are missing. R13: who asks slowly, wrongly or too often
// costs the daemon nothing, and without the flag nothing listens.

import { readFileSync } from "node:fs";
import { get } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { checkMetrics, missingPrometheus } from "../../scripts/check-metrics.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { aSmallSite, aTinySite, brokerPort, type Daemon, startDaemon } from "./site-kit.js";
import { aFolder, program, runRows } from "./site-run.js";
import { until } from "./transport-kit.js";

t.setTimeout(170_000);
const missing = missingPrometheus();
const skip = missing === "" ? false : missing;
const ANY = ["--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
const METRICS = ["--metrics", "127.0.0.1:0"];

interface Pair {
  readonly hub: Daemon;
  readonly edge: Daemon;
  readonly urls: readonly string[];
}

function urlOf(daemon: Daemon): string {
  return `http://127.0.0.1:${daemon.own.ports.metrics}/metrics`;
}

/** A hub and one robot's edge that are linked; no base is there, so the robot stands. */
async function aPair(t: Test): Promise<Pair> {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const hub = await startDaemon(t, "hub/main.js", {
    dataDir: join(folder, "hub"),
    args: ["--config", config, ...ANY, ...METRICS],
  });
  const edge = await startDaemon(t, "edge/main.js", {
    dataDir: join(folder, "r1"),
    args: [
      ...["--config", config, "--robot", "r1", "--onboard", "127.0.0.1:0", ...METRICS],
      ...["--hub", `127.0.0.1:${hub.own.ports.grpc}`, "--broker", `mqtt://127.0.0.1:${brokerPort(hub)}`],
    ],
  });
  return { hub, edge, urls: [urlOf(hub), urlOf(edge)] };
}

async function page(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** The value of a series that stands on a page by exactly that name and labels. */
function readingOf(text: string, series: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
}

/** Asks for a page until a series is as it should be; fails with the last page when it never is. */
async function shows(url: string, series: string, holds: (value: number) => boolean): Promise<number> {
  const endMs = performance.now() + 40_000;
  for (;;) {
    const text = await page(url).catch((cause: Error) => cause.message);
    const value = readingOf(text, series);
    if (holds(value)) return value;
    if (performance.now() > endMs) throw new Error(`${series} is ${value}:\n${text}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** A page over TLS, to whoever the files name. */
function overTls(port: number, files: { readonly ca: string; readonly cert?: string; readonly key?: string }) {
  const read = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readFileSync(file)]));
  return new Promise<string>((resolve, reject) => {
    const asked = get({ ...read, host: "127.0.0.1", port, path: "/metrics" }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve(text)).once("error", reject);
    });
    asked.once("error", reject);
  });
}

t.test("a real Prometheus takes every series, every rule and every query", { skip }, async (t) => {
  const { urls } = await aPair(t);
  t.same(await checkMetrics(urls), []);
});

t.test("npm start tells of its hub and of each robot while they drive", async (t) => {
  const port = 20_000 + (process.pid % 20_000);
  const dataDir = join(aFolder(t), "data");
  const flags = ["--robots", "2", "--headless", "--data-dir", dataDir, "--port", "0", "--metrics", String(port)];
  const run = program("scripts/demo/main.js", [...aSmallSite(t), ...flags, "--for", "60s"], 100_000);
  const urls = [0, 1, 2].map((after) => `http://127.0.0.1:${port + after}/metrics`);
  for (const robot of ["r1", "r2"]) {
    const url = urls[robot === "r1" ? 1 : 2] ?? "";
    await shows(url, `drover_edge_plan_stage_seconds_count{robot="${robot}",stage="use"}`, (plans) => plans > 0);
    await shows(url, `drover_edge_commands_total{robot="${robot}",gate="passed"}`, (commands) => commands > 0);
  }
  await shows(urls[0] ?? "", 'drover_hub_grants_total{purpose="TASK"}', (grants) => grants > 0);
  if (missing === "") t.same(await checkMetrics(urls), []);
  const runner = runRows(dataDir).find(({ role }) => role === "runner");
  if (runner === undefined) throw new Error("run.json lists no runner");
  process.kill(runner.pid, "SIGINT");
  const end = await run;
  t.equal(end.exit, 0, end.out + end.err);
});

t.test("hub and edge tell of the same link, and each of what it does", async (t) => {
  const { hub, edge, urls } = await aPair(t);
  const [hubUrl = "", edgeUrl = ""] = urls;
  await shows(hubUrl, 'drover_hub_robot_linked{robot="r1",fleet="fleet"}', (value) => value === 1);
  await shows(hubUrl, 'drover_hub_renewals_total{granted="no"}', (value) => value > 2);
  const text = await page(hubUrl);
  t.equal(readingOf(text, "drover_hub_links"), 1);
  t.equal(readingOf(text, 'drover_hub_robot_linked{robot="r2",fleet="fleet"}'), 0);
  t.match(text, 'drover_hub_robot_age_bound_seconds{robot="r2",fleet="fleet"} +Inf');
  t.ok(readingOf(text, 'drover_hub_ledger_events_total{kind="hubStarted"}') === 1);
  t.ok(readingOf(text, "drover_hub_tick_delay_seconds_count") > 10);
  await shows(edgeUrl, 'drover_edge_link_open{robot="r1"}', (value) => value === 1);
  await shows(edgeUrl, 'drover_edge_planner_ready{robot="r1"}', (value) => value === 1);
  const own = await page(edgeUrl);
  t.ok(readingOf(own, 'drover_edge_link_round_trip_seconds_count{robot="r1"}') > 0, "renewals were answered");
  t.match(own, 'drover_edge_channel_age_seconds{robot="r1",channel="pose"} +Inf', "no base was ever heard");
  t.match(own, 'drover_edge_cause{robot="r1",cause="boot"} 1');
  t.equal(await edge.stop(), 0);
  t.equal(await hub.stop(), 0);
});

t.test("R13 only GET /metrics is answered, and a slow client is let go", async (t) => {
  const { hub } = await aPair(t);
  const url = urlOf(hub);
  t.equal((await fetch(url.replace("/metrics", "/"))).status, 404);
  t.equal((await fetch(`${url}/x`)).status, 404);
  t.equal((await fetch(url, { method: "POST", body: "x" })).status, 405);
  t.equal((await fetch(url, { method: "DELETE" })).headers.get("allow"), "GET");
  const port = hub.own.ports.metrics ?? 0;
  const ends: number[] = [];
  const sockets = Array.from({ length: 20 }, (_, index) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.once("close", () => ends.push(index));
    if (index % 2 === 0) socket.write("GET /metrics HTTP/1.1\r\nhost: x\r\nx: ");
    return socket;
  });
  t.teardown(() => sockets.map((socket) => socket.destroy()));
  await until("more than eight at once are turned away", () => ends.length >= 12);
  await until("the others are let go", () => ends.length === 20, 15_000);
  t.match(await page(url), "drover_hub_epoch 1", "and others are answered again");
  const large = connect(port, "127.0.0.1");
  let isClosed = false;
  large.on("error", () => undefined).on("close", () => (isClosed = true));
  large.write(`GET /metrics HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(100_000)}\r\n\r\n`);
  large.resume();
  await until("a header of 100 kB is refused", () => isClosed);
  t.equal(await hub.stop(), 0);
});

t.test("beyond loopback a page needs certificates, and without the flag nothing listens", async (t) => {
  const folder = aFolder(t);
  const site = ["--config", aTinySite(join(folder, "site")), "--data-dir", join(folder, "data")];
  for (const [bin, args] of [
    ["hub/main.js", ["run", ...site, ...ANY]],
    ["edge/main.js", ["run", ...site, "--robot", "r1"]],
  ] as const) {
    const open = await program(bin, [...args, "--metrics", "0.0.0.0:0"]);
    t.equal(open.exit, 64, open.err);
    t.match(open.err, /listen on 0.0.0.0 without TLS/);
    const odd = await program(bin, [...args, "--metrics", "9464"]);
    t.equal(odd.exit, 64, odd.err);
    t.match(odd.err, /--metrics: expected HOST:PORT/);
  }
  const hub = await startDaemon(t, "hub/main.js", {
    dataDir: join(folder, "data"),
    args: ["--config", site[1] ?? "", ...ANY],
  });
  t.equal(hub.own.ports.metrics, undefined);
  t.equal(await hub.stop(), 0);
});

t.test(
  "with TLS a page is for whom the authority has signed",
  {
    skip: hasOpenssl() ? false : "the openssl program is not installed",
  },
  async (t) => {
    const folder = aFolder(t);
    const out = join(folder, "tls");
    const names = ["--host", "localhost", "--host", "127.0.0.1", "--operator", "prometheus"];
    const made = await program("scripts/make-certificates.js", ["--out", out, ...names]);
    t.equal(made.exit, 0, made.err);
    const files = (name: string) => ({
      ca: join(out, "ca.crt"),
      cert: join(out, `${name}.crt`),
      key: join(out, `${name}.key`),
    });
    const flags = Object.entries(files("hub")).flatMap(([flag, file]) => [`--${flag}`, file]);
    const hub = await startDaemon(t, "hub/main.js", {
      dataDir: join(folder, "hub"),
      args: ["--config", aTinySite(join(folder, "site")), ...ANY, ...METRICS, ...flags],
    });
    const port = hub.own.ports.metrics ?? 0;
    const told = await overTls(port, files("prometheus"));
    t.match(told, "drover_hub_epoch 1");
    t.match(told, /^drover_hub_certificate_left_ratio (1|0\.99\d*)$/m);
    await t.rejects(overTls(port, { ca: files("hub").ca }), "without a certificate nothing is told");
    await t.rejects(page(`http://127.0.0.1:${port}/metrics`), "nor without TLS");
    t.equal(await hub.stop(), 0);
  },
);

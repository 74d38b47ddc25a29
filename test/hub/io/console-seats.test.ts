// R13: whoever opens many connections to the console and says little keeps nobody else out, and nobody who waits for an
// answer or looks on is sent away for them. Over real sockets on loopback, with short limits.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { get as getSecurely } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { hasOpenssl, makeCertificates } from "../../../scripts/make-certificates.js";
import { aHost } from "./console-kit.js";

const POST = "POST /api/act/halt HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer secret\r\n";
const TYPED = "content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
/** Nothing at all, half a head, and a head with half a body. */
const HALVES = ["", POST, POST + TYPED] as const;

/** A connection that says this and no more; `ended` once it is closed. */
async function halfOpen(t: Test, port: number, { says = "", from = "127.0.0.1" } = {}) {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  const found = { socket, ended: false, over: new Promise<void>((resolve) => socket.once("close", () => resolve())) };
  socket.on("error", () => undefined);
  socket.once("close", () => {
    found.ended = true;
  });
  socket.resume();
  t.teardown(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  if (says !== "") socket.write(says);
  return found;
}

/** The status of a request over a connection of its own, or of one that the agent keeps; null when it is cut. */
function statusOf(port: number, { agent = false as Agent | false, from = "127.0.0.1" } = {}) {
  return new Promise<number | null>((resolve) => {
    const headers = { authorization: "Bearer secret" };
    get({ host: "127.0.0.1", port, path: "/api/clock", headers, agent, localAddress: from }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    }).once("error", () => resolve(null));
  });
}

t.test("R13 as many half-open connections as there may be keep no page out, and the oldest make way", async (t) => {
  const { host } = await aHost(t);
  const open: Awaited<ReturnType<typeof halfOpen>>[] = [];
  for (let index = 0; index < 64; index += 1)
    open.push(await halfOpen(t, host.port, { says: HALVES[index % HALVES.length] ?? "" }));
  t.same([await statusOf(host.port), await statusOf(host.port)], [200, 200]);
  await open[0]?.over;
  t.equal(open.filter(({ ended }) => ended).length, 1, "the second page had the seat of the first");
});

t.test("R13 a connection that has not sent a whole request in time is closed, however far it came", async (t) => {
  const { host } = await aHost(t, { requestMs: 100 });
  for (const says of HALVES) await (await halfOpen(t, host.port, { says })).over;
  t.equal(await statusOf(host.port), 200);
});

t.test("R13 kept connections that are idle make way for new ones, and for them before half-open ones", async (t) => {
  const { host } = await aHost(t, { seats: { most: 4 } });
  const agents = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.teardown(() => agents.forEach((agent) => void agent.destroy()));
  for (const agent of agents) t.equal(await statusOf(host.port, { agent }), 200);
  const kept = agents.map((agent) => Object.values(agent.freeSockets)[0]?.[0] as Socket);
  const closed = kept.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  const half = [await halfOpen(t, host.port), await halfOpen(t, host.port, { says: POST })];
  t.equal(await statusOf(host.port, { agent: agents[1] as Agent }), 200, "the second is used again");
  await halfOpen(t, host.port);
  await closed[0];
  t.notOk(kept[1]?.destroyed, "the one that was idle for longer has gone");
  await halfOpen(t, host.port);
  await closed[1];
  t.notOk(half.some(({ ended }) => ended));
});

t.test("R13 nobody who waits for an answer or looks on is sent away: then a new one is refused", async (t) => {
  const { ask, host } = await aHost(t, { seats: { most: 3 } });
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const looking = [];
  for (let index = 0; index < 3; index += 1) looking.push(await ask("/api/live", { signal: stop.signal }));
  t.equal(await statusOf(host.port), null);
  for (const { body } of looking) t.ok((await body?.getReader().read())?.value?.length, "it goes on");
  stop.abort();
  const endMs = performance.now() + 5000;
  let found = await statusOf(host.port);
  while (found === null && performance.now() < endMs) found = await statusOf(host.port);
  t.equal(found, 200, "and what has gone leaves its seat");
});

t.test("R13 connections that ask again and again and read nothing of it keep nobody out for long", async (t) => {
  const { host } = await aHost(t, { seats: { most: 2 }, slowMs: 300 });
  const asks = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(300_000); // more than fits anywhere on the way
  const greedy = await Promise.all([0, 1].map(() => halfOpen(t, host.port)));
  for (const { socket } of greedy) socket.pause().write(asks);
  await Promise.all(greedy.map(({ over }) => over));
  t.equal(await statusOf(host.port), 200);
});

t.test("R13 an address has its share alone, unless many may stand behind it", async (t) => {
  const isShared = (address: string) => address.endsWith("127.0.0.1");
  const { host } = await aHost(t, { seats: { most: 10, mostOfOne: 2, isShared } });
  const shared = [await halfOpen(t, host.port), await halfOpen(t, host.port), await halfOpen(t, host.port)];
  const own = [];
  for (let index = 0; index < 3; index += 1) own.push(await halfOpen(t, host.port, { from: "127.0.0.2" }));
  await own[0]?.over;
  t.equal(await statusOf(host.port, { from: "127.0.0.2" }), 200);
  await own[1]?.over;
  t.same(
    [...shared, ...own].map(({ ended }) => ended),
    [false, false, false, true, true, false],
  );
});

const withoutOpenssl = hasOpenssl() ? false : "the openssl program is not installed";

t.test("R13 with TLS, who does not even agree on it keeps nobody out either", { skip: withoutOpenssl }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "drover-seats-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const out = join(folder, "tls");
  makeCertificates({ out, hosts: ["127.0.0.1"], names: [] });
  const [ca, cert, key] = ["ca.crt", "hub.crt", "hub.key"].map((name) => readFileSync(join(out, name)));
  if (ca === undefined || cert === undefined || key === undefined) throw new Error("no certificates");
  const { host } = await aHost(t, { tls: () => ({ ca, cert, key }), seats: { most: 2 }, requestMs: 500 });
  const open = [await halfOpen(t, host.port), await halfOpen(t, host.port, { says: "\u0016\u0003\u0001" })];
  const status = await new Promise((resolve, reject) => {
    const headers = { authorization: "Bearer secret" };
    getSecurely({ ca, host: "127.0.0.1", port: host.port, path: "/api/clock", headers, agent: false }, (response) =>
      resolve(response.resume().statusCode),
    ).once("error", reject);
  });
  t.equal(status, 200);
  await open[0]?.over;
  await open[1]?.over;
});

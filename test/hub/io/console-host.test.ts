// The console's host over real HTTP: nothing without a token, nothing by another's name or for another's page, acts by
// the readers and with the refusals of gRPC, and a stream that begins with the whole site.

import { request } from "node:http";
import { connect } from "node:net";
import t from "tap";
import { either, oneToken } from "../../../hub/web/guard.js";
import { type Frame, type LiveView, withFrame } from "../../../proto/console.js";
import { anAdmission } from "../admission-kit.js";
import { aHost } from "./console-kit.js";

const HALT = { act: { operator: "ada", reason: "test" }, scope: { robot: "r2" } };

/** With any Host header, which fetch does not send. */
function statusFor(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/", headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once("error", reject).end();
  });
}

t.test("the page is served whole from this host alone, and nothing beside it", async (t) => {
  const { ask, url } = await aHost(t);
  const page = await ask("/");
  const text = await page.text();
  t.equal(page.status, 200);
  t.match(page.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
  t.equal(page.headers.get("cache-control"), "no-store");
  t.notMatch(text, /(src|href)="(https?:)?\/\//, "no address of another host");
  const seen = new Set<string>();
  const queue = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path = ""]) => path);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const found = await ask(path);
    t.equal(found.status, 200, path);
    const source = await found.text();
    if (!path.endsWith(".js")) continue;
    for (const [, to = ""] of source.matchAll(/^(?:import|export)[^"';]*?from "([^"]+)"/gm))
      queue.push(new URL(to, `${url}${path}`).pathname);
  }
  t.ok(
    [...seen].some((path) => path === "/proto/mode.js") && seen.size > 20,
    `${seen.size} files, the rules among them`,
  );
  for (const odd of [
    "/hub/run.js",
    "/hub/console/",
    "/proto/../package.json",
    "/hub/console/%2e%2e/main.js",
    "//etc/passwd",
  ])
    t.equal((await ask(odd)).status, 404, odd);
  t.equal((await ask("/", { method: "DELETE" })).status, 405);
});

t.test("nothing behind /api is told without the token", async (t) => {
  const { ask, url, post, asked } = await aHost(t);
  for (const path of ["site", "clock", "tasks", "events", "robot?id=r1", "trail?id=r1", "past?event=1", "live"]) {
    t.equal((await ask(`/api/${path}`, {}, "wrong")).status, 401, path);
    t.equal((await fetch(`${url}/api/${path}`)).status, 401, path);
  }
  t.equal((await post("/api/act/halt", HALT, { authorization: "Bearer nobody" })).status, 401);
  t.equal((await post("/api/act/halt", HALT, { authorization: "Basic secret" })).status, 401);
  t.same(asked, []);
});

t.test("a name that another's DNS leads here is refused, and so is another page's act", async (t) => {
  const { host, post, asked } = await aHost(t);
  for (const own of ["localhost", `localhost:${host.port}`, "127.0.0.1", "[::1]:1"])
    t.equal(await statusFor(host.port, own), 200, own);
  for (const other of ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80"])
    t.equal(await statusFor(host.port, other), 421, other);
  t.equal((await post("/api/act/halt", HALT, { origin: "http://evil.example" })).status, 403);
  t.equal((await post("/api/act/halt", HALT, { "content-type": "text/plain" })).status, 415);
  t.same(asked, []);
});

t.test("an act is read as over gRPC: operator and reason, closed shapes, and the hub's own refusals", async (t) => {
  const { post, ask, asked } = await aHost(t);
  const done = await post("/api/act/halt", HALT);
  t.equal(done.status, 200);
  t.same(await done.json(), { told: ["r2"], notTold: [] });
  t.match(asked, [{ kind: "halt", act: { operator: "ada" }, scope: { robot: "r2", fleet: "" } }]);
  const refusal = async (kind: string, body: unknown) =>
    (await (await post(`/api/act/${kind}`, body)).json()) as object;
  t.match(await refusal("halt", { ...HALT, act: { operator: "ada", reason: "" } }), { code: "NO_ACT" });
  t.match(await refusal("halt", { ...HALT, more: 1 }), { code: "MALFORMED" });
  t.match(await refusal("halt", { ...HALT, scope: { robot: "r1", site: true } }), { code: "MALFORMED" });
  t.match(await refusal("setMode", { ...HALT, rung: "AUTONOMOUS" }), { code: "NOT_LOWER" });
  t.match(await refusal("clearMode", HALT), { code: "NOTHING_TO_DO" });
  t.equal(asked.length, 2, "what was malformed did not reach the hub");
  t.equal((await post("/api/act/toString", HALT)).status, 404);
  const broken = { method: "POST", body: "{", headers: { "content-type": "application/json" } };
  t.match(await (await ask("/api/act/halt", broken)).json(), { code: "MALFORMED" });
  t.equal((await post("/api/act/halt", { ...HALT, pad: "x".repeat(100_000) })).status, 413);
});

t.test("R12 a token that only looks may not act, and one of a person acts in that name alone", async (t) => {
  const roles = { look: { operator: "eve", role: "viewer" }, act: { operator: "ada", role: "operator" } } as const;
  const authenticate = (token: string) => roles[token as "look"] ?? null;
  const denied: string[] = [];
  const { post, ask, asked } = await aHost(t, { authenticate, onDenied: ({ code }) => void denied.push(code) });
  const as = (token: string, operator: string) =>
    post("/api/act/halt", { ...HALT, act: { operator, reason: "test" } }, { authorization: `Bearer ${token}` });
  t.equal((await ask("/api/site", {}, "look")).status, 200);
  t.match(await (await as("look", "eve")).json(), { code: "NOT_PERMITTED" });
  t.match(await (await as("act", "bob")).json(), { code: "WRONG_IDENTITY" });
  t.equal((await as("act", "ada")).status, 200);
  t.equal(asked.length, 1);
  const frees = { act: HALT.act, question: "free-7", version: "7", choice: "free", seen: "empty" };
  const answered = await post("/api/act/answer", frees, { authorization: "Bearer act" });
  t.match([answered.status, await answered.json()], [403, { code: "NOT_PERMITTED", message: /role supervisor/ }]);
  t.equal(asked.length, 1, "an operator makes no choice of a supervisor");
  t.same(denied, ["NOT_PERMITTED", "NOT_PERMITTED"], "each is counted: an act, and an answer");
});

t.test("R12 a token that nobody holds is counted at every asking, and the console's own never", async (t) => {
  const book = {
    find: (token: string) => (token === "adas" ? ({ operator: "ada", role: "operator" } as const) : null),
  };
  const { admission, denied } = anAdmission({ book });
  const { ask, post } = await aHost(t, { authenticate: either(oneToken("secret"), admission) });
  t.equal((await ask("/api/clock")).status, 200);
  t.equal((await ask("/api/clock", {}, "adas")).status, 200);
  t.same(denied, []);
  for (const path of ["clock", "live"]) t.equal((await ask(`/api/${path}`, {}, "eves")).status, 401);
  t.equal((await post("/api/act/halt", HALT, { authorization: "" })).status, 401);
  t.same(denied, ["UNAUTHENTICATED", "UNAUTHENTICATED", "UNAUTHENTICATED"]);
});

t.test("a revoked token ends the stream that was opened with it", async (t) => {
  let isKnown = true;
  const caller = { operator: "eve", role: "viewer" } as const;
  const { ask } = await aHost(t, { authenticate: () => (isKnown ? caller : null) });
  const response = await ask("/api/live");
  let bytes = 0;
  await t.rejects(async () => {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      isKnown = false;
    }
  });
  t.ok(bytes > 0);
});

t.test("R7 what gives autonomy back is not done for somebody who has gone; a halt is", async (t) => {
  const { host, asked } = await aHost(t);
  const send = (kind: string) => {
    const body = JSON.stringify(HALT);
    const head = [`POST /api/act/${kind} HTTP/1.1`, "host: 127.0.0.1", "authorization: Bearer secret"];
    const typed = ["content-type: application/json", `content-length: ${body.length}`];
    connect(host.port, "127.0.0.1").end(`${[...head, ...typed].join("\r\n")}\r\n\r\n${body}`);
  };
  send("clearMode");
  send("halt");
  const endMs = performance.now() + 10_000;
  while (asked.length === 0 && performance.now() < endMs) await new Promise((done) => setImmediate(done));
  const lookMs = performance.now() + 200;
  while (performance.now() < lookMs) await new Promise((done) => setImmediate(done));
  t.same(
    asked.map(({ kind }) => kind),
    ["halt"],
  );
});

t.test("the stream begins with the whole site, goes on with what changed, and brings events", async (t) => {
  const { ask, append } = await aHost(t);
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const response = await ask("/api/live", { signal: stop.signal });
  t.match(response.headers.get("content-type"), /text\/event-stream/);
  let text = "";
  let view: LiveView | null = null;
  const frames: Frame[] = [];
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString("utf8");
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = JSON.parse(text.slice("data: ".length, end)) as Frame;
      text = text.slice(end + 2);
      view = withFrame(view, frame);
      frames.push(frame);
      if (frames.length === 2) append({ kind: "robotEnrolled", robot: "r9" });
    }
    if (frames.length >= 4) break;
  }
  t.same(
    frames.slice(0, 4).map(({ full }) => full),
    [true, false, false, false],
  );
  t.same(Object.keys(view?.robots ?? {}), ["r1", "r2", "r3"]);
  t.equal(frames[1]?.robots.r1?.fleet, undefined, "what stays is not sent again");
  t.match(
    frames.flatMap(({ events }) => events),
    [{ body: { kind: "robotEnrolled", robot: "r9" } }],
  );
});

t.test("R13 too many streams are refused, and a silent connection is nobody's harm", async (t) => {
  const { ask, host } = await aHost(t, { streamsMost: 2 });
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  for (const _ of [1, 2]) t.equal((await ask("/api/live", { signal: stop.signal })).status, 200);
  const third = await ask("/api/live");
  t.equal(third.status, 409);
  t.match(await third.json(), { code: "TOO_MANY" });
  const socket = connect(host.port, "127.0.0.1");
  t.teardown(() => socket.destroy());
  socket.write("POST /api/act/halt HTTP/1.1\r\nhost: localhost\r\n");
  t.equal((await ask("/api/clock")).status, 200);
});

t.test("what is asked for is bounded and read", async (t) => {
  const { ask } = await aHost(t);
  const json = async (path: string) => (await (await ask(path)).json()) as Record<string, unknown>;
  t.match(await json("/api/events?from=2&most=1"), { events: [{ sequence: 2 }], count: 4 });
  t.match(await json("/api/events?from=99"), { events: [], count: 4 });
  t.match(await json("/api/past?event=2"), { sequence: 2, epoch: 1, poses: null });
  t.match(await json("/api/robot?id=r9"), { code: "UNKNOWN_ROBOT" });
  t.match(await json("/api/robot?id=r1"), { id: "r1", channels: [{ name: "pose" }] });
  t.match(await json("/api/explain?id=r1"), { code: "UNKNOWN_ID" });
  t.match(await json("/api/site"), { caller: { operator: "", role: "supervisor" }, maxSpeedMps: Number });
  t.equal((await ask("/api/nothing")).status, 404);
});

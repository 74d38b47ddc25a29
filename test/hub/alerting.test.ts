// The alert hook: each version of a question that is about to expire is told once, a hook that is down is tried again
// and then given up, and nothing grows while it is down.

import { createServer, type IncomingMessage } from "node:http";
import t, { type Test } from "tap";
import { defaultedParts } from "../../fleet-config/defaults.js";
import type { SiteConfig } from "../../fleet-config/types.js";
import { startAlerting } from "../../hub/alerting.js";
import { isDue, newlyDue } from "../../hub/core/alerts.js";
import { Webhook } from "../../hub/io/webhook.js";
import { readHubOptions } from "../../hub/options.js";
import type { DecisionView } from "../../proto/operator-views.js";
import { aSite } from "./cli/stub-views.js";

const config = { site: "yard", ...defaultedParts() } as unknown as SiteConfig; // alertMs 120 s

function aQuestion(over: Partial<DecisionView> = {}): DecisionView {
  const [view] = aSite().decisions;
  if (view === undefined) throw new Error("the stub asks nothing");
  return { ...view, id: "free-7", waitingMs: 800_000, deadlineLeftMs: 100_000, ...over };
}

/** A hook that answers with these statuses in turn, then 200. */
async function aHook(t: Test, statuses: readonly number[] = []) {
  const heard: { readonly body: unknown; readonly type: string | undefined }[] = [];
  let calls = 0;
  const server = createServer((request: IncomingMessage, response) => {
    const status = statuses[calls] ?? 200;
    calls += 1;
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end();
      if (status === 200) heard.push({ body: JSON.parse(body), type: request.headers["content-type"] });
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.teardown(() => server.close());
  const at = server.address();
  const url = `http://127.0.0.1:${typeof at === "object" ? at?.port : 0}/hook`;
  return { url, heard, calls: () => calls };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

t.test("R12 a question is due before it expires, at most for half of its time", (t) => {
  t.ok(isDue(aQuestion(), config));
  t.notOk(isDue(aQuestion({ deadlineLeftMs: 120_001 }), config));
  t.ok(isDue(aQuestion({ waitingMs: 31_000, deadlineLeftMs: 29_000 }), config));
  t.notOk(isDue(aQuestion({ waitingMs: 1000, deadlineLeftMs: 59_000 }), config), "one of a minute is not due at once");
  const told = new Set<string>();
  const later = aQuestion({ id: "free-9", deadlineLeftMs: 500_000 });
  t.same(
    newlyDue([aQuestion(), later], { told, config }).map(({ id }) => id),
    ["free-7"],
  );
  t.same(newlyDue([aQuestion(), later], { told, config }), [], "told once");
  t.equal(newlyDue([aQuestion({ version: 99 })], { told, config }).length, 1, "another version is another question");
  newlyDue([], { told, config });
  t.equal(told.size, 0, "what waits no more is forgotten");
  t.end();
});

t.test("R12 a hook hears of each question that is about to expire once, also when it was down at first", async (t) => {
  const hook = await aHook(t, [503, 302, 500]);
  const alerting = startAlerting({
    ...{ url: hook.url, config, lookMs: 1, hook: { firstWaitMs: 1 } },
    questions: () => [aQuestion()],
    log: { warn: () => {} },
  });
  await until(() => hook.heard.length > 0);
  t.match(hook.heard[0], {
    type: "application/json",
    body: { alert: "question-expires", site: "yard", id: "free-7", version: 11, deadlineLeftMs: 100_000 },
  });
  await until(() => hook.calls() >= 4);
  await alerting.close();
  t.equal(hook.heard.length, 1);
  t.equal(hook.calls(), 4, "three refusals, none of which was followed elsewhere, and one that took it");
});

t.test("R13 a hook that stays down is given up after so many tries, and only so much waits", async (t) => {
  const hook = await aHook(
    t,
    Array.from({ length: 50 }, () => 500),
  );
  const gaveUp: string[] = [];
  const onGivenUp = (why: string) => void gaveUp.push(why);
  const webhook = new Webhook({ url: hook.url, onGivenUp, triesMost: 3, firstWaitMs: 1, waitingMost: 2 });
  for (let message = 0; message < 5; message += 1) webhook.tell({ message });
  t.same(
    gaveUp,
    Array.from({ length: 3 }, () => "2 messages wait already"),
  );
  await until(() => gaveUp.length === 5);
  t.same(gaveUp.slice(3), ["3 tries: status 500", "3 tries: status 500"]);
  t.equal(hook.calls(), 6);
  const nobody = new Webhook({ url: "http://127.0.0.1:1/", onGivenUp, triesMost: 100, firstWaitMs: 60_000 });
  nobody.tell({});
  await nobody.close();
  t.equal(gaveUp.at(-1), "the hub stops");
});

t.test("an alert goes over TLS or stays on the machine", (t) => {
  const read = (url: string) => readHubOptions("run", ["--config", "c", "--data-dir", "d", "--alert", url]);
  for (const url of ["https://hooks.site/x", "http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]:9/"])
    t.match(read(url), { alert: url });
  for (const url of ["http://hooks.site/", "ftp://127.0.0.1/", "hooks", "", `https://${"a:b"}@hooks.site/`])
    t.match(read(url), /--alert: expected https/, url);
  t.end();
});

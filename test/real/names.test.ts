// A robot finds its hub and its broker where it last reached them when their name leads nowhere, and where the name
// leads when it leads elsewhere.

import dns from "node:dns";
import t, { type Test } from "tap";
import { SiteTelemetry } from "../../edge/io/site-telemetry.js";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { aTlsHub, certificates, robotLink } from "./tls-kit.js";
import { startBroker, until } from "./transport-kit.js";

const skip = hasOpenssl() ? false : "the openssl program is not installed";

/** Where "hub.site" leads from now on; null: nowhere. */
function names(t: Test) {
  const site = { leadsTo: "127.0.0.1" as string | null, asked: 0 };
  const { lookup } = dns;
  const { lookup: promised } = dns.promises;
  t.teardown(() => Object.assign(dns, { lookup }) && Object.assign(dns.promises, { lookup: promised }));
  const find = (host: string): string => {
    if (host !== "hub.site") return host;
    site.asked += 1;
    if (site.leadsTo === null) throw Object.assign(new Error("getaddrinfo ENOTFOUND hub.site"), { code: "ENOTFOUND" });
    return site.leadsTo;
  };
  const found = (host: string, { all = false }) => {
    const address = find(host);
    return all ? [{ address, family: 4 }] : { address, family: 4 };
  };
  dns.promises.lookup = (async (host: string, options = {}) => found(host, options)) as never;
  type Told = (cause: Error | null, ...found: unknown[]) => void;
  dns.lookup = ((host: string, ...rest: [Told] | [object, Told]) => {
    const [options, done] = rest.length === 1 ? [{}, rest[0]] : rest;
    dns.promises.lookup(host, options).then(
      (one) => (Array.isArray(one) ? done(null, one) : done(null, one.address, one.family)),
      (cause: Error) => done(cause),
    );
  }) as never;
  return site;
}

t.test("F14 without names a robot finds its hub where it was, and nobody else there", { skip }, async (t) => {
  const site = names(t);
  const { of } = certificates(t, ["hub.site"]); // for no number
  const first = await aTlsHub(t, of("hub"));
  const { port } = first.host;
  const robot = robotLink(t, port, { tls: () => of("r1"), robot: "r1", host: "hub.site" });
  await until("linked by name", () => robot.kinds.includes("welcome"));
  site.leadsTo = null;
  await first.host.close(0);
  await until("attempts by name and by number fail", () => robot.closed.length > 4);
  t.ok(site.asked > 1, "the name is still tried");
  const stranger = await aTlsHub(t, { ...of("hub", "stranger"), ca: of("hub").ca }, { port });
  const before = robot.closed.length;
  await until("a stranger there is refused", () => robot.closed.length > before + 4);
  t.same([stranger.opened, robot.opens], [[], 1]);
  await stranger.host.close(0);
  const second = await aTlsHub(t, of("hub"), { port });
  await until("linked by the number of before", () => second.opened.length === 1);
  t.equal(site.leadsTo, null);
  t.same(robot.opens, 2);
});

for (const scheme of ["mqtt", "mqtts"] as const) {
  const secure = scheme === "mqtts";
  const what = `F14 telemetry goes on without names, and to where a name leads when it leads elsewhere, by ${scheme}`;
  t.test(what, { skip: secure ? skip : false }, async (t) => {
    const site = names(t);
    const { of, flags } = secure ? certificates(t, ["hub.site"]) : { of: () => undefined, flags: () => [] };
    const first = await startBroker(flags("hub"));
    t.teardown(() => first.stop());
    const states: boolean[] = [];
    const at = { url: `${scheme}://hub.site:${first.port}`, site: "s1", robot: "r1", random: () => 0 };
    const tls = of("r1");
    const robot = new SiteTelemetry({ ...at, tls: tls && (() => tls), onState: (now) => states.push(now) });
    t.teardown(() => robot.close());
    await until("connected by name", () => states.at(-1) === true);
    site.leadsTo = null;
    await first.stop();
    await until("noticed", () => states.at(-1) === false);
    const second = await startBroker([...flags("hub"), "--port", String(first.port)]);
    t.teardown(() => second.stop());
    await until("connected by the number of before", () => states.at(-1) === true);
    site.leadsTo = "127.0.0.2"; // another machine, where nobody listens
    await second.stop();
    await until("noticed again", () => states.at(-1) === false);
    const third = await startBroker([...flags("hub"), "--port", String(first.port), "--host", "127.0.0.2"]);
    t.teardown(() => third.stop());
    await until("connected where the name leads now", () => states.at(-1) === true);
    t.same(states, [true, false, true, false, true]);
  });
}

// The console beyond loopback: by the hub's certificate, and with the token all the same.

import { readFileSync } from "node:fs";
import { get } from "node:https";
import t from "tap";
import { hasOpenssl } from "../../scripts/make-certificates.js";
import { consoleUrl } from "./console-kit.js";
import { aTinySite, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";

const withoutOpenssl = hasOpenssl() ? false : "the openssl program is not installed";

t.test(
  "with the hub's certificate the console speaks TLS, and still wants its token",
  { skip: withoutOpenssl },
  async (t) => {
    const folder = aFolder(t);
    const out = `${folder}/tls`;
    const made = await program("scripts/make-certificates.js", [
      "--out",
      out,
      "--host",
      "localhost",
      "--host",
      "127.0.0.1",
    ]);
    t.equal(made.exit, 0, made.err);
    const tls = ["--ca", `${out}/ca.crt`, "--cert", `${out}/hub.crt`, "--key", `${out}/hub.key`];
    const hub = await startDaemon(t, "hub/main.js", {
      dataDir: `${folder}/hub`,
      args: [
        ...["--config", aTinySite(folder), "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"],
        ...["--console", "0.0.0.0:0", ...tls],
      ],
    });
    const ca = readFileSync(`${out}/ca.crt`);
    const status = (path: string, token: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        get({ ca, host: "127.0.0.1", port: hub.own.ports.console, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).once("error", reject);
      });
    const url = consoleUrl(`${folder}/hub`);
    t.match(url, /^https:/);
    t.equal(await status("/", ""), 200);
    t.equal(await status("/api/site", "wrong"), 401);
    t.equal(await status("/api/site", url.split("#")[1] ?? ""), 200);
    await t.rejects(fetch(`http://127.0.0.1:${hub.own.ports.console}/`), "nor without TLS");
    t.equal(await hub.stop(), 0);
  },
);

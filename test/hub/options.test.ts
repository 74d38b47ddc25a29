// Flags of the daemons that open something: the console, off without its address and beyond loopback only with TLS, and
// traces, which go to a collector on this machine or nowhere. And those of the command that revokes certificates.

import t from "tap";
import { readEdgeOptions } from "../../edge/options.js";
import { readCertificateOptions, readHubOptions } from "../../hub/options.js";

const HUB = ["--config", "site.yaml", "--data-dir", "data"];

t.test("traces go nowhere unless a collector is named, and only to one on this machine", async (t) => {
  const readers = {
    hub: (...more: string[]) => readHubOptions("run", [...HUB, ...more]),
    edge: (...more: string[]) => readEdgeOptions([...HUB, "--robot", "r1", ...more]),
  };
  for (const [who, read] of Object.entries(readers)) {
    t.match(read(), { otlp: null }, who);
    for (const url of ["http://127.0.0.1:4318", "http://localhost:4318/", "http://[::1]:4318"])
      t.match(read("--otlp", url), { otlp: url }, `${who} ${url}`);
    const wrong = ["collector:4318", "http://10.0.0.1:4318", "https://127.0.0.1:4318", "http://127.0.0.1:4318/v1", ""];
    for (const url of wrong)
      t.equal(
        read("--otlp", url),
        `--otlp: expected http://127.0.0.1:PORT, a collector on this machine, found "${url}"`,
        `${who} ${url}`,
      );
  }
});

const TLS = ["--ca", "ca.pem", "--cert", "hub.pem", "--key", "hub.key"];

function consoleOf(args: readonly string[]) {
  const found = readHubOptions("run", [...HUB, ...args]);
  return typeof found === "string" ? found : found.console;
}

t.test("the console listens where the flag says, and nowhere without it", async (t) => {
  t.equal(consoleOf([]), null);
  t.same(consoleOf(["--console", "127.0.0.1:0"]), { host: "127.0.0.1", port: 0 });
  t.match(consoleOf(["--console", "7480"]), /--console: expected HOST:PORT, found "7480"/);
  t.match(consoleOf(["--console", "0.0.0.0:7480"]), /cannot listen on 0\.0\.0\.0 without TLS/);
  t.same(consoleOf(["--console", "0.0.0.0:7480", ...TLS]), { host: "0.0.0.0", port: 7480 });
});

t.test("the flags of drover-hub certificate say what is wrong with them", async (t) => {
  const at = ["--data-dir", "d"];
  t.same(readCertificateOptions(["list", ...at]), { action: "list", dataDir: "d" });
  const why = ["--reason", "stolen"];
  t.same(readCertificateOptions(["revoke", ...at, "--name", "r1", ...why]), {
    ...{ action: "revoke", dataDir: "d", name: "r1", reason: "stolen" },
  });
  const wrong: [readonly string[], RegExp][] = [
    [[], /^expected revoke or list, found ""$/],
    [["issue", ...at], /^expected revoke or list, found "issue"$/],
    [["list"], /^--data-dir DIR is missing$/],
    [["list", ...at, "--name", "r1"], /--name/],
    [["revoke", "--name", "r1", ...why], /^--data-dir DIR is missing$/],
    [["revoke", ...at], /^--name NAME is missing$/],
    [["revoke", ...at, "--name", "r1"], /^--reason TEXT is missing$/],
    [["revoke", ...at, "--name", "r1", ...why, "--name", "r2"], /^--name is given twice$/],
    [["revoke", ...at, "--name", "r 1", ...why], /^--name: expected a name of 1 to 64 \[A-Za-z0-9._-\], found "r 1"$/],
    [["revoke", ...at, "--name", "x".repeat(65), ...why], /^--name: expected a name/],
    [
      ["revoke", ...at, "--name", "hub", ...why],
      /^--name: "hub" is the hub, .* does not reach them; renew the site's authority/,
    ],
    [
      ["revoke", ...at, "--name", "r1", "--reason", "x".repeat(201)],
      /^--reason: expected at most 200 characters, found/,
    ],
    [["revoke", ...at, "--name", "r1", "--reason", "a\nb"], /^--reason: expected text without control characters/],
    [["revoke", ...at, "--name", "r1", ...why, "r2"], /r2/],
  ];
  for (const [args, says] of wrong) t.match(readCertificateOptions(args), says, args.join(" "));
});

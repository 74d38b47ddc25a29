// The console's flag: an address, off without it, and beyond loopback only with TLS.

import t from "tap";
import { readHubOptions } from "../../hub/options.js";

const SITE = ["--config", "site.yaml", "--data-dir", "data"];
const TLS = ["--ca", "ca.pem", "--cert", "hub.pem", "--key", "hub.key"];

function consoleOf(args: readonly string[]) {
  const found = readHubOptions("run", [...SITE, ...args]);
  return typeof found === "string" ? found : found.console;
}

t.test("the console listens where the flag says, and nowhere without it", async (t) => {
  t.equal(consoleOf([]), null);
  t.same(consoleOf(["--console", "127.0.0.1:0"]), { host: "127.0.0.1", port: 0 });
  t.match(consoleOf(["--console", "7480"]), /--console: expected HOST:PORT, found "7480"/);
  t.match(consoleOf(["--console", "0.0.0.0:7480"]), /cannot listen on 0\.0\.0\.0 without TLS/);
  t.same(consoleOf(["--console", "0.0.0.0:7480", ...TLS]), { host: "0.0.0.0", port: 7480 });
});

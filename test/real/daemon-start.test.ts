// X34 to X36: how and where a daemon is started decides whether it starts.

import { spawn } from "node:child_process";
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { checkDaemonStart } from "../../fleet-config/daemon-start.js";
import { aTinySite, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { compiled } from "./transport-kit.js";

t.setTimeout(60_000);

const HUB = "hub/main.js";
const EDGE = "edge/main.js";

t.test("X34 a site file that everybody can replace is refused by both daemons with 77", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const data = ["--config", config, "--data-dir", join(folder, "data")];
  for (const [path, mode] of [
    [dirname(config), 0o777],
    [config, 0o666],
  ] as const) {
    chmodSync(path, mode);
    for (const end of [await program(HUB, ["run", ...data]), await program(EDGE, ["run", "--robot", "r1", ...data])]) {
      t.equal(end.exit, 77, end.err);
      t.match(end.err, `found mode ${mode.toString(8)} of ${path}`);
      t.match(end.err, `chmod o-w ${path}`);
    }
    chmodSync(path, path === config ? 0o644 : 0o755);
  }
});

t.test("X36 a daemon with an inspector or a preload does not start, and ends with 78", async (t) => {
  const folder = aFolder(t);
  const data = ["--config", aTinySite(join(folder, "site")), "--data-dir", join(folder, "data")];
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["--import", "data:text/javascript,0"], ""],
    [["--inspect=127.0.0.1:0"], ""],
    [[], "--max-old-space-size=500 --import=data:text/javascript,0"],
  ];
  for (const path of [HUB, EDGE]) {
    for (const [flags, options] of rows) {
      const run = [compiled(path), "run", ...(path === EDGE ? ["--robot", "r1"] : []), ...data];
      const child = spawn(process.execPath, [...flags, ...run], { env: { ...process.env, NODE_OPTIONS: options } });
      let err = "";
      child.stderr.on("data", (chunk) => (err += String(chunk)));
      const exit = await new Promise((resolve) => child.once("close", resolve));
      t.equal(exit, 78, `${path} ${flags} ${options}: ${err}`);
      t.match(err, /expected a daemon without inspector/);
    }
  }
});

t.test("X35 a daemon that runs as root says so and runs", async (t) => {
  if (process.getuid?.() !== 0) return t.comment("not root: not tried");
  const folder = aFolder(t);
  const args = ["--config", aTinySite(join(folder, "site")), "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"];
  const hub = await startDaemon(t, HUB, { dataDir: join(folder, "hub"), args });
  t.match(hub.log(), /drover-hub: runs as root; a user of its own/);
  t.equal(await hub.stop(), 0);
});

t.test("memory limits and other flags of Node are nobody's code", (t) => {
  const start = { config: join(aFolder(t), "none.yaml"), execArgv: ["--enable-source-maps"], warn: () => {} };
  checkDaemonStart({ ...start, nodeOptions: "--max-old-space-size=500 --report-on-fatalerror" });
  checkDaemonStart({ ...start, nodeOptions: undefined });
  for (const nodeOptions of ["-r x", "--require x", "--require=x", '"--inspect-brk"', "--experimental_loader=x"])
    t.throws(() => checkDaemonStart({ ...start, nodeOptions }), { name: "ConfigRefused" }, nodeOptions);
  t.end();
});

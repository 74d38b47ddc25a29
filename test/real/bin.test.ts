// A daemon whose parent is gone ends, also when the parent went before the daemon had begun to listen.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";

const BIN = new URL("../../proto/codec/bin.js", import.meta.url).href;

for (const when of ["before", "after"] as const) {
  t.test(`a daemon ends when its parent goes ${when} it begins to wait`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "drover-bin-"));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    const main = join(dir, "main.mjs");
    writeFileSync(
      main,
      `import { untilAsked } from ${JSON.stringify(BIN)};
       const keep = setInterval(() => {}, 1000);
       ${when === "before" ? "while (process.connected) await new Promise(setImmediate);" : "process.send('up');"}
       process.stdout.write(await untilAsked());
       clearInterval(keep);
       process.exit(0);`,
    );
    const child = fork(main, { stdio: ["ignore", "pipe", "inherit", "ipc"], execArgv: [] });
    let said = "";
    child.stdout?.on("data", (bytes) => {
      said += String(bytes);
    });
    if (when === "after") await once(child, "message");
    else await once(child, "spawn");
    child.disconnect();
    const [code] = (await once(child, "exit")) as [number];
    t.equal(code, 0);
    t.equal(said, "parent gone");
  });
}

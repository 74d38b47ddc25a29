// The example base in Python under a real edge and a real hub: nothing of the simulated world is there. It is granted a
// task, drives by its own kinematics, and arrives. Skipped where there is no python3.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { aTinySite, BENCH, brokerPort, drover, HOME, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";

t.setTimeout(90_000);
const skip = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed on this machine";
const WITHIN_MS = 40_000;

interface RobotSeen {
  readonly id: string;
  readonly rung: string;
  readonly linked: boolean;
  readonly activity: string;
  readonly pose?: { readonly xM: number; readonly yM: number };
}

/** The script is no compiled output: it stands in the nearest folder above this one that has it. */
function upwards(folder: string, path: string): string {
  const found = join(folder, path);
  if (existsSync(found)) return found;
  if (dirname(folder) === folder) throw new Error(`expected ${path} in a folder above this test`);
  return upwards(dirname(folder), path);
}

/** Asks again and again until the answer holds; throws with the last one when it never does. */
async function untilShown<T>(what: string, ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`not within ${WITHIN_MS} ms: ${what}: ${JSON.stringify(answer)}`);
  }
}

t.test(
  "a base written in Python from the documents is granted a task, drives there and arrives",
  { skip },
  async (t) => {
    const folder = aFolder(t);
    const config = aTinySite(join(folder, "site"));
    const hub = await startDaemon(t, "hub/main.js", {
      dataDir: join(folder, "hub"),
      args: ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"],
    });
    const address = `127.0.0.1:${hub.own.ports.grpc}`;
    const edge = await startDaemon(t, "edge/main.js", {
      dataDir: join(folder, "r1"),
      args: [
        ...["--config", config, "--robot", "r1", "--hub", address, "--onboard", "127.0.0.1:0"],
        ...["--broker", `mqtt://127.0.0.1:${brokerPort(hub)}`],
      ],
    });
    const script = upwards(dirname(fileURLToPath(import.meta.url)), join("scripts", "example-base.py"));
    const base = spawn("python3", [script, String(edge.own.ports.onboard), String(HOME.xM), String(HOME.yM), "0"], {
      stdio: "ignore",
    });
    const baseGone = new Promise((done) => base.once("exit", done));
    t.teardown(async () => {
      base.kill("SIGKILL");
      await baseGone;
    });
    const at = ["--hub", address];
    const by = ["--operator", "tester", "--reason", "a first drive"];
    const r1 = async (): Promise<RobotSeen | undefined> =>
      ((await drover(["robots", ...at])).json as { robots: RobotSeen[] } | null)?.robots.find(({ id }) => id === "r1");

    await untilShown("r1 is AUTONOMOUS", r1, (robot) => robot?.rung === "AUTONOMOUS" && robot.linked);
    const absent = await untilShown(
      "r2 may be declared absent",
      () => drover(["robot", "absent", "r2", "--seen", "it is in the workshop", ...by, ...at]),
      ({ exit }) => exit === 0,
    );
    t.equal(absent.exit, 0, absent.text);
    const added = await drover(["task", "add", "bench", "--id", "first", ...by, ...at]);
    t.equal(added.exit, 0, added.text);
    const tasks = await untilShown(
      "the task is done",
      async () => ((await drover(["task", "list", "--all", ...at])).json as { tasks: { phase: string }[] }).tasks,
      (list) => list[0]?.phase === "DONE",
    );
    t.equal(tasks.length, 1);
    const robot = await r1();
    const away = Math.hypot((robot?.pose?.xM ?? 0) - BENCH.xM, (robot?.pose?.yM ?? 0) - BENCH.yM);
    t.ok(away < 0.3, `it stands ${away.toFixed(3)} m from the bench`);
    const told = await drover(["events", ...at]);
    for (const kind of ["claimed", "arrived", "taskEnded"]) t.match(told.text, kind);
    t.equal(await edge.stop(), 0, "the edge ends cleanly");
    t.equal(await hub.stop(), 0, "the hub ends cleanly");
  },
);

t.test("a second hub on a taken port, or on a ledger in use, says so and ends", async (t) => {
  const folder = aFolder(t);
  const config = aTinySite(join(folder, "site"));
  const args = ["--config", config, "--broker", "127.0.0.1:0"];
  const first = await startDaemon(t, "hub/main.js", {
    dataDir: join(folder, "first"),
    args: [...args, "--listen", "127.0.0.1:0"],
  });
  const listen = ["--listen", `127.0.0.1:${first.own.ports.grpc}`];
  const second = await program("hub/main.js", ["run", ...args, ...listen, "--data-dir", join(folder, "second")]);
  t.equal(second.exit, 69, second.err);
  t.match(second.err, `port ${first.own.ports.grpc} on 127.0.0.1 is taken`);
  const same = await program("hub/main.js", [
    ...["run", ...args, "--listen", "127.0.0.1:0", "--data-dir", join(folder, "first")],
  ]);
  t.equal(same.exit, 75, same.err);
  t.equal(await first.stop(), 0);
});

// A site in which nothing goes wrong, on a small map with short tasks, and the same site with a planner whose cost
// field has the wrong sign; then what the runner refuses before it starts anything.

import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { aSmallSite } from "./site-kit.js";
import { aFolder, isAlive, program, type RunRow, runSite, sound } from "./site-run.js";

t.setTimeout(280_000);
const CALM_S = 26;
const ROBOTS = 3;

t.test("a calm site does tasks, breaks no rule, and leaves nothing running", async (t) => {
  const site = aSmallSite(t);
  let most: readonly RunRow[] = [];
  const alive = new Set<number>();
  const onRows = (rows: readonly RunRow[]) => {
    if (rows.length > most.length) most = rows;
    for (const { pid } of rows) if (isAlive(pid)) alive.add(pid);
  };
  const calm = await runSite(t, () => {
    most = [];
    return { robots: ROBOTS, forS: CALM_S, seed: 5, args: site, onRows };
  });
  await sound(t, calm);
  const roles = most.map(({ role, robot = "" }) => `${role} ${robot}`.trim()).sort();
  const each = ["r1", "r2", "r3"].flatMap((robot) => [`edge ${robot}`, `planner ${robot}`]);
  t.same(roles, ["broker", "hub", "runner", ...each].sort(), "run.json lists everything");
  t.ok(
    most.every(({ pid }) => alive.has(pid)),
    "what it lists did run",
  );
  const { report, trace } = calm;
  t.ok(report.tasks.done >= 2, `${report.tasks.done} tasks done in ${CALM_S} s`);
  for (const robot of ["r1", "r2", "r3"]) t.ok(trace.drivenM(robot, 0) > 2, `${robot} drove`);
  t.ok(report.plan.deadlineMisses <= report.plan.count * 0.01 + 3, `${JSON.stringify(report.plan)}`);
  t.equal(report.tasks.accepted, report.tasks.done + report.tasks.active + report.tasks.waiting, "no task is lost");
  t.ok(report.durationMs >= CALM_S * 1000 && report.durationMs < CALM_S * 1000 + 3000);
  t.comment(`calm: ${report.tasks.done} done, ${report.drivenM} m, plans ${JSON.stringify(report.plan)}`);

  const negated = join(aFolder(t), "model");
  mkdirSync(negated);
  const written = await program("models/grid-planner/main.js", [negated, "--negate"]);
  t.equal(written.exit, 0, written.err);
  const lost = await runSite(t, () => ({
    ...{ robots: ROBOTS, forS: CALM_S, seed: 5, args: [...site, "--model", negated] },
  }));
  await sound(t, lost);
  t.equal(lost.report.tasks.done, 0, "R11 with the cost field negated no task is done");
  t.ok(lost.report.tasks.accepted > 0 && lost.report.plan.count > 0, "although there were tasks, and plans were made");
  t.comment(`negated: ${JSON.stringify(lost.report.tasks)}, ${lost.report.drivenM} m`);
});

t.test("a site says which port is taken, and which flag or file is wrong, before it starts anything", async (t) => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
  t.teardown(() => taken.close());
  const at = taken.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  const data = join(aFolder(t), "data");
  const second = await program("scripts/demo/main.js", [
    ...["--robots", "1", "--for", "1s", "--headless", "--port", String(port), "--data-dir", data],
  ]);
  t.equal(second.exit, 69);
  t.match(second.err, `port ${port} on 127.0.0.1 is taken`);
  const nowhere = join(data, "nowhere");
  const wrong: [readonly string[], number, RegExp][] = [
    [["--robots", "0"], 64, /--robots: expected a whole number from 1/],
    [["--robot", "3"], 64, /--robot/],
    [["--for", "soon"], 64, /--for: expected a time like 15s/],
    [["--scenario", "x.scen"], 64, /--scenario: expected a --map/],
    [["--fault", "at=1s robot=r9 link=off"], 64, /no robot "r9"/],
    [["--fault", "at=1s robot=r1 lnk=off"], 64, /names no fault/],
    [["stray"], 64, /stray/],
    [["--map", nowhere], 66, /--map: cannot read/],
    [["--model", nowhere], 78, /--model: .* expected a file/],
    [["--report", join(nowhere, "report.json")], 74, /--report: cannot write/],
    [["--trace", join(nowhere, "trace.jsonl")], 74, /--trace: cannot write/],
  ];
  for (const [args, exit, says] of wrong) {
    const end = await program("scripts/demo/main.js", [...args, "--headless", "--data-dir", data]);
    t.equal(end.exit, exit, args.join(" "));
    t.match(end.err, says);
    t.notMatch(end.err, "    at ", "no stack");
  }
});

// Disks that run full under a running site. A robot whose disk is full stands in HALT and goes on when it is started
// again with space; a hub whose disk is full ends, having granted nothing that is not stored, and loses nothing that it
// accepted. One run on a small map; the disks are real file systems, a few MiB in memory.

import { join } from "node:path";
import t, { type Test } from "tap";
import { Hub } from "../../hub/cli/hub.js";
import { readAnswer, toAskRequest } from "../../proto/operator.js";
import { type RobotView, readListRobotsResponse } from "../../proto/operator-views.js";
import { oneTimeToken } from "../../scripts/demo/run.js";
import { taskProblems } from "../../scripts/soak-plan.js";
import { standsFrom } from "./site-judge.js";
import { aSmallSite } from "./site-kit.js";
import { type RunRow, runSite, sound } from "./site-run.js";
import { aSmallDisk, fill, free, noSmallDisk } from "./small-disk.js";
import { pause } from "./transport-kit.js";

t.setTimeout(280_000);
const FAULTS = { edge: "at=15s robot=r1 edge=kill for=500ms", hub: "at=15s hub=kill for=500ms" } as const;
const FOR_S = 24;
const SEED = 5;
const DISK_KB = 24_576;
/** More than fill the pages that were begun before the disk was full. */
const ASKS = 40;
const ROUNDS = 40;

/** What is done to the site while it runs, by an operator and by whoever fills its disks. */
class Acts {
  readonly #dataDir: string;
  readonly #hub: Hub;
  readonly #act = { operator: "tester", reason: "fills the disk ".repeat(20) };
  readonly accepted: string[] = [];
  latched = false;
  stillLatched = false;
  failure: Error | null = null;

  constructor(t: Test, at: { readonly dataDir: string; readonly grpcPort: number }) {
    this.#dataDir = at.dataDir;
    const stop = new AbortController();
    const hub = { host: "127.0.0.1", port: at.grpcPort, tls: null, timeoutMs: 2000 };
    this.#hub = new Hub({ ...hub, token: () => oneTimeToken(at.dataDir) }, stop.signal);
    t.teardown(() => {
      stop.abort();
      this.#hub.close();
    });
  }

  /** Never rejects. */
  begin(): void {
    void this.#perform().catch((cause: Error) => {
      this.failure = cause;
    });
  }

  async #perform(): Promise<void> {
    await pause(6000);
    fill(join(this.#dataDir, "r1"));
    for (let round = 0; round < ROUNDS && !(await this.#isLatched()); round += 1) {
      await this.#takeBack();
      await pause(200);
    }
    this.latched = await this.#isLatched();
    free(join(this.#dataDir, "r1"));
    await pause(500);
    this.stillLatched = await this.#isLatched();
    fill(join(this.#dataDir, "hub"));
    for (let number = 0; number < ASKS && (await this.#ask(`x${number}`)); number += 1);
    await pause(1000);
    free(join(this.#dataDir, "hub"));
  }

  async #isLatched(): Promise<boolean> {
    const r1 = await this.#robot();
    return r1?.rung === "HALT" && r1.causes.some(({ name }) => name === "store-fault");
  }

  async #robot(): Promise<RobotView | undefined> {
    const { robots } = await this.#hub.ask("ListRobots", {}, readListRobotsResponse);
    return robots.find(({ id }) => id === "r1");
  }

  /** Each end of an assignment is something that the robot must store. */
  async #takeBack(): Promise<void> {
    const task = (await this.#robot())?.task ?? "";
    if (task === "") return;
    const ask = toAskRequest({ kind: "cancelTask", act: this.#act, task });
    await this.#hub.ask("CancelTask", ask, readAnswer.cancelTask).catch(() => {}); // it has ended meanwhile
  }

  /** False when the hub does not answer any more. */
  async #ask(task: string): Promise<boolean> {
    const wish = { kind: "submitTask", act: this.#act, fleet: "", dwellMs: 0, task } as const;
    const ask = toAskRequest({ ...wish, stops: [{ destinations: ["c2-2"] }] });
    try {
      await this.#hub.ask("SubmitTask", ask, readAnswer.submitTask);
      this.accepted.push(task);
      return true;
    } catch {
      return false;
    }
  }
}

t.test("R5 R7 R10 a site whose disks run full stays sound and loses nothing", { skip: noSmallDisk() }, async (t) => {
  let acts: Acts | null = null;
  const disks = { hub: "", r1: "" };
  const wishOf = () => ({
    ...{ robots: 2, forS: FOR_S, seed: SEED, args: aSmallSite(t), faults: Object.values(FAULTS) },
    prepare(dataDir: string) {
      Object.assign(disks, { hub: join(dataDir, "hub"), r1: join(dataDir, "r1") });
      for (const dir of [disks.hub, disks.r1]) aSmallDisk(t, dir, DISK_KB);
    },
    onRows(rows: readonly RunRow[]) {
      const hub = rows.find(({ role }) => role === "hub");
      if (hub === undefined || rows.filter(({ role }) => role === "planner").length < 2) return;
      if (acts !== null) return;
      acts = new Acts(t, { dataDir: join(disks.hub, ".."), grpcPort: hub.ports.grpc ?? 0 });
      acts.begin();
    },
  });
  const run = await runSite(t, () => {
    acts = null;
    return wishOf();
  });
  await sound(t, run);
  const done = acts as Acts | null;
  t.ok(done !== null && done.failure === null, `${done?.failure}`);
  if (done === null) return;
  edgeStood(t, { run, done });
  hubEnded(t, { run, done });
});

type Seen = { readonly run: Awaited<ReturnType<typeof runSite>>; readonly done: Acts };

function edgeStood(t: Test, { run: { trace }, done }: Seen): void {
  t.ok(done.latched, "a robot that cannot store is in HALT by store-fault");
  t.ok(done.stillLatched, "R7 it is latched: space alone does not let go of it");
  const halt = trace.modes.find(({ robot, to }) => robot === "r1" && to === "HALT");
  t.equal(halt?.cause, "store-fault");
  const { deadmanMs, brakingMs } = trace.site;
  const [fromMs, untilMs] = [(halt?.t ?? 0) + deadmanMs + brakingMs, trace.fault(FAULTS.edge)];
  standsFrom(t, trace, { robot: "r1", fromMs, untilMs });
  t.same(trace.drivesOf("r1", fromMs, untilMs), [], "R8 no command moves it");
  const again = trace.drivesOf("r1", trace.fault(FAULTS.edge, "end"));
  t.ok(again.length > 0, "started again with space it goes on");
}

function hubEnded(t: Test, { run, done }: Seen): void {
  const { trace, report } = run;
  t.match(run.out, /the hub ended: exit code 74/, "a hub that cannot store ends");
  t.equal(trace.events("hubStarted").length, 2, "and starts again when there is space");
  const accepted = new Set(trace.events("taskAccepted").map(({ body }) => body.task));
  t.ok(done.accepted.length < ASKS, `${done.accepted.length} tasks were accepted before the disk was full`);
  t.same(
    done.accepted.filter((task) => !accepted.has(task)),
    [],
    "R10 every task that a person was told is accepted is there",
  );
  t.same(taskProblems(trace.ledger, report.tasks), [], "no task is lost, none ends twice");
  t.comment(`${done.accepted.length} accepted on the full disk; ${JSON.stringify(report.tasks)}`);
}

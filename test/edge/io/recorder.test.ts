// R13, R14: a disk that is full, slow or gone ends the recording and says so; the steps of the core go on, and what is
// recorded once there is room again replays by itself.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { EdgeUnderTest } from "../core/edge-under-test.js";
import { roomGrid } from "../core/yard.js";
import { aFolder, filesIn, recorded, replayed } from "../recording/recorded.js";

const FIRST = "00000001.recording";
/** Longer than a recorder waits after a gap. */
const PAUSE_MS = 11_000;

/** Lets the recorder notice what happened to its disk: it packs now and then only by a clock that does not run here. */
async function lived(recording: Awaited<ReturnType<typeof recorded>>, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5000) {
    recording.robot.run(Math.min(5000, left));
    await recording.recorder.written();
  }
}

t.test("R13 full disk ends the recording; it goes on with a new segment when there is room again", async (t) => {
  const full = aFolder(t);
  const next = await recorded(full);
  rmSync(join(full, FIRST), { force: true });
  symlinkSync("/dev/full", join(full, FIRST));
  await lived(next, 5000);
  t.match(next.gaps, [/ENOSPC/]);
  t.equal(next.recorder.dropped, next.robot.inputs.length, "nothing was kept");
  await lived(next, PAUSE_MS);
  t.match(next.gaps, [/ENOSPC/, ""]);
  await lived(next, 2000);
  await next.recorder.close();
  rmSync(join(full, FIRST));
  const { exit, text } = await replayed(full);
  t.equal(exit, 0, text);
  const [, before, dropped] = /segment 2: .* after (\d+) inputs, (\d+) of them dropped/.exec(text) ?? [];
  t.equal(before, dropped);
  t.match(text, `${next.robot.inputs.length - Number(dropped)} inputs (`, "everything since is there");
});

t.test("R13 disk that does not take what comes ends the recording, and holds up no step", async (t) => {
  const dir = aFolder(t);
  const recording = await recorded(dir);
  const { robot, recorder, gaps } = recording;
  rmSync(join(dir, FIRST), { force: true });
  execFileSync("mkfifo", [join(dir, FIRST)]); // opening it waits for a reader
  robot.ready();
  for (let round = 0; round < 30; round += 1) {
    robot.step({ kind: "planRefused", id: 0, reason: "x".repeat(1_000_000) });
    robot.run(2000);
  }
  t.same(gaps, ["the disk does not keep up"]);
  t.ok(robot.commands().length > 1000, "the robot has gone on");
  const reader = await open(join(dir, FIRST), "r");
  await recorder.written();
  await reader.close();
  robot.run(PAUSE_MS);
  await lived(recording, 1000);
  t.equal(gaps.at(-1), "");
  await recorder.close();
  rmSync(join(dir, FIRST));
  t.equal((await replayed(dir)).exit, 0);
});

t.test("R13 folder that is gone ends the recording, and is told once for each try", async (t) => {
  const folder = aFolder(t);
  const dir = join(folder, "ring");
  mkdirSync(dir);
  const recording = await recorded(dir);
  await recording.recorder.written();
  rmSync(dir, { recursive: true });
  writeFileSync(dir, "in the way");
  recording.robot.ready();
  for (let round = 0; round < 50 && recording.gaps.length === 0; round += 1) {
    recording.robot.step({ kind: "planRefused", id: 0, reason: "x".repeat(1_000_000) });
    await lived(recording, 5000);
  }
  t.equal(recording.gaps.length, 1);
  t.match(recording.gaps[0], /ENOTDIR|ENOENT/);
  await recording.recorder.close();
});

t.test("R13 ring that is too small for its map records nothing and says what it takes", async (t) => {
  const dir = aFolder(t);
  const { recorder, robot, gaps } = await recorded(dir, new EdgeUnderTest(), 1_000_000);
  robot.run(60_000);
  t.equal(gaps.length, 1, "told once");
  t.match(gaps, [/expected a ring of at least \d MB for this map, found 1 MB/]);
  await recorder.close();
  t.same(filesIn(dir), []);
});

t.test("R13 a core that holds what cannot be copied is not recorded, and drives", async (t) => {
  const dir = aFolder(t);
  const robot = new EdgeUnderTest();
  const { recorder, gaps } = await recorded(dir, robot);
  Object.assign(robot.edge.state, { planted: () => roomGrid() });
  recorder.begin({ context: robot.context, grid: roomGrid(), snapshot: () => robot.edge.snapshot() });
  robot.run(1000);
  t.match(gaps, [/could not be cloned/]);
  await recorder.close();
});

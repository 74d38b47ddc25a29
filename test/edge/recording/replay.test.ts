// R14: what was recorded is replayed without a difference, and a core that decides otherwise is found by its first
// decision. Files that were cut, damaged or made by others are refused, or believed as far as they go.
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Edge } from "../../../edge/core/edge.js";
import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import { recordCommand } from "../../../edge/recording/commands.js";
import { THIS_MAKER } from "../../../edge/recording/recording.js";
import { EXIT } from "../../../proto/errors.js";
import { chanceFrom } from "../../proto/true-time.js";
import { happen } from "../core/deeds.js";
import { EdgeUnderTest } from "../core/edge-under-test.js";
import { aDrive, aFolder, changed, filesIn, framesIn, recorded, replayed, withHead } from "./recorded.js";

t.test("R14 a drive with faults is replayed without a difference", async (t) => {
  const dir = aFolder(t);
  const robot = await aDrive(dir);
  const { exit, lines, text } = await replayed(dir);
  t.equal(exit, 0, text);
  t.equal(lines.at(-1), "no difference");
  t.match(text, `${robot.inputs.length} inputs (`);
  t.match(text, `${robot.of("record").length} decisions, ${robot.commands().length} commands`);
  t.notMatch(text, "without an end");
});

t.test("R14 lives drawn at random are replayed without a difference", async (t) => {
  for (let seed = 300; seed < 306; seed += 1) {
    const dir = aFolder(t);
    const robot = new EdgeUnderTest({ seed });
    const { recorder, gaps } = await recorded(dir, robot, 64_000_000);
    robot.step({ kind: "plannerReady" });
    robot.connect();
    const chance = chanceFrom(seed);
    for (let deed = 0; deed < 60; deed += 1) {
      happen(robot, chance);
      recorder.pack();
      await recorder.written();
    }
    await recorder.close();
    const { exit, text } = await replayed(dir);
    t.equal(exit, 0, `seed ${seed}: ${text}`);
    t.match(text, `${robot.inputs.length} inputs (`, `seed ${seed}`);
    t.same(gaps, []);
  }
});

/** Lets every core of this process obey `change` while `work` runs. */
async function bent<T>(
  change: (effects: readonly EdgeEffect[], input: EdgeInput) => readonly EdgeEffect[],
  work: () => Promise<T>,
) {
  const { step } = Edge.prototype;
  Edge.prototype.step = function (this: Edge, input, nowMs) {
    return change(step.call(this, input, nowMs), input);
  };
  try {
    return await work();
  } finally {
    Edge.prototype.step = step;
  }
}

t.test("R14 replay names the first decision of a core that drives otherwise, both sides and the inputs", async (t) => {
  const dir = aFolder(t);
  const robot = await aDrive(dir);
  const from = robot.commands().find((command) => command.speedMps > 0.5)?.sequence ?? 0;
  const slower = (effects: readonly EdgeEffect[]) =>
    effects.map((effect) => {
      if (effect.kind !== "command" || effect.command.sequence < from) return effect;
      return { ...effect, command: { ...effect.command, speedMps: effect.command.speedMps * 0.9 } };
    });
  const { exit, text } = await bent(slower, () => replayed(dir));
  t.equal(exit, EXIT.software);
  const at = robot.effects.find(({ effect }) => effect.kind === "command" && effect.command.sequence === from);
  t.match(text, `a tick at ${at?.atMs} ms, in d-boot1-`);
  t.match(text, /command\.speedMps: recorded 0\.\d+, replayed 0\.\d+/);
  t.match(text, /recorded {2}\{"kind":"command"/);
  t.match(text, /scan \d+, \d+ ms old/);
});

t.test("R14 replay finds a core that does more, or less, or throws", async (t) => {
  const dir = aFolder(t);
  await aDrive(dir);
  const note: EdgeEffect = { kind: "note", event: "new", detail: "" };
  const cases = [
    [
      "more",
      (effects: readonly EdgeEffect[], { kind }: EdgeInput) => (kind === "planned" ? [...effects, note] : effects),
    ],
    ["less", (effects: readonly EdgeEffect[]) => effects.filter(({ kind }) => kind !== "plan")],
    ["throws", (effects: readonly EdgeEffect[]) => (effects.length > 3 ? broken() : effects)],
  ] as const;
  for (const [what, change] of cases) {
    const { exit, text } = await bent(change, () => replayed(dir));
    t.equal(exit, EXIT.software, what);
    t.match(text, what === "throws" ? /replayed {2}\{"threw":"planted"\}/ : /differs at input/, what);
  }
});

function broken(): never {
  throw new Error("planted");
}

t.test("R14 what a core threw is written at once, and thrown again by its replay", async (t) => {
  const dir = aFolder(t);
  const { robot, recorder } = await recorded(dir);
  robot.driving();
  await recorder.written();
  robot.run(200); // nothing of this is packed yet
  const input: EdgeInput = { kind: "tick", clocks: robot.clocksAt(robot.nowMs - 60_000) };
  const cause = (() => {
    try {
      return void robot.edge.step(input, robot.nowMs);
    } catch (thrown) {
      return thrown as Error;
    }
  })();
  t.match(cause?.name, "ClockFault");
  recorder.threw(input, robot.nowMs, cause as Error);
  const inputs = robot.inputs.length + 1;
  const { exit, text } = await replayed(dir);
  t.equal(exit, 0, text);
  t.match(text, `${inputs} inputs (`);
  await recorder.close();
  t.equal((await replayed(dir)).exit, 0, "closing afterwards changes nothing");
});

t.test("R14 a file that was cut anywhere is believed up to there", async (t) => {
  const dir = aFolder(t);
  await aDrive(dir);
  const [name = ""] = filesIn(dir);
  const frames = await framesIn(join(dir, name));
  const to = join(dir, "cut");
  const batch = frames.filter(({ kind }) => kind === "batch").at(-1)?.at ?? 0;
  for (const [at, says] of [
    [batch, "without an end"],
    [batch + 5, "in the middle of a frame's header"],
    [batch + 100, /\d+ of \d+ bytes of a frame/],
  ] as const) {
    const { exit, text } = await replayed(changed(join(dir, name), to, (bytes) => bytes.subarray(0, at)));
    t.equal(exit, 0, `cut at ${at}: ${text}`);
    t.match(text, says, `cut at ${at}`);
    t.match(text, "no difference");
  }
  const nothing = { exitClass: "data", message: /expected inputs to replay, found none/ };
  for (const { at } of frames.slice(0, 4))
    t.match((await replayed(changed(join(dir, name), to, (bytes) => bytes.subarray(0, at)))).exit, nothing);
});

t.test("R14 a flipped bit in any frame is named and ends what is believed", async (t) => {
  const dir = aFolder(t);
  await aDrive(dir);
  const [name = ""] = filesIn(dir);
  const frames = await framesIn(join(dir, name));
  const flipped = (at: number) =>
    changed(join(dir, name), join(dir, "flipped"), (bytes) => {
      bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
      return bytes;
    });
  for (const { kind, at } of frames.slice(1, -1)) {
    for (const offset of [0, 3, 7, 11, 14]) {
      const { exit, text } = await replayed(flipped(at + offset));
      if (exit instanceof Error) {
        t.match(exit.message, "expected inputs to replay, found none", `${kind} at ${at} + ${offset}`);
        continue;
      }
      t.equal(exit, EXIT.data, `${kind} at ${at} + ${offset}: ${text}`);
      t.match(text, new RegExp(`damaged at byte ${at}: .*; what follows there is not replayed`));
    }
  }
  for (const offset of [0, 3, 7, 11, 14]) t.match((await replayed(flipped(offset))).exit, { exitClass: "data" });
});

t.test("R14 recordings of another format, software or Node are refused with what was expected", async (t) => {
  const dir = aFolder(t);
  await aDrive(dir);
  const file = join(dir, filesIn(dir)[0] ?? "");
  const other = join(dir, "other");
  const refused = async (over: object) => (await replayed(await withHead(file, other, over))).exit;
  t.match(await refused({ recording: 2 }), { exitClass: "data", message: /expected a recording of format 1, found 2/ });
  for (const part of ["software", "v8", "arch"] as const) {
    const message = new RegExp(`expected a recording by ${part} ${THIS_MAKER[part]}, found ${part} other; --any`);
    t.match(await refused({ [part]: "other" }), { exitClass: "config", message });
    t.equal((await replayed(other, true)).exit, 0, "and replayed when that is asked for");
  }
  writeFileSync(other, "no recording at all, but a text");
  t.match((await replayed(other)).exit, { exitClass: "data", message: /expected a recording, found none/ });
  t.match((await replayed(join(dir, "none"))).exit, { exitClass: "missing" });
  mkdirSync(join(dir, "empty"));
  t.match((await replayed(join(dir, "empty"))).exit, { exitClass: "missing" });
});

t.test("R14 joined segments are one file that replays, each up to where it can be believed", async (t) => {
  const folder = aFolder(t);
  const ring = join(folder, "ring");
  await aDrive(ring);
  const [first = ""] = filesIn(ring);
  const whole = readFileSync(join(ring, first));
  writeFileSync(join(ring, "00000002.recording"), whole.subarray(0, whole.length - 300));
  copyFileSync(join(ring, first), join(ring, "00000003.recording"));
  const lines: string[] = [];
  const out = join(folder, "joined");
  t.equal(await recordCommand({ dir: ring, out }, (line) => lines.push(line)), 0);
  t.match(lines.join("\n"), /00000002.*it ended without an end/);
  const { exit, text } = await replayed(out);
  t.equal(exit, 0, text);
  t.match(text, "3 segments");
  t.notMatch(text, "ends at byte");
  await t.rejects(
    recordCommand({ dir: ring, out }, () => {}),
    { code: "EEXIST" },
  );
});

const RING = 8_000_000;

t.test("R13 a ring stays below its bytes, and its newest segments replay by themselves", async (t) => {
  const dir = aFolder(t);
  const { robot, recorder, gaps } = await recorded(dir, new EdgeUnderTest(), RING);
  robot.ready();
  let most = 0;
  for (let round = 0; round < 120; round += 1) {
    robot.run(200);
    robot.step({ kind: "planRefused", id: 0, reason: randomBytes(100_000).toString("hex") }); // fills the disk, no more
    robot.grant(round % 2 === 0 ? "P1" : "P2");
    await recorder.written();
    const sizes = filesIn(dir).map((name) => readFileSync(join(dir, name)).length);
    most = Math.max(
      most,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }
  await recorder.close();
  t.same(gaps, []);
  t.ok(most <= RING, `${most} bytes at most`);
  t.ok(most >= RING / 2, `${most} bytes at most`);
  t.not(filesIn(dir)[0], "00000001.recording", "the oldest are gone");
  const { exit, text } = await replayed(dir);
  t.equal(exit, 0, text.slice(-500));
  t.match(text, /^segment \d+: r1, boot boot1, from .*, after \d{3,} inputs$/m);
});

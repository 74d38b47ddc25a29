// Robots that drive by a model, as processes: one that goes wrong once it is promoted, one that hangs, one whose
// process is killed. Whatever the models do, nothing is touched and no command leaves the guard.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { writeChaser } from "../models/helpers/chaser-model.js";
import { aFolder, program, runSite, type SiteRun, sound } from "./site-run.js";

t.setTimeout(280_000);
const FOR_S = 38;
/** It is promoted after some 6 s of some 10 to 20 runs a second, and goes wrong a while later. */
const GOES_WRONG_AT_RUN = 260;
const FAULTS = {
  hang: "at=22s robot=r2 controller=hang for=4s",
  kill: "at=22s robot=r3 controller=kill",
} as const;

/** What the edge of a robot noted of its models. */
function notesOf({ dataDir }: SiteRun, robot: string): readonly string[] {
  const text = readFileSync(join(dataDir, robot, "log.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.includes('"msg":"model '))
    .map((line) => JSON.parse(line) as { readonly msg: string; readonly detail?: string; readonly model?: string })
    .map(({ msg, detail = "", model = "" }) => `${msg}: ${detail}${model}`);
}

t.test("R11 whatever models do while robots drive by them, the guard decides", async (t) => {
  const folder = aFolder(t);
  writeChaser(join(folder, "live"), { version: "1.0.0" });
  writeChaser(join(folder, "candidate"), { version: "2.0.0", nanFrom: GOES_WRONG_AT_RUN });
  const run = await runSite(t, () => ({
    ...{ robots: 3, forS: FOR_S, seed: 7, faults: Object.values(FAULTS) },
    args: [
      ...["--controller", join(folder, "live"), "--candidate", join(folder, "candidate")],
      ...["--promote-after", "6s", "--record", "64"],
    ],
  }));
  await sound(t, run);
  const { trace } = run;
  const notes = ["r1", "r2", "r3"].map((robot) => notesOf(run, robot));

  await t.test("a candidate takes over, and the model before comes back when it gives what is no number", (t) => {
    const told = notes.flat();
    t.ok(told.some((note) => /promoted: chaser 2\.0\.0 drives after \d+ runs/.test(note)));
    const back = /swapped back: chaser 1\.0\.0 drives again, chaser 2\.0\.0 failed: output "action"\[0\]: .* found NaN/;
    t.ok(
      told.some((note) => back.test(note)),
      told.join("\n"),
    );
    t.end();
  });

  await t.test("a model that hangs or dies costs its robot the rung, with the cause", (t) => {
    for (const robot of ["r2", "r3"] as const) {
      const fromMs = trace.fault(robot === "r2" ? FAULTS.hang : FAULTS.kill);
      const fell = trace.modes.find((mode) => mode.robot === robot && mode.t > fromMs && mode.to === "REACTIVE_ONLY");
      t.equal(fell?.cause, "controller-fault", `${robot}: ${notes.flat().join("\n")}`);
      t.ok((fell?.t ?? Number.POSITIVE_INFINITY) - fromMs < 3000, "soon");
      t.ok(trace.commandsOf(robot, fromMs).some(({ rung }) => rung === "REACTIVE_ONLY"));
    }
    t.end();
  });

  await t.test(
    "R14 replay gives every decision again, with what each model advised, across the swap and the kill",
    async (t) => {
      for (const robot of ["r1", "r2", "r3"]) {
        const { exit, out, err } = await program("edge/main.js", ["replay", join(run.dataDir, robot, "recording")]);
        t.equal(exit, 0, out + err);
        t.match(out, /no difference\n$/);
      }
    },
  );

  await t.test("the robots drive by their models before and after", (t) => {
    for (const robot of ["r1", "r2", "r3"]) t.ok(trace.drivenM(robot, 0, 1e15) > 4, robot);
    t.end();
  });
});

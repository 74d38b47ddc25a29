// R14: real edges that drive by a model, lose their planner and are killed, record what they take in; the same
// core replays it without a difference, in a process of its own.

import { join } from "node:path";
import t from "tap";
import { writeChaser } from "../models/helpers/chaser-model.js";
import { aFolder, program, runSite, sound } from "./site-run.js";

t.setTimeout(120_000);

const FAULTS = ["at=3s robot=r1 planner=kill", "at=5s robot=r2 edge=kill"];

t.test("R14 what a site's edges recorded is replayed without a difference, also after a kill", async (t) => {
  const controller = join(aFolder(t), "chaser");
  writeChaser(controller, { version: "1.0.0" });
  const args = ["--record", "32", "--controller", controller];
  const run = await runSite(t, () => ({ robots: 2, forS: 7, args, faults: FAULTS }));
  await sound(t, run);
  for (const robot of ["r1", "r2"] as const) {
    const ring = join(run.dataDir, robot, "recording");
    const { exit, out, err } = await program("edge/main.js", ["replay", ring]);
    t.equal(exit, 0, out + err);
    t.match(out, /no difference\n$/);
    t.ok(Number(/\((\d+) ticks/.exec(out)?.[1]) > 50, out);
    t.ok(Number(/compared: (\d+) decisions/.exec(out)?.[1]) > 1, out);
    if (robot === "r2") t.match(out, /edge was killed/, "a killed edge leaves a recording too");
  }
  const listed = await program("edge/main.js", ["explain", "--data-dir", join(run.dataDir, "r1")]);
  const ended = /^(d-\S+) .* (stopped|refused|superseded|reached) after/m.exec(listed.out);
  const why = await program("edge/main.js", ["explain", ended?.[1] ?? "", "--data-dir", join(run.dataDir, "r1")]);
  t.match(why, { exit: 0, out: `outcome  ${ended?.[2]} after` }, listed.out + why.err);
  const joined = join(aFolder(t), "r2.recording");
  const made = await program("edge/main.js", ["record", "--data-dir", join(run.dataDir, "r2"), "--out", joined]);
  t.equal(made.exit, 0, made.out + made.err);
  const whole = await program("hub/cli/main.js", ["replay", joined]);
  t.equal(whole.exit, 0, whole.out + whole.err);
  t.match(whole.out, /no difference\n$/);
  const refused = await program("hub/cli/main.js", ["replay", join(run.dataDir, "none")]);
  t.match(refused, { exit: 66, err: /drover: drover-edge: .*expected a recording, found nothing/ });
});

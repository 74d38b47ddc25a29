// R14: `drover replay` has the edge's own program replay a recording, and ends as that does: without a difference, with
// one, or with why it could not.
import { join } from "node:path";
import t from "tap";
import { EXIT } from "../../../proto/errors.js";
import { EdgeUnderTest } from "../../edge/core/edge-under-test.js";
import { aDrive, aFolder, recorded } from "../../edge/recording/recorded.js";
import { run } from "./stub-hub.js";

t.test("drover replay says that there is no difference, and in JSON too", async (t) => {
  const dir = aFolder(t);
  await aDrive(dir);
  const plain = await run(["replay", dir]);
  t.match(plain, { exit: 0, err: "", out: /^segment 1: r1, .*\n1 segments, \d+ inputs .*\nno difference\n$/s });
  const json = await run(["replay", dir, "--json"]);
  t.equal(json.exit, 0);
  t.match(JSON.parse(json.out), { same: true, lines: [/^segment 1/] });
});

t.test("drover replay names the first decision that differs, and ends with its own code", async (t) => {
  const dir = aFolder(t);
  const robot = new EdgeUnderTest();
  const { recorder } = await recorded(dir, robot);
  const took = robot.stepped;
  robot.stepped = (input, nowMs, effects) => {
    const told = effects.map((effect) =>
      effect.kind === "command" ? { ...effect, command: { ...effect.command, validForMs: 12 } } : effect,
    );
    took(input, nowMs, told);
  };
  robot.run(500);
  await recorder.close();
  const plain = await run(["replay", dir]);
  t.match(plain, { exit: EXIT.software, out: /differs at input \d+, segment 1: a tick at / });
  t.match(plain.out, /command\.validForMs: recorded 12, replayed \d+/);
  t.match(plain.err, /is not what this core does/);
  const json = await run(["replay", dir, "--json"]);
  t.match(JSON.parse(json.out), { error: { code: "REPLAY_DIFFERS", exit: EXIT.software, lines: [/^segment 1/] } });
});

t.test("drover replay refuses what is no recording as the edge does", async (t) => {
  const none = await run(["replay", join(aFolder(t), "none")]);
  t.match(none, { exit: EXIT.missing, out: "", err: /expected a recording, found nothing/ });
  t.match(await run(["replay"]), { exit: EXIT.usage });
});

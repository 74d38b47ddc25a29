// The plan of kills of a long run, and what it holds of tasks: the same for the same seed, never a process that is
// down, and no task lost or ended twice without being told.

import t from "tap";
import { parseFault } from "../../scripts/demo/faults.js";
import { killsIn, planKills, specOf, taskProblems } from "../../scripts/soak-plan.js";

const WISH = { seed: 7, kills: 200, robots: 5, firstMs: 6000 };

t.test("plan of kills is the same for the same seed, and another for another", async (t) => {
  t.same(planKills(WISH), planKills(WISH));
  t.notSame(planKills(WISH), planKills({ ...WISH, seed: 8 }));
});

t.test("plan of kills strikes every role, hub and edge mostly, and only what is up", async (t) => {
  for (let seed = 0; seed < 50; seed += 1) {
    const plan = planKills({ ...WISH, seed });
    const faults = plan.map(specOf).map((spec) => parseFault(spec, WISH.robots));
    t.same(
      faults.map(({ atMs }) => atMs),
      plan.map(({ atMs }) => atMs),
      "each is a fault that a run understands",
    );
    t.same(killsIn(plan.map((kill) => ({ spec: specOf(kill), phase: "begin" }))), {
      ...{ hub: 60, edge: 80, planner: 40, broker: 20 },
    });
    const upMs = new Map<string, number>();
    for (const { role, robot, atMs, downMs } of plan) {
      if (atMs < (upMs.get(`${role} ${robot}`) ?? 0)) t.fail(`seed ${seed}: ${role} ${robot} at ${atMs} is down`);
      upMs.set(`${role} ${robot}`, atMs + downMs);
    }
  }
});

t.test("R10 tasks that are lost, end twice or were never accepted are told", async (t) => {
  const event = (kind: string, task: string) => ({ sequence: 1, body: { kind, task } });
  const sound = [event("taskAccepted", "a"), event("taskAccepted", "b"), event("taskEnded", "a")];
  const told = { accepted: 2, active: 1, done: 1, failed: 0, waiting: 0 };
  t.same(taskProblems(sound, told), []);
  const wrong: [Parameters<typeof taskProblems>[0], typeof told, RegExp][] = [
    [[...sound, event("taskEnded", "a")], told, /a ended twice/],
    [[...sound, event("taskAccepted", "b")], told, /b was accepted twice/],
    [[...sound, event("taskEnded", "c")], told, /c ended and was never accepted/],
    [sound, { ...told, accepted: 1, active: 0 }, /knows 1 tasks, the ledger accepted 2/],
    [sound, { ...told, active: 0 }, /do not add up/],
    [sound, { ...told, active: 0, done: 2 }, /0 open tasks, the ledger 1/],
  ];
  for (const [events, counts, says] of wrong) t.match(taskProblems(events, counts).join("; "), says);
});

// The hub's core under inputs drawn at random: robots that come and go, lie about their tokens, repeat themselves and
// fall silent, operators who ask anything, a dispatcher that proposes nonsense, and crashes. After each step the site
// under test checks order, tokens and conflicts; here come the invariants of whole runs. A failure names the seed.
import t from "tap";
import { replay } from "../../../hub/core/hub.js";
import { choiceOf } from "../../../proto/questions.js";
import type { EdgeMessage } from "../../../proto/wire.js";
import { type Chance, chanceFrom, pick } from "../../proto/true-time.js";
import { ACT, SiteUnderTest, stateText } from "./site-under-test.js";

const RUNS = 14;
const STEPS = 250;
const ROBOTS = ["r1", "r2", "r3"] as const;
const PLACES = ["A", "B", "C", "D", "H1", "H2", "H3", "Z"] as const;
const TASKS = ["t1", "t2", "t3", "t4", "t5", ""] as const;

type Deed = (site: SiteUnderTest, chance: Chance) => void;

const DEEDS: readonly (readonly [number, Deed])[] = [
  [30, (site, chance) => void site.run(50 + Math.floor(chance() * 900))],
  [1.5, (site, chance) => void site.run(5000 + Math.floor(chance() * 15_000))],
  [2, heal],
  [6, (site, chance) => void site.connect(pick(chance, ROBOTS))],
  [2, (site, chance) => site.disconnect(pick(chance, ROBOTS))],
  [1, (site) => site.restart()],
  [5, switchHabit],
  [10, moveRobot],
  [14, sayOutcome],
  [4, sayNonsense],
  [8, (site, chance) => void site.submit(pick(chance, TASKS), ...stopsOf(chance))],
  [3, (site, chance) => void site.ask({ kind: "cancelTask", act: ACT, task: pick(chance, TASKS) })],
  [2, askMode],
  [12, takeOver],
  [3, (site, chance) => void site.ask({ kind: "freePlace", act: ACT, place: pick(chance, PLACES), seen: "empty" })],
  [1, (site, chance) => void site.ask({ kind: "stateAbsent", act: ACT, robot: pick(chance, ROBOTS), seen: "shop" })],
  [8, answerAny],
  [35, (site, chance) => site.script.want(pick(chance, ROBOTS), pick(chance, PLACES), pick(chance, TASKS))],
];

function stopsOf(chance: Chance): string[][] {
  const stops = chance() < 0.5 ? 1 : 2;
  return Array.from({ length: stops }, () => [pick(chance, PLACES.slice(0, 7)), pick(chance, PLACES.slice(0, 7))]);
}

/** What a shift does in the morning: every robot is linked, well and free to go, and has time to climb the ladder. */
function heal(site: SiteUnderTest): void {
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: "", fleet: "" } });
  for (const task of TASKS) site.ask({ kind: "resumeTask", act: ACT, task });
  for (const id of ROBOTS) {
    const robot = site.robot(id);
    site.ask({ kind: "undrainRobot", act: ACT, robot: id });
    Object.assign(robot, { isRenewing: true, isTelling: true, isAnswering: true, isObeying: true, errorM: 0.05 });
    site.ask({ kind: "clearMode", act: ACT, scope: { robot: id, fleet: "" } });
    if (robot.stream === null) site.connect(id);
    site.say(id, { kind: "modeReport", sequence: 0, rung: "AUTONOMOUS", causes: [] });
  }
  site.run(11_000);
}

function switchHabit(site: SiteUnderTest, chance: Chance): void {
  const robot = site.robot(pick(chance, ROBOTS));
  const habit = pick(chance, ["isRenewing", "isTelling", "isAnswering", "isObeying"] as const);
  robot[habit] = chance() < 0.7;
  if (chance() < 0.1) robot.reboot();
}

function moveRobot(site: SiteUnderTest, chance: Chance): void {
  const robot = site.robot(pick(chance, ROBOTS));
  const place = site.site.destinations.get(pick(chance, PLACES));
  robot.standAt(place ?? { xM: 1 + chance() * 22, yM: 6 });
  robot.speedMps = chance() < 0.5 ? 0 : 1;
}

function sayOutcome(site: SiteUnderTest, chance: Chance): void {
  const robot = site.robot(pick(chance, ROBOTS));
  if (robot.acting().length === 0) return;
  const outcome = robot.outcome(pick(chance, ["ARRIVED", "ARRIVED", "FAILED"] as const));
  site.say(robot.id, outcome);
  if (chance() < 0.3) site.say(robot.id, outcome);
}

function sayNonsense(site: SiteUnderTest, chance: Chance): void {
  const robot = site.robot(pick(chance, ROBOTS));
  const token = { epoch: 1 + Math.floor(chance() * 2), counter: 1 + Math.floor(chance() * 20) };
  const result = pick(chance, ["ARRIVED", "FAILED", "RELEASED"] as const);
  const messages: readonly EdgeMessage[] = [
    { kind: "renew", nonce: 1, modeSequence: 0, acting: [token] },
    { ...robot.renew(), acting: [token] },
    {
      kind: "modeReport",
      sequence: 0,
      rung: pick(chance, ["AUTONOMOUS", "AUTONOMOUS", "CONFIRM"] as const),
      causes: [],
    },
    {
      kind: "outcome",
      id: "o-odd",
      token: { epoch: 9, counter: 1 },
      assignment: "a",
      result,
      reason: "",
      decisionId: "",
    },
    robot.hello(),
  ];
  site.say(robot.id, pick(chance, messages));
}

function askMode(site: SiteUnderTest, chance: Chance): void {
  const scope = pick(chance, [
    { robot: pick(chance, ROBOTS), fleet: "" },
    { robot: "", fleet: "" },
  ]);
  if (chance() < 0.3) site.ask({ kind: "setMode", act: ACT, scope, rung: pick(chance, ["CONFIRM", "HALT"] as const) });
  else site.ask({ kind: "clearMode", act: ACT, scope });
}

function takeOver(site: SiteUnderTest, chance: Chance): void {
  const [task, robot] = [pick(chance, TASKS), pick(chance, ROBOTS)];
  const scope = { robot, fleet: "" };
  const acts = [
    { kind: "pauseTask", act: ACT, task },
    { kind: "resumeTask", act: ACT, task },
    { kind: "resumeTask", act: ACT, task },
    { kind: "drainRobot", act: ACT, robot },
    { kind: "undrainRobot", act: ACT, robot },
    { kind: "setMode", act: ACT, scope, rung: "REACTIVE_ONLY", forMs: 1 + Math.floor(chance() * 5000) },
  ] as const;
  site.ask(pick(chance, acts));
}

/** Any answer to any question that was ever asked, of any version. */
function answerAny(site: SiteUnderTest, chance: Chance): void {
  const asked = site.events.filter(({ body }) => body.kind === "questionAsked").slice(chance() < 0.7 ? -3 : 0);
  if (asked.length === 0) return;
  const { body, sequence } = pick(chance, asked);
  if (body.kind !== "questionAsked") return;
  const version = chance() < 0.9 ? sequence : pick(chance, asked).sequence;
  const choice = pick(chance, ["free", "absent", "clear", "raise", "move", "done", "cancel", "hold", "keep"] as const);
  const fit = choiceOf(body.question, choice) === null && chance() < 0.8 ? "keep" : choice;
  const seen = chance() < 0.9 ? "so" : "";
  site.ask({ kind: "answer", act: ACT, question: body.question, version, choice: fit, seen });
}

/** R12: each version of a question ends at most once, and none is open beyond the bound. */
function judgeQuestions(site: SiteUnderTest, seed: number): void {
  const ended = new Map<string, string>();
  for (const { body } of site.events) {
    if (!("question" in body) || body.kind === "questionAsked") continue;
    const key = `${body.question} ${body.version}`;
    if (ended.has(key)) throw new Error(`seed ${seed}: ${key} ended as ${ended.get(key)} and as ${body.kind}`);
    ended.set(key, body.kind);
  }
  const { questions } = site.hub.state.ledger;
  const most = site.site.config.limits.humanDecisions;
  if (questions.size > most) throw new Error(`seed ${seed}: ${questions.size} questions`);
  for (const { id, version } of questions.values())
    if (ended.has(`${id} ${version}`)) throw new Error(`seed ${seed}: ${id} is over and waits`);
}

function deed(chance: Chance): Deed {
  const total = DEEDS.reduce((sum, [weight]) => sum + weight, 0);
  let left = chance() * total;
  for (const [weight, one] of DEEDS) {
    left -= weight;
    if (left < 0) return one;
  }
  return (site) => void site.run(50);
}

function live(seed: number): SiteUnderTest {
  const chance = chanceFrom(seed);
  const site = new SiteUnderTest({ robots: 3 });
  for (const id of ROBOTS) site.connect(id);
  for (let step = 0; step < STEPS; step += 1) {
    deed(chance)(site, chance);
    if (step % 25 === 0) judge(site, seed);
  }
  return site;
}

/** What must hold at any time, told from the events alone. */
function judge(site: SiteUnderTest, seed: number): void {
  const { ledger } = site.hub.state;
  if (stateText(replay(site.events)) !== stateText(ledger)) throw new Error(`seed ${seed}: replay differs`);
  const ends = site.bodies("taskEnded").map((body) => body.task);
  if (new Set(ends).size !== ends.length) throw new Error(`seed ${seed}: a task ended twice`);
  const accepted = site.bodies("taskAccepted").length;
  if (accepted !== ledger.open.size + ends.length) throw new Error(`seed ${seed}: a task is lost`);
  for (const task of ledger.tasks.values()) {
    const claim = ledger.claims.get(`${task.token.epoch}.${task.token.counter}`);
    const isBound = task.token.epoch !== 0;
    const isActing = claim?.phase === "assigned" && claim.task === task.id && claim.robot === task.robot;
    if (isBound && !isActing) throw new Error(`seed ${seed}: task ${task.id} rests on no claim`);
    if (isBound && !ledger.open.has(task.id)) throw new Error(`seed ${seed}: ended task ${task.id} is bound`);
  }
  for (const id of ROBOTS) {
    const acting = [...ledger.claims.values()].filter((one) => one.robot === id && one.phase === "assigned");
    if (acting.length > 1) throw new Error(`seed ${seed}: ${id} acts on ${acting.length} claims`);
  }
  for (const freed of site.bodies("claimFreed")) {
    if (freed.exit === "STATED_FREE" && (freed.operator === "" || freed.seen === ""))
      throw new Error(`seed ${seed}: a place was stated free by nobody`);
  }
}

/** R2, R3: no robot has a lease that the hub gave it while it acts on what the hub does not hold for it. */
function noStrayActs(site: SiteUnderTest, seed: number): void {
  for (const robot of site.robots.values()) {
    const watch = site.hub.state.watches.get(robot.id);
    if (robot.stream === null || !robot.isObeying || watch === undefined) continue;
    const before = robot.leaseMs;
    site.say(robot.id, robot.renew());
    for (const token of robot.acting()) {
      const own = site.hub.state.ledger.claims.get(`${token.epoch}.${token.counter}`);
      if (robot.leaseMs > 0 && before > 0 && own?.robot !== robot.id)
        throw new Error(`seed ${seed}: ${robot.id} acts on ${token.epoch}.${token.counter}`);
    }
  }
}

t.test("hub keeps its invariants under inputs drawn at random", async (t) => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < RUNS; seed += 1) {
    const site = live(seed);
    judge(site, seed);
    judgeQuestions(site, seed);
    noStrayActs(site, seed);
    for (const { body } of site.events) seen.set(body.kind, (seen.get(body.kind) ?? 0) + 1);
  }
  for (const kind of [
    "claimed",
    "claimLapsed",
    "claimFreed",
    "arrived",
    "taskEnded",
    "cancelAsked",
    "ceilingSet",
    "questionAsked",
    "questionWithdrawn",
    "questionAnswered",
  ])
    t.ok((seen.get(kind) ?? 0) > 8, `${kind} happened ${seen.get(kind)} times`);
  for (const kind of ["taskPaused", "taskResumed", "robotDrained", "robotUndrained", "ceilingEnded"])
    t.ok((seen.get(kind) ?? 0) > 4, `${kind} happened ${seen.get(kind)} times`);
});

t.test("R14 the same seed gives the same ledger, bit for bit", async (t) => {
  for (const seed of [1, 2, 3])
    t.equal(JSON.stringify(live(seed).events), JSON.stringify(live(seed).events), `${seed}`);
});

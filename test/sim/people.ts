// The people of the site: they ask for tasks and ask again when no answer comes, take autonomy away and give it back,
// cancel, and answer what waits for a person. They state only what they have truly seen.

import type { Refusal } from "../../proto/errors.js";
import { CAUSES, causesOf, type Rung } from "../../proto/mode.js";
import type { OperatorAnswer, OperatorAsk } from "../../proto/operator.js";
import type { Random } from "../../scripts/world/random.js";
import type { Modes } from "./checkers/modes.js";
import type { Tasks } from "./checkers/tasks.js";
import type { HubProcess } from "./hub-process.js";
import { MS, SECOND } from "./kernel.js";
import { UNREACHED, type Weather } from "./network.js";
import { TakingOver } from "./taking-over.js";
import type { Trace } from "./trace.js";
import type { Truth } from "./truth.js";

const ACT = { operator: "ada", reason: "simulated" } as const;
/** A task that is asked for every so often, and a look at what waits for a person. */
const TASK_EVERY_S = 4;
const LOOK_EVERY_S = 2;
const HASTY_S = 0.4;
const ANSWER_WITHIN_US = 3 * SECOND;

export interface PeopleParts {
  readonly truth: Truth;
  readonly chance: Random;
  readonly weather: Weather;
  readonly trace: Trace;
  readonly tasks: Tasks;
  readonly modes: Modes;
  readonly hub: () => HubProcess | undefined;
}

/** Whoever stands beside a robot sees that it is not where it says. */
const SEEN_ASTRAY_M = 1;

export class People {
  readonly #parts: PeopleParts;
  readonly #unanswered = new Set<string>();
  readonly #answers: Random; // a stream of its own, so that what else people do stays as it is
  #asked = 0;
  #works = true;
  readonly #takingOver: TakingOver;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
    const chance = parts.chance.stream("taking over");
    this.#takingOver = new TakingOver({ chance, ask: (ask) => this.#ask(ask, () => {}) });
    this.#answers = parts.chance.stream("answers");
    this.#taskLater();
    this.#lookLater();
  }

  /** No more new tasks: what was asked for is asked until it is answered, and everything is put right. */
  heal(): void {
    this.#works = false;
  }

  /** Tasks that were asked for and never answered. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  #taskLater(): void {
    const { truth, chance } = this.#parts;
    truth.kernel.after(TASK_EVERY_S * SECOND * (0.2 + 1.6 * chance.next()), () => {
      if (!this.#works) return;
      this.#taskLater();
      this.#newTask();
    });
  }

  #newTask(): void {
    const { chance, truth } = this.#parts;
    const places = truth.sim.site.config.destinations;
    const any = () => places[chance.below(places.length)]?.id ?? "";
    const stops = Array.from({ length: 1 + chance.below(3) }, () => ({
      destinations: [...new Set(Array.from({ length: 1 + chance.below(3) }, any))],
    }));
    this.#asked += 1;
    const task = `t${this.#asked}`;
    const fleets = [...truth.sim.site.fleets.keys()];
    const fleet = chance.next() < 0.2 ? (fleets[chance.below(fleets.length)] ?? "") : "";
    const asked = { task, stops, fleet, dwellMs: chance.below(3) * 400, act: ACT };
    this.#submit({ kind: "submitTask", ...asked, ...this.#takingOver.urgency() });
  }

  /** Asks until there is an answer; now and then again after it. */
  #submit(ask: Extract<OperatorAsk, { kind: "submitTask" }>): void {
    const { tasks, chance, truth, weather } = this.#parts;
    this.#unanswered.add(ask.task);
    this.#ask(ask, (answer) => {
      this.#unanswered.delete(ask.task);
      if ("task" in answer) tasks.accepted(ask.task, answer.task);
      const again = weather.on("operator-repeat", "") > 0 || chance.next() < 0.05;
      if (again) truth.kernel.after(10 * SECOND * chance.next(), () => this.#ask(ask, () => {}));
    });
    truth.kernel.after(ANSWER_WITHIN_US, () => {
      if (this.#unanswered.has(ask.task)) this.#submit(ask);
    });
  }

  #ask(ask: OperatorAsk, answered: (answer: OperatorAnswer | Refusal) => void, chance = this.#parts.chance): void {
    const { truth, trace } = this.#parts;
    truth.kernel.after((5 + 50 * chance.next()) * MS, () => {
      const hub = this.#parts.hub();
      if (hub === undefined || !hub.listens) return;
      hub.ask(ask, (answer) => {
        trace.row(truth.nowUs, "people", "answered", `${inWords(ask)}: ${"code" in answer ? answer.code : "yes"}`);
        answered(answer);
      });
    });
  }

  #lookLater(): void {
    const { truth, chance } = this.#parts;
    const hastyS = this.#parts.weather.on("operator-hasty", "") > 0 ? HASTY_S : LOOK_EVERY_S;
    truth.kernel.after(hastyS * SECOND * (0.5 + chance.next()), () => {
      this.#lookLater();
      const hub = this.#parts.hub();
      if (hub === undefined || !hub.listens) return;
      this.#meddle(hub);
      this.#clear(hub);
      this.#look(hub);
      this.#answer(hub);
      this.#restart();
      this.#takingOver.look(hub, this.#works);
    });
  }

  /** Faults of people. */
  #meddle(hub: HubProcess): void {
    const { chance, weather } = this.#parts;
    if (weather.on("operator-halt", "") > 0 && chance.next() < 0.5) this.#lower();
    this.#cancelUnreached(hub);
    if (weather.on("operator-cancel", "") === 0) return;
    const open = [...hub.hub.state.ledger.open];
    const task = open[chance.below(Math.max(1, open.length))];
    if (task !== undefined) this.#ask({ kind: "cancelTask", task, act: ACT }, () => {});
  }

  /** A robot that nobody could reach got a second board; what the first one was doing is not wanted any more. */
  #cancelUnreached(hub: HubProcess): void {
    for (const { robot, task, phase } of hub.hub.state.ledger.claims.values()) {
      if (phase !== "assigned" || task === "" || this.#parts.weather.on("edge-twice", robot) <= UNREACHED) continue;
      this.#ask({ kind: "cancelTask", task, act: ACT }, () => {});
    }
  }

  #lower(): void {
    const { chance, truth, modes } = this.#parts;
    const robots = [...truth.sim.site.robots.keys()];
    const robot = chance.next() < 0.7 ? (robots[chance.below(robots.length)] ?? "") : "";
    const fleets = [...truth.sim.site.fleets.keys()];
    const fleet = robot === "" && chance.next() < 0.5 ? (fleets[chance.below(fleets.length)] ?? "") : "";
    const scope = { robot, fleet };
    const rungs: readonly Exclude<Rung, "AUTONOMOUS">[] = ["REACTIVE_ONLY", "CONFIRM", "HALT"];
    const rung = rungs[chance.below(rungs.length)] ?? "HALT";
    const asked = modes.ceilingAsked();
    this.#ask({ kind: "setMode", scope, rung, act: ACT }, (answer) => {
      if (!("code" in answer)) modes.ceilingStored(scope, asked);
    });
  }

  /** Gives back what was taken once the reason is gone. */
  #clear(hub: HubProcess): void {
    const { chance, weather, modes, truth } = this.#parts;
    const isHasty = weather.on("operator-hasty", "") > 0;
    if (this.#works && !isHasty && (weather.on("operator-halt", "") > 0 || chance.next() < 0.6)) return;
    for (const ceiling of hub.hub.state.ledger.ceilings.values()) {
      if ((ceiling.operator === "hub" && this.#works) || this.#isLying(ceiling.robot)) continue;
      const scope = { robot: ceiling.robot, fleet: ceiling.fleet };
      modes.ceilingTakenBack(scope);
      this.#ask({ kind: "clearMode", scope, act: ACT }, () => {});
    }
    for (const watch of hub.hub.state.watches.values()) {
      const names = [...watch.edgeCauses, ...causesOf(watch.ladder)].map((cause) => cause.name);
      const latched = names.some((name) => CAUSES[name as keyof typeof CAUSES]?.clear === "person");
      if (!latched || (truth.body(watch.id).emergencyStop && !isHasty) || this.#isLying(watch.id)) continue;
      const scope = { robot: watch.id, fleet: "" };
      modes.ceilingTakenBack(scope); // it goes with the latch
      this.#ask({ kind: "clearMode", scope, act: ACT }, () => {});
    }
  }

  /** A pose that is not true: whoever lets the robot go lets go of what it says of that, too. */
  #isLying(robot: string): boolean {
    const { weather, truth } = this.#parts;
    if (weather.on("sensor-jump", robot) > 0 || weather.on("sensor-frozen", robot) > 0) return true;
    const body = truth.bodies.get(robot);
    return [...truth.edges].some((edge) => {
      const pose = edge.edge.state.channels.get("pose")?.sample;
      if (edge.robot !== robot || body === undefined || pose?.channel !== "pose") return false;
      return Math.hypot(pose.xM - body.xM, pose.yM - body.yM) > SEEN_ASTRAY_M;
    });
  }

  /** An edge that could not write does not write again: people put the disk right and start it anew. */
  #restart(): void {
    const { truth, weather } = this.#parts;
    for (const edge of truth.edges) {
      if (edge.edge.state.storeFault === "" || weather.on("edge-disk-fail", edge.robot) > 0) continue;
      edge.end("people start it anew");
      return;
    }
  }

  /**
   * R12: answers questions, late at times: a place is free that is seen empty, most movements are approved (R8), and
   * all else stays as it is.
   */
  #answer(hub: HubProcess): void {
    const { truth } = this.#parts;
    for (const { id: question, version, type, subject } of hub.hub.state.ledger.questions.values()) {
      if (this.#answers.next() < (type === "move" ? 0.3 : 0.8)) continue; // somebody stands by in CONFIRM
      const held = type === "free" ? hub.hub.state.ledger.byDestination.get(subject) : undefined;
      const isFree = held !== undefined && this.#isEmpty(subject) && truth.body(held.robot).atRest;
      const isApproved = type === "move" && this.#answers.next() < 0.8;
      const choice = isFree ? "free" : isApproved ? "move" : "keep";
      const about = { question, version, choice, seen: isFree ? "it is empty" : "" };
      const lateUs = isFree || isApproved ? 0 : 5 * SECOND * this.#answers.next();
      truth.kernel.after(lateUs, () => this.#ask({ kind: "answer", act: ACT, ...about }, () => {}, this.#answers));
    }
  }

  #isEmpty(place: string): boolean {
    const { truth } = this.#parts;
    return ![...truth.bodies.keys()].some((robot) => truth.isOn(robot, place));
  }

  /** R4: goes and looks at places that are lapsed-unknown, and states those free on which nobody stands. */
  #look(hub: HubProcess): void {
    const { chance, truth } = this.#parts;
    for (const claim of hub.hub.state.ledger.claims.values()) {
      if (!claim.lapsed || (this.#works && chance.next() < 0.9)) continue;
      const place = claim.destination;
      if (!this.#isEmpty(place) || !truth.body(claim.robot).atRest) continue;
      this.#ask({ kind: "freePlace", place, seen: "it is empty", act: ACT }, () => {});
    }
  }
}

function inWords(ask: OperatorAsk): string {
  switch (ask.kind) {
    case "submitTask":
      return `task ${ask.task} to ${ask.stops.map((stop) => stop.destinations.join("|")).join(", ")}`;
    case "cancelTask":
      return `cancel ${ask.task}`;
    case "halt":
    case "clearMode":
      return `${ask.kind} ${ask.scope.robot || ask.scope.fleet || "site"}`;
    case "setMode":
      return `${ask.rung} for ${ask.scope.robot || ask.scope.fleet || "site"}`;
    case "answer":
      return `answer ${ask.question}`;
    case "freePlace":
      return `free ${ask.place}`;
    case "stateAbsent":
      return `absent ${ask.robot}`;
    case "pauseTask":
    case "resumeTask":
      return `${ask.kind} ${ask.task}`;
    case "drainRobot":
    case "undrainRobot":
      return `${ask.kind} ${ask.robot}`;
  }
}

// One edge core on a virtual clock, with a small room, a base that obeys its commands and its dead-man, a hub that
// answers, a planner that answers by Dijkstra, and a store. Each of them can be told to fail. Every effect is kept
// and checked.

import type { ControllerModels } from "../../../edge/core/controller/slots.js";
import { Edge } from "../../../edge/core/edge.js";
import { type EdgeMemory, EMPTY_MEMORY } from "../../../edge/core/memory.js";
import { rungOf } from "../../../edge/core/modes.js";
import type { EdgeContext, EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import type { FleetConfig, ModelsConfig, SiteConfig } from "../../../fleet-config/types.js";
import type { NamedTensor } from "../../../models/elements.js";
import type { ModelReference } from "../../../models/histogram.js";
import type { PlanRequest } from "../../../models/planner.js";
import type { ModelRun } from "../../../models/run.js";
import type { ClockReading } from "../../../proto/clock.js";
import { type CauseName, causesOf } from "../../../proto/mode.js";
import type { Command, EdgeMessage, Grant, HubMessage } from "../../../proto/wire.js";
import { chanceFrom } from "../../proto/true-time.js";
import { solve } from "./motion/dijkstra.js";
import { StubBase } from "./stub-base.js";
import { swapAnswer } from "./swap-answer.js";
import { configOf, contextOf, HEIGHT, roomGrid, WIDTH } from "./yard.js";

export const TICK_MS = 50;
const START_MS = 1_000_000;

export interface EdgeOptions {
  readonly fleet?: (fleet: FleetConfig) => FleetConfig;
  readonly site?: (site: SiteConfig) => SiteConfig;
  readonly memory?: EdgeMemory;
  readonly boot?: string;
  readonly seed?: number;
  readonly controllers?: ControllerModels;
  readonly reference?: ModelReference; // of the controllers
  readonly models?: Partial<ModelsConfig>;
}

/** What a controller model answers to a run: its outputs, null for nothing yet, or why it refuses. */
export type Answering = (run: ModelRun) => readonly NamedTensor[] | string | null;

type Sent<K extends EdgeMessage["kind"]> = Extract<EdgeMessage, { kind: K }>;

export class EdgeUnderTest {
  readonly config: SiteConfig;
  readonly context: EdgeContext;
  readonly edge: Edge;
  readonly base: StubBase;
  readonly effects: { readonly atMs: number; readonly effect: EdgeEffect }[] = [];
  readonly inputs: { readonly atMs: number; readonly input: EdgeInput }[] = [];
  stepped: (input: EdgeInput, nowMs: number, effects: readonly EdgeEffect[]) => void = () => {}; // in their order
  nowMs = START_MS;
  suspendedMs = 0;
  stored: EdgeMemory;
  isStoring = true;
  isHubAnswering = true;
  isHubDeaf = false;
  swaps: "allows" | "refuses" | "silent" = "allows"; // what the hub says to a candidate that would take over
  planner: "answers" | "silent" | "refuses" | "lies" = "answers";
  #hubNonce = 0;
  #orders = 0;
  #counter = 0;
  #asked: PlanRequest | null = null;
  readonly answering = new Map<string, Answering>(); // by name and version of a controller model
  #runs: { readonly model: string; readonly run: ModelRun }[] = [];
  readonly #unsaved: number[] = [];

  constructor(options: EdgeOptions = {}) {
    this.config = (options.site ?? ((site) => site))(configOf(options.fleet, options.models));
    this.stored = options.memory ?? EMPTY_MEMORY;
    this.#counter = this.stored.highestToken.counter;
    this.context = contextOf(this.config, options);
    this.edge = new Edge({
      context: this.context,
      memory: this.stored,
      grid: roomGrid(),
      clocks: this.clocksAt(this.nowMs),
    });
    const room = { leftM: 1, rightM: WIDTH - 1, bottomM: 1, topM: HEIGHT - 1 };
    this.base = new StubBase({ room, chance: chanceFrom(options.seed ?? 1), physics: this.config.physics });
  }

  get rung() {
    return rungOf(this.edge.state);
  }

  /** The names of the edge's own causes, worst first. */
  get causes(): readonly string[] {
    return causesOf(this.edge.state.ladder).map((cause) => cause.name);
  }

  get leaseEndMs(): number {
    return this.edge.state.link.lease.endMs;
  }

  /** Opens the link; the hub welcomes. */
  connect(voided: readonly { readonly epoch: number; readonly counter: number }[] = []): void {
    this.step({ kind: "linkOpened" });
    this.hear({
      ...{ kind: "welcome", session: "s1-1", epoch: 1, hubNonce: this.#nonce(), void: [...voided] },
      ...{ incarnation: "h1", answersSwaps: true },
    });
  }

  #nonce(): number {
    this.#hubNonce += 1;
    return this.#hubNonce;
  }

  /** An edge with evidence, planner, link, lease and AUTONOMOUS. */
  ready(): this {
    this.step({ kind: "plannerReady" });
    this.connect();
    if (!this.run(3000, () => this.rung === "AUTONOMOUS" && this.leaseEndMs > this.nowMs + 2000))
      throw new Error(`not ready: ${this.rung} by ${this.causes}`);
    return this;
  }

  /** An edge that drives towards P1 at speed. */
  driving(): this {
    this.ready();
    this.grant("P1");
    if (!this.run(10_000, () => this.base.speedMps > 1))
      throw new Error(`does not drive: ${this.edge.state.blockedBy}`);
    return this;
  }

  grant(destination: string, over: Partial<Grant> = {}): Grant {
    this.#counter += 1;
    const counter = this.#counter;
    const grant: Grant = {
      ...{ token: { epoch: 1, counter }, assignment: `a1-${counter}`, task: "t1", destination },
      ...{ purpose: "TASK" as const, dwellMs: 0, ...over },
    };
    this.hear({ kind: "grant", ...grant });
    return grant;
  }

  order(rung: Extract<HubMessage, { kind: "modeOrder" }>["rung"], name = "operator"): void {
    this.#orders += 1;
    const causes = rung === "AUTONOMOUS" ? [] : [{ name, rung, detail: "the test asks" }];
    this.hear({ kind: "modeOrder", sequence: this.#orders, rung, causes });
  }

  clocksAt(nowMs: number): ClockReading {
    return { monotonicMs: nowMs, bootMs: nowMs + this.suspendedMs, wallMs: 1_700_000_000_000 + nowMs };
  }

  /** A person at the hub, who has seen the newest report, lets go of what is latched. */
  clear(...causes: readonly CauseName[]): void {
    const report = this.sent("modeReport").at(-1)?.sequence ?? 1;
    this.hear({ kind: "clearLatches", causes, operator: "ada", reason: "seen to", report });
  }

  /** A hub welcomes it on a new stream. */
  meet(epoch: number, incarnation: string): void {
    this.step({ kind: "linkClosed", reason: "cut" });
    this.step({ kind: "linkOpened" });
    this.hear({ kind: "welcome", session: "s", epoch, hubNonce: 1, void: [], incarnation });
  }

  /** True when it asks the hub that has welcomed it for anything within a second. */
  asks(): boolean {
    const before = this.sent("renew").length;
    this.run(1000);
    return this.sent("renew").length > before;
  }

  hear(message: HubMessage): void {
    this.step({ kind: "hub", message });
  }

  /** Lets time pass, tick by tick; until the condition holds, or gives false when it never does. */
  run(ms: number, until?: () => boolean): boolean {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += TICK_MS;
      this.tick();
      if (until?.()) return true;
    }
    return until === undefined;
  }

  tick(): void {
    for (const sample of this.base.samples(this.nowMs)) this.step({ kind: "sample", sample });
    this.#answerPlan();
    this.#answerRuns();
    this.step({ kind: "tick", clocks: this.clocksAt(this.nowMs) });
    this.base.move(TICK_MS, this.nowMs);
  }

  /** One input; its effects are performed in order, and what they cause follows. */
  step(input: EdgeInput): readonly EdgeEffect[] {
    this.inputs.push({ atMs: this.nowMs, input });
    const effects = this.edge.step(input, this.nowMs);
    this.stepped(input, this.nowMs, effects);
    for (const effect of effects) this.effects.push({ atMs: this.nowMs, effect });
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  #perform(effect: EdgeEffect): void {
    switch (effect.kind) {
      case "save":
        this.#unsaved.push(effect.version);
        if (this.isStoring) this.store(effect.memory);
        return;
      case "send":
        this.#hub(effect.message);
        return;
      case "command":
        this.base.obey(effect.command, this.nowMs);
        return;
      case "plan":
        this.#asked = effect.request;
        return;
      case "run":
        this.#runs.push(effect);
        return;
      case "killModel":
        this.#runs = this.#runs.filter(({ model }) => model !== effect.model);
        this.step({ kind: "modelGone", model: effect.model, why: "killed" });
        return;
      case "publish":
      case "tick":
      case "killPlanner":
      case "record":
      case "note":
        return;
    }
  }

  /** The store has made a memory durable, and says so. */
  store(memory = this.edge.state.memory): void {
    this.stored = memory;
    const version = this.#unsaved.splice(0).at(-1);
    if (version !== undefined) this.step({ kind: "saved", version });
  }

  #hub(message: EdgeMessage): void {
    if (this.isHubDeaf) return;
    if (message.kind === "renew" && this.isHubAnswering) {
      const { leaseMs } = this.config.lease;
      const granted = this.rung === "AUTONOMOUS" || this.rung === "REACTIVE_ONLY";
      const answer = { nonce: message.nonce, leaseMs: granted ? leaseMs : 0, hubNonce: this.#nonce() };
      this.hear({ kind: "renewed", ...answer });
    }
    if (message.kind === "askSwap" && this.swaps !== "silent") this.hear(swapAnswer(message, this.swaps));
    if (message.kind === "outcome") this.hear({ kind: "outcomeStored", id: message.id });
  }

  #answerPlan(): void {
    const request = this.#asked;
    if (request === null || this.planner === "silent") return;
    this.#asked = null;
    if (this.planner === "refuses") {
      this.step({ kind: "planRefused", id: request.id, reason: "the test refuses" });
      return;
    }
    const result = solve(request);
    const value = this.planner === "lies" ? result.value.map(() => Number.NaN) : result.value;
    this.step({ kind: "planned", result: { ...result, value } });
  }

  #answerRuns(): void {
    for (const asked of this.#runs.splice(0)) {
      const { model, run } = asked;
      const outputs = this.answering.get(model)?.(run) ?? null;
      if (outputs === null) this.#runs.push(asked);
      else if (typeof outputs === "string") this.step({ kind: "runRefused", model, id: run.id, reason: outputs });
      else
        this.step({
          kind: "ran",
          model,
          result: { id: run.id, model: run.model, outputs, beganMs: 0, inferenceMs: 1 },
        });
    }
  }

  commands(fromMs = 0): readonly Command[] {
    return this.effects.flatMap(({ atMs, effect }) =>
      effect.kind === "command" && atMs >= fromMs ? [effect.command] : [],
    );
  }

  sent<K extends EdgeMessage["kind"]>(kind: K): readonly Sent<K>[] {
    return this.effects.flatMap(({ effect }) =>
      effect.kind === "send" && effect.message.kind === kind ? [effect.message as Sent<K>] : [],
    );
  }

  of<K extends EdgeEffect["kind"]>(kind: K, fromMs = 0): readonly Extract<EdgeEffect, { kind: K }>[] {
    return this.effects
      .filter(({ atMs, effect }) => effect.kind === kind && atMs >= fromMs)
      .map(({ effect }) => effect as Extract<EdgeEffect, { kind: K }>);
  }
}

export function moves(command: Command): boolean {
  return command.speedMps !== 0 || command.turnRadps !== 0;
}

// A small site around the hub's real core on a virtual clock: robots that answer as an edge would, a dispatcher that
// a test can replace, and checks after every step: order of effects, tokens, conflicts, and that replay gives the
// same state.
import { conflictsOf } from "../../../fleet-config/conflicts.js";
import { defaultedParts, fleetOf, simulatedLease, simulatedPhysics } from "../../../fleet-config/defaults.js";
import type { Destination, FleetConfig, SiteConfig } from "../../../fleet-config/types.js";
import { dispatchRound, type Proposal } from "../../../hub/core/dispatch/dispatch.js";
import { Hub, type HubInput, replay } from "../../../hub/core/hub.js";
import type { LedgerState } from "../../../hub/core/ledger-state.js";
import type { Dispatcher } from "../../../hub/core/round.js";
import { makeSite, type Site } from "../../../hub/core/site.js";
import type { HubEffect } from "../../../hub/core/turn.js";
import { compareTokens, NO_TOKEN, type Token, tokenKey } from "../../../proto/claim.js";
import type { Refusal } from "../../../proto/errors.js";
import { hubWaitMs } from "../../../proto/lease.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { Cause } from "../../../proto/mode.js";
import type { OperatorAnswer, OperatorAsk } from "../../../proto/operator.js";
import { StubRobot } from "./stub-robot.js";

export const TICK_MS = 50;
export const ACT = { operator: "ada", reason: "test" } as const;
const START_MS = 100_000;
const WALL_MS = 1_700_000_000_000;

/** Places 6 m apart on a line, named A, B, C, D, and homes H1, H2, H3 below them; A conflicts with B by name. */
const PLACES: readonly Destination[] = [
  ...["A", "B", "C", "D"].map((id, index) => place(id, { xM: 3 + 6 * index, yM: 10, near: id === "A" ? ["B"] : [] })),
  ...["H1", "H2", "H3"].map((id, index) => place(id, { xM: 3 + 6 * index, yM: 2, near: [] })),
];

function place(
  id: string,
  at: { readonly xM: number; readonly yM: number; readonly near: readonly string[] },
): Destination {
  const { xM, yM, near } = at;
  const kind = id.startsWith("H") ? "park" : "point";
  return { id, xM, yM, headingRad: 0, footprintRadiusM: 0.6, kind, conflictsWith: [...near] };
}

export interface SiteOptions {
  readonly robots?: number;
  readonly fleets?: readonly FleetConfig[];
  readonly dispatcher?: Dispatcher;
  readonly events?: readonly LedgerEvent[];
  readonly change?: (config: SiteConfig) => SiteConfig;
  readonly isInConflict?: boolean; // the events hold claims that this site file puts in conflict
}

function configOf(options: SiteOptions): SiteConfig {
  const fleets = options.fleets ?? [fleetOf("pickers")];
  const config: SiteConfig = {
    ...{ schema: 1, site: "yard", map: { file: "yard.map", format: "movingai", cellM: 1 } },
    destinations: PLACES,
    fleets,
    robots: ["r1", "r2", "r3"].slice(0, options.robots ?? 2).map((id, index) => {
      return { id, fleet: fleets[index % fleets.length]?.id ?? "", home: `H${index + 1}` };
    }),
    lease: simulatedLease(),
    physics: simulatedPhysics({ radiusM: 0.35, marginM: 0.1, maxSpeedMps: 2 }),
    ...defaultedParts(),
  };
  return options.change?.(config) ?? config;
}

/** Proposes what the test has queued, and nothing else. */
export class ScriptedDispatch {
  readonly #wanted: Proposal[] = [];

  /** For the next round of dispatch. */
  want(robot: string, destination: string, task = ""): void {
    const purpose = task === "" ? "PARK" : "TASK";
    this.#wanted.push({ robot, destination, task, purpose, costM: 0, why: "the test asks" });
  }

  readonly dispatcher = (..._: Parameters<Dispatcher>): readonly Proposal[] => this.#wanted.splice(0);
}

/** The product's dispatcher, with straight lines for ways. */
export const realDispatcher: Dispatcher = (view, nowMs) =>
  dispatchRound(
    view,
    {
      costM: (xM, yM, destination) => {
        const to = PLACES.find(({ id }) => id === destination);
        return to === undefined ? Number.POSITIVE_INFINITY : Math.hypot(to.xM - xM, to.yM - yM);
      },
    },
    nowMs,
  );

export class SiteUnderTest {
  readonly site: Site;
  readonly script = new ScriptedDispatch();
  readonly events: LedgerEvent[];
  readonly effects: HubEffect[] = [];
  readonly robots: ReadonlyMap<string, StubRobot>;
  readonly waitMs: number; // W
  readonly #dispatcher: Dispatcher;
  readonly #isInConflict: boolean;
  readonly #answers = new Map<number, OperatorAnswer | Refusal>();
  hub: Hub;
  nowMs = START_MS;
  wallAheadMs = 0; // of the hub's machine, set by somebody
  #asks = 0;
  #streams = 0;
  #reports = 0;
  #starts = 0;
  #highest: Token = NO_TOKEN;

  constructor(options: SiteOptions = {}) {
    const config = configOf(options);
    const size = 24;
    const grid = { width: size, height: 12, cellM: 1, originXM: 0, originYM: 0, blocked: new Uint8Array(size * 12) };
    this.site = makeSite({ config, grid, conflicts: conflictsOf(config), hash: "config", software: "0" });
    this.waitMs = hubWaitMs(config.lease);
    this.#dispatcher = options.dispatcher ?? this.script.dispatcher;
    this.#isInConflict = options.isInConflict ?? false;
    this.events = [...(options.events ?? [])];
    this.robots = new Map(config.robots.map(({ id }, index) => [id, new StubRobot(id, { xM: 6 + 4 * index, yM: 6 })]));
    this.hub = this.#newHub();
    this.#take(this.hub.start(this.#now()));
  }

  #newHub(): Hub {
    this.#starts += 1;
    return new Hub({
      incarnation: `h${this.#starts}`,
      site: this.site,
      ledger: replay(this.events),
      dispatcher: this.#dispatcher,
    });
  }

  #now() {
    return { nowMs: this.nowMs, wallMs: WALL_MS + this.nowMs + this.wallAheadMs };
  }

  /** The hub ends without a word and starts again from its ledger; every stream is gone. */
  restart(downMs = 1000): void {
    for (const robot of this.robots.values()) robot.stream = null;
    this.nowMs += downMs;
    this.hub = this.#newHub();
    this.#take(this.hub.start(this.#now()));
  }

  robot(id: string): StubRobot {
    const robot = this.robots.get(id);
    if (robot === undefined) throw new Error(`no robot ${id}`);
    return robot;
  }

  /** Opens a stream and says hello, as an edge that wants to be autonomous, or that tells these causes. */
  connect(id: string, causes: readonly Cause[] = []): StubRobot {
    const robot = this.robot(id);
    this.#streams += 1;
    robot.open(this.#streams);
    this.say(id, robot.hello());
    this.say(id, { kind: "modeReport", sequence: 0, rung: robot.rung, causes });
    return robot;
  }

  /** Ends the robot's stream. */
  disconnect(id: string): void {
    const { stream } = this.robot(id);
    this.robot(id).stream = null;
    if (stream !== null) this.step({ kind: "closed", stream });
  }

  /** A mode report of sequence 0 gets the next one. */
  say(id: string, message: Extract<HubInput, { kind: "link" }>["message"]): readonly HubEffect[] {
    const { stream } = this.robot(id);
    if (stream === null) return [];
    this.#reports += 1;
    const told = message.kind === "modeReport" ? { ...message, sequence: message.sequence || this.#reports } : message;
    return this.step({ kind: "link", stream, message: told });
  }

  ask(what: OperatorAsk): OperatorAnswer | Refusal {
    this.#asks += 1;
    this.step({ kind: "ask", ask: this.#asks, what });
    const answer = this.#answers.get(this.#asks);
    if (answer === undefined) throw new Error(`${what.kind} was not answered`);
    return answer;
  }

  submit(task: string, ...stops: readonly (readonly string[])[]): OperatorAnswer | Refusal {
    const asked = stops.map((destinations) => ({ destinations }));
    return this.ask({ kind: "submitTask", act: ACT, task, stops: asked, fleet: "", dwellMs: 0 });
  }

  /** Lets time pass: ticks of the hub, and of every robot what it sends by itself. */
  run(ms: number, until?: () => boolean): boolean {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += TICK_MS;
      for (const robot of this.robots.values()) {
        for (const message of robot.renewals(this.nowMs)) this.say(robot.id, message);
        for (const sample of robot.telemetry(this.nowMs)) this.step({ kind: "telemetry", sample });
      }
      this.step({ kind: "tick" });
      if (until?.()) return true;
    }
    return until === undefined;
  }

  /** One input, its effects performed at once, and every invariant checked. */
  step(input: HubInput): readonly HubEffect[] {
    const effects = this.hub.step(input, this.#now());
    this.#take(effects);
    return effects;
  }

  #take(effects: readonly HubEffect[]): void {
    this.#checkOrder(effects);
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.kind === "append") for (const event of effect.events) this.#store(event);
      if (effect.kind === "answer") this.#answers.set(effect.ask, effect.answer);
    }
    this.#checkClaims();
    for (const effect of effects) {
      if (effect.kind === "end") for (const robot of this.robots.values()) robot.ended(effect);
      if (effect.kind !== "send" && effect.kind !== "renewed") continue;
      const robot = [...this.robots.values()].find((one) => one.stream === effect.stream);
      for (const reply of robot?.take(effect.message, this.nowMs) ?? []) this.say(robot?.id ?? "", reply);
    }
  }

  /** R10: the one append stands first, so that nothing goes out that rests on what is not yet durable. */
  #checkOrder(effects: readonly HubEffect[]): void {
    const appends = effects.filter((effect) => effect.kind === "append");
    if (appends.length > 1 || (appends.length === 1 && effects[0]?.kind !== "append"))
      throw new Error(`effects out of order: ${effects.map((effect) => effect.kind)}`);
    for (const effect of effects) {
      if (effect.kind !== "send" || effect.message.kind !== "grant") continue;
      const { token } = effect.message;
      const fresh = appends.flatMap((append) => (append.kind === "append" ? append.events : []));
      const isStored = [...this.events, ...fresh].some(
        ({ body }) => body.kind === "claimed" && tokenKey(body.token) === tokenKey(token),
      );
      if (!isStored) throw new Error(`grant of ${tokenKey(token)} without its claim`);
    }
  }

  #store(event: LedgerEvent): void {
    this.events.push(event);
    const { body } = event;
    if (body.kind !== "claimed") return;
    if (compareTokens(body.token, this.#highest) <= 0) throw new Error(`token ${tokenKey(body.token)} is not higher`);
    this.#highest = body.token;
  }

  /** R1: no two robots hold the same destination or two that conflict. */
  #checkClaims(): void {
    const { byDestination, claims } = this.hub.state.ledger;
    if (byDestination.size !== claims.size) throw new Error("two claims of one destination");
    if (this.#isInConflict) return;
    for (const [destination, claim] of byDestination) {
      for (const other of this.site.conflicts.get(destination) ?? []) {
        const against = byDestination.get(other);
        if (against !== undefined && against.robot !== claim.robot)
          throw new Error(`${claim.robot} holds ${destination} and ${against.robot} holds ${other}`);
      }
    }
  }

  bodies<K extends LedgerBody["kind"]>(kind: K): readonly Extract<LedgerBody, { kind: K }>[] {
    return this.events
      .map(({ body }) => body)
      .filter((body): body is Extract<LedgerBody, { kind: K }> => body.kind === kind);
  }

  holder(destination: string): string | undefined {
    return this.hub.state.ledger.byDestination.get(destination)?.robot;
  }
}

/** A site on which these robots are linked, heard and autonomous. */
export function ready(site: SiteUnderTest, ...robots: readonly string[]): SiteUnderTest {
  for (const id of robots) site.connect(id);
  site.run(1000);
  return site;
}

/** A ledger state as text, so that two of them can be compared bit for bit. */
export function stateText(state: LedgerState): string {
  return JSON.stringify(state, (_, value) => {
    if (value instanceof Map) return { map: [...value] };
    return value instanceof Set ? { set: [...value] } : value;
  });
}

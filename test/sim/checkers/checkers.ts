// Every checker, called by the world at what happens; and the rows of the trace that tell it. They stand outside the
// product: they read its state, and change nothing of it.

import type { EdgeEffect, EdgeInput } from "../../../edge/core/types.js";
import { eventText } from "../../../hub/cli/event-text.js";
import type { HubInput } from "../../../hub/core/hub.js";
import type { HubEffect } from "../../../hub/core/turn.js";
import type { LedgerEvent } from "../../../proto/ledger.js";
import type { Ladder, Rung } from "../../../proto/mode.js";
import type { Telemetry } from "../../../proto/wire.js";
import type { EdgeProcess, EdgeWatcher } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import type { Trace } from "../trace.js";
import type { Truth } from "../truth.js";
import { Ages } from "./ages.js";
import { boundsOfEdge, boundsOfHub } from "./bounds.js";
import { Clashes } from "./clashes.js";
import { Drivers } from "./drivers.js";
import { Exits } from "./exits.js";
import { Latches } from "./latches.js";
import { Modes } from "./modes.js";
import { Orders } from "./orders.js";
import { Places } from "./places.js";
import { Renewals } from "./renewals.js";
import { Rights } from "./rights.js";
import { Stores } from "./stores.js";
import { Swaps } from "./swaps.js";
import { TakenOver } from "./taken-over.js";
import { Tasks } from "./tasks.js";
import { Tokens } from "./tokens.js";

/** Bounds are looked at every so many steps. */
const BOUNDS_EVERY = 64;
/** The ledger is replayed, and compared with the hub's state, every so many of them. */
const REPLAYED_EVERY = 128;

interface Standing {
  readonly activity: string;
  readonly ladder: Ladder;
  readonly rung: Rung;
  readonly says: string;
}

export class Checkers {
  readonly tasks: Tasks;
  readonly modes: Modes;
  readonly #truth: Truth;
  readonly #trace: Trace;
  readonly #ages: Ages;
  readonly #exits: Exits;
  readonly #rights: Rights;
  readonly #places: Places;
  readonly #clashes = new Clashes();
  readonly #latches = new Latches();
  readonly #drivers: Drivers;
  readonly #orders = new Orders();
  readonly #renewals = new Renewals();
  readonly #stores = new Stores();
  readonly #swaps: Swaps;
  readonly #tokens = new Tokens();
  readonly #takenOver: TakenOver;
  readonly #rungs = new Map<EdgeProcess, Standing>();
  #steps = 0;
  grants = 0;
  done = 0;
  accepted = 0;

  constructor(truth: Truth, trace: Trace) {
    this.#truth = truth;
    this.#trace = trace;
    this.#ages = new Ages(truth);
    this.#rights = new Rights(truth);
    this.#places = new Places(truth, this.#rights);
    this.#exits = new Exits(truth, this.#rights);
    this.modes = new Modes(truth, this.#ages, this.#orders);
    this.tasks = new Tasks(truth);
    this.#drivers = new Drivers(truth, this.#orders);
    this.#takenOver = new TakenOver(truth);
    this.#swaps = new Swaps(truth);
  }

  readonly hubStepped = (hub: HubProcess, input: HubInput | null, effects: readonly HubEffect[]): void => {
    this.#renewals.stepped(hub, input, effects);
    this.#orders.hubStepped(hub, input, effects);
    this.#clashes.stepped(hub, input);
    this.#stores.hubStepped(hub, effects);
    const events: LedgerEvent[] = [];
    for (const effect of effects) if (effect.kind === "append") events.push(...effect.events);
    for (const event of events) this.#tell(hub, event);
    if (events.length > 0) {
      this.#places.decided(hub, events);
      this.#exits.decided(hub, events);
      this.modes.decided(hub, events);
      this.tasks.decided(hub, events);
      this.#takenOver.decided(hub, events);
      this.#swaps.decided(hub, events);
    }
    this.#places.heard(hub, input);
    this.#exits.heard(hub, input);
    this.#steps += 1;
    if (this.#steps % BOUNDS_EVERY === 0) boundsOfHub(hub);
    if (input?.kind !== "tick") return;
    this.#ages.hub(hub);
    this.modes.hub(hub);
    this.#takenOver.hub(hub);
    if (this.#steps % REPLAYED_EVERY === 0 && hub.settled) this.tasks.same(hub);
  };

  readonly hubPerformed = (hub: HubProcess, effect: HubEffect): void => this.#stores.performed(hub, effect);

  readonly edgeWatcher: Omit<EdgeWatcher, "ended"> = {
    fed: (edge, input) => {
      this.#rights.fed(edge, input);
      this.#tokens.fed(edge, input);
      this.#stores.fed(edge, input);
      this.#orders.fed(edge, input);
      this.#latches.fed(edge, input);
      this.#swaps.fed(edge, input);
    },
    stepped: (edge, input, effects) => this.#edgeStepped(edge, input, effects),
    wrote: (edge, command) => {
      this.#rights.wrote(edge, command);
      this.#stores.wrote(edge, command);
    },
    saved: (edge, memory) => {
      this.#latches.saved(edge, memory.latches);
      this.#stores.saved(edge, memory);
      this.#rights.took(edge, memory.highestToken);
    },
  };

  #edgeStepped(edge: EdgeProcess, input: EdgeInput, effects: readonly EdgeEffect[]): void {
    this.#rights.stepped(edge, effects);
    if (input.kind === "tick") this.#rights.ticked(edge);
    this.#latches.stepped(edge, input);
    this.modes.stepped(edge, input, effects);
    this.#drivers.stepped(edge, effects);
    this.#swaps.stepped(edge, effects);
    this.#orders.stepped(edge);
    this.#tokens.stepped(edge);
    this.#stores.stepped(edge, effects);
    this.tasks.stepped(edge, effects);
    if (input.kind !== "tick") return;
    this.#ages.edge(edge);
    this.#steps += 1;
    if (this.#steps % BOUNDS_EVERY === 0) boundsOfEdge(edge);
    this.#standing(edge);
  }

  /** A row when what an edge does, or may not do, has changed. A ladder that is the same object holds the same. */
  #standing(edge: EdgeProcess): void {
    const { activity, ladder, hubOrder } = edge.edge.state;
    const { rung } = hubOrder;
    const last = this.#rungs.get(edge);
    if (last?.ladder === ladder && last.activity === activity && last.rung === rung) return;
    const says = `${activity}, own ${
      [...ladder.values()]
        .filter((hold) => hold.rung !== "AUTONOMOUS")
        .map((hold) => `${hold.name}${hold.subject === "" ? "" : `/${hold.subject}`}=${hold.rung}`)
        .join(" ") || "nothing"
    }, ordered ${rung}`;
    this.#rungs.set(edge, { activity, ladder, rung, says });
    if (last?.says !== says) this.#trace.row(this.#truth.nowUs, edge.robot, "is", says);
  }

  published(edge: EdgeProcess, sample: Telemetry): void {
    const channel = sample.value.kind === "edge" ? undefined : sample.value.kind;
    const from = channel === undefined ? undefined : edge.edge.state.channels.get(channel)?.sample;
    const capturedUs = from === undefined ? this.#truth.nowUs : this.#truth.capturedUs(from);
    if (capturedUs !== undefined) this.#truth.published(sample, capturedUs);
    this.#ages.told(edge.robot, sample, from);
  }

  edgeEnded(edge: EdgeProcess): void {
    this.#latches.forget(edge);
    this.#orders.forget(edge);
    this.#tokens.forget(edge);
    this.#swaps.forget(edge);
    this.#rungs.delete(edge);
  }

  hubEnded(hub: HubProcess): void {
    this.#places.forget(hub);
    this.#exits.forget(hub);
    this.#renewals.forget(hub);
    this.#orders.forgetHub(hub);
    this.#clashes.forget(hub);
    this.#stores.forget(hub);
    this.modes.forgetHub(hub);
    this.tasks.forget(hub);
    this.#takenOver.forget(hub);
  }

  /** A board starts anew: nothing of it can command any more, and its clocks begin again. */
  rebooted(robot: string): void {
    this.#rights.rebooted(robot);
  }

  newDisk(robot: string): void {
    this.#rights.newDisk(robot);
    this.#tokens.newDisk(robot);
    this.#stores.newDisk(robot);
    this.#latches.newDisk(robot);
  }

  rolledBack(events: readonly LedgerEvent[]): void {
    this.tasks.rolledBack(events);
    this.modes.ceilingsGone();
  }

  atTheEnd(hub: HubProcess): void {
    this.tasks.same(hub);
  }

  #tell(hub: HubProcess, event: LedgerEvent): void {
    if (event.body.kind === "claimed") this.grants += 1;
    if (event.body.kind === "taskAccepted") this.accepted += 1;
    if (event.body.kind === "taskEnded" && event.body.end === "END_DONE") this.done += 1;
    this.#trace.row(this.#truth.nowUs, hub.name, "decides", eventText(event.body));
  }
}

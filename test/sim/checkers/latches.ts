// R7: what only a person may open stays shut: over restarts, against words from before it was found, and while the
// evidence still speaks against it.

import type { EdgeInput } from "../../../edge/core/types.js";
import type { EdgeDisk } from "../disk.js";
import type { EdgeProcess } from "../edge-process.js";
import { Violation } from "../trace.js";

const STOP = "emergency-stop";

export class Latches {
  readonly #latched = new Map<EdgeDisk, ReadonlySet<string>>();
  readonly #pressed = new WeakMap<EdgeProcess, number>(); // the last report before their base told of a stop
  readonly #isPressed = new WeakSet<EdgeProcess>();
  readonly #wasHeld = new WeakSet<EdgeProcess>(); // by an emergency stop that was pressed, after the last tick
  readonly #cleared = new Map<EdgeProcess, Set<string>>(); // by people, until it is found again
  readonly #mayBeGone = new Map<EdgeProcess, Set<string>>(); // from the disk: cleared, and not stored again since

  fed(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind === "sample" && input.sample.channel === "base") this.#base(edge, input.sample.emergencyStop);
    if (input.kind === "linkOpened" && this.#pressed.has(edge)) this.#pressed.set(edge, 0); // reports count from one
    if (input.kind !== "hub") return;
    const { message } = input;
    if (message.kind === "clearLatches") {
      const cleared = this.#cleared.get(edge) ?? new Set();
      this.#cleared.set(edge, cleared);
      const gone = this.#mayBeGone.get(edge) ?? new Set();
      this.#mayBeGone.set(edge, gone);
      const isUnseen = message.report <= (this.#pressed.get(edge) ?? 0);
      for (const name of message.causes) {
        if (name === STOP && isUnseen) continue;
        cleared.add(name);
        gone.add(name);
      }
    }
  }

  /** The base tells of its emergency stop: what people were shown before says nothing of it. */
  #base(edge: EdgeProcess, isPressed: boolean): void {
    const isNew = isPressed && !this.#isPressed.has(edge);
    if (isPressed) this.#isPressed.add(edge);
    else this.#isPressed.delete(edge);
    if (!isNew) return;
    this.#pressed.set(edge, edge.edge.state.reported.sequence);
    this.#cleared.get(edge)?.delete(STOP);
  }

  /** What a person must clear is durable on the board from here on. */
  saved(edge: EdgeProcess, latches: readonly string[]): void {
    this.#latched.set(edge.disk, new Set(latches));
    for (const name of latches) {
      if (!holds(edge, name)) continue;
      this.#cleared.get(edge)?.delete(name); // found again, and stored
      this.#mayBeGone.get(edge)?.delete(name);
    }
  }

  newDisk(robot: string): void {
    for (const disk of this.#latched.keys()) if (disk.owner === robot) this.#latched.delete(disk);
  }

  stepped(edge: EdgeProcess, input: EdgeInput): void {
    if (input.kind === "hub" && input.message.kind === "clearLatches") this.#stillPressed(edge);
    if (input.kind !== "tick") return;
    if (this.#isPressed.has(edge) && holds(edge, STOP)) this.#wasHeld.add(edge);
    else this.#wasHeld.delete(edge);
    for (const name of this.#latchedOn(edge))
      if (!holds(edge, name))
        throw new Violation("latch-lost", `${edge.robot} has latched ${name}, nobody cleared it, and it is gone`);
  }

  /** R7: no person's word opens what the evidence still speaks against. */
  #stillPressed(edge: EdgeProcess): void {
    if (!this.#isPressed.has(edge) || holds(edge, STOP) || !this.#wasHeld.has(edge)) return;
    throw new Violation("cleared-against", `${edge.robot} lets go of an emergency stop that is still pressed`);
  }

  /** What waits for a person on this board's own disk, for another's says nothing of it; and what it saw itself. */
  #latchedOn(edge: EdgeProcess): readonly string[] {
    const stored = this.#storedFor(edge);
    const isSeen = this.#pressed.has(edge) && this.#cleared.get(edge)?.has(STOP) !== true;
    return isSeen && edge.disk.owner === edge.robot ? [...stored, STOP] : stored;
  }

  #storedFor(edge: EdgeProcess): readonly string[] {
    if (edge.disk.owner !== edge.robot) return [];
    const cleared = this.#cleared.get(edge);
    return [...(this.#latched.get(edge.disk) ?? [])].filter((name) => cleared?.has(name) !== true);
  }

  /** What was cleared may be stored, or not; what only the process saw is gone, as its store could not keep it. */
  forget(edge: EdgeProcess): void {
    const gone = this.#mayBeGone.get(edge);
    this.#latched.set(edge.disk, new Set(this.#storedFor(edge).filter((name) => gone?.has(name) !== true)));
    this.#cleared.delete(edge);
    this.#mayBeGone.delete(edge);
  }
}

/** The edge holds itself back for this cause. */
function holds(edge: EdgeProcess, cause: string): boolean {
  for (const { name, rung } of edge.edge.state.ladder.values())
    if (name === cause && rung !== "AUTONOMOUS") return true;
  return false;
}

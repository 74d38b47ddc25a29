// After healing: every task has ended, every robot is AUTONOMOUS again, no place waits, nothing is latched. What is
// still missing is said in words, because that is what a reader of a failed run needs.

import { rungOf } from "../../../edge/core/modes.js";
import { hubCauses, worstOf } from "../../../hub/core/modes.js";
import { causesOf } from "../../../proto/mode.js";
import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import type { Truth } from "../truth.js";

/** What keeps the site from being well; empty when it is. */
export function whatIsMissing(
  hub: HubProcess | undefined,
  truth: Truth,
  edges: ReadonlyMap<string, EdgeProcess>,
): readonly string[] {
  if (hub === undefined || !hub.listens) return ["the hub does not run"];
  const missing: string[] = [];
  const { state } = hub.hub;
  for (const id of state.ledger.open) {
    const task = state.ledger.tasks.get(id);
    missing.push(`task ${id} is ${task?.phase} at stop ${task?.stopIndex}${task?.robot ? ` with ${task.robot}` : ""}`);
  }
  for (const watch of state.watches.values()) {
    const edge = edges.get(watch.id);
    if (edge === undefined || !edge.running) missing.push(`${watch.id} does not run`);
    else if (rungOf(edge.edge.state) !== "AUTONOMOUS") missing.push(whyBelow(edge));
    const imposed = hubCauses(state, watch);
    if (worstOf(imposed) !== "AUTONOMOUS")
      missing.push(
        `the hub imposes ${imposed.map(({ name, rung }) => `${rung} on ${watch.id} for ${name}`).join(", ")}`,
      );
    if (watch.edgeRung !== "AUTONOMOUS") missing.push(`the hub thinks that ${watch.id} is on ${watch.edgeRung}`);
  }
  for (const claim of state.ledger.claims.values())
    if (claim.lapsed && !truth.isOn(claim.robot, claim.destination))
      missing.push(`${claim.destination} is lapsed-unknown, last held by ${claim.robot}`);
  for (const robot of state.ledger.drained.keys()) missing.push(`${robot} is drained`);
  for (const scope of state.ledger.ceilings.keys()) missing.push(`a ceiling stands for ${scope}`);
  return missing;
}

function whyBelow(edge: EdgeProcess): string {
  const { ladder, hubOrder } = edge.edge.state;
  const own = causesOf(ladder).map(({ name, detail }) => `${name} (${detail})`);
  const ordered = hubOrder.causes.map(({ name }) => name);
  return `${edge.robot} is on ${rungOf(edge.edge.state)}: ${own.join(", ") || `ordered: ${ordered.join(", ")}`}`;
}

// R13: nothing grows without a limit, however long a fault lasts.

import type { EdgeProcess } from "../edge-process.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";

const PENDING_MOST = 2000;
/** What it acts on, and a few places where it has arrived. */
const HOLDINGS_MOST = 9;

export function boundsOfEdge(edge: EdgeProcess): void {
  const { state } = edge.edge;
  const { outbox } = state.context.config.limits;
  const seen: readonly (readonly [string, number, number])[] = [
    ["outbox", state.memory.outbox.length, outbox + 64],
    ["holdings", state.memory.holdings.length, HOLDINGS_MOST],
    ["messages that wait for the store", state.held.length, 500],
    ["unanswered renewals", state.link.lease.pending.length, 64],
    ["ticks", state.ticks.size, 256],
    ["holds of the ladder", state.ladder.size, 64],
  ];
  for (const [what, found, most] of seen)
    if (found > most) throw new Violation("bound", `${edge.robot} keeps ${found} ${what}, at most ${most}`);
}

export function boundsOfHub(hub: HubProcess): void {
  const { state } = hub.hub;
  const { config } = state.site;
  const check = (what: string, found: number, most: number) => {
    if (found > most) throw new Violation("bound", `the hub keeps ${found} ${what}, at most ${most}`);
  };
  check("effects that wait", hub.pending.length, PENDING_MOST);
  check("open tasks", state.ledger.open.size, config.limits.tasksWaiting);
  check("tasks", state.ledger.tasks.size, config.limits.tasksWaiting + config.limits.tasksKept + 1);
  check("claims", state.ledger.claims.size, config.destinations.length);
  check("streams", state.streams.size, 4 * config.robots.length + 16);
  for (const watch of state.watches.values()) {
    check(`nonces of ${watch.id}`, watch.nonces.size, 256);
    check(`unanswered grants of ${watch.id}`, watch.grants.size, config.destinations.length);
    check(`withdrawals of ${watch.id}`, watch.withdrawn.size, config.destinations.length);
    check(`lapses of ${watch.id}`, watch.lapsedMs.size, config.destinations.length);
    check(`ends of ${watch.id}`, watch.endedMs.size, config.destinations.length);
    check(`nonces of other hubs, of ${watch.id}`, watch.answeredMs.size, 64);
    check(`boots of ${watch.id}`, watch.boots.length, 16);
    check(`newest samples of ${watch.id}`, watch.orders.size, 16 * 3);
  }
}

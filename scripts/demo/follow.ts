// Follows the hub's two streams over any number of its deaths: the view of the site, and the ledger's events, each
// once.

import { setTimeout as sleep } from "node:timers/promises";
import type { Hub } from "../../hub/cli/hub.js";
import { type LedgerEvent, readLedgerEvent } from "../../proto/ledger.js";
import { readSiteView, type SiteView } from "../../proto/operator-views.js";

const AGAIN_MS = 200;
const VIEW_MS = 200;

export async function followSite(hub: Hub, stop: AbortSignal, take: (view: SiteView) => void): Promise<void> {
  await again(stop, () =>
    hub.follow(
      "WatchSite",
      { periodMs: VIEW_MS },
      {
        read: readSiteView,
        take: async (view) => {
          take(view);
          return !stop.aborted;
        },
      },
    ),
  );
}

export async function followEvents(hub: Hub, stop: AbortSignal, take: (event: LedgerEvent) => void): Promise<void> {
  let seen = 0;
  await again(stop, () =>
    hub.follow(
      "Events",
      { fromSequence: seen + 1, follow: true, last: 0 },
      {
        read: readLedgerEvent,
        take: async (event) => {
          if (event.sequence > seen) take(event);
          seen = Math.max(seen, event.sequence);
          return !stop.aborted;
        },
      },
    ),
  );
}

async function again(stop: AbortSignal, follow: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await follow().catch(() => {}); // the hub is away: it comes back, or the run ends
    if (!stop.aborted) await sleep(AGAIN_MS);
  }
}

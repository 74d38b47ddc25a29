// What the console shows of one robot beyond its view: each channel's freshness, the token it acts under, what its link
// does, and how far each cause of the hub is from letting go. No rule reads it.

import { tokenKey } from "../../proto/claim.js";
import type { RobotDetail } from "../../proto/console.js";
import { NEVER_FRESH, verdictOf } from "../../proto/freshness.js";
import { dwellMs, type Ladder, type LadderPolicy } from "../../proto/mode.js";
import { actingClaim, claimsOfRobot } from "./ledger-state.js";
import { waitMsFor } from "./site.js";
import type { HubState } from "./turn.js";
import { channelAgeMs } from "./watch.js";

/** null: there is no such robot. */
export function robotDetail(state: HubState, id: string, nowMs: number): RobotDetail | null {
  const watch = state.watches.get(id);
  const fleet = watch === undefined ? undefined : state.site.fleets.get(watch.fleet);
  if (watch === undefined || fleet === undefined) return null;
  const limits = fleet.freshness.channels as Readonly<Record<string, { limitMs: number; lostMs: number } | undefined>>;
  const names = new Set([...Object.keys(limits), ...watch.channels.keys()]);
  const channels = [...names].map((name) => {
    const ageMs = channelAgeMs(watch, name, { nowMs, site: state.site });
    const limit = limits[name];
    return {
      name,
      ageBoundMs: ageMs === NEVER_FRESH ? null : ageMs,
      verdict: limit === undefined ? "" : verdictOf(ageMs, limit),
      samples: watch.channels.get(name)?.sequence ?? 0,
    };
  });
  const claim =
    actingClaim(state.ledger, id) ?? claimsOfRobot(state.ledger, id).find(({ phase }) => phase === "standing");
  const { site } = state;
  const heardMs = watch.leaseEndMs - waitMsFor(site, site.config.lease.leaseMs); // R3: its end is counted from there
  const fleetLadder = state.fleets.get(watch.fleet)?.ladder ?? new Map();
  return {
    ...{ id, nowMs, channels, token: claim === undefined ? "" : tokenKey(claim.token) },
    renewedAgoMs: watch.lastNonce === 0 ? null : Math.max(0, nowMs - heardMs),
    refused: watch.refused,
    holds: [
      ...holdsOf(watch.ladder, { of: "robot", policy: fleet.ladder, nowMs }),
      ...holdsOf(fleetLadder, { of: "fleet", policy: fleet.ladder, nowMs }),
    ],
  };
}

function holdsOf(
  ladder: Ladder,
  { of, policy, nowMs }: { readonly of: string; readonly policy: LadderPolicy; readonly nowMs: number },
) {
  return [...ladder.values()]
    .filter(({ rung }) => rung !== "AUTONOMOUS")
    .map((hold) => ({
      ...{ name: hold.name, of, falls: hold.falls, dwellMs: dwellMs(hold, policy) },
      calmForMs: hold.calmSinceMs === null ? null : Math.max(0, nowMs - hold.calmSinceMs),
    }));
}

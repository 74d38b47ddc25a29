// Why a place is taken: who holds it, under which token, since when, what would free it, and what keeps that from
// happening now. Each answer is asked of the predicate that decides it (R4).

import { tokenKey } from "../../../proto/claim.js";
import { ageText } from "../../../proto/span-text.js";
import { whyNotStatedFree } from "../acts.js";
import { whyNotStated } from "../boundary.js";
import { type Staying, whyBeyondBoundary, whyNoGrants, whyNotFree, whyStays } from "../claims.js";
import type { Claim } from "../ledger-state.js";
import { type HubState, Turn } from "../turn.js";
import { channelAgeMs, type RobotWatch } from "../watch.js";
import type { Beginnings, Fact } from "./fact.js";
import { closedFacts, notByWord, unheardFacts } from "./giving.js";

interface At {
  readonly nowMs: number;
  readonly began: Beginnings;
}

export function placeFacts(state: HubState, place: string, at: At): readonly Fact[] {
  const held = state.ledger.byDestination.get(place);
  const nobody = [
    ...unheardFacts(state, { about: place, places: [place], nowMs: at.nowMs }),
    ...closedFacts(state, { about: place, kinds: ["taskGrant", "idleMove"] }),
  ];
  if (held === undefined) {
    const found = notHeld(state, place, at);
    // All that are not heard are told, not only the first that the grant decision meets.
    return [...(found.code === "PLACE_UNKNOWN" ? [] : [found]), ...nobody, ...byWord(state, place, at)];
  }
  const watch = state.watches.get(held.robot);
  return [
    heldFact(state, held, at),
    watch === undefined
      ? {
          about: place,
          code: "FREES",
          says: `the site has no robot ${held.robot} any more, so no pose of it can free it`,
        }
      : freesFact(state, watch, { held, at }),
    ...(watch === undefined ? [] : triedFacts(watch, held, at)),
    ...nobody,
    ...byWord(state, place, at),
  ];
}

/** Why a place may not be given to anybody; of a held one, by whom. `says` is the grant decision's own reason. */
export function notHeld(state: HubState, place: string, { nowMs }: Pick<At, "nowMs">): Fact {
  const refusal = whyNotFree(state, { robot: "", destination: place }, nowMs);
  if (refusal === null) return { about: place, code: "FREE", says: `${place} is free` };
  const reason = refusal.message.slice(refusal.message.indexOf(": ") + 2);
  return { about: place, code: refusal.code, says: `${place}: ${reason}` };
}

const PHASES = {
  assigned: "which acts towards it",
  standing: "which has arrived",
  ended: "which has given it up",
} as const;

export function heldFact(state: HubState, held: Claim, { nowMs, began }: At): Fact {
  const key = tokenKey(held.token);
  const what = held.task === "" ? held.purpose.toLowerCase() : `task ${held.task}, stop ${held.stopIndex + 1}`;
  const since = began.text(`claimed ${key}`, nowMs);
  const lapse = held.lapsed ? `; lapsed-unknown${began.text(`claimLapsed ${key}`, nowMs)}` : "";
  const watch = state.watches.get(held.robot);
  const ageMs =
    watch === undefined ? Number.POSITIVE_INFINITY : channelAgeMs(watch, "pose", { nowMs, site: state.site });
  const age = Number.isFinite(ageMs) ? `its pose may be ${ageText(ageMs)} old` : "no pose of it is known";
  const forMs = began.forMs(`claimed ${key}`, nowMs);
  const who = `${held.destination} is held by ${held.robot} under ${key} (${what})${since}`;
  const says = `${who}, ${PHASES[held.phase]}${lapse}; ${age}`;
  return { about: held.destination, code: "HELD", says, ...(forMs === undefined ? {} : { forMs }) };
}

function freesFact(state: HubState, watch: RobotWatch, { held, at }: { readonly held: Claim; readonly at: At }): Fact {
  const stays = whyStays(state, watch, { held, nowMs: at.nowMs });
  const says =
    stays === null
      ? `${watch.id} is seen outside: it comes free at the next step`
      : staysText(state, watch, { stays, held, at });
  const left = stays?.leftMs === undefined ? {} : { leftMs: stays.leftMs };
  return { about: held.destination, code: "FREES", says: `frees it: ${says}`, ...left };
}

function staysText(
  state: HubState,
  watch: RobotWatch,
  { stays, held, at }: { readonly stays: Staying; readonly held: Claim; readonly at: At },
): string {
  const { site } = state;
  const left = ageText(stays.leftMs ?? 0);
  const seen = `a fresh pose that shows ${watch.id} outside, by ${site.config.physics.marginM} m and its error`;
  switch (stays.code) {
    case "ACTING":
      return held.lapsed
        ? `${lapsedText(state, watch, { held, nowMs: at.nowMs })}, then ${seen}`
        : `the end of its assignment, then ${seen}`;
    case "ANOTHER_PROCESS":
      return `${seen}, in ${left} at the earliest: until then another process of it may hold a lease`;
    case "MAY_ROLL":
      return `${seen}, in ${left} at the earliest: until then it may still roll`;
    case "STALE":
      return `${seen}; at most ${ageText(site.config.decisions.dispatch.telemetryMs)} old`;
    case "BEFORE_LAPSE":
      return `${seen}, captured after the lapse; the newest may be from before it`;
    case "NOT_OUTSIDE":
      return `${seen}; it is or may be on it now`;
  }
}

function lapsedText(state: HubState, watch: RobotWatch, { held, nowMs }: { held: Claim; nowMs: number }): string {
  const refusal = whyNoGrants(state, watch, nowMs) ?? whyBeyondBoundary(state, held, { watch, nowMs });
  const again = refusal === null ? "" : ` (not now: ${refusal.message})`;
  return `the end of its assignment; ${watch.id} may have it again under a higher token${again}`;
}

/** What the hub has asked of the holder and waits for. */
function triedFacts(watch: RobotWatch, held: Claim, { nowMs }: At): readonly Fact[] {
  const key = tokenKey(held.token);
  const askedMs = watch.withdrawn.get(key);
  const sentMs = watch.grants.get(key);
  const tried = (says: string, forMs: number): Fact => ({ about: held.destination, code: "TRIED", says, forMs });
  return [
    ...(askedMs === undefined
      ? []
      : [tried(`asked back of ${watch.id}, last ${ageText(nowMs - askedMs)} ago, without an answer`, nowMs - askedMs)]),
    ...(sentMs === undefined
      ? []
      : [tried(`granted to ${watch.id}, last sent ${ageText(nowMs - sentMs)} ago, without an answer`, nowMs - sentMs)]),
  ];
}

/** R4: whether a named person's statement would free it now. */
function byWord(state: HubState, place: string, { nowMs }: At): readonly Fact[] {
  if (whyNotFree(state, { robot: "", destination: place }, nowMs) === null) return [];
  const holder = state.watches.get(state.ledger.byDestination.get(place)?.robot ?? "");
  const about = { decision: "freePlace", watch: holder, what: `cannot free ${place}` } as const;
  const refusal = whyNotStatedFree(state, place, nowMs) ?? whyNotStated(new Turn(state, { nowMs, wallMs: 0 }), about);
  if (refusal !== null)
    return [{ about: place, code: refusal.code, says: `${notByWord(refusal)}: ${refusal.message}` }];
  const says = `frees it: a person who has looked: drover place free ${place} --seen TEXT --reason TEXT`;
  return [{ about: place, code: "FREES", says }];
}

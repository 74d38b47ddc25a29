// What keeps the hub from giving places whoever asks: a robot that nobody has heard may stand on any of them (D4), and
// the site's boundary may leave the giving to nobody, or want a better pose than the rules do. Each is asked of the
// predicates of the grant decision, and whether a person's word helps of those that take the word.

import type { Refusal } from "../../../proto/errors.js";
import { whyNotStatedAbsent } from "../acts.js";
import { isElsewhere, wayClosed, whyBeyondBoundary } from "../claims.js";
import type { Claim } from "../ledger-state.js";
import { type HubState, Turn } from "../turn.js";
import { type RobotWatch, whereabouts } from "../watch.js";
import type { Fact } from "./fact.js";

const NAMED_MOST = 8;

/** D4: who is not heard and keeps these places for that: one fact for all that keep the same and are helped alike. */
export function unheardFacts(
  state: HubState,
  at: { readonly about: string; readonly places: readonly string[]; readonly nowMs: number },
): readonly Fact[] {
  const byWhat = new Map<string, { readonly kept: readonly string[]; readonly robots: RobotWatch[] }>();
  for (const watch of state.watches.values()) {
    const kept = keptBy(state, watch, at);
    if (kept.length === 0) continue;
    const key = `${kept === at.places ? "" : kept.join(" ")} ${whyNotAbsent(state, watch, at.nowMs) === null}`;
    const alike = byWhat.get(key);
    if (alike === undefined) byWhat.set(key, { kept, robots: [watch] });
    else alike.robots.push(watch);
  }
  return [...byWhat.values()].map(({ kept, robots }) => {
    return { about: at.about, code: "PLACE_UNKNOWN", says: unheardText(state, robots, { ...at, kept }) };
  });
}

/** Of these places, those that a robot keeps from everybody since it may be anywhere; empty when it is known. */
function keptBy(
  state: HubState,
  watch: RobotWatch,
  { places, nowMs }: { readonly places: readonly string[]; readonly nowMs: number },
): readonly string[] {
  if (whereabouts(watch, { nowMs, site: state.site }) !== undefined) return [];
  if (watch.notAt.size > 0) return places.filter((place) => !isElsewhere(state, watch, place));
  return isElsewhere(state, watch, places[0] ?? "") ? [] : places;
}

/** Whether nothing at all is given, since such a robot keeps every place of the site. */
export function isNothingGiven(state: HubState, nowMs: number): boolean {
  const places = placesOf(state);
  return [...state.watches.values()].some((watch) => keptBy(state, watch, { places, nowMs }).length === places.length);
}

export function placesOf(state: HubState): readonly string[] {
  return [...state.site.destinations.keys()];
}

function named(names: readonly string[]): string {
  const more = names.length - NAMED_MOST;
  const first = names.slice(0, NAMED_MOST);
  const last = more > 0 ? `${more} more` : (first.pop() ?? "");
  return first.length === 0 ? last : `${first.join(", ")} and ${last}`;
}

function unheardText(
  state: HubState,
  robots: readonly RobotWatch[],
  at: {
    readonly about: string;
    readonly places: readonly string[];
    readonly kept: readonly string[];
    readonly nowMs: number;
  },
): string {
  const [first] = robots;
  const isOne = robots.length === 1;
  const open = at.places.filter((place) => !at.kept.includes(place));
  const what =
    at.places.length === 1
      ? `${at.places[0]} is given to nobody`
      : open.length === 0
        ? "no place is given"
        : `no place is given but ${named(open)}`;
  const who = `${named(robots.map(({ id }) => id))} ${isOne ? "has" : "have"} not been heard and may stand anywhere`;
  const command = `drover robot absent ${isOne ? first?.id : "ROBOT"} --seen TEXT --reason TEXT`;
  const isHelped = first !== undefined && whyNotAbsent(state, first, at.nowMs) === null;
  return `${who}: ${what} before ${isOne ? "it" : "each"} is heard${isHelped ? `, or stated absent: ${command}` : ""}`;
}

/** Why a person's word that it is off the floor is not taken; of a robot that is not heard. */
export function notAbsentFacts(state: HubState, watch: RobotWatch, nowMs: number): readonly Fact[] {
  if (keptBy(state, watch, { places: placesOf(state), nowMs }).length === 0) return [];
  const refusal = whyNotAbsent(state, watch, nowMs);
  if (refusal === null) return [];
  return [{ about: watch.id, code: refusal.code, says: `${notByWord(refusal)}: ${refusal.message}` }];
}

/** What the boundary forbids stays forbidden. */
export function notByWord({ code }: Refusal): string {
  return code === "NOT_PERMITTED" ? "not by a person's word" : "not yet by a person's word";
}

function whyNotAbsent(state: HubState, watch: RobotWatch, nowMs: number) {
  return whyNotStatedAbsent(new Turn(state, { nowMs, wallMs: 0 }), watch);
}

const CLOSED = { taskGrant: "no task is given", idleMove: "no idle robot is sent to park or to charge" } as const;

/** What the site's boundary lets nobody be given, however good its pose. */
export function closedFacts(
  state: HubState,
  { about, kinds }: { readonly about: string; readonly kinds: readonly (keyof typeof CLOSED)[] },
): readonly Fact[] {
  return kinds.flatMap((kind) => {
    const why = wayClosed(state, kind, "AUTONOMOUS");
    if (why === null) return [];
    return [{ about, code: "NOT_PERMITTED", says: `${CLOSED[kind]}: ${why} (drover boundary show FILE)` } as const];
  });
}

/** What the boundary keeps from a robot that the rules would give something. */
export function beyondFacts(
  state: HubState,
  watch: RobotWatch,
  { purpose, nowMs }: { readonly purpose: Claim["purpose"]; readonly nowMs: number },
): readonly Fact[] {
  const refusal = whyBeyondBoundary(state, { purpose, destination: "" }, { watch, nowMs });
  if (refusal === null) return [];
  const what = purpose === "TASK" ? "is given no task" : "is not sent to park or to charge";
  const reason = refusal.message.slice(refusal.message.indexOf(": ") + 2);
  return [{ about: watch.id, code: refusal.code, says: `${watch.id} ${what}: ${reason}` }];
}

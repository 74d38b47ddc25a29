// Long random walks on a small site, on which what explain tells of giving is compared with what the core gives: of a
// task exactly, of a robot and of the site that nothing comes where they say so.
import type { Test } from "tap";
import { filled } from "../../../fleet-config/defaults.js";
import { boundarySchema } from "../../../fleet-config/schema-boundary.js";
import type { BoundaryConfig } from "../../../fleet-config/types.js";
import { standsOn } from "../../../hub/core/claims.js";
import { type Explanation, Story } from "../../../hub/core/explain.js";
import type { Dispatcher } from "../../../hub/core/round.js";
import type { Fact } from "../../../hub/core/why/fact.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import { ACT, ready, type SiteOptions, SiteUnderTest } from "./site-under-test.js";

export function told(site: SiteUnderTest, id: string): Explanation {
  const story = new Story(site.hub.state, id);
  for (const event of site.events) story.take(event);
  const found = story.told({ read: { from: 1, to: site.events.length }, nowMs: site.nowMs });
  if (found === null) throw new Error(`nothing is told of ${id}`);
  return found;
}

export const factsOf = (site: SiteUnderTest, id: string): readonly Fact[] => told(site, id).facts;
export const codes = (facts: readonly Fact[], about: string) =>
  facts.filter((f) => f.about === about).map((f) => f.code);

/** xorshift32: the same walk each time. */
export function chance(seed: number): (most: number) => number {
  let mixed = seed;
  return (most) => {
    mixed ^= mixed << 13;
    mixed ^= mixed >>> 17;
    mixed ^= mixed << 5;
    return (mixed >>> 0) % most;
  };
}

export const PLACES = ["A", "B", "C", "D", "H1", "H2", "H3"];
export const ROBOTS = ["r1", "r2", "r3"];

/** Something that changes who may have what. */
export function disturb(site: SiteUnderTest, pick: (most: number) => number): void {
  const id = ROBOTS[pick(3)] ?? "r1";
  const robot = site.robot(id);
  const place = site.site.destinations.get(PLACES[pick(PLACES.length)] ?? "A");
  switch (pick(11)) {
    case 0:
      return robot.stream === null ? void site.connect(id) : site.disconnect(id);
    case 1:
      robot.isTelling = !robot.isTelling;
      return;
    case 2:
      robot.isRenewing = !robot.isRenewing;
      return;
    case 3:
      site.say(id, {
        kind: "modeReport",
        sequence: 0,
        rung: pick(2) === 0 ? "AUTONOMOUS" : "REACTIVE_ONLY",
        causes: [],
      });
      return;
    case 4:
    case 5:
      if (place !== undefined) robot.standAt(place);
      return;
    case 6:
      robot.standAt({ xM: 20, yM: 6 });
      return;
    case 7:
    case 8:
      if (robot.stream !== null && robot.acting().length > 0)
        site.say(id, robot.outcome((["ARRIVED", "FAILED", "RELEASED"] as const)[pick(3)] ?? "FAILED"));
      return;
    case 9:
      if (pick(4) === 0)
        site.ask({ kind: "setMode", act: ACT, scope: { robot: id, fleet: "" }, rung: "REACTIVE_ONLY" });
      else site.ask({ kind: "clearMode", act: ACT, scope: { robot: id, fleet: "" } });
      return;
    case 10:
      if (robot.stream === null) site.ask({ kind: "stateAbsent", act: ACT, robot: id, seen: "in the workshop" });
      return;
  }
}

/** Lets a robot be well, and go on with what it was given. */
function heal(site: SiteUnderTest, id: string, pick: (most: number) => number): void {
  const robot = site.robot(id);
  if (robot.stream === null) site.connect(id);
  robot.isTelling = true;
  robot.isRenewing = true;
  site.ask({ kind: "clearMode", act: ACT, scope: { robot: id, fleet: "" } });
  site.say(id, { kind: "modeReport", sequence: 0, rung: "AUTONOMOUS", causes: [] });
  robot.standAt({ xM: 8 + 4 * pick(4), yM: 6 });
  if (robot.acting().length > 0) site.say(id, robot.outcome("ARRIVED"));
}

/** What is told of giving at the moment of an ask: of the task, of its robot and of the site. */
interface Foretold {
  readonly task: string; // empty: an idle move
  readonly robot: string;
  readonly place: string;
  readonly isReady: boolean | null; // by what is told of the task; null: of an idle move nothing is told there
  readonly never: readonly string[]; // by what is told of the robot and of the site
}

const NOTHING_GIVEN = /no place is given before/;

/** Why this pair is not given, by what is told of the robot and of the site: maybe more than is told of the task. */
function whyNever(site: SiteUnderTest, { robot, task }: { readonly robot: string; readonly task: string }) {
  const kind = task === "" ? /sent to park or to charge/ : /given no task|no task is given/;
  const keeps = ({ code, says }: Fact) =>
    ["NO_LEASE", "NOT_AUTONOMOUS"].includes(code) ||
    (code === "PLACE_UNKNOWN" && NOTHING_GIVEN.test(says)) ||
    (code === "ROBOT_STALE" && says.startsWith("cannot grant")) ||
    (["NOT_PERMITTED", "ROBOT_STALE"].includes(code) && kind.test(says));
  const ofSite = factsOf(site, "site").filter(({ about }) => about === "" || about === robot);
  return [...factsOf(site, robot), ...ofSite].filter(keeps).map(({ code }) => code);
}

/** What explain tells of a pair, just before the core decides about it. */
function foretell(site: SiteUnderTest, pick: (most: number) => number): Foretold | null {
  const { ledger, watches } = site.hub.state;
  const waiting = [...ledger.open].filter((id) => ledger.tasks.get(id)?.token.epoch === 0);
  const task = waiting[pick(Math.max(1, waiting.length))];
  if (task === undefined) return null;
  if (pick(6) === 0) return foretellMove(site, pick);
  const stop = ledger.tasks.get(task)?.stops[ledger.tasks.get(task)?.stopIndex ?? 0]?.destinations ?? [];
  const robot = ROBOTS[pick(3)] ?? "r1";
  const place = stop[pick(stop.length)] ?? "A";
  const facts = factsOf(site, task);
  const mine = facts.filter(({ about }) => about === robot);
  // What dispatch alone weighs is no matter of the grant decision.
  if (mine.some(({ code }) => ["EXCLUDED", "LOW_CHARGE", "IN_HAND"].includes(code))) return null;
  if (watches.get(robot)?.excluded.has(place)) return null;
  const offered = mine.find(({ code }) => code === "READY")?.says.match(/may have (.*) now/)?.[1] ?? "";
  const isReady = offered.split(", ").includes(place);
  return { task, robot, place, isReady, never: whyNever(site, { robot, task }) };
}

/** A robot holds the place that it stands on, whatever is said of moves. */
function foretellMove(site: SiteUnderTest, pick: (most: number) => number): Foretold | null {
  const robot = ROBOTS[pick(3)] ?? "r1";
  const place = PLACES[pick(PLACES.length)] ?? "A";
  const watch = site.hub.state.watches.get(robot);
  if (watch === undefined || standsOn(site.hub.state, watch) === place) return null;
  return { task: "", robot, place, isReady: null, never: whyNever(site, { robot, task: "" }) };
}

export interface Walked {
  ready: number;
  blocked: number;
  readonly never: Record<string, number>; // by code
}

export interface WalkOptions {
  readonly seeds: readonly number[];
  readonly restartEach?: number; // steps from one start of the hub to the next; default: it stays
  readonly boundary?: Readonly<Record<string, unknown>>; // what the site file says of it
}

/** A change of the site file: what it says of the boundary. */
export function narrowed(boundary: Readonly<Record<string, unknown>>): NonNullable<SiteOptions["change"]> {
  return (config) => ({ ...config, boundary: filled(boundarySchema, boundary) as unknown as BoundaryConfig });
}

function isOf(body: LedgerBody, { task, robot, place }: Foretold): boolean {
  return body.kind === "claimed" && body.task === task && body.robot === robot && body.destination === place;
}

/** Compares what is told of giving with what is given, on long random walks. */
export function walkGrants(
  t: Test,
  { seeds, restartEach = Number.POSITIVE_INFINITY, boundary = {} }: WalkOptions,
): Walked {
  const seen: Walked = { ready: 0, blocked: 0, never: {} };
  for (const seed of seeds) {
    const pick = chance(seed);
    let wanted: Foretold | null = null;
    let tasks = 0;
    const dispatcher: Dispatcher = () => {
      wanted = foretell(site, pick);
      if (wanted === null) return [];
      const { robot, task, place: destination } = wanted;
      return [{ robot, purpose: task === "" ? "PARK" : "TASK", task, destination, costM: 0, why: "" }];
    };
    const site: SiteUnderTest = new SiteUnderTest({ robots: 3, dispatcher, change: narrowed(boundary) });
    ready(site, ...ROBOTS);
    for (let step = 0; step < 700; step += 1) {
      if (step % restartEach === restartEach - 1) site.restart();
      else if (step % 20 < 10) disturb(site, pick);
      else heal(site, ROBOTS[pick(3)] ?? "r1", pick);
      if (site.hub.state.ledger.open.size < 3) {
        tasks += 1;
        site.submit(`t${tasks}`, [PLACES[pick(7)] ?? "A", PLACES[pick(7)] ?? "B"], [PLACES[pick(7)] ?? "C"]);
      }
      wanted = null;
      const before = site.events.length;
      site.run(50 * (1 + pick(12)), () => wanted !== null);
      const asked = wanted as Foretold | null;
      if (asked === null) continue;
      const isGiven = site.events.slice(before).some(({ body }) => isOf(body, asked));
      if (asked.isReady) seen.ready += 1;
      else seen.blocked += 1;
      for (const code of new Set(asked.never)) seen.never[code] = (seen.never[code] ?? 0) + 1;
      const where = `seed ${seed} step ${step}: ${JSON.stringify(asked)}`;
      if (asked.isReady !== null && isGiven !== asked.isReady) t.equal(isGiven, asked.isReady, where);
      if (isGiven && asked.never.length > 0) t.fail(where);
    }
  }
  return seen;
}

/** Compares what is told of people's statements, and of poses, with what they do to a place or a robot. */
export function walkWords(
  t: Test,
  { seeds, restartEach = Number.POSITIVE_INFINITY, boundary = {} }: WalkOptions,
): { free: number; not: number; stays: number; absent: number; unheard: number } {
  const seen = { free: 0, not: 0, stays: 0, absent: 0, unheard: 0 };
  for (const seed of seeds) {
    const pick = chance(seed);
    const site = ready(new SiteUnderTest({ robots: 3, change: narrowed(boundary) }), ...ROBOTS);
    for (let step = 0; step < 500; step += 1) {
      if (step % restartEach === restartEach - 1) site.restart();
      else disturb(site, pick);
      site.script.want(ROBOTS[pick(3)] ?? "r1", PLACES[pick(7)] ?? "A");
      site.run(50 * (1 + pick(30)));
      const place = PLACES[pick(7)] ?? "A";
      const where = `seed ${seed} step ${step}`;
      if (comesFree(t, site, { place, where })) continue;
      stateFree(t, site, { place, where, seen });
      if (restartEach < Number.POSITIVE_INFINITY) stateAbsent(t, site, { robot: ROBOTS[pick(3)] ?? "r1", where, seen });
    }
  }
  return seen;

  function comesFree(t: Test, site: SiteUnderTest, { place, where }: { place: string; where: string }): boolean {
    const token = site.hub.state.ledger.byDestination.get(place)?.token;
    if (token === undefined) return false;
    // Without new evidence the next step decides by the same rules, a tick later.
    const facts = factsOf(site, place);
    const comes = facts.some(({ says }) => says.includes("comes free at the next step"));
    site.step({ kind: "tick" });
    const isFreed = site.hub.state.ledger.byDestination.get(place)?.token !== token;
    if (isFreed !== comes) t.equal(isFreed, comes, `${where}: ${facts.map((f) => f.says).join(" | ")}`);
    if (!comes) seen.stays += 1;
    return isFreed;
  }
}

type Seen = ReturnType<typeof walkWords>;

function stateFree(
  t: Test,
  site: SiteUnderTest,
  { place, where, seen }: { readonly place: string; readonly where: string; readonly seen: Seen },
): void {
  const now = factsOf(site, place);
  if (now.some(({ code }) => code === "FREE")) return;
  const promised = now.some(({ says }) => says.includes("a person who has looked"));
  const answer = site.ask({ kind: "freePlace", act: ACT, place, seen: "an empty floor" });
  const isRefused = "code" in answer;
  if (isRefused === promised) t.equal(isRefused, !promised, `${where}: ${JSON.stringify(answer)}`);
  if (isRefused && !now.some(({ code }) => code === answer.code)) t.fail(`${where}: ${answer.code} was not told`);
  if (promised) seen.free += 1;
  else seen.not += 1;
}

/** D4: of a robot that is not heard. */
function stateAbsent(
  t: Test,
  site: SiteUnderTest,
  { robot, where, seen }: { readonly robot: string; readonly where: string; readonly seen: Seen },
): void {
  const told = factsOf(site, robot);
  const [own] = told.filter(({ code, says }) => code === "PLACE_UNKNOWN" && says.split(" ha")[0]?.includes(robot));
  if (own === undefined) return;
  seen.unheard += 1;
  const promised = own.says.includes("or stated absent");
  const answer = site.ask({ kind: "stateAbsent", act: ACT, robot, seen: "in the workshop" });
  const isTaken = !("code" in answer);
  if (isTaken !== promised) t.equal(isTaken, promised, `${where}: ${own.says}`);
  if (isTaken) seen.absent += 1;
  else if (!told.some(({ code }) => code === answer.code)) t.fail(`${where}: ${answer.code} was not told`);
}

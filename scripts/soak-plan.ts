// Which process of a site dies when, drawn from a seed, as the faults that a run understands; and what must hold of the
// tasks however often anything died (R10).

import type { LedgerLine } from "./judge/trace.js";
import { Random } from "./world/random.js";

export const ROLES = ["hub", "edge", "planner", "broker"] as const;
export type Role = (typeof ROLES)[number];

export interface Kill {
  readonly role: Role;
  readonly robot: string; // empty for the hub and its broker
  readonly atMs: number;
  readonly downMs: number; // until it is started again; children are started again by who owns them
}

/** Of every ten kills: hub and edge mostly, since they keep what must not be lost. */
const DECK: readonly Role[] = [
  ...(["hub", "hub", "hub", "edge", "edge", "edge", "edge"] as const),
  ...(["planner", "planner", "broker"] as const),
];
/** Mean time between two kills: a hub that begins anew needs a wait of some 5 s before it grants anything. */
const EACH_MS = 2500;
const CHILD_BACK_MS = 2000;
/** After its parent's: a child that is not there yet cannot be struck. */
const CHILD_START_MS = 3500;

export interface PlanWish {
  readonly seed: number;
  readonly kills: number;
  readonly robots: number;
  readonly firstMs: number;
}

/** The kills in the order of their times. One process is never killed again before it is started again. */
export function planKills({ seed, kills, robots, firstMs }: PlanWish): readonly Kill[] {
  const random = new Random(`${seed}/kills`);
  const freeMs = new Map<string, number>();
  const plan: Kill[] = [];
  let deck: Role[] = [];
  for (let dueMs = firstMs; plan.length < kills; dueMs += EACH_MS * random.between(0.3, 1.7)) {
    if (deck.length === 0) deck = shuffled(DECK, random);
    const role = deck.pop() ?? "hub";
    const ofRobot = role === "edge" || role === "planner";
    const robot = ofRobot ? `r${1 + random.below(robots)}` : "";
    const isChild = role === "planner" || role === "broker";
    const own = `${role} ${robot}`;
    const parent = role === "planner" ? `edge ${robot}` : "hub ";
    const parentFreeMs = isChild ? (freeMs.get(parent) ?? 0) + CHILD_START_MS : 0;
    const atMs = Math.round(Math.max(dueMs, freeMs.get(own) ?? 0, parentFreeMs));
    const downMs = isChild ? CHILD_BACK_MS : Math.round(downFor(random));
    freeMs.set(own, atMs + downMs + random.between(100, 3000));
    plan.push({ role, robot, atMs, downMs });
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
}

/** Half are back before a lease has ended, half after everything has certainly lapsed. */
function downFor(random: Random): number {
  return random.next() < 0.5 ? random.between(200, 1500) : random.between(1500, 7000);
}

function shuffled(roles: readonly Role[], random: Random): Role[] {
  const order = roles.map((role) => ({ role, at: random.next() })).sort((a, b) => a.at - b.at);
  return order.map(({ role }) => role);
}

/** As `--fault` takes it. */
export function specOf({ role, robot, atMs, downMs }: Kill): string {
  const who = robot === "" ? "" : ` robot=${robot}`;
  return `at=${atMs}ms${who} ${role}=kill for=${downMs}ms`;
}

/** Kills that struck something, by role, as the trace's faults tell them. */
export function killsIn(faults: readonly { readonly spec: string; readonly phase: string }[]): Record<Role, number> {
  const begun = faults.filter(({ phase }) => phase === "begin");
  const of = (role: Role) => begun.filter(({ spec }) => spec.includes(` ${role}=kill`)).length;
  return { hub: of("hub"), edge: of("edge"), planner: of("planner"), broker: of("broker") };
}

interface TaskCounts {
  readonly accepted: number;
  readonly active: number;
  readonly done: number;
  readonly failed: number;
  readonly waiting: number;
}

/**
 * R10: every accepted task has reached exactly one end or is still open, and the hub still knows all of them. Returns
 * what is wrong.
 */
export function taskProblems(events: readonly LedgerLine["event"][], told: TaskCounts): readonly string[] {
  const namesOf = (kind: string) =>
    events.filter(({ body }) => body.kind === kind).map(({ body }) => String(body.task));
  const [accepted, ended] = [namesOf("taskAccepted"), namesOf("taskEnded")];
  const known = new Set(accepted);
  const open = known.size - new Set(ended).size;
  const sums = { ended: told.done + told.failed, open: told.active + told.waiting };
  return [
    ...repeated(accepted).map((task) => `task ${task} was accepted twice`),
    ...repeated(ended).map((task) => `task ${task} ended twice`),
    ...ended.filter((task) => !known.has(task)).map((task) => `task ${task} ended and was never accepted`),
    ...(told.accepted === known.size
      ? []
      : [`the hub knows ${told.accepted} tasks, the ledger accepted ${known.size}`]),
    ...(sums.ended + sums.open === told.accepted ? [] : [`the hub's counts do not add up: ${JSON.stringify(told)}`]),
    ...(sums.open === open ? [] : [`the hub has ${sums.open} open tasks, the ledger ${open}`]),
  ];
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

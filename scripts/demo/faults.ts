// What `--fault` may say. A fault acts on real processes and sockets from outside; nothing in the product knows of it.

import { ONBOARD_CHANNELS, type OnboardChannel } from "../../proto/topics.js";

/** Both ways, from the robot to the hub, from the hub to the robot, or open with every byte lost. */
export const LINK_FAULTS = ["off", "up-off", "down-off", "half-open"] as const;
export type LinkFault = (typeof LINK_FAULTS)[number];

/** Faults of one process that take no further word, by what they are written as. */
const OF_PROCESS = [
  "hub=kill",
  "hub=stop",
  "broker=kill",
  "edge=kill",
  "edge=stop",
  "planner=kill",
  "controller=kill",
] as const;

export type FaultKind =
  | { readonly what: "telemetry" }
  | { readonly what: "hang"; readonly role: "planner" | "controller" }
  | { readonly what: "link"; readonly way: LinkFault }
  | { readonly what: "process"; readonly act: (typeof OF_PROCESS)[number] }
  | { readonly what: "sensor-frozen"; readonly channel: OnboardChannel };

export interface Fault {
  readonly spec: string;
  readonly atMs: number;
  readonly forMs: number | null; // null: never undone
  readonly robots: readonly string[]; // empty for the hub and its broker
  readonly kind: FaultKind;
}

const FORM =
  "expected 'at=15s robot=r3 telemetry=off for=12s' " +
  `(or link=${LINK_FAULTS.join("|")}, ${OF_PROCESS.join(", ")}, planner=hang, controller=hang, ` +
  "sensor=frozen channel=scan)";

/** Throws an Error that names the spec and what is wrong in it. */
export function parseFault(spec: string, robots: number): Fault {
  const wrong = (why: string): never => {
    throw new Error(`--fault '${spec}': ${why}; ${FORM}`);
  };
  const words = new Map<string, string>();
  for (const word of spec.trim().split(/\s+/)) {
    const [key = "", value = "", ...rest] = word.split("=");
    if (key === "" || value === "" || rest.length > 0) wrong(`"${word}" is not KEY=VALUE`);
    if (words.has(key)) wrong(`"${key}" stands twice`);
    words.set(key, value);
  }
  const take = (key: string) => {
    const value = words.get(key);
    words.delete(key);
    return value;
  };
  const atMs = parseSpanMs(`--fault '${spec}': at`, take("at") ?? wrong("at= is missing"));
  const lasting = take("for");
  const forMs = lasting === undefined ? null : parseSpanMs(`--fault '${spec}': for`, lasting);
  const named = take("robot")?.split(",") ?? [];
  const unknown = named.find((robot) => !/^r[1-9]\d*$/.test(robot) || Number(robot.slice(1)) > robots);
  if (unknown !== undefined) wrong(`there is no robot "${unknown}" among r1..r${robots}`);
  const kind = kindOf(take) ?? wrong("it names no fault");
  const [left] = words.keys();
  if (left !== undefined) wrong(`"${left}" is not understood`);
  if (isOfSite(kind)) {
    if (named.length > 0) wrong(`${kind.act} takes no robot`);
  } else if (named.length === 0) wrong("robot= is missing");
  return { spec, atMs, forMs, robots: named, kind };
}

function isOfSite(kind: FaultKind): kind is Extract<FaultKind, { what: "process" }> {
  return kind.what === "process" && /^(hub|broker)=/.test(kind.act);
}

function kindOf(take: (key: string) => string | undefined): FaultKind | undefined {
  if (take("telemetry") === "off") return { what: "telemetry" };
  const link = take("link");
  const way = LINK_FAULTS.find((known) => known === link);
  if (way !== undefined) return { what: "link", way };
  for (const role of ["hub", "broker", "edge", "planner", "controller"] as const) {
    const said = `${role}=${take(role)}`;
    if (said === "planner=hang" || said === "controller=hang")
      return { what: "hang", role: said === "planner=hang" ? "planner" : "controller" };
    const act = OF_PROCESS.find((known) => known === said);
    if (act !== undefined) return { what: "process", act };
  }
  if (take("sensor") !== "frozen") return undefined;
  const name = take("channel");
  const channel = ONBOARD_CHANNELS.find((known) => known === name);
  return channel === undefined ? undefined : { what: "sensor-frozen", channel };
}

/** "15s", "500ms" or "2m" in ms. Throws an Error that begins with `what`. */
export function parseSpanMs(what: string, text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found?.[2] as "ms"] ?? 0;
  const ms = Number(found?.[1]) * unit;
  if (found === null || !(ms <= 86_400_000))
    throw new Error(`${what}: expected a time like 15s, 500ms or 2m, at most 24h, found "${text}"`);
  return Math.round(ms);
}

// Values of flags and arguments: parsed with their unit, or refused with what was expected (exit 64). Pure.

import { CEILINGS, type CeilingRung, type Scope } from "../../proto/operator.js";
import { type Reader, id as readId, WireRefused } from "../../proto/shape.js";
import { usage } from "./failure.js";
import { meant } from "./nearest.js";

/** Applies a reader of the protocol to a value of the command line. */
export function fit<T>(read: Reader<T>, value: unknown, name: string): T {
  try {
    return read(value, name);
  } catch (cause) {
    if (cause instanceof WireRefused) throw usage(cause.message);
    throw cause;
  }
}

/** A name of something; no prefix is completed and no path is followed. */
export function anId(value: string, name: string): string {
  return fit(readId, value, name);
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** "500ms", "5s", "1.5min", "1h" as whole milliseconds. A number without a unit is refused. */
export function durationMs(value: string, limits: { name: string; leastMs: number; mostMs: number }): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|min|h)$/.exec(value);
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? ""] ?? Number.NaN));
  if (ms >= limits.leastMs && ms <= limits.mostMs) return ms;
  const range = `from ${spell(limits.leastMs)} to ${spell(limits.mostMs)}`;
  throw usage(`${limits.name}: expected a duration such as 500ms, 5s or 2min, ${range}, found "${value}"`);
}

function spell(ms: number): string {
  for (const [unit, size] of [
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** A whole number from `least` to `most`, 2^32 - 1 when absent. */
export function wholeNumber(value: string, of: { name: string; least: number; most?: number }): number {
  const { name, least, most = 0xffff_ffff } = of;
  const found = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (found >= least && found <= most) return found;
  throw usage(`${name}: expected a whole number from ${least} to ${most}, found "${value}"`);
}

export interface Endpoint {
  readonly host: string; // an IPv6 address in brackets
  readonly port: number;
}

/** HOST:PORT; an IPv6 address stands in brackets. */
export function endpoint(value: string, name: string): Endpoint {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (match?.[1] !== undefined && port >= 1 && port <= 65_535) return { host: match[1], port };
  throw usage(`${name}: expected HOST:PORT, for example 127.0.0.1:7443, found "${value}"`);
}

/** Alternatives of one stop, separated by "|" or ",". */
export function stopOf(value: string): { readonly destinations: readonly string[] } {
  const names = value.split(/[|,]/).map((name) => name.trim());
  return { destinations: names.map((name) => anId(name, `stop "${value.slice(0, 80)}"`)) };
}

/** The rung of an override, which only lowers. Lower case and dashes are accepted. */
export function ceiling(value: string): CeilingRung {
  const word = value.toUpperCase().replaceAll("-", "_");
  const found = CEILINGS.find((rung) => rung === word);
  if (found !== undefined) return found;
  if (word === "AUTONOMOUS") {
    throw usage(
      `RUNG: an override only lowers; expected one of ${CEILINGS.join(", ")}, found AUTONOMOUS; see drover mode clear`,
    );
  }
  throw usage(`RUNG: expected one of ${CEILINGS.join(", ")}, found "${value}"${meant(word, CEILINGS)}`);
}

/** Exactly one of --robot, --fleet and --site. */
export function scopeOf(given: { robot: string | undefined; fleet: string | undefined; site: boolean }): Scope {
  const { robot, fleet, site } = given;
  const named = [robot !== undefined, fleet !== undefined, site].filter(Boolean).length;
  if (named !== 1)
    throw usage(`expected exactly one of --robot ID, --fleet ID, --site, found ${named === 0 ? "none" : named}`);
  return {
    robot: robot === undefined ? "" : anId(robot, "--robot"),
    fleet: fleet === undefined ? "" : anId(fleet, "--fleet"),
  };
}

/** "robot r1", "fleet pickers", "the whole site". */
export function scopeText({ robot, fleet }: Scope): string {
  if (robot !== "") return `robot ${robot}`;
  return fleet === "" ? "the whole site" : `fleet ${fleet}`;
}

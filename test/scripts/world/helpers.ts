// Values for tests of the simulated world, in its own words.

import type { Grid } from "../../../fleet-config/grid.js";
import type { DriveLimits, SetPoint } from "../../../scripts/world/physics.js";

export const LIMITS: DriveLimits = { maxSpeedMps: 1.5, maxTurnRadps: 1.5, accelMps2: 1, brakeMps2: 2, deadmanMs: 300 };

/** A map from rows of text, top row first; # is blocked. */
export function aGrid(rows: readonly string[], cellM = 1): Grid {
  const width = rows[0]?.length ?? 0;
  const cells = [...rows].reverse().flatMap((row) => [...row].map((cell) => (cell === "#" ? 1 : 0)));
  return { width, height: rows.length, cellM, originXM: 0, originYM: 0, blocked: Uint8Array.from(cells) };
}

/** A free map of the given size. */
export function anEmptyGrid(width: number, height: number, cellM = 1): Grid {
  return { width, height, cellM, originXM: 0, originYM: 0, blocked: new Uint8Array(width * height) };
}

export function aSetPoint(over: Partial<SetPoint> = {}): SetPoint {
  return { sequence: 1, speedMps: 1, turnRadps: 0, validForMs: 300, sentMonotonicMs: 0, ...over };
}

// A small sound site as text, ways to spoil it, and the folders that the tests read. Spoiling demands that the text
// to be replaced is there, so that a case cannot pass because it changed nothing.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigRefused, type Problem } from "../../../fleet-config/refused.js";

/** The repository's root: the nearest folder above with a package.json. */
export function repositoryRoot(): string {
  let root = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(root, "package.json")) && dirname(root) !== root) root = dirname(root);
  return root;
}

/** The folder of real data, or the reason why it is not there. */
export function realData(): { readonly folder: string; readonly missing: string | false } {
  const folder = resolve(process.env.DROVER_DATA ?? join(repositoryRoot(), "../shared/data"));
  return { folder, missing: existsSync(folder) ? false : `no real data at ${folder}; set DROVER_DATA to its folder` };
}

export const soundSite = `schema: 1
site: yard
map: { file: yard.map, format: movingai, cellM: 1 }
destinations:
  - { id: A1, xM: 1.5, yM: 1.5, headingRad: 0, footprintRadiusM: 0.5, kind: pick }
  - { id: A2, xM: 4.5, yM: 1.5, headingRad: 0, footprintRadiusM: 0.5, kind: pack }
  - { id: H1, xM: 1.5, yM: 4.5, headingRad: 0, footprintRadiusM: 0.5, kind: park }
  - { id: H2, xM: 4.5, yM: 4.5, headingRad: 0, footprintRadiusM: 0.5, kind: park }
fleets:
  - id: pickers
robots:
  - { id: r1, fleet: pickers, home: H1 }
  - { id: r2, fleet: pickers, home: H2 }
lease:
  deadmanMs: 300
  brakingMs: 800
physics:
  radiusM: 0.35
  maxSpeedMps: 2
  maxTurnRadps: 1.8
  accelMps2: 1.2
  brakeMps2: 2.5
  reactiveSpeedMps: 0.5
  marginM: 0.1
  arriveM: 0.15
  settleMs: 400
  poseErrorMaxM: 0.3
`;

export const soundMap = "type octile\nheight 6\nwidth 6\nmap\n@@@@@@\n@....@\n@....@\n@....@\n@....@\n@@@@@@\n";

/** The sound site with the first `from` replaced by `to`. Throws when `from` is not in it. */
export function spoilt(from: string, to: string): string {
  if (!soundSite.includes(from)) throw new Error(`the sound site does not contain ${JSON.stringify(from)}`);
  return soundSite.replace(from, () => to);
}

/** The sound site with one line more among the constants of its lease. */
export function withLease(line: string): string {
  return spoilt("  brakingMs: 800", `  brakingMs: 800\n  ${line}`);
}

/** The problems with which `act` is refused; throws when it is not refused, or with something else. */
export function problemsOf(act: () => unknown): readonly Problem[] {
  try {
    act();
  } catch (refused) {
    if (refused instanceof ConfigRefused) return refused.problems;
    throw refused;
  }
  throw new Error("it was not refused");
}

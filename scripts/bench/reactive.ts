// Whether the reactive rules keep what they promise (R8, R11): scenes drawn from seeds, in which the production core
// drives the rest of a validated path among things that no map knows and robots that do the same. It fails when
// anything is touched, and names the seeds: `npm run bench -- reactive --from SEED --scenes 1` runs one of them again.

import { prove } from "../prove/run.js";
import { Tally } from "../prove/tally.js";
import { alone, type BenchOptions, type Row } from "./bench.js";

export async function run({ scenes, from }: BenchOptions): Promise<readonly Row[]> {
  const tally = new Tally();
  for (let seed = from; seed < from + scenes; seed += 1) {
    tally.add(prove(seed));
    await new Promise((resolve) => setImmediate(resolve)); // so that a signal ends it
  }
  if (tally.caused + tally.hit > 0) {
    const counted = `${tally.caused} touches by a robot that moved, ${tally.hit} of one that stood`;
    throw new Error(`${counted}, in ${scenes} scenes:\n${tally.named.join("\n")}`);
  }
  return rowsOf(tally);
}

export function rowsOf(tally: Tally): readonly Row[] {
  const count = (figure: string, value: number): Row => alone(figure, "", [value]);
  const share = (
    figure: string,
    { scenes, finished }: { readonly scenes: number; readonly finished: number },
  ): Row[] =>
    scenes === 0
      ? []
      : [count(`${figure}: scenes`, scenes), alone(`${figure}: finished`, "%", [(100 * finished) / scenes])];
  const gapsM = [...tally.gapsM].sort((a, b) => a - b);
  const gapM = (at: number): number => gapsM[Math.floor(at * (gapsM.length - 1))] ?? 0;
  return [
    count("scenes", tally.scenes),
    count("robots", tally.robots),
    count("things that no map knows", tally.things.placed),
    count("touches by a robot that moved", tally.caused),
    count("touches of a robot that stood", tally.hit),
    count("robots that finished their path", tally.arrived),
    ...[...tally.stood].sort((a, b) => b[1] - a[1]).map(([why, robots]) => count(`stood: ${why}`, robots)),
    ...share("alone, path free with 0.2 m beside", tally.well),
    ...share("alone, path free with 0.2 m beside, pose off", tally.off),
    ...share("alone, path free with 0.12 m beside", tally.barely),
    ...share("alone, path closed", tally.closed),
    ...share("among robots, path free with 0.2 m beside", tally.met),
    alone("smallest gap to anything in motion", "m", [gapM(0)]),
    alone("smallest gap of a robot's way, one in a hundred", "m", [gapM(0.01)]),
    alone("smallest gap of a robot's way, median", "m", [gapM(0.5)]),
  ];
}

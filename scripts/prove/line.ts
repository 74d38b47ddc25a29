// Geometry of a path as the proving ground needs it: x and y in turn, in map metres. It shares nothing with the edge.

export interface Point {
  readonly xM: number;
  readonly yM: number;
}

/** Points of a path from a robot's place on; at least two, and as many y as x. */
export type Line = readonly Point[];

/** The rest of a path: the foot of the robot on it, then its points. Undefined when the path is too short. */
export function restOf(pathM: readonly number[], at: Point): Line | undefined {
  const points: Point[] = [];
  for (let index = 0; index + 1 < pathM.length; index += 2)
    points.push({ xM: pathM[index] as number, yM: pathM[index + 1] as number });
  let best = { segment: -1, share: 0, awayM: Number.POSITIVE_INFINITY };
  for (let segment = 0; segment + 1 < points.length; segment += 1) {
    const foot = footOn(points[segment] as Point, points[segment + 1] as Point, at);
    if (foot.awayM < best.awayM) best = { segment, ...foot };
  }
  if (best.segment < 0) return undefined;
  const from = points[best.segment] as Point;
  const to = points[best.segment + 1] as Point;
  return [between(from, to, best.share), ...points.slice(best.segment + 1)];
}

function footOn(from: Point, to: Point, at: Point): { readonly share: number; readonly awayM: number } {
  const dx = to.xM - from.xM;
  const dy = to.yM - from.yM;
  const squared = dx * dx + dy * dy;
  const raw = squared === 0 ? 0 : ((at.xM - from.xM) * dx + (at.yM - from.yM) * dy) / squared;
  const share = Math.max(0, Math.min(1, raw));
  return { share, awayM: Math.hypot(at.xM - from.xM - share * dx, at.yM - from.yM - share * dy) };
}

function between(from: Point, to: Point, share: number): Point {
  return { xM: from.xM + share * (to.xM - from.xM), yM: from.yM + share * (to.yM - from.yM) };
}

/** The place so far along a line (before its begin when negative, at its end at most) and so far left of it. */
export function placeOn(line: Line, alongM: number, leftM: number): Point {
  let restM = alongM;
  for (let segment = 0; segment + 1 < line.length; segment += 1) {
    const from = line[segment] as Point;
    const to = line[segment + 1] as Point;
    const lengthM = Math.hypot(to.xM - from.xM, to.yM - from.yM);
    if (lengthM < 1e-9) continue;
    if (restM <= lengthM || segment + 2 === line.length) {
      const foot = between(from, to, Math.min(1, restM / lengthM));
      const [dx, dy] = [(to.xM - from.xM) / lengthM, (to.yM - from.yM) / lengthM];
      return { xM: foot.xM - dy * leftM, yM: foot.yM + dx * leftM };
    }
    restM -= lengthM;
  }
  return line[0] as Point;
}

/** Distance from a point to the nearest point of the line. */
export function awayFrom(line: Line, at: Point): number {
  let bestM = Number.POSITIVE_INFINITY;
  for (let segment = 0; segment + 1 < line.length; segment += 1)
    bestM = Math.min(bestM, footOn(line[segment] as Point, line[segment + 1] as Point, at).awayM);
  return bestM;
}

export function lengthOf(line: Line): number {
  let lengthM = 0;
  for (let index = 0; index + 1 < line.length; index += 1) {
    const [from, to] = [line[index] as Point, line[index + 1] as Point];
    lengthM += Math.hypot(to.xM - from.xM, to.yM - from.yM);
  }
  return lengthM;
}

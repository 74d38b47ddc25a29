// The order of versions of models. A version that is none counts as the lower one (R13).

/** Compares versions of three numbers: below 0 when `one` is the lower. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (a?.[at] ?? Number.NaN) - (b?.[at] ?? Number.NaN);
    if (difference !== 0) return Number.isNaN(difference) ? -1 : difference; // unknown means lower, so refused
  }
  return 0;
}

// R11, blast radius: how long a permission to swap models may be used, and for how long it counts. Edge and hub must
// agree on both, each on its own clock, so that no true minute sees more swaps than the hub allows in one.

/** On the robot's clock, from before the question was sent, never from a receipt: later it is none. */
export const SWAP_USABLE_MS = 5000;

const MINUTE_MS = 60_000;

/** On the hub's clock, from when it is given: for the minute after the last instant at which it can be used. */
export function swapCountsMs({ rhoHub, rhoRobot }: { readonly rhoHub: number; readonly rhoRobot: number }): number {
  return Math.ceil((1 + rhoHub) * (MINUTE_MS + SWAP_USABLE_MS / (1 - rhoRobot)));
}

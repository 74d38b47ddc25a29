// R11, blast radius: whatever the clocks of hub and robot do within their bounds, no true minute sees more swaps than
// the hub allows in one, and a permission counts hardly longer than that needs.
import t from "tap";
import { SWAP_USABLE_MS, swapCountsMs } from "../../proto/swap.js";

t.test(
  "R11 a permission counts until a minute after it can last be used, by the worst clocks, and hardly longer",
  async (t) => {
    for (const [rhoHub, rhoRobot] of [
      [0, 0],
      [0.02, 0.1],
      [0.1, 0.02],
      [0.1, 0.1],
    ] as const) {
      const countsMs = swapCountsMs({ rhoHub, rhoRobot });
      const usedMs = SWAP_USABLE_MS / (1 - rhoRobot); // true time, on the slowest robot
      const nextMs = countsMs / (1 + rhoHub); // true time, on the fastest hub
      t.ok(nextMs - usedMs >= 60_000 - 1e-6, `${nextMs - usedMs} ms between two swaps`);
      t.ok(nextMs - usedMs < 60_001);
    }
  },
);

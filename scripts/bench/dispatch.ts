// One round of dispatch on the generated warehouse: fifty free robots, two hundred waiting tasks. There is nothing to
// compare it with, so the figures stand alone: with distance fields computed anew, as after a start, and with fields
// that are kept.

import { driveGridOf } from "../../fleet-config/derive.js";
import { shiftTasks } from "../../fleet-config/warehouse.js";
import { type DispatchRobot, type DispatchView, proposeAssignments } from "../../hub/core/dispatch/dispatch.js";
import { Travel } from "../../hub/core/dispatch/travel.js";
import { Random } from "../world/random.js";
import { alone, type Row } from "./bench.js";
import { interleave, perCallUs } from "./rounds.js";
import { warehouseOf } from "./warehouse-load.js";

const ROBOTS = 50;
const TASKS = 200;
const NOW_MS = 1_000_000;
const ROUNDS = 31;

type Warehouse = ReturnType<typeof warehouseOf>;

/** Free robots anywhere on free floor; tasks of which the oldest has waited a minute. */
function viewOf({ config, grid }: Warehouse, random: Random): DispatchView {
  const free = [...grid.blocked.keys()].filter((cell) => grid.blocked[cell] === 0);
  const robots = config.robots.map(({ id, fleet }): DispatchRobot => {
    const cell = free[random.below(free.length)] ?? 0;
    const at = { xM: ((cell % grid.width) + 0.5) * grid.cellM, yM: (Math.floor(cell / grid.width) + 0.5) * grid.cellM };
    const battery = { chargeRatio: random.between(0.2, 1), charging: false };
    const doing = { availability: "free", standsOn: null, assignment: null, idleSinceMs: NOW_MS - 1000 } as const;
    return { id, fleet, ...at, ...battery, ...doing, excluded: new Set<string>() };
  });
  const stream = shiftTasks({ config, seed: 3 });
  const tasks = Array.from({ length: TASKS }, (_, order) => {
    const [stop = []] = stream.next().value as string[][];
    const waitingSinceMs = NOW_MS - 60_000 + order * 250;
    return { id: `t${order}`, fleet: "", stop, robot: null, waitingSinceMs, order };
  });
  return {
    ...{ robots, tasks, destinations: config.destinations, battery: config.battery },
    holder: () => null,
    conflicts: () => false,
    homes: new Map(config.robots.map(({ id, home }) => [id, home])),
  };
}

function roundMs(view: DispatchView, travel: Travel): number {
  let proposed = 0;
  const usedUs = perCallUs(() => {
    proposed = proposeAssignments(view, travel, NOW_MS).length;
  }, 1);
  if (proposed === 0) throw new Error("dispatch proposed nothing");
  return usedUs / 1000;
}

export async function run(): Promise<readonly Row[]> {
  const warehouse = warehouseOf(ROBOTS);
  const { config, grid, travel } = warehouse;
  const driveGrid = driveGridOf(config, grid);
  const random = new Random(5);
  const kept = (): number => roundMs(viewOf(warehouse, random), travel);
  const anew = (): number =>
    roundMs(viewOf(warehouse, random), new Travel({ grid: driveGrid, destinations: config.destinations }));
  const [keptMs, anewMs] = await interleave([kept, anew] as const, { rounds: ROUNDS, warmUp: 5 });
  const size = `${ROBOTS} robots, ${TASKS} tasks`;
  return [
    alone(`a round, ${size}`, "ms", keptMs),
    alone(`the first round, ${travel.fieldsKept} distance fields computed`, "ms", anewMs),
  ];
}

// R7: latches of robots, which only a person opens who has looked at that robot.

import { CAUSES, type CauseName } from "../../proto/mode.js";
import type { Turn } from "./turn.js";
import type { RobotWatch } from "./watch.js";

/** Nobody has read within this time what a robot has just told. */
const READ_MS = 1000;

/** What its edge has told for so long that somebody may have read it. */
export function readLatches(turn: Turn, { edgeCauses, causesSinceMs }: RobotWatch): readonly CauseName[] {
  const isRead = (name: string) => turn.nowMs - (causesSinceMs.get(name) ?? turn.nowMs) >= READ_MS;
  return edgeCauses.map(({ name }) => name).filter((name): name is CauseName => isLatch(name) && isRead(name));
}

export function isLatch(name: string): name is CauseName {
  return name in CAUSES && CAUSES[name as CauseName].clear === "person";
}

// A trace as people read it: one row per event, in fixed columns.

import type { Row } from "./trace.js";

export const LEGEND = `true time in s | who | what, and then in words
  fault     something begins or ends to be wrong      decides   the hub adds this to its ledger
  starts    a process begins                          ends      a process is gone
  sent      a message leaves for the other side       waits     it cannot leave yet
  lost      it never arrives                          is        what the robot does, why it may not do more
  answered  people got an answer                      heals     from here on nothing is wrong
  checker   what must never be, and was`;

export function rowText({ atUs, who, what, says }: Row): string {
  return `${(atUs / 1e6).toFixed(3).padStart(9)}  ${who.padEnd(8)}  ${what.padEnd(8)}  ${says}`;
}

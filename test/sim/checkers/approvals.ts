// R8, from the ledger alone: where people hold a robot in CONFIRM it is given one destination for each approval of a
// person, the one that they approved, and no other until they approve again.

import { tokenKey } from "../../../proto/claim.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import type { HubProcess } from "../hub-process.js";

/** One movement; `assignment` once it has begun. */
interface Approved {
  readonly to: string;
  assignment: string | null;
}

interface Known {
  readonly approved: Map<string, Approved>; // by robot
  readonly assignments: Map<string, { readonly robot: string; readonly assignment: string }>; // by token
}

export class Approvals {
  readonly #known = new Map<HubProcess, Known>();

  /** To be called with each event, before `permit` judges it. */
  decided(hub: HubProcess, body: LedgerBody): void {
    const { approved, assignments } = this.#of(hub);
    if (body.kind === "claimed") assignments.set(tokenKey(body.token), body);
    if (body.kind === "actRecorded" && body.act === "movement")
      approved.set(body.subject, { to: body.seen.replace(/^to /, ""), assignment: null });
    if (body.kind !== "assignmentEnded") return;
    const ended = assignments.get(tokenKey(body.token));
    if (ended !== undefined && approved.get(ended.robot)?.assignment === ended.assignment) approved.delete(ended.robot);
  }

  /** Whether a robot that people hold back may be given this all the same. */
  permit(hub: HubProcess, given: Extract<LedgerBody, { kind: "claimed" }>): boolean {
    const { robot, destination, assignment } = given;
    const approved = this.#of(hub).approved.get(robot);
    if (approved === undefined || approved.to !== destination || this.#worse(hub, robot)) return false;
    if (approved.assignment !== null && approved.assignment !== assignment) return false;
    approved.assignment = assignment;
    return true;
  }

  /** Something else than CONFIRM is imposed on it, which no approval lifts. */
  #worse(hub: HubProcess, robot: string): boolean {
    const { ledger, site } = hub.hub.state;
    const fleet = site.robots.get(robot)?.fleet;
    return [...ledger.ceilings.values()].some(
      (one) =>
        one.rung !== "CONFIRM" &&
        (one.robot === robot || (one.robot === "" && (one.fleet === "" || one.fleet === fleet))),
    );
  }

  #of(hub: HubProcess): Known {
    const known = this.#known.get(hub) ?? { approved: new Map(), assignments: new Map() };
    this.#known.set(hub, known);
    return known;
  }

  forgetHub(hub: HubProcess): void {
    this.#known.delete(hub);
  }
}

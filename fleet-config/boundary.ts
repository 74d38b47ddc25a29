// The autonomy boundary as one table: for each kind of decision and each rung whether it is made automatically, asked
// of a person, or never made, and with which limits. The rules say the widest; a site file may only narrow it. Pure.

import { RUNGS, type Rung } from "../proto/mode.js";
import { filled } from "./defaults.js";
import { boundarySchema } from "./schema-boundary.js";
import type { SiteConfig } from "./types.js";

export const WAYS = ["automatic", "ask", "never"] as const;
export type Way = (typeof WAYS)[number];

type Boundary = NonNullable<SiteConfig["boundary"]>;

export interface BoundaryRow {
  readonly ways: Readonly<Record<Rung, Way>>;
  readonly telemetryMs: number | null; // bound on the age of what it rests on
  readonly poseErrorM: number | null; // the least confidence: how large the error of the pose may be
  readonly answerMs: number | null; // time for an answer
  readonly otherwise: string; // what holds while nobody has decided, and after that time
}

/** The widest that R4, R7 and R8 admit. In CONFIRM a person may approve a movement: what is given and the way to it. */
const WIDEST = {
  taskGrant: ["automatic", "never", "ask", "never"],
  idleMove: ["automatic", "never", "ask", "never"],
  movement: ["automatic", "automatic", "ask", "never"],
  lower: ["automatic", "automatic", "automatic", "automatic"],
  raise: ["never", "automatic", "automatic", "ask"],
  freePlace: ["ask", "ask", "ask", "ask"],
  stateAbsent: ["ask", "ask", "ask", "ask"],
  endTask: ["ask", "ask", "ask", "ask"],
} as const satisfies Record<string, readonly [Way, Way, Way, Way]>;

export type DecisionKind = keyof typeof WIDEST;
export const DECISION_KINDS = Object.keys(WIDEST) as DecisionKind[];
export type BoundaryTable = Readonly<Record<DecisionKind, BoundaryRow>>;

const OTHERWISE: Readonly<Record<DecisionKind, string>> = {
  taskGrant: "the task waits",
  idleMove: "the robot stays where it is",
  movement: "the robot holds",
  lower: "at once, whatever people say",
  raise: "the robot stays on its rung",
  freePlace: "the place stays taken",
  stateAbsent: "the robot may be anywhere",
  endTask: "the task stays with its robot",
};

/** The site's boundary with its defaults. */
export function boundaryOf(config: { readonly boundary?: Boundary }): Boundary {
  return config.boundary ?? (filled(boundarySchema, {}) as unknown as Boundary);
}

/** The table of a site: in every cell what its file says or the rules, whichever is narrower. */
export function boundaryTable(config: Pick<SiteConfig, "boundary" | "decisions" | "physics">): BoundaryTable {
  const said = boundaryOf(config);
  const dispatchMs = config.decisions.dispatch.telemetryMs;
  const given = ({ autonomous, confirm, telemetryMs, poseErrorM, answerMs }: Boundary["taskGrant"]) => ({
    ...{ AUTONOMOUS: autonomous, CONFIRM: confirm, telemetryMs: Math.min(telemetryMs ?? dispatchMs, dispatchMs) },
    answerMs,
    poseErrorM: poseErrorM ?? null,
  });
  const stated = ({ autonomous, reactiveOnly, confirm, halt, answerMs }: Boundary["freePlace"]) => ({
    ...{ AUTONOMOUS: autonomous, REACTIVE_ONLY: reactiveOnly, CONFIRM: confirm, HALT: halt, answerMs },
  });
  const { reactiveOnly, confirm, answerMs } = said.raise; // also for whether a fleet that fell together is to be held
  return {
    taskGrant: row("taskGrant", given(said.taskGrant)),
    idleMove: row("idleMove", given(said.idleMove)),
    movement: row("movement", {
      CONFIRM: [said.taskGrant.confirm, said.idleMove.confirm].includes("ask") ? "ask" : "never",
    }),
    lower: row("lower", { answerMs }),
    raise: row("raise", { REACTIVE_ONLY: reactiveOnly, CONFIRM: confirm, answerMs }),
    freePlace: row("freePlace", stated(said.freePlace)),
    stateAbsent: row("stateAbsent", stated(said.stateAbsent)),
    endTask: row("endTask", stated(said.endTask)),
  };
}

type Said = Partial<Record<Rung, Way>> & Partial<Omit<BoundaryRow, "ways" | "otherwise">>;

function row(kind: DecisionKind, said: Said): BoundaryRow {
  const ways = RUNGS.map((rung, index) => [rung, narrower(WIDEST[kind][index] ?? "never", said[rung])] as const);
  const { telemetryMs = null, poseErrorM = null, answerMs = null } = said;
  return {
    ways: Object.fromEntries(ways) as Record<Rung, Way>,
    ...{ telemetryMs, poseErrorM, answerMs, otherwise: OTHERWISE[kind] },
  };
}

/** The one of the two that leaves less to machines, and less to people. */
export function narrower(a: Way, b: Way | undefined): Way {
  return b === undefined || WAYS.indexOf(a) >= WAYS.indexOf(b) ? a : b;
}

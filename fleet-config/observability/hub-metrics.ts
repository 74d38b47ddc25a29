// The closed table of the hub's metrics. What is told of each robot is bounded by the robots of the site file; every
// other label is a word of a closed table. Pure.

import { PROCESS_METRICS } from "./process-metrics.js";
import { counter, FAST_S, gauge, histogram } from "./table.js";

/** How long people may take: from ten seconds to two hours. */
const PEOPLE_S = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200] as const;

const AUTHORITY = {
  drover_hub_info: gauge(["site", "version", "config"], "Always 1: the site, the software and the hash of its file."),
  drover_hub_epoch: gauge([], "Which start of the hub this is (R5)."),
  drover_hub_restart_wait_seconds: gauge([], "Until what was inherited may be given away (R5); 0 once it may."),
  drover_hub_certificate_left_ratio: gauge([], "Of the life of its certificate, what is left; absent without TLS."),
  drover_hub_ledger_events_total: counter(["kind"], "Events stored since this start, by kind."),
  drover_hub_ledger_append_seconds: histogram([], FAST_S, "From a batch of events to its being durable (R10)."),
  drover_hub_grants_total: counter(["purpose"], "Claims that were made for a robot (R1)."),
  drover_hub_grants_refused_total: counter(["code"], "Grants that a robot answered with no, by its reason."),
  drover_hub_grants_frozen: gauge([], "1 while a fleet is lowered as a whole and nothing new is given (R9)."),
  drover_hub_refusals_total: counter(["code", "to"], "Refusals by code, to operators and to robots."),
  drover_hub_renewals_total: counter(
    ["granted"],
    "Renewals that robots asked for, and whether they were given time (R2, R8).",
  ),
  drover_hub_claims: gauge(["phase"], "Claims that the ledger holds, by phase."),
  drover_hub_claims_lapsed_unknown: gauge([], "Claims whose lease has lapsed and whose place still blocks (R4)."),
  drover_hub_claims_lapsed_total: counter([], "Claims that have lapsed."),
  drover_hub_claims_freed_total: counter(["exit"], "Claims that were freed, by their named exit (R4)."),
  drover_hub_assignments_ended_total: counter(["end"], "Assignments that ended, and how."),
} as const;

const MODES = {
  drover_hub_robots: gauge(["fleet", "rung"], "Robots on each rung, as far as the hub knows (R7)."),
  drover_hub_robot_rung: gauge(["robot", "fleet"], "0 AUTONOMOUS, 1 REACTIVE_ONLY, 2 CONFIRM, 3 HALT."),
  drover_hub_robot_cause: gauge(["robot", "cause"], "1 for each cause that lowers a robot now, of hub and edge."),
  drover_hub_fleet_rung: gauge(["fleet"], "The rung that is imposed on the whole fleet (R9), as of a robot."),
  drover_hub_fleet_stale_robots: gauge(["fleet"], "Robots of the fleet whose telemetry is not fresh."),
  drover_hub_downgrades_total: counter(
    ["scope", "cause", "to"],
    "Falls that the hub imposed on a robot or a fleet, by the cause that did it.",
  ),
} as const;

const ROBOTS = {
  drover_hub_robot_linked: gauge(["robot", "fleet"], "1 while the robot has a stream to the hub."),
  drover_hub_robot_absent: gauge(["robot", "fleet"], "1 while a person has stated that it is not on the floor."),
  drover_hub_robot_age_bound_seconds: gauge(
    ["robot", "fleet"],
    "Upper bound on the age of its telemetry (R6); +Inf when it was never heard.",
  ),
  drover_hub_robot_lease_left_seconds: gauge(["robot"], "Until its lease has certainly lapsed (R3)."),
  drover_hub_robot_charge_ratio: gauge(["robot"], "Its battery, 1 when full."),
  drover_hub_robot_plan_seconds: gauge(["robot"], "Its newest plan, from the asking to the answer."),
  drover_hub_robot_plans_total: counter(["robot"], "Plans since its edge started."),
  drover_hub_robot_plan_deadline_misses_total: counter(["robot"], "Plans that came too late (R11)."),
  drover_hub_telemetry_received_total: counter([], "Telemetry messages."),
  drover_hub_telemetry_received_bytes_total: counter([], "Their payloads."),
  drover_hub_telemetry_refused_total: counter([], "Samples that cannot be called fresh (R6)."),
  drover_hub_links: gauge([], "Open streams to robots."),
  drover_hub_links_turned_away_total: counter([], "Streams that were refused before they said hello."),
} as const;

const WORK = {
  drover_hub_tasks: gauge(["phase"], "Open tasks: waiting or active."),
  drover_hub_tasks_accepted_total: counter([], "Tasks that the ledger has ever accepted."),
  drover_hub_tasks_ended_total: counter(["end"], "Tasks that the ledger has ever ended, and how."),
  drover_hub_task_wait_longest_seconds: gauge([], "How long the longest of the waiting tasks has waited."),
  drover_hub_questions: gauge([], "Questions that wait for a person (R12)."),
  drover_hub_questions_due: gauge([], "Those of them that are about to expire to their safe default."),
  drover_hub_questions_total: counter(
    ["type", "event"],
    "Questions that were asked, answered, expired or withdrawn, by type, since this start.",
  ),
  drover_hub_question_answer_seconds: histogram(["type"], PEOPLE_S, "From the asking of a question to its answer."),
  drover_hub_question_wait_longest_seconds: gauge([], "How long the longest of them has waited."),
  drover_hub_question_wait_seconds: histogram(
    [],
    PEOPLE_S,
    "How long questions waited until they were answered or needed no answer any more; looked at once a second.",
  ),
  drover_hub_queue_effects: gauge([], "Effects that wait for the ledger (R10)."),
  drover_hub_queue_asks: gauge([], "Acts of operators that wait for their answer."),
  drover_hub_tick_delay_seconds: histogram([], FAST_S, "How late the hub's tick of 50 ms came: lag of its event loop."),
  drover_hub_tasks_late: gauge([], "Open tasks that are expected to miss their deadline, or have missed it."),
  drover_hub_deadlines_told_total: counter(["verdict"], "What tasks told of their deadlines, each once as it changed."),
  drover_hub_tasks_paused: gauge([], "Open tasks that a person has paused."),
  drover_hub_robots_drained: gauge([], "Robots that take nothing new by the word of a person."),
} as const;

export const HUB_METRICS = { ...AUTHORITY, ...MODES, ...ROBOTS, ...WORK, ...PROCESS_METRICS } as const;

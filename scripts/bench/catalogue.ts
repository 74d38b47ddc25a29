// The benches by name, each loaded only in the process that runs it.

import type { Bench } from "./bench.js";

export interface Entry {
  readonly about: string;
  /** It is ended when it takes longer than this. */
  readonly mostMs: number;
  readonly load: () => Promise<Bench>;
}

export const BENCHES: Readonly<Record<string, Entry>> = {
  planner: {
    about:
      "models in their processes: a controller through a live edge, the loop beside it, plans; beside raw session.run",
    mostMs: 180_000,
    load: () => import("./planner.js"),
  },
  ledger: {
    about: "appending to and opening the ledger, beside LevelDB alone",
    mostMs: 90_000,
    load: () => import("./ledger.js"),
  },
  codec: {
    about: "messages to bytes and JSON and back, judged, beside protobufjs alone",
    mostMs: 60_000,
    load: () => import("./codec.js"),
  },
  telemetry: {
    about: "telemetry from robots over the site broker into the hub, beside aedes and mqtt alone",
    mostMs: 60_000,
    load: () => import("./telemetry.js"),
  },
  link: {
    about: "a renewal over the link and its answer, beside an echo of grpc-js alone",
    mostMs: 60_000,
    load: () => import("./link.js"),
  },
  core: {
    about: "steps of the hub's core with 50 robots and of the edge's core with a scan of 120 rays",
    mostMs: 90_000,
    load: () => import("./core.js"),
  },
  step: {
    about: "steps of the cores as a simulated world drives them: scans of 16 rays, a hub with 20 robots",
    mostMs: 90_000,
    load: () => import("./step.js"),
  },
  sim: {
    about: "the simulator with 20 robots on one core, without faults and with: aim 20,000 robot-seconds a second",
    mostMs: 300_000,
    load: () => import("./sim.js"),
  },
  record: {
    about: "recording all inputs of an edge that drives, and replaying them",
    mostMs: 120_000,
    load: () => import("./record.js"),
  },
  dispatch: {
    about: "one round of dispatch: 50 robots, 200 tasks",
    mostMs: 60_000,
    load: () => import("./dispatch.js"),
  },
  reactive: {
    about: "no timing: the reactive rules among things and robots, in scenes drawn from seeds; any touch fails it",
    mostMs: 7_200_000,
    load: () => import("./reactive.js"),
  },
  restart: {
    about: "opening and replaying a ledger until the hub may answer, beside reading LevelDB alone",
    mostMs: 300_000,
    load: () => import("./restart.js"),
  },
  console: {
    about: "the web console with 200 robots at 5 Hz in the system's Chromium: frame times, long tasks",
    mostMs: 90_000,
    load: () => import("./console.js"),
  },
  site: {
    about: "a whole site with 6 robots: processor and memory by role, plan times, jitter of the control loop",
    mostMs: 700_000,
    load: () => import("./site.js"),
  },
};

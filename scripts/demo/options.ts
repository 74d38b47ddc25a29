// The flags of `npm start`, parsed once. Everything that is wrong is said before anything is started.

import { parseArgs } from "node:util";
import { checkCollector } from "../../fleet-config/secure.js";
import { type Fault, parseFault, parseSpanMs } from "./faults.js";

export const USAGE = `npm start -- [options]: a site with its hub and robots in a simulated world

  --robots N           robots r1..rN (6)
  --for 60s            end by itself after this long; t = 0 when the last robot has said hello
  --seed N             seed of world, noise and tasks (1)
  --headless           plain lines instead of the live table
  --report FILE        write the report as JSON
  --trace FILE         write everything that the checkers judged by, as JSON lines
  --map FILE           another map: MovingAI .map, or ROS map_server .yaml
  --scenario FILE      tasks of a MovingAI map: each row is a task of two stops
  --cell 1.0           metres per cell of a MovingAI map (1.0)
  --fault SPEC         act on the running processes and sockets; may be repeated. SPEC is, for example,
                       'at=15s robot=r3 telemetry=off for=12s', also link=off (or up-off, down-off, half-open),
                       edge=kill, edge=stop, planner=hang|kill, controller=hang|kill, 'sensor=frozen channel=scan';
                       and without a robot hub=kill, hub=stop, broker=kill. Without for= it lasts.
  --port N             where the hub listens on 127.0.0.1 (7443; 0 takes any)
  --data-dir DIR       keep the state of all processes there (.drover/runs/...)
  --model DIR          the planners' model (the reference planner)
  --controller DIR     a model that drives along the plan (none: the plan itself is pursued)
  --candidate DIR      one that runs in its shadow; --promote-after 20s lets it take over then
  --record MB          let every edge record its inputs, see drover-edge --help
  --metrics PORT       GET /metrics of the hub on 127.0.0.1:PORT, and of its robots on the ports after it (none)
  --console PORT       the web console on 127.0.0.1:PORT (0: any), or none
  --otlp URL           traces of hub and robots to an OpenTelemetry collector, http://127.0.0.1:4318 (none)
  --self-check         plant violations, and see that the checkers catch each
  --help
`;

export interface DemoOptions {
  readonly robots: number;
  readonly forMs: number | null;
  readonly seed: number;
  readonly headless: boolean;
  readonly report: string | null;
  readonly trace: string | null;
  readonly map: string | null;
  readonly scenario: string | null;
  readonly cellM: number;
  readonly faults: readonly Fault[];
  readonly port: number;
  readonly dataDir: string | null;
  readonly model: string | null;
  readonly controller: string | null;
  readonly candidate: string | null;
  readonly promoteAfterMs: number;
  readonly recordMb: number; // 0: none records
  readonly metricsPort: number; // 0: nobody is told
  readonly consolePort: number | null; // 0: any; null: no console
  readonly otlp: string | null; // null: no traces
  readonly selfCheck: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  robots: { type: "string", default: "6" },
  for: { type: "string" },
  seed: { type: "string", default: "1" },
  headless: { type: "boolean", default: false },
  report: { type: "string" },
  trace: { type: "string" },
  map: { type: "string" },
  scenario: { type: "string" },
  cell: { type: "string", default: "1.0" },
  fault: { type: "string", multiple: true },
  port: { type: "string", default: "7443" },
  "data-dir": { type: "string" },
  model: { type: "string" },
  controller: { type: "string" },
  candidate: { type: "string" },
  "promote-after": { type: "string", default: "0s" },
  record: { type: "string", default: "0" },
  metrics: { type: "string", default: "0" },
  console: { type: "string", default: "0" },
  otlp: { type: "string" },
  "self-check": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const ROBOTS_MOST = 34;

/** Throws an Error that says which flag is wrong, what was expected and what was found. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const robots = whole("--robots", values.robots, { least: 1, most: ROBOTS_MOST });
  const faults = (values.fault ?? []).map((spec) => parseFault(spec, robots));
  if (values.scenario !== undefined && values.map === undefined)
    throw new Error("--scenario: expected a --map with it, found none");
  const forMs = values.for === undefined ? null : parseSpanMs("--for", values.for);
  if (forMs === 0) throw new Error(`--for: expected more than no time at all, found "${values.for}"`);
  const cellM = Number(values.cell);
  if (!(cellM >= 0.05 && cellM <= 10)) throw new Error(`--cell: expected 0.05 to 10 metres, found "${values.cell}"`);
  return {
    ...{ robots, faults, cellM, headless: values.headless, selfCheck: values["self-check"], help: values.help },
    forMs,
    seed: whole("--seed", values.seed, { least: 0, most: Number.MAX_SAFE_INTEGER }),
    port: whole("--port", values.port, { least: 0, most: 65_535 }),
    ...{
      report: values.report ?? null,
      trace: values.trace ?? null,
      map: values.map ?? null,
      scenario: values.scenario ?? null,
    },
    ...{ dataDir: values["data-dir"] ?? null, model: values.model ?? null },
    ...{ controller: values.controller ?? null, candidate: values.candidate ?? null },
    promoteAfterMs: parseSpanMs("--promote-after", values["promote-after"]),
    otlp: collectorOf(values.otlp),
    metricsPort: whole("--metrics", values.metrics, { least: 0, most: 65_535 - ROBOTS_MOST }),
    consolePort: values.console === "none" ? null : whole("--console", values.console, { least: 0, most: 65_535 }),
    recordMb: values.record === "0" ? 0 : whole("--record", values.record, { least: 16, most: 1_000_000 }),
  };
}

function whole(flag: string, text: string, range: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.least && value <= range.most) return value;
  throw new Error(`${flag}: expected a whole number from ${range.least} to ${range.most}, found "${text}"`);
}

function collectorOf(url: string | undefined): string | null {
  const untraced = url === undefined ? null : checkCollector(url);
  if (untraced !== null) throw new Error(`--otlp: ${untraced}`);
  return url ?? null;
}

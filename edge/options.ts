// The flags of `drover-edge`, parsed once into a value. Unknown flags are refused; nothing has a hidden default.

import { parseArgs } from "node:util";
import { checkCollector, checkDial, checkListen } from "../fleet-config/secure.js";
import { splitAddress } from "../proto/address.js";
import type { ModelFolders } from "./models.js";

export const USAGE = `drover-edge: the daemon on a robot's compute board

  drover-edge run    --config SITE.yaml --robot ID --data-dir DIR [options]
  drover-edge doctor --config SITE.yaml --robot ID --data-dir DIR [options]   checks everything that run needs
  drover-edge explain [ID] --data-dir DIR [--json]  a decision from its inputs to its outcome; without ID the newest
  drover-edge record --data-dir DIR --out FILE    makes one file of what run --record has kept; run may go on
  drover-edge replay FILE|DIR [--any]             runs the core on a recording, and names the first difference

  --config FILE        the site
  --robot ID           which of its robots this is
  --data-dir DIR       where this robot keeps its state
  --hub HOST:PORT      the hub (127.0.0.1:7443)
  --broker URL         the site's MQTT broker (mqtt://127.0.0.1:1883)
  --onboard HOST:PORT  where the base driver connects (127.0.0.1:1884); port 0 takes any and says which in run.json
  --model DIR          the planner's model (the reference planner)
  --controller DIR     the model that drives along the plan (none: the plan itself is pursued)
  --candidate DIR      a controller that runs in its shadow, and may take over (see models in the site file)
  --record MB          keep all inputs of the core in DIR/recording, the newest of them, at least 16 MB (none)
  --any                replay what other software or another Node recorded; a difference then proves nothing
  --metrics HOST:PORT  GET /metrics for a Prometheus (none); port 0 takes any and says which in run.json
  --otlp URL           traces to an OpenTelemetry collector on this machine, http://127.0.0.1:4318 (none)
  --ca --cert --key    PEM files; needed for every address that is not loopback
  --help --version
`;

export interface EdgeOptions {
  readonly config: string;
  readonly robot: string;
  readonly dataDir: string;
  readonly hub: string;
  readonly broker: string;
  readonly onboardHost: string;
  readonly onboardPort: number;
  readonly models: ModelFolders;
  readonly recordBytes: number; // 0: nothing is recorded
  readonly metrics: { readonly host: string; readonly port: number } | null; // null: nobody is told
  readonly otlp: string | null; // URL of a collector; null: no traces
  readonly tls: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

const OPTIONS = {
  config: { type: "string" },
  robot: { type: "string" },
  "data-dir": { type: "string" },
  hub: { type: "string", default: "127.0.0.1:7443" },
  broker: { type: "string", default: "mqtt://127.0.0.1:1883" },
  onboard: { type: "string", default: "127.0.0.1:1884" },
  model: { type: "string" },
  controller: { type: "string" },
  candidate: { type: "string" },
  record: { type: "string" },
  metrics: { type: "string" },
  otlp: { type: "string" },
  ca: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
} as const;

/** The options, or a sentence that says what is wrong. */
export function readEdgeOptions(args: readonly string[]): EdgeOptions | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (cause) {
    return (cause as Error).message;
  }
  const { config, robot, "data-dir": dataDir, hub, broker, ca, cert, key } = values;
  if (config === undefined) return "--config FILE is missing";
  if (robot === undefined) return "--robot ID is missing";
  if (dataDir === undefined || dataDir === "") return "--data-dir DIR is missing";
  const onboard = splitAddress(values.onboard);
  if (onboard === null) return `--onboard: expected HOST:PORT, found "${values.onboard}"`;
  const dialled = splitAddress(hub);
  if (dialled === null) return `--hub: expected HOST:PORT, found "${hub}"`;
  const url = URL.canParse(broker) ? new URL(broker) : null;
  if (url === null || !["mqtt:", "mqtts:"].includes(url.protocol))
    return `--broker: expected mqtt://HOST:PORT, found "${broker}"`;
  const metrics = values.metrics === undefined ? null : splitAddress(values.metrics);
  if (metrics === null && values.metrics !== undefined)
    return `--metrics: expected HOST:PORT, found "${values.metrics}"`;
  const tls = { ca, cert, key };
  const refusal =
    checkDial({ host: dialled.host, tls }) ??
    checkDial({ host: url.hostname, tls }) ??
    checkListen({ host: onboard.host }) ??
    (metrics === null ? null : checkListen({ ...metrics, tls }));
  if (refusal !== null) return refusal;
  const [scheme, certified] = ca === undefined ? ["mqtt:", "without"] : ["mqtts:", "with"];
  if (url.protocol !== scheme)
    return `--broker: expected ${scheme}//HOST:PORT ${certified} --ca, --cert and --key, found "${broker}"`;
  const recordBytes = ringBytes(values.record);
  if (typeof recordBytes === "string") return recordBytes;
  const { model: planner = null, controller = null, candidate = null } = values;
  const models = { planner, controller, candidate };
  const at = { onboardHost: onboard.host, onboardPort: onboard.port };
  const { otlp = null } = values;
  const untraced = otlp === null ? null : checkCollector(otlp);
  if (untraced !== null) return `--otlp: ${untraced}`;
  return { config, robot, dataDir, hub, broker, ...at, models, recordBytes, metrics, otlp, tls };
}

const RECORD_MB = { least: 16, most: 1_000_000 };

function ringBytes(megabytes: string | undefined): number | string {
  if (megabytes === undefined) return 0;
  const { least, most } = RECORD_MB;
  const found = /^\d{1,7}$/.test(megabytes) ? Number(megabytes) : Number.NaN;
  return found >= least && found <= most
    ? found * 1e6
    : `--record: expected ${least} to ${most} MB, found "${megabytes}"`;
}

/** What `record` is asked for, or a sentence that says what is wrong. */
export function readRecordOptions(
  args: readonly string[],
): { readonly dataDir: string; readonly out: string } | string {
  try {
    const options = { "data-dir": { type: "string" }, out: { type: "string" } } as const;
    const { "data-dir": dataDir = "", out = "" } = parseArgs({ args: [...args], options }).values;
    if (dataDir === "") return "--data-dir DIR is missing";
    return out === "" ? "--out FILE is missing" : { dataDir, out };
  } catch (cause) {
    return (cause as Error).message;
  }
}

/** What `explain` is asked for, or a sentence that says what is wrong. */
export function readExplainOptions(
  args: readonly string[],
): { readonly id: string | null; readonly dataDir: string; readonly json: boolean } | string {
  try {
    const options = { "data-dir": { type: "string" }, json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { "data-dir": dataDir = "", json } = values;
    if (dataDir === "") return "--data-dir DIR is missing";
    return positionals.length > 1 ? "expected one ID" : { id: positionals[0] ?? null, dataDir, json };
  } catch (cause) {
    return (cause as Error).message;
  }
}

/** What `replay` is asked for, or a sentence that says what is wrong. */
export function readReplayOptions(args: readonly string[]): { readonly path: string; readonly any: boolean } | string {
  try {
    const options = { any: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [path = ""] = positionals;
    return path === "" || positionals.length > 1 ? "expected one FILE or DIR" : { path, any: values.any };
  } catch (cause) {
    return (cause as Error).message;
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

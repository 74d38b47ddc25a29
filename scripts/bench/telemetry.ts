// Telemetry from robots to the hub over a broker in a process of its own: publish, policy, guard, forward, judge;
// beside the same payloads over aedes and mqtt alone, which nobody encodes or judges. Both keep as many messages under
// way.

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { SiteTelemetry } from "../../edge/io/site-telemetry.js";
import { TelemetryIntake } from "../../hub/io/telemetry-intake.js";
import { encode } from "../../proto/codec/codec.js";
import { telemetryTopic } from "../../proto/topics.js";
import { type Telemetry, toTelemetry } from "../../proto/wire.js";
import { beside, type Row } from "./bench.js";
import { interleave } from "./rounds.js";
import { atEnd } from "./scratch.js";

const SITE = "bench";
const ROBOTS = 8;
/** The broker lets a robot publish 500 a second and 10,000 at once; all rounds together stay below. */
const MESSAGES = 3000;
const ROUNDS = 9;
const UNDER_WAY = 64;
const TRIPS = 200;
const STALLED_MS = 5000;

/** Robots that publish, and a count of what has come through. */
interface Path {
  readonly publish: (robot: number, sequence: number) => void;
  received: number;
  /** Called at each receipt. */
  onReceipt: () => void;
}

async function brokerOf(file: string, args: readonly string[]): Promise<number> {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  atEnd(() => {
    child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.once("message", (ready) => resolve((ready as { readonly port: number }).port));
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
}

function sampleOf(robot: number, sequence: number): Telemetry {
  const pose = { xM: 12.345 + robot, yM: 6.789, headingRad: 1.5 };
  return {
    robot: `r${robot}`,
    boot: "boot-1",
    channel: "pose",
    sequence,
    capturedMs: 123_456_789,
    hubNonce: 4_294_967_396,
    elapsedMs: 12,
    value: { kind: "pose", pose, errorM: 0.05, speedMps: 1.25 },
  };
}

async function openOwn(): Promise<Path> {
  const port = await brokerOf("../../hub/broker/main.js", ["--site", SITE, "--port", "0"]);
  const url = `mqtt://127.0.0.1:${port}`;
  const path: Path = { publish: () => {}, received: 0, onReceipt: () => {} };
  const opening: Promise<void>[] = [];
  const opened = (open: (onState: (connected: boolean) => void) => { close(): Promise<void> }): void => {
    const isOpen = new Promise<void>((resolve) => {
      const one = open((connected) => connected && resolve());
      atEnd(() => one.close());
    });
    opening.push(isOpen);
  };
  const onRefused = (robot: string | null, reason: string): never => {
    throw new Error(`telemetry of ${robot} was refused: ${reason}`);
  };
  const onTelemetry = (): void => {
    path.received += 1;
    path.onReceipt();
  };
  opened((onState) => new TelemetryIntake({ url, site: SITE, onTelemetry, onRefused, onState }));
  const robots: SiteTelemetry[] = [];
  for (let robot = 0; robot < ROBOTS; robot += 1) {
    opened((onState) => {
      const one = new SiteTelemetry({ url, site: SITE, robot: `r${robot}`, onState });
      robots.push(one);
      return one;
    });
  }
  await Promise.all(opening);
  return Object.assign(path, {
    publish: (robot: number, sequence: number) => robots[robot]?.publish(sampleOf(robot, sequence)),
  });
}

async function openRaw(): Promise<Path> {
  const url = `mqtt://127.0.0.1:${await brokerOf("raw-broker.js", [])}`;
  const path: Path = { publish: () => {}, received: 0, onReceipt: () => {} };
  const hub = await connectAsync(url, { clientId: "hub", protocolVersion: 4 });
  hub.on("message", () => {
    path.received += 1;
    path.onReceipt();
  });
  await hub.subscribeAsync(`drover/${SITE}/+/up/+`, { qos: 0 });
  const robots = await Promise.all(
    Array.from({ length: ROBOTS }, (_, robot) => connectAsync(url, { clientId: `r${robot}`, protocolVersion: 4 })),
  );
  for (const one of [hub, ...robots]) atEnd(() => one.endAsync(true));
  const payloads = robots.map((_, robot) => Buffer.from(encode("Telemetry", toTelemetry(sampleOf(robot, 1000)))));
  const topics = robots.map((_, robot) => telemetryTopic({ site: SITE, robot: `r${robot}`, channel: "pose" }));
  return Object.assign(path, {
    publish: (robot: number) => robots[robot]?.publish(topics[robot] ?? "", payloads[robot] ?? "", { qos: 0 }),
  });
}

/** Sends so many messages, at most `underWay` of them at a time, until all have come. Returns the milliseconds. */
async function send(path: Path, messages: number, underWay: number): Promise<number> {
  const startMs = performance.now();
  const first = path.received;
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const late = (): void => reject(new Error(`${path.received - first} of ${sent} messages came through`));
    const stalled = setTimeout(late, STALLED_MS);
    const more = (): void => {
      while (sent < messages && sent - (path.received - first) < underWay) {
        path.publish(sent % ROBOTS, first + sent + 1);
        sent += 1;
      }
      if (path.received - first < messages) return;
      clearTimeout(stalled);
      resolve();
    };
    path.onReceipt = more;
    more();
  });
  return performance.now() - startMs;
}

export async function run(): Promise<readonly Row[]> {
  const [own, raw] = [await openOwn(), await openRaw()];
  const rate = (path: Path) => async () => MESSAGES / ((await send(path, MESSAGES, UNDER_WAY)) / 1000);
  const trip = (path: Path) => async () => (await send(path, TRIPS, 1)) / TRIPS;
  const [ownRate, rawRate] = await interleave([rate(own), rate(raw)] as const, { rounds: ROUNDS, warmUp: 3 });
  const [ownMs, rawMs] = await interleave([trip(own), trip(raw)] as const, { rounds: ROUNDS, warmUp: 1 });
  const what = "aedes and mqtt, bytes only";
  const through = { figure: `messages a second, ${ROBOTS} robots, ${UNDER_WAY} under way`, unit: "/s" };
  return [
    beside(through, { own: ownRate, raw: rawRate }, { what, better: "more" }),
    beside({ figure: "robot to hub, one at a time", unit: "ms" }, { own: ownMs, raw: rawMs }, { what }),
  ];
}

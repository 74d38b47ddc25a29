// A hub, edges and the command line as processes of their own on a tiny site, for tests that need no world around them.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { aFolder, program } from "./site-run.js";
import { compiled, until } from "./transport-kit.js";

/** Where r1 stands at start, and where it can be sent. */
export const HOME = { xM: 2.5, yM: 4.5 } as const;
export const BENCH = { xM: 5.5, yM: 4.5 } as const;

/** Writes a site of a bare floor of 16 m x 9 m, two robots and three destinations; resolves to its file. */
export function aTinySite(folder: string, name = "tiny"): string {
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: 9 }, () => ".".repeat(16)).join("\n");
  writeFileSync(join(folder, "tiny.map"), `type octile\nheight 9\nwidth 16\nmap\n${rows}\n`);
  const place = (id: string, at: { readonly xM: number; readonly yM: number }) => {
    return { id, ...at, headingRad: 0, footprintRadiusM: 0.4, kind: id.startsWith("home") ? "park" : "point" };
  };
  const site = {
    ...{ schema: 1, site: name, map: { file: "tiny.map", format: "movingai", cellM: 1 } },
    destinations: [place("home-1", HOME), place("home-2", { xM: 13.5, yM: 1.5 }), place("bench", BENCH)],
    fleets: [{ id: "fleet" }],
    robots: [
      { id: "r1", fleet: "fleet", home: "home-1" },
      { id: "r2", fleet: "fleet", home: "home-2" },
    ],
    lease: { deadmanMs: 300, brakingMs: 800 },
    physics: {
      ...{ radiusM: 0.25, maxSpeedMps: 0.6, maxTurnRadps: 1, accelMps2: 0.8, brakeMps2: 0.9, reactiveSpeedMps: 0.3 },
      ...{ marginM: 0.1, arriveM: 0.15, settleMs: 300, poseErrorMaxM: 0.3 },
    },
  };
  const file = join(folder, "site.yaml");
  writeFileSync(file, `${JSON.stringify(site, null, 1)}\n`);
  return file;
}

interface OwnRun {
  readonly pid: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly children: readonly { readonly role: string; readonly pid: number; readonly ports?: { mqtt?: number } }[];
}

export interface Daemon {
  readonly child: ChildProcess;
  readonly own: OwnRun;
  /** What it has printed so far. */
  log(): string;
  /** Asks it to end and resolves with its exit code; null when it was killed. */
  stop(): Promise<number | null>;
}

/** Starts a daemon and resolves when its run.json tells its ports. Ends with the test. */
export async function startDaemon(
  t: Test,
  path: "hub/main.js" | "edge/main.js",
  at: { readonly dataDir: string; readonly args: readonly string[] },
): Promise<Daemon> {
  const { dataDir, args } = at;
  const child = spawn(process.execPath, [compiled(path), "run", ...args, "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-100_000);
    });
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await ended;
    clearTimeout(hard);
    return code;
  };
  t.teardown(stop);
  await until(
    `${path} tells its ports`,
    () => {
      if (child.exitCode !== null) throw new Error(`${path} ended with ${child.exitCode}:\n${log}`);
      return ownRun(dataDir)?.pid === child.pid;
    },
    20_000,
  );
  const own = ownRun(dataDir);
  if (own === null) throw new Error(`${path} has lost its run.json`);
  return { child, own, log: () => log, stop };
}

/** The run.json of a daemon's data directory, or null. */
export function ownRun(dataDir: string): OwnRun | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")) as OwnRun;
  } catch {
    return null;
  }
}

/** The port of the site broker that a hub started. */
export function brokerPort(hub: Daemon): number {
  return hub.own.children.find(({ role }) => role === "broker")?.ports?.mqtt ?? 0;
}

/** What `drover ... --json` prints, with its exit code. */
export async function drover(
  args: readonly string[],
): Promise<{ readonly exit: number | null; readonly json: unknown; readonly text: string }> {
  const end = await program("hub/cli/main.js", [...args, "--json"]);
  const text = end.out + end.err;
  try {
    return { exit: end.exit, json: JSON.parse(end.out === "" ? end.err : end.out) as unknown, text };
  } catch {
    return { exit: end.exit, json: null, text };
  }
}

/**
 * An open floor of 24 m x 16 m with a wall across most of it, and tasks of a few metres as a scenario. Returns the
 * flags for it.
 */
export function aSmallSite(t: Test): readonly string[] {
  const folder = aFolder(t);
  const [width, height] = [24, 16];
  const rows = Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => (column === 12 && row < 9 ? "@" : ".")).join(""),
  );
  const map = join(folder, "small.map");
  writeFileSync(map, `type octile\nheight ${height}\nwidth ${width}\nmap\n${rows.join("\n")}\n`);
  const ways = [
    ...[
      [2, 2, 6, 2],
      [20, 2, 16, 2],
      [4, 12, 8, 12],
      [16, 12, 20, 12],
    ],
    ...[
      [9, 3, 9, 7],
      [15, 6, 20, 6],
      [2, 6, 6, 6],
      [8, 10, 16, 10],
    ],
  ];
  const scenario = join(folder, "small.map.scen");
  const lines = ways.map((way) => ["0", "small.map", width, height, ...way, "4.00000000"].join("\t"));
  writeFileSync(scenario, `version 1\n${lines.join("\n")}\n`);
  return ["--map", map, "--scenario", scenario];
}

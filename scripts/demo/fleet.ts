// The hub, the edges, and the cuttable network between them.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { SimulatedBase } from "../world/base.js";
import type { DemoOptions } from "./options.js";
import { NetworkPath } from "./path.js";
import { Managed, writeRunFile } from "./processes.js";
import type { Screen } from "./screen.js";
import type { DemoSite } from "./site.js";

/** A port that the runner needs is taken. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

interface FleetParts {
  readonly options: DemoOptions;
  readonly dataDir: string;
  readonly site: DemoSite;
  readonly bases: ReadonlyMap<string, SimulatedBase>;
  readonly screen: Screen;
}

export class Fleet {
  readonly #parts: FleetParts;
  readonly edges = new Map<string, Managed>();
  readonly telemetry = new Map<string, NetworkPath>();
  readonly links = new Map<string, NetworkPath>();
  readonly hub: Managed;
  #timer: NodeJS.Timeout | null = null;
  #listed = false;
  grpcPort = 0;
  brokerPort = 0;
  consolePort: number | null;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.consolePort = parts.options.consolePort;
    const args = ["run", "--config", parts.site.file, "--data-dir", join(parts.dataDir, "hub")];
    args.push(...metricsFlag(parts.options, 0), ...otlpFlag(parts.options));
    this.hub = new Managed(
      { name: "hub", main: join("hub", "main.js"), args, dataDir: join(parts.dataDir, "hub") },
      (how) => parts.screen.event(`the hub ended: ${how}`),
    );
  }

  /** Everything that runs, the hub first. */
  get processes(): readonly Managed[] {
    return [this.hub, ...this.edges.values()];
  }

  async start(): Promise<void> {
    const { options, site } = this.#parts;
    if (options.port !== 0) await refuseTaken(options.port);
    const { metricsPort } = options;
    for (let port = metricsPort; port > 0 && port <= metricsPort + options.robots; port += 1) await refuseTaken(port);
    const { consolePort } = this;
    if (consolePort !== null && consolePort !== 0) await refuseTaken(consolePort);
    const own = await this.#startHub(options.port, 0);
    this.consolePort = own.ports.console ?? null;
    this.grpcPort = own.ports.grpc ?? 0;
    this.brokerPort = own.children.find((child) => child.role === "broker")?.ports?.mqtt ?? 0;
    for (const { id } of site.loaded.config.robots) await this.#addEdge(id);
    await Promise.all([...this.edges.keys()].map((robot) => this.startEdge(robot)));
    this.#timer = setInterval(() => this.#list(), 500);
  }

  /** A full disk must not end the run: the list is for people, and is written again soon. */
  #list(): void {
    try {
      writeRunFile(this.#parts.dataDir, this.processes);
    } catch (cause) {
      if (!this.#listed) this.#parts.screen.event(`run.json cannot be written: ${(cause as Error).message}`);
      this.#listed = true;
    }
  }

  async restartHub(): Promise<void> {
    await this.#startHub(this.grpcPort, this.brokerPort);
  }

  #startHub(grpcPort: number, brokerPort: number) {
    const page = this.consolePort === null ? [] : ["--console", `127.0.0.1:${this.consolePort}`];
    return this.hub.start(["--listen", `127.0.0.1:${grpcPort}`, "--broker", `127.0.0.1:${brokerPort}`, ...page]);
  }

  /** The console's address with its token; "" without one. */
  get consoleUrl(): string {
    if (this.consolePort === null) return "";
    try {
      return readFileSync(join(this.#parts.dataDir, "hub", "console.url"), "utf8").trim();
    } catch {
      return "";
    }
  }

  /** Starts a robot's edge, and brings its base to the new on-board port. */
  async startEdge(robot: string): Promise<void> {
    const own = await this.edges.get(robot)?.start();
    this.#parts.bases.get(robot)?.connect(own?.ports.onboard ?? 0);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all([...this.edges.values()].map((edge) => edge.stop()));
    await this.hub.stop();
    this.#list();
    await Promise.all([...this.telemetry.values(), ...this.links.values()].map((path) => path.close()));
    this.telemetry.clear();
    this.links.clear();
  }

  async #addEdge(robot: string): Promise<void> {
    const { options, dataDir, site, screen } = this.#parts;
    const telemetry = await NetworkPath.open({ port: this.brokerPort });
    const link = await NetworkPath.open({ port: this.grpcPort });
    this.telemetry.set(robot, telemetry);
    this.links.set(robot, link);
    const own = join(dataDir, robot);
    const after = this.edges.size + 1;
    const args = [
      ...["run", "--config", site.file, "--robot", robot, "--data-dir", own, "--onboard", "127.0.0.1:0"],
      ...["--hub", `127.0.0.1:${link.port}`, "--broker", `mqtt://127.0.0.1:${telemetry.port}`],
      ...(["model", "controller", "candidate"] as const).flatMap((role) => flagOf(`--${role}`, options[role])),
      ...(options.recordMb === 0 ? [] : ["--record", String(options.recordMb)]),
      ...metricsFlag(options, after),
      ...otlpFlag(options),
    ];
    const spec = { name: robot, main: join("edge", "main.js"), args, dataDir: own };
    this.edges.set(robot, new Managed(spec, (how) => screen.event(`the edge of ${robot} ended: ${how}`)));
  }
}

function flagOf(flag: string, value: string | null): readonly string[] {
  return value === null ? [] : [flag, value];
}

/** Where the hub (0) and its robots (1, 2, ...) are scraped, when they are. */
function otlpFlag({ otlp }: DemoOptions): readonly string[] {
  return otlp === null ? [] : ["--otlp", otlp];
}

function metricsFlag({ metricsPort }: DemoOptions, after: number): readonly string[] {
  return metricsPort === 0 ? [] : ["--metrics", `127.0.0.1:${metricsPort + after}`];
}

function refuseTaken(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} on 127.0.0.1 is taken (${cause.code})`;
      reject(new PortTaken(`${taken}; is another site running? --port N takes another, --port 0 any`));
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

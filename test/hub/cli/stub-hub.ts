// A hub for tests of `drover`: the real gRPC service over a port that answers from a table, on a free loopback port;
// and a shell that keeps what was printed. So both ends of every command are the real ones.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { runCli } from "../../../hub/cli/run.js";
import type { Shell } from "../../../hub/cli/shell.js";
import { type OperatorOptions, type OperatorPort, operatorHandlers } from "../../../hub/io/operator-service.js";
import { loadSchemas, serviceOf } from "../../../proto/codec/grpc.js";
import { type Refusal, refuse } from "../../../proto/errors.js";
import type { LedgerBody, LedgerEvent } from "../../../proto/ledger.js";
import type { OperatorAnswer, OperatorAsk } from "../../../proto/operator.js";
import type { SiteView } from "../../../proto/operator-views.js";
import type { Person, Role } from "../../../proto/rights.js";
import { anEvent, aSite, ENDED, EVENTS, PLACES, ROBOTS, TASKS } from "./stub-views.js";

/** A port that remembers what was asked of it. */
export class StubPort implements OperatorPort {
  readonly asked: OperatorAsk[] = [];
  readonly listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  answer: (ask: OperatorAsk) => OperatorAnswer | Refusal | Promise<OperatorAnswer> = usualAnswer;
  ledger: LedgerEvent[] = [...EVENTS];
  views: SiteView[] = [aSite()];

  site(): SiteView {
    const [view] = this.views.length > 1 ? this.views.splice(0, 1) : this.views;
    return view ?? aSite();
  }
  /** What is known of a halt of each robot. */
  halts: (robot: string) => string = () => "";
  robots = () => ROBOTS.map((robot) => ({ ...robot, halt: this.halts(robot.id) }));
  places = () => PLACES;
  tasks = (all: boolean) => (all ? [...TASKS, ENDED] : TASKS);
  async act(ask: OperatorAsk) {
    this.asked.push(ask);
    if (ask.kind === "halt" && this.halts("") === "") this.halts = () => "obeyed";
    return this.answer(ask);
  }
  async events(from: number, most: number) {
    return this.ledger.filter(({ sequence }) => sequence >= from).slice(0, most);
  }
  eventCount = () => this.ledger.length;
  onEvents(listener: (events: readonly LedgerEvent[]) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  append(body: LedgerBody) {
    const event = anEvent(this.ledger.length + 1, body);
    this.ledger.push(event);
    for (const listener of this.listeners) listener([event]);
  }
  async explain(id: string) {
    if (id !== "t7") return refuse("UNKNOWN_ID", `nothing is known of "${id}"`);
    return {
      kind: "task",
      lines: ["waits for P4, which r1 holds", "r1 drives there"],
      events: this.ledger.slice(3, 5),
      facts: [
        { about: "P4", code: "HELD", says: "waits for P4, which r1 holds", forMs: 1500 },
        { about: "r1", code: "ACTING", says: "r1 drives there" },
      ],
    };
  }
}

function usualAnswer(ask: OperatorAsk): OperatorAnswer {
  switch (ask.kind) {
    case "submitTask":
      return { task: ask.task, existed: false };
    case "cancelTask":
      return { phase: "CANCELLED" };
    case "halt":
      return { told: ["r1", "r2"], notTold: ["r3"] };
    case "freePlace":
    case "stateAbsent":
    case "setMode":
    case "clearMode":
    case "undrainRobot":
      return {};
    case "pauseTask":
      return { phase: "ACTIVE" };
    case "resumeTask":
      return { phase: "WAITING" };
    case "drainRobot":
      return { task: "t7" };
    case "answer":
      return { done: "P6: it is seen empty, and may be given away" };
  }
}

/** Whoever holds the one-time token. */
export const ANYBODY: Person = { operator: "local", role: "supervisor", isNamed: false };

/** A person by a certificate or token. */
export const aPerson = (operator: string, role: Role = "supervisor"): Person => ({ operator, role, isNamed: true });

export interface StubHub {
  readonly address: string;
  readonly port: StubPort;
  close(): void;
}

/** Listens on 127.0.0.1, on a port that is free. */
export async function openStubHub(
  over: Partial<OperatorOptions> & { readonly credentials?: ServerCredentials; readonly listenOn?: string } = {},
): Promise<StubHub> {
  const port = new StubPort();
  const grpc = new Server();
  const options = { personOf: () => ANYBODY, streamsMost: 4, nowMs: () => performance.now(), ...over };
  grpc.addService(serviceOf(loadSchemas(), "FleetOperator"), operatorHandlers(port, options));
  const listening = await new Promise<number>((resolve, reject) =>
    grpc.bindAsync(
      over.listenOn ?? "127.0.0.1:0",
      over.credentials ?? ServerCredentials.createInsecure(),
      (error, at) => (error ? reject(error) : resolve(at)),
    ),
  );
  return { address: `127.0.0.1:${listening}`, port, close: () => grpc.forceShutdown() };
}

/** A shell without a machine. */
export class FakeShell implements Shell {
  out = "";
  err = "";
  readonly stopper = new AbortController();
  readonly stop = this.stopper.signal;
  readonly version = "0.1.0";
  readonly files = new Map<string, Buffer>();
  closed = false;
  /** Called after each write to standard output. */
  onWrite: (out: string) => void = () => {};
  environment: Shell["environment"] = { hub: undefined, user: "ada" };
  terminal: Shell["terminal"];

  constructor(width = 0, height = 0) {
    this.terminal = { isTty: width > 0, colours: false, width: () => width, height: () => height };
  }

  async write(text: string) {
    if (this.closed) return false;
    this.out += text;
    this.onWrite(this.out);
    return true;
  }
  async warn(text: string) {
    this.err += text;
  }
  readFile = (path: string) => {
    const found = this.files.get(path);
    if (found === undefined) throw new Error(`no such file: ${path}`);
    return found;
  };
  newTaskId = () => "t-0123456789";
  ownToken: Shell["ownToken"] = () => null;
}

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `drover` with these arguments. */
export async function run(argv: readonly string[], shell = new FakeShell()): Promise<Ran> {
  const exit = await runCli(argv, shell);
  return { exit, out: shell.out, err: shell.err };
}

/** Runs `drover` against a hub. */
export function runAt(hub: StubHub, argv: readonly string[], shell = new FakeShell()): Promise<Ran> {
  shell.environment = { ...shell.environment, hub: hub.address };
  return run(argv, shell);
}

/** The project's own folder, wherever the test was compiled to. */
export function projectRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "node_modules")) && dir !== dirname(dir)) dir = dirname(dir);
  return dir;
}

/** What the golden file says; with UPDATE_GOLDEN=1 it is written first. */
export function golden(name: string, found: string): string {
  const file = join(projectRoot(), "test", "golden", "cli", `${name}.txt`);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, found);
  }
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

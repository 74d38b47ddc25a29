// What the hub listens on: gRPC for robots and people, the page of a scrape, and the web console; and who is let in.

import type { Logger } from "pino";
import type { Grid } from "../fleet-config/grid.js";
import type { SiteConfig } from "../fleet-config/types.js";
import { monotonicMs } from "../proto/codec/clock.js";
import { loadSchemas, serviceOf } from "../proto/codec/grpc.js";
import { openMetrics } from "../proto/codec/metrics-host.js";
import type { Identity, IsRevoked, TlsFiles } from "../proto/codec/tls.js";
import { EXIT } from "../proto/errors.js";
import { openConsole } from "./console-start.js";
import { type Doorkeeper, openDoorkeeper } from "./doorkeeper.js";
import { Flood } from "./flood.js";
import { edgeLinkHandlers } from "./io/edge-link.js";
import { GrpcHost, identityOf } from "./io/grpc-host.js";
import { operatorHandlers } from "./io/operator-service.js";
import type { HubMeters } from "./meters.js";
import type { HubOptions } from "./options.js";
import type { HubRuntime } from "./runtime.js";
import { HubStopped } from "./stopped.js";

export interface DoorParts {
  readonly runtime: HubRuntime;
  readonly meters: HubMeters | undefined;
  readonly tls: (() => TlsFiles) | undefined;
  readonly isRevoked: IsRevoked | undefined; // undefined without TLS
  readonly config: SiteConfig;
  readonly grid: Grid;
  readonly log: Logger;
  /** Where commands of this user look for the one-time token; null for nowhere. */
  readonly tokenFolder: string | null;
}

export interface Doors {
  readonly ports: { readonly grpc: number; readonly metrics: number | undefined; readonly console: number | undefined };
  /** What health checks are told. */
  setServing(isServing: boolean): void;
  /** Nobody new comes in, and streams end; what was asked before is still answered. */
  shut(): Promise<void>;
  close(): Promise<void>;
}

/** Throws HubStopped for a port that cannot be had. */
export async function openDoors(options: HubOptions, parts: DoorParts): Promise<Doors> {
  const { runtime, meters, tls, config, grid, log, tokenFolder } = parts;
  const stopping = new AbortController();
  const doorkeeper = openDoorkeeper({
    ...{ dataDir: options.dataDir, config, isTls: tls !== undefined, tokenFolder, log },
    onDenied: (code) => meters?.denied(code),
  });
  const host = await openHost(options, { ...parts, doorkeeper, stopping: stopping.signal });
  doorkeeper.opened(host.port);
  const metrics = await listenForScrapes(options, parts);
  const { admission } = doorkeeper;
  const page = await openConsole(options, { port: runtime.operator, admission, config, grid, tls, log });
  return {
    ports: { grpc: host.port, metrics: metrics?.port, console: page?.port },
    setServing: (isServing) => host.setServing(isServing),
    shut: async () => {
      host.setServing(false);
      stopping.abort();
      await metrics?.close();
      await page?.close();
    },
    close: async () => {
      await host.close(config.limits.shutdownMs);
      doorkeeper.close();
    },
  };
}

type HostParts = DoorParts & { readonly doorkeeper: Doorkeeper; readonly stopping: AbortSignal };

const NOBODY: Identity = { name: null, voidBy: null };

async function openHost(options: HubOptions, parts: HostParts): Promise<GrpcHost> {
  const { runtime, meters, tls, config, stopping, log, doorkeeper, isRevoked } = parts;
  const { admission, tokenOf } = doorkeeper;
  const schemas = loadSchemas();
  const named = (call: Parameters<typeof identityOf>[0]) =>
    tls === undefined ? null : (identityOf(call, isRevoked) ?? NOBODY);
  const operator = operatorHandlers(runtime.operator, {
    ...{ streamsMost: config.limits.operatorStreams, nowMs: monotonicMs, stopping },
    personOf: (call) => admission.personOf({ token: tokenOf(call), certified: named(call) }),
    onDenied: (refusal) => admission.denied(refusal),
    onFault: (fault, method) => log.error({ err: fault, method }, "operator call failed"),
  });
  const away = new Flood(monotonicMs, (count, reason) => log.warn({ count, reason }, "links turned away"));
  const link = edgeLinkHandlers({
    ...{ onOpen: runtime.onLink, identityOf: named, isRevoked, limits: { helloMs: config.limits.helloMs } },
    onTurnedAway: (reason) => {
      meters?.turnedAway();
      away.add(reason);
    },
  });
  try {
    return await GrpcHost.open({
      ...{ host: options.listen.host, port: options.listen.port, tls, packageDefinition: schemas },
      services: [
        { definition: serviceOf(schemas, "EdgeLink"), implementation: link },
        { definition: serviceOf(schemas, "FleetOperator"), implementation: operator },
      ],
    });
  } catch (cause) {
    throw new HubStopped(EXIT.unavailable, `the hub cannot listen: ${(cause as Error).message}`);
  }
}

async function listenForScrapes({ metrics }: HubOptions, { runtime, tls, log, isRevoked }: DoorParts) {
  const onFault = (cause: Error) => log.error({ err: cause }, "a scrape failed");
  try {
    const page = () => runtime.metrics();
    return await openMetrics(metrics, { tls, isRevoked, page, onFault });
  } catch (cause) {
    throw new HubStopped(EXIT.unavailable, `the hub cannot listen for scrapes: ${(cause as Error).message}`);
  }
}

// Both ends of the link for tests: a hub that notes what it sees, a robot's link, and a peer that sends any bytes.

import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { Test } from "tap";
import { HubLink } from "../../edge/io/hub-link.js";
import { type EdgeLinkOptions, edgeLinkHandlers, type LinkStream } from "../../hub/io/edge-link.js";
import { GrpcHost, identityOf } from "../../hub/io/grpc-host.js";
import { monotonicMs } from "../../proto/codec/clock.js";
import { encode } from "../../proto/codec/codec.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import type { EdgeMessage, HubMessage } from "../../proto/wire.js";

export const schemas = loadSchemas();
export const HELLO: EdgeMessage = {
  ...{
    followsEpoch: 0,
    followsIncarnation: "",
    kind: "hello",
    robot: "r1",
    boot: "b1",
    protocol: 1,
    highestToken: { epoch: 0, counter: 0 },
  },
  ...{ holdings: [], configHash: "c", software: "s" },
};
export const RENEWED = { kind: "renewed" as const, nonce: 1, leaseMs: 3000, hubNonce: 1 } satisfies HubMessage;

interface Seen {
  readonly streams: LinkStream[];
  readonly messages: EdgeMessage[];
  readonly receivedMs: number[];
  readonly closed: string[];
  readonly turnedAway: string[];
}

/** A hub in this process that notes what happens. */
export async function aHub(t: Test, options: Partial<EdgeLinkOptions> = {}) {
  const seen: Seen = { streams: [], messages: [], receivedMs: [], closed: [], turnedAway: [] };
  const implementation = edgeLinkHandlers({
    identityOf: (call) => identityOf(call),
    onOpen(stream) {
      seen.streams.push(stream);
      stream.onMessage((message, receivedMs) => {
        seen.messages.push(message);
        seen.receivedMs.push(receivedMs);
      });
      stream.onClosed((reason) => seen.closed.push(reason));
    },
    onTurnedAway: (reason) => seen.turnedAway.push(reason),
    ...options,
  });
  const host = await GrpcHost.open({
    ...{ host: "127.0.0.1", port: 0, packageDefinition: schemas },
    services: [{ definition: serviceOf(schemas, "EdgeLink"), implementation }],
  });
  t.teardown(() => host.close(0));
  return { host, seen };
}

/** A robot's link that says hello by itself and notes what happens. */
export function aLink(t: Test, port: number, { silenceMs = 3000 } = {}) {
  const events: { opens: number; messages: HubMessage[]; closed: string[]; atMs: number[] } = {
    ...{ opens: 0, messages: [], closed: [], atMs: [] },
  };
  const link: HubLink = new HubLink({
    ...{ address: `127.0.0.1:${port}`, random: () => 0.5, backoffMs: { initial: 50, max: 400 }, silenceMs },
    events: {
      onOpen() {
        events.opens += 1;
        link.send(HELLO);
      },
      onMessage: (message) => events.messages.push(message),
      onClosed(reason) {
        events.closed.push(reason);
        events.atMs.push(monotonicMs());
      },
    },
  });
  t.teardown(() => link.close());
  return { link, events };
}

/** A stream that writes exactly these bytes as one message each. */
export function rawStream(t: Test, port: number) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  const same = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest("/drover.v1.EdgeLink/Connect", same, same);
  const ended: { code: number | null; data: Buffer[] } = { code: null, data: [] };
  call.on("data", (bytes: Buffer) => ended.data.push(bytes));
  call.on("error", (error: ServiceError) => {
    ended.code = error.code;
  });
  call.on("end", () => {
    ended.code ??= status.OK;
  });
  t.teardown(() => {
    call.cancel();
    client.close();
  });
  return { call, ended };
}

export const asBytes = (message: EdgeMessage): Buffer => {
  const { kind, ...fields } = message;
  return Buffer.from(encode("EdgeMessage", { [kind]: fields }));
};

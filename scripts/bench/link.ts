// A renewal over the link and its answer: the robot's end and the hub's end as they are in production, over loopback,
// both in this process; beside an echo of the same bytes over a stream of grpc-js alone. The hub's core is not part of
// it.

import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { HubLink } from "../../edge/io/hub-link.js";
import { edgeLinkHandlers, type LinkStream } from "../../hub/io/edge-link.js";
import { GrpcHost } from "../../hub/io/grpc-host.js";
import { encode } from "../../proto/codec/codec.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import type { EdgeMessage } from "../../proto/wire.js";
import { beside, type Row } from "./bench.js";
import { interleave } from "./rounds.js";
import { atEnd } from "./scratch.js";

const TRIPS = 300;
const ROUNDS = 15;
const UNDER_WAY = 16;
/** The link admits 200 messages a second; here it is to be filled. */
const UNBOUNDED = { perSecond: 1e9, burst: 1e9 };
const RENEWAL = { modeSequence: 3, acting: [{ epoch: 1, counter: 17 }] };
const STALLED_MS = 5000;
const ECHO = "/bench.Echo/Connect";
const same = (bytes: Buffer): Buffer => bytes;

/** A stream that is answered message by message. */
interface Ends {
  readonly send: (number: number) => void;
  onAnswer: () => void;
}

function answer(stream: LinkStream): void {
  stream.onMessage((message) => {
    if (message.kind === "hello")
      stream.send({ kind: "welcome", session: "s1-1", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
    else if (message.kind === "renew") {
      stream.send({ kind: "renewed", nonce: message.nonce, leaseMs: 3000, hubNonce: 4_294_967_296 + message.nonce });
    }
  });
}

async function openOwn(): Promise<Ends> {
  const schemas = loadSchemas();
  const implementation = edgeLinkHandlers({ identityOf: () => null, onOpen: answer, limits: { rate: UNBOUNDED } });
  const services = [{ definition: serviceOf(schemas, "EdgeLink"), implementation }];
  const host = await GrpcHost.open({ host: "127.0.0.1", port: 0, packageDefinition: schemas, services });
  atEnd(() => host.close(100));
  const ends: Ends = { send: () => {}, onAnswer: () => {} };
  const hello: EdgeMessage = {
    ...{
      followsEpoch: 0,
      followsIncarnation: "",
      kind: "hello",
      robot: "r1",
      boot: "boot-1",
      protocol: 1,
      highestToken: { epoch: 0, counter: 0 },
    },
    ...{ holdings: [], configHash: "hash", software: "bench" },
  };
  await new Promise<void>((resolve, reject) => {
    const link: HubLink = new HubLink({
      ...{ address: `127.0.0.1:${host.port}`, random: Math.random },
      events: {
        onOpen: () => void link.send(hello),
        onMessage: (message) => (message.kind === "welcome" ? resolve() : ends.onAnswer()),
        onClosed: (reason) => reject(new Error(`the link closed: ${reason}`)),
      },
    });
    atEnd(() => link.close());
    link.start();
    Object.assign(ends, { send: (nonce: number) => link.send({ kind: "renew", nonce, ...RENEWAL }) });
  });
  return ends;
}

async function openRaw(): Promise<Ends> {
  const host = new Server();
  const method = { path: ECHO, requestStream: true, responseStream: true };
  const bytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const reply = Buffer.from(encode("HubMessage", { renewed: { nonce: 1000, leaseMs: 3000, hubNonce: 4_294_968_296 } }));
  host.addService(
    { Connect: { ...method, ...bytes } },
    { Connect: (call: ServerDuplexStream<Buffer, Buffer>) => call.on("data", () => call.write(reply)) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    host.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const channel = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = channel.makeBidiStreamRequest(ECHO, same, same);
  call.on("error", () => {}); // it is cancelled at the end
  atEnd(() => {
    call.cancel();
    channel.close();
    host.forceShutdown();
  });
  const request = Buffer.from(encode("EdgeMessage", { renew: { nonce: 1000, ...RENEWAL } }));
  const ends: Ends = { send: () => call.write(request), onAnswer: () => {} };
  call.on("data", () => ends.onAnswer());
  return ends;
}

let lastNonce = 0;

/** Sends so many messages, at most `underWay` at a time, until all are answered. Returns microseconds per message. */
async function exchange(ends: Ends, underWay: number): Promise<number> {
  const startMs = performance.now();
  let sent = 0;
  let answered = 0;
  await new Promise<void>((resolve, reject) => {
    const stalled = setTimeout(() => reject(new Error(`${answered} of ${sent} were answered`)), STALLED_MS);
    const more = (): void => {
      while (sent < TRIPS && sent - answered < underWay) {
        sent += 1;
        lastNonce += 1;
        ends.send(lastNonce);
      }
    };
    ends.onAnswer = () => {
      answered += 1;
      if (answered < TRIPS) return more();
      clearTimeout(stalled);
      resolve();
    };
    more();
  });
  return ((performance.now() - startMs) * 1000) / TRIPS;
}

export async function run(): Promise<readonly Row[]> {
  const [own, raw] = [await openOwn(), await openRaw()];
  const what = "grpc-js echo of the same bytes";
  const rows: Row[] = [];
  for (const underWay of [1, UNDER_WAY]) {
    const measures = [() => exchange(own, underWay), () => exchange(raw, underWay)] as const;
    const [ownUs, rawUs] = await interleave(measures, { rounds: ROUNDS, warmUp: 4 });
    const figure = `renewal and answer, ${underWay} under way`;
    rows.push(beside({ figure, unit: "us" }, { own: ownUs, raw: rawUs }, { what }));
  }
  return rows;
}

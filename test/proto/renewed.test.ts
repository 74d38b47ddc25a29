// What servers do with renewed files, without files or servers: who is told what, and when.

import { EventEmitter } from "node:events";
import t from "tap";
import { GrpcTls } from "../../proto/codec/grpc-tls.js";
import { showRenewed, type TlsFiles } from "../../proto/codec/tls.js";

const filesOf = (name: string): TlsFiles => {
  const of = (part: string) => Buffer.from(`${part} of ${name}`);
  return { ca: of("ca"), cert: of("cert"), key: of("key") };
};
const turn = () => new Promise<void>((done) => setImmediate(done));

t.test("grpc is told what is used in the turn after it asked, and again when it is another", async (t) => {
  const [old, next, last] = ["old", "next", "last"].map(filesOf) as [TlsFiles, TlsFiles, TlsFiles];
  let files = old;
  const provider = new GrpcTls(() => files);
  const told: unknown[] = [];
  const authority: Parameters<GrpcTls["addCaCertificateListener"]>[0] = (update) => told.push(update);
  const identity: Parameters<GrpcTls["addIdentityCertificateListener"]>[0] = (update) => told.push(update);
  const updates = ({ ca, cert, key }: TlsFiles) => [{ caCertificate: ca }, { certificate: cert, privateKey: key }];
  const toldNow = () => told.splice(0);
  provider.addCaCertificateListener(authority);
  provider.addIdentityCertificateListener(identity);
  t.same(toldNow(), [], "not within the call");
  await turn();
  t.same(toldNow(), updates(old));
  provider.look();
  t.same(toldNow(), [], "nothing is another");
  files = next;
  t.same(toldNow(), [], "not before it looks");
  provider.look();
  t.same(toldNow(), updates(next));
  provider.look();
  t.same(toldNow(), []);
  provider.removeCaCertificateListener(authority);
  files = last;
  provider.look();
  t.same(toldNow(), updates(last).slice(1));
  provider.removeIdentityCertificateListener(identity);
  files = old;
  provider.look();
  provider.addCaCertificateListener(authority);
  provider.removeCaCertificateListener(authority);
  provider.addIdentityCertificateListener(identity);
  provider.removeIdentityCertificateListener(identity);
  await turn();
  t.same(toldNow(), [], "nobody who went away");
});

t.test("a server is given what there is when somebody connects, before anything is made of the connection", (t) => {
  const given: unknown[] = [];
  class Fake extends EventEmitter {
    setSecureContext(files: object): void {
      given.push(files);
    }
  }
  const [old, next] = [filesOf("old"), filesOf("next")];
  let files = old;
  const server = new Fake();
  server.on("connection", () => given.push("handshake"));
  t.equal(
    showRenewed(server, () => files),
    server,
  );
  const connected = () => {
    server.emit("connection");
    return given.splice(0);
  };
  t.same(connected(), [old, "handshake"], "whatever it was made from");
  t.same(connected(), ["handshake"]);
  files = next;
  t.same(given, [], "not by itself");
  t.same(connected(), [next, "handshake"]);
  t.same(connected(), ["handshake"]);
  t.end();
});

// A small hub in a process of its own, for the tests of the link: greets, renews every renewal, and tells its parent
// what it saw. `port` is its first argument.

import type { ServerDuplexStream } from "@grpc/grpc-js";
import { edgeLinkHandlers } from "../../hub/io/edge-link.js";
import { GrpcHost, identityOf } from "../../hub/io/grpc-host.js";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";

const schemas = loadSchemas();
const implementation = edgeLinkHandlers({
  identityOf: (call: ServerDuplexStream<unknown, object>) => identityOf(call),
  onOpen(stream) {
    process.send?.({ open: stream.robot });
    stream.onMessage((message) => {
      if (message.kind === "hello")
        stream.send({ kind: "welcome", session: "s", epoch: 1, hubNonce: 1, void: [], incarnation: "h1" });
      if (message.kind === "renew") stream.send({ kind: "renewed", nonce: message.nonce, leaseMs: 3000, hubNonce: 2 });
    });
    stream.onClosed((reason) => process.send?.({ closed: reason }));
  },
});
const host = await GrpcHost.open({
  ...{ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), packageDefinition: schemas },
  services: [{ definition: serviceOf(schemas, "EdgeLink"), implementation }],
});
process.once("disconnect", () => process.exit(0));
process.send?.({ port: host.port });

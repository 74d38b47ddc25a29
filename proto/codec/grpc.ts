// gRPC service definitions of drover/v1: paths and descriptors from the schema files, bytes by the static codecs. The
// plain objects on both ends are those of codec.ts.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { decode, encode } from "./codec.js";

const protoDir = dirname(dirname(fileURLToPath(import.meta.url)));

/** Everything that drover/v1 defines, for reflection. */
export function loadSchemas(): PackageDefinition {
  const files = ["link", "operator", "telemetry", "onboard"].map((name) => join("drover", "v1", `${name}.proto`));
  return loadSync(files, { includeDirs: [protoDir] });
}

/** The definition of `EdgeLink` or `FleetOperator`. */
export function serviceOf(
  schemas: PackageDefinition,
  name: "EdgeLink" | "FleetOperator",
): ServiceDefinition<UntypedServiceImplementation> {
  const loaded = schemas[`drover.v1.${name}`];
  if (loaded === undefined || "format" in loaded) throw new Error(`drover/v1 defines no service ${name}`);
  const methods: Record<string, object> = {};
  for (const [method, definition] of Object.entries(loaded)) {
    const request = nameOf(definition.requestType);
    const response = nameOf(definition.responseType);
    methods[method] = {
      ...definition,
      requestSerialize: (plain: object) => Buffer.from(encode(request, plain)),
      requestDeserialize: (bytes: Buffer) => decode(request, bytes),
      responseSerialize: (plain: object) => Buffer.from(encode(response, plain)),
      responseDeserialize: (bytes: Buffer) => decode(response, bytes),
    };
  }
  return methods as unknown as ServiceDefinition<UntypedServiceImplementation>;
}

function nameOf(type: object): string {
  const described = (type as { readonly type?: { readonly name?: string } }).type;
  if (described?.name === undefined) throw new Error("a method of drover/v1 has a type without a name");
  return described.name;
}

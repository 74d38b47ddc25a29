// What every gRPC service of the hub stands on: health, reflection, judged requests, ports; and the clocks.

import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import t from "tap";
import { GrpcHost } from "../../hub/io/grpc-host.js";
import { clockAnomaly } from "../../proto/clock.js";
import { monotonicMs, readClocks, suspensionIsSeen } from "../../proto/codec/clock.js";
import { serviceOf } from "../../proto/codec/grpc.js";
import { aHub, schemas } from "./link-kit.js";
import { until } from "./transport-kit.js";

t.test("gRPC host has health and reflection, refuses malformed requests, and names a port that is taken", async (t) => {
  const { host } = await aHub(t);
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const ask = (path: string, bytes: Buffer): Promise<Buffer> =>
    new Promise((done, fail) => {
      const same = (value: Buffer): Buffer => value;
      client.makeUnaryRequest(path, same, same, bytes, (error, found) => {
        if (error !== null) fail(error);
        else done(found as Buffer);
      });
    });
  const check = Buffer.concat([Buffer.from([0x0a, 18]), Buffer.from("drover.v1.EdgeLink")]);
  t.same(await ask("/grpc.health.v1.Health/Check", check), Buffer.from([8, 2]), "not serving yet");
  host.setServing(true);
  t.same(await ask("/grpc.health.v1.Health/Check", check), Buffer.from([8, 1]), "serving");
  const same = (value: Buffer): Buffer => value;
  const reflect = client.makeBidiStreamRequest("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", same, same);
  const answers: Buffer[] = [];
  reflect.on("data", (bytes: Buffer) => answers.push(bytes));
  reflect.on("error", () => {});
  reflect.write(Buffer.from([0x3a, 1, 0x2a]));
  await until("reflection answers", () => answers.length === 1);
  t.ok(answers[0]?.includes("drover.v1.EdgeLink"));
  t.ok(answers[0]?.includes("drover.v1.FleetOperator"));
  reflect.write(Buffer.concat([Buffer.from([0x22, 18]), Buffer.from("drover.v1.EdgeLink")]));
  await until("and describes", () => answers.length === 2);
  t.ok(answers[1]?.includes("highest_token"));
  reflect.cancel();
  await t.rejects(ask("/drover.v1.EdgeLink/Other", check), { code: status.UNIMPLEMENTED });
  const again = { host: "127.0.0.1", port: host.port, packageDefinition: schemas, services: [] };
  await t.rejects(GrpcHost.open(again), { message: `port ${host.port} on 127.0.0.1 is taken` });
});

t.test("gRPC host answers a malformed request of one message before any handler sees it", async (t) => {
  const handled: string[] = [];
  const definition = serviceOf(schemas, "FleetOperator");
  const implementation = Object.fromEntries(Object.keys(definition).map((name) => [name, () => handled.push(name)]));
  const services = [{ definition, implementation: implementation as never }];
  const host = await GrpcHost.open({ host: "127.0.0.1", port: 0, packageDefinition: schemas, services });
  t.teardown(() => host.close(0));
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  t.teardown(() => client.close());
  const same = (value: Buffer): Buffer => value;
  const garbage = Buffer.from([0x0a, 0x50, 0x01]);
  const code = await new Promise<number | undefined>((done) => {
    client.makeUnaryRequest("/drover.v1.FleetOperator/SubmitTask", same, same, garbage, (error) => done(error?.code));
  });
  t.equal(code, status.INVALID_ARGUMENT);
  const stream = client.makeServerStreamRequest("/drover.v1.FleetOperator/Events", same, same, garbage);
  const streamed = await new Promise<number>((done) => stream.on("error", (error: ServiceError) => done(error.code)));
  t.equal(streamed, status.INVALID_ARGUMENT);
  t.same(handled, []);
});

t.test("R6 clocks are whole milliseconds, agree with each other, and see suspension on Linux", (t) => {
  const before = readClocks();
  const between = monotonicMs();
  const after = readClocks();
  t.ok(before.monotonicMs <= between && between <= after.monotonicMs);
  t.ok([before.bootMs, before.monotonicMs, before.wallMs].every(Number.isSafeInteger));
  t.equal(clockAnomaly(before, after), "none");
  if (process.platform === "linux") t.ok(suspensionIsSeen());
  t.end();
});

import t from "tap";
import { busyMs, MachineWatch } from "./machine-watch.js";
import { pause } from "./transport-kit.js";

const STOOD_MS = 400;

t.test("a machine that does not run this process stood still", async (t) => {
  const watch = new MachineWatch(() => []);
  await pause(100);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STOOD_MS);
  await pause(100);
  t.ok(watch.end() >= STOOD_MS - 51, "less what may have passed since the last look");
});

t.test("a process that is at work was not held up", async (t) => {
  const beganMs = performance.now();
  const watch = new MachineWatch(() => []);
  await pause(100);
  const untilMs = busyMs() + STOOD_MS;
  while (busyMs() < untilMs); // of its own time, however long that takes
  await pause(100);
  const heldUpMs = performance.now() - beganMs - 200 - STOOD_MS;
  const foundMs = watch.end();
  t.ok(foundMs <= heldUpMs + 60, `found ${foundMs} ms, and it was held up for ${heldUpMs} ms`);
});

t.test("a core that is taken away at once stood still, and one that is taken away bit by bit did not", async (t) => {
  let [burstMs, slowMs] = [1000, 0];
  const watch = new MachineWatch(() => {
    slowMs += 10;
    return [burstMs, slowMs];
  });
  await pause(200);
  burstMs += 60_000;
  await pause(200);
  t.ok(slowMs > 30);
  t.equal(watch.end(), 60_000);
});

// What a simulated run must not touch throws while it lasts, and works before, after, and after a run that failed.

import t from "tap";
import { Banned, guarded } from "./guard.js";

/** Globals that are reached for by name. */
const NAMES = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch", "Intl", "crypto"] as const;

const TOUCHES: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(NAMES.map((name) => [name, () => Reflect.get(globalThis, name)])),
  "Date.now": () => Date.now(),
  "new Date": () => new Date(),
  "performance.now": () => performance.now(),
  "Math.random": () => Math.random(),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.getRandomValues": () => crypto.getRandomValues(new Uint8Array(1)),
  "process.hrtime": () => process.hrtime(),
};

/** Each of them works, here and now. */
function allWork(): readonly string[] {
  return Object.entries(TOUCHES).flatMap(([name, touch]) => {
    try {
      return touch() === undefined ? [`${name} is gone`] : [];
    } catch (cause) {
      return [`${name}: ${String(cause)}`];
    }
  });
}

for (const [name, touch] of Object.entries(TOUCHES)) {
  t.test(`${name} throws Banned in a guarded run, and works outside`, (t) => {
    t.throws(() => guarded(touch), { name: "Banned" });
    t.throws(() => guarded(touch), Banned);
    t.same(allWork(), []);
    t.end();
  });
}

t.test("process.hrtime.bigint cannot be called in a guarded run, and works outside", (t) => {
  t.throws(() => guarded(() => process.hrtime.bigint()));
  t.type(process.hrtime.bigint(), "bigint");
  t.end();
});

t.test("a guarded run gives what it computes, and puts everything back when it throws", (t) => {
  t.equal(
    guarded(() => 4 + 3),
    7,
  );
  const descriptors = () =>
    ["Date", "performance", "crypto"].map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const before = descriptors();
  t.throws(
    () =>
      guarded(() => {
        throw new RangeError("the run failed");
      }),
    { name: "RangeError", message: "the run failed" },
  );
  t.same(allWork(), []);
  t.same(descriptors(), before);
  t.end();
});

t.test("a fault that the run itself catches stays a fault of the guard", (t) => {
  const seen = guarded(() => {
    try {
      return Math.random();
    } catch (cause) {
      return cause;
    }
  });
  t.ok(seen instanceof Banned);
  t.match((seen as Error).message, "Math.random");
  t.end();
});

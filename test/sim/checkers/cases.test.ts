// Every checker can fire, and spares what is just within the rules: a checker that never fires proves nothing, and one
// that fires at what is allowed would be switched off. A checker without a case here is a failure of this test.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { Hub, type HubInput } from "../../../hub/core/hub.js";
import { simulate } from "../simulate.js";
import { Violation } from "../trace.js";
import { AGES } from "./cases-ages.js";
import { CLASHES } from "./cases-clashes.js";
import { DRIVERS } from "./cases-drivers.js";
import { EXITS } from "./cases-exits.js";
import { LATCHES } from "./cases-latches.js";
import { MODES } from "./cases-modes.js";
import { ORDERS } from "./cases-orders.js";
import { PLACES } from "./cases-places.js";
import { RENEWALS } from "./cases-renewals.js";
import { RIGHTS } from "./cases-rights.js";
import { STORES } from "./cases-stores.js";
import { SWAPS } from "./cases-swaps.js";
import { TAKEN_OVER } from "./cases-taken-over.js";
import { TASKS } from "./cases-tasks.js";
import { TOKENS } from "./cases-tokens.js";

const CASES = {
  ...{ ...RIGHTS, ...RENEWALS, ...PLACES, ...EXITS, ...ORDERS, ...CLASHES, ...AGES },
  ...{ ...DRIVERS, ...LATCHES, ...MODES, ...TASKS, ...TOKENS, ...STORES, ...TAKEN_OVER, ...SWAPS },
};
const SMALL = { seed: 1, robots: 1, chaosS: 12, kinds: [] } as const;

function checkerOf(name: string): string {
  return name.split(":")[0] ?? "";
}

function simFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return join(folder, "test", "sim");
}

/** Names of all checkers, as the sources of the simulator throw them. */
function thrownNames(): readonly string[] {
  const files = readdirSync(simFolder(), { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const names = sources.flatMap((file) => {
    const text = readFileSync(join(simFolder(), file), "utf8");
    return [...text.matchAll(/new Violation\(\s*"([a-z-]+)"/g)].map(([, name = ""]) => name);
  });
  return [...new Set(names)].sort();
}

/** What a run of a small world says when the hub forgets inputs of this kind. */
function withoutInput(isForgotten: (input: HubInput) => boolean) {
  const { step } = Hub.prototype;
  Hub.prototype.step = function (input, now) {
    return isForgotten(input) ? [] : step.call(this, input, now);
  };
  try {
    return simulate(SMALL).failure;
  } finally {
    Hub.prototype.step = step;
  }
}

/** Cases that need a whole run: what the world itself throws. */
const RUNS: Readonly<Record<string, () => ReturnType<typeof withoutInput>>> = {
  "not-well": () => withoutInput((input) => input.kind === "link" && input.message.kind === "outcome"),
  unanswered: () => withoutInput((input) => input.kind === "ask" && input.what.kind === "submitTask"),
};

for (const [name, run] of Object.entries(CASES)) {
  t.test(`checker ${name} fires, and spares what is just within the rules`, (t) => {
    try {
      run("wrong");
      t.fail("it did not fire");
    } catch (cause) {
      t.ok(cause instanceof Violation, String(cause));
      t.match(cause, { checker: checkerOf(name), class: "safety" });
    }
    run("sound");
    t.end();
  });
}

for (const [name, run] of Object.entries(RUNS)) {
  t.test(`checker ${name} fires when a site does not get well again, and spares a sound one`, (t) => {
    t.match(run(), { checker: name, class: "liveness" });
    t.equal(simulate(SMALL).failure, null);
    t.end();
  });
}

t.test("every checker that the simulator knows has a case in which it fires", (t) => {
  const known = new Set([...Object.keys(CASES).map(checkerOf), ...Object.keys(RUNS)]);
  const thrown = thrownNames();
  t.ok(thrown.length >= 30, `${thrown.length} checkers`);
  t.same(
    thrown.filter((name) => !known.has(name)),
    [],
    "without a case",
  );
  t.same(
    [...known].filter((name) => !thrown.includes(name)),
    [],
    "cases of checkers that are no more",
  );
  t.end();
});

t.test("a fault of the product that is no violation ends a run as a crash, with where it came from", (t) => {
  const failure = withoutInput((input) => {
    if (input.kind === "telemetry") throw new RangeError("planted");
    return false;
  });
  t.match(failure, { class: "crash", checker: "RangeError", says: /^planted.*at / });
  t.end();
});

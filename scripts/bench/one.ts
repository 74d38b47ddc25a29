// One bench in a process of its own, so that no bench finds the heap and the compiled code of another:
//
//   node --expose-gc dist/scripts/bench/one.js NAME [OPTIONS as JSON]
//   (started by main.ts; by hand it prints its rows)
//
// It ends when its parent is gone, and SIGTERM ends it as a fault, with everything that it has started.

import type { BenchMessage, BenchOptions } from "./bench.js";
import { BENCHES } from "./catalogue.js";
import { undoAll } from "./scratch.js";
import { tableOf } from "./table.js";

const USUAL: BenchOptions = { events: 100_000, siteMs: 30_000, scenes: 1000, from: 1 };

async function main([name = "", json = "{}"]: readonly string[]): Promise<void> {
  const options = { ...USUAL, ...(JSON.parse(json) as Partial<BenchOptions>) };
  const entry = BENCHES[name];
  if (entry === undefined) throw new Error(`expected one of ${Object.keys(BENCHES).join(", ")}, found "${name}"`);
  const bench = await entry.load();
  const rows = await bench.run(options);
  for (const row of rows) await tell({ kind: "row", row });
  await tell({ kind: "done" });
  if (process.send === undefined) {
    for (const line of tableOf(rows.map((row) => ({ bench: name, row })))) process.stdout.write(`${line}\n`);
  }
}

function tell(message: BenchMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

async function end(exitCode: number): Promise<void> {
  await undoAll();
  process.exit(exitCode);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(1));
process.once("disconnect", () => void end(1));

main(process.argv.slice(2)).then(
  () => end(0),
  async (cause: Error) => {
    await tell({ kind: "failed", why: cause.stack ?? String(cause) });
    if (process.send === undefined) process.stderr.write(`${cause.stack ?? String(cause)}\n`);
    await end(1);
  },
);

// R10 rests on disks: what was acknowledged stays over a crash, what was not is there as a whole or not at all, and a
// disk with a fault says no. Over many seeds, so that both ways of every chance are seen.

import t from "tap";
import { EMPTY_MEMORY } from "../../edge/core/memory.js";
import { replay } from "../../hub/core/hub.js";
import { emptyLedgerState } from "../../hub/core/ledger-state.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { Random } from "../../scripts/world/random.js";
import { type DiskTrouble, EdgeDisk, HubDisk } from "./disk.js";
import { Kernel, SECOND } from "./kernel.js";

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const SOUND: DiskTrouble = { slow: 0, fails: false };

function open(seed: number, trouble: DiskTrouble = SOUND) {
  const kernel = new Kernel(new Random(seed));
  const now = { trouble };
  const parts = { kernel, chance: new Random(seed), trouble: () => now.trouble };
  return { kernel, now, parts, disk: new HubDisk(parts) };
}

/** Starts of a hub, which may follow each other in a ledger. */
function events(from: number, count: number): readonly LedgerEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const epoch = from + index;
    const body = { kind: "hubStarted", epoch, longestWaitMs: 0, configHash: "", software: "" } as const;
    return { sequence: epoch, schema: 1, epoch, hubMs: 0, wallMs: 0, body };
  });
}

/** How often each result came, over all seeds. */
function tally(run: (seed: number) => string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const seed of SEEDS) {
    const result = run(seed);
    found[result] = (found[result] ?? 0) + 1;
  }
  return found;
}

t.test("a sound disk acknowledges within milliseconds, and what it acknowledged is there", (t) => {
  for (const seed of SEEDS) {
    const { kernel, disk } = open(seed);
    const said: string[] = [];
    disk.write(events(1, 3), (ok) => said.push(`${ok} ${disk.events.length}`));
    t.same([said, disk.events], [[], []], "not before");
    kernel.run(10_000);
    t.same(said, ["true 3"]);
  }
  t.end();
});

t.test("what was acknowledged stays over a crash", (t) => {
  for (const seed of SEEDS) {
    const { kernel, disk } = open(seed);
    disk.write(events(1, 2), () => {});
    kernel.run(SECOND);
    disk.crash();
    t.same(disk.events, events(1, 2));
  }
  t.end();
});

t.test("a batch under way at a crash is there as a whole or not at all, and nobody is told", (t) => {
  const found = tally((seed) => {
    const { kernel, disk } = open(seed);
    disk.write(events(1, 2), () => {});
    kernel.run(SECOND);
    disk.write(events(3, 3), () => t.fail("told after the crash"));
    disk.crash();
    kernel.run(2 * SECOND);
    return `${disk.events.length}`;
  });
  t.same(Object.keys(found).sort(), ["2", "5"]);
  t.ok(Math.min(...Object.values(found)) > 15, JSON.stringify(found));
  t.end();
});

t.test("after a crash another process writes, and hears nothing of the former one's write", (t) => {
  for (const seed of SEEDS) {
    const { kernel, disk } = open(seed);
    disk.write(events(1, 1), () => t.fail("told after the crash"));
    disk.crash();
    const kept = disk.events.length;
    const said: boolean[] = [];
    disk.write(events(kept + 1, 1), (ok) => said.push(ok));
    kernel.run(SECOND);
    t.same([said, disk.events], [[true], events(1, kept + 1)]);
  }
  t.end();
});

t.test("a disk that fails says so, whether or not it has written", (t) => {
  const found = tally((seed) => {
    const { kernel, disk } = open(seed, { slow: 0, fails: true });
    let told = "nothing";
    disk.write(events(1, 2), (ok) => {
      told = `${ok}`;
    });
    kernel.run(SECOND);
    return `${told} ${disk.events.length}`;
  });
  t.same(Object.keys(found).sort(), ["false 0", "false 2"]);
  t.end();
});

t.test("a disk that begins to fail while it writes fails that write", (t) => {
  const { kernel, disk, now } = open(1);
  const said: boolean[] = [];
  disk.write(events(1, 1), (ok) => said.push(ok));
  now.trouble = { slow: 0, fails: true };
  kernel.run(SECOND);
  t.same(said, [false]);
  t.end();
});

t.test("a slow disk takes up to seconds, and keeps what it was given", (t) => {
  let longestUs = 0;
  for (const seed of SEEDS) {
    const { kernel, disk } = open(seed, { slow: 1, fails: false });
    disk.write(events(1, 1), () => {
      longestUs = Math.max(longestUs, kernel.nowUs);
    });
    kernel.run(6 * SECOND);
    t.equal(disk.events.length, 1);
  }
  t.ok(longestUs > 3 * SECOND, `${longestUs} us`);
  t.end();
});

t.test("a disk is asked for one write at a time", (t) => {
  const { disk } = open(1);
  disk.write(events(1, 1), () => {});
  t.throws(() => disk.write(events(2, 1), () => {}), { message: /two things at once/ });
  t.end();
});

t.test("a copy has whole batches only, and a snapshot only when it holds what that was made of", (t) => {
  const { kernel, disk, parts } = open(1);
  for (const [from, count] of [
    [1, 2],
    [3, 3],
    [6, 1],
  ] as const) {
    disk.write(events(from, count), () => {});
    kernel.run(kernel.nowUs + SECOND);
    if (from === 3) disk.keepSnapshot(replay(disk.events));
  }
  for (const [most, expected] of [
    [0, 0],
    [1, 0],
    [2, 2],
    [4, 2],
    [5, 5],
    [6, 6],
    [9, 6],
  ] as const) {
    const copy = new HubDisk(parts);
    copy.copy(disk, most);
    t.same(copy.events, events(1, expected), `at most ${most}`);
    t.same(copy.open(5000), replay(events(1, expected)), "and opens as what it holds");
  }
  t.equal(disk.events.length, 6, "the original stays");
  disk.copy(disk, 4);
  t.equal(disk.events.length, 2, "a disk may be cut back to itself");
  t.end();
});

t.test("a hub's disk opens as the replay of its events, with a snapshot and without", (t) => {
  const { kernel, disk } = open(1);
  t.same(disk.open(5000), emptyLedgerState());
  disk.write(events(1, 2), () => {});
  kernel.run(SECOND);
  disk.keepSnapshot(replay(disk.events));
  disk.write(events(3, 2), () => {});
  kernel.run(2 * SECOND);
  t.same(disk.open(5000), replay(events(1, 4)));
  t.end();
});

t.test("an edge's disk holds the last memory that was kept, and is empty before", (t) => {
  const { kernel, parts } = open(1);
  const disk = new EdgeDisk("r1", parts);
  t.same([disk.memory, disk.owner], [null, "r1"]);
  for (const latch of ["bumper", "manual"]) {
    disk.write({ ...EMPTY_MEMORY, latches: [latch] }, () => {});
    kernel.run(kernel.nowUs + SECOND);
    t.same(disk.memory?.latches, [latch]);
  }
  t.end();
});

// A site file without the keys that have no default, with derived keys, or with names that are none: refused with path,
// found and expected.

import t from "tap";
import { type Case, checkRefusals } from "./helpers/refusals.js";
import { soundSite, spoilt, withLease } from "./helpers/site.js";

const cases: readonly Case[] = [
  {
    name: "C27 no dead-man time",
    text: spoilt("  deadmanMs: 300\n", ""),
    path: "/lease/deadmanMs",
    found: "nothing",
    expected: "a whole number from 1 to 10000 ms",
  },
  {
    name: "C27 no braking time",
    text: spoilt("  brakingMs: 800\n", ""),
    path: "/lease/brakingMs",
    found: "nothing",
    expected: "Worst time from the start of braking",
  },
  {
    name: "C27 no physics",
    text: `${soundSite.slice(0, soundSite.indexOf("physics:"))}`,
    path: "/physics",
    found: "nothing",
    expected: "measure it",
  },
  {
    name: "C27 no deceleration",
    text: spoilt("  brakeMps2: 2.5\n", ""),
    path: "/physics/brakeMps2",
    found: "nothing",
    expected: "m/s2",
  },
  {
    name: "C28 W set",
    text: withLease("waitMs: 100"),
    path: "/lease/waitMs",
    found: "waitMs",
    expected: "derived from the lease's constants, never set, here W = 4878 ms and M = 1260 ms",
  },
  { name: "C28 W by its letter", text: withLease("W: 100"), path: "/lease/W", found: "W", expected: "derived" },
  {
    name: "C28 M set",
    text: withLease("brakeAheadMs: 1"),
    path: "/lease/brakeAheadMs",
    found: "brakeAheadMs",
    expected: "derived",
  },
  {
    name: "C29 robot with a slash",
    text: spoilt("id: r1", 'id: "r/1"'),
    path: "/robots/0/id",
    found: '"r/1"',
    expected: "^[a-z][a-z0-9-]{0,31}$",
  },
  {
    name: "C29 robot with a wildcard",
    text: spoilt("id: r1", 'id: "r+"'),
    path: "/robots/0/id",
    found: '"r+"',
    expected: "text that matches",
  },
  {
    name: "C29 robot with NUL",
    text: spoilt("id: r1", 'id: "r\\0"'),
    path: "/robots/0/id",
    found: "u0000",
    expected: "text that matches",
  },
  {
    name: "C29 robot with a line end",
    text: spoilt("id: r1", 'id: "r1\\n"'),
    path: "/robots/0/id",
    found: "n",
    expected: "text that matches",
  },
  {
    name: "C29 long destination",
    text: spoilt("id: A1", `id: ${"A".repeat(65)}`),
    path: "/destinations/0/id",
    found: "AAA",
    expected: "text that matches",
  },
  {
    name: "C39 map above the folder",
    text: spoilt("yard.map", "../yard.map"),
    path: "/map/file",
    found: "../yard.map",
    expected: "text that matches",
  },
  {
    name: "C39 absolute map",
    text: spoilt("yard.map", "/etc/passwd"),
    path: "/map/file",
    found: "/etc/passwd",
    expected: "text that matches",
  },
  {
    name: "schema of the future",
    text: spoilt("schema: 1", "schema: 2"),
    path: "/schema",
    found: "2",
    expected: "1 (Version",
  },
  {
    name: "unknown format",
    text: spoilt("movingai", "png"),
    path: "/map/format",
    found: '"png"',
    expected: "one of movingai, ros",
  },
  {
    name: "unknown kind",
    text: spoilt("kind: pick", "kind: lift"),
    path: "/destinations/0/kind",
    found: '"lift"',
    expected: "one of pick, pack, charge, park, point",
  },
  {
    name: "contract without a channel",
    text: spoilt("id: pickers", "id: pickers\n    freshness: { channels: {} }"),
    path: "/fleets/0/freshness/channels",
    found: "{}",
    expected: "at least 1 key",
  },
  {
    name: "unknown channel",
    text: spoilt("id: pickers", "id: pickers\n    freshness: { channels: { scan: { limitMs: 1, lostMs: 2 } } }"),
    path: "/fleets/0/freshness/channels/scan",
    found: "scan",
    expected: "one of pose, battery",
  },
  {
    name: "key that is null",
    text: withLease("leaseMs:"),
    path: "/lease/leaseMs",
    found: "null",
    expected: "a whole number",
  },
];

t.test("R13 a missing key, a derived key or a bad name is refused", async (t) => checkRefusals(t, cases));

// Keys of a site file that contradict each other: refused with path, found and expected, with the numbers.

import t from "tap";
import { parseSite } from "../../fleet-config/validate.js";
import { type Case, checkRefusals } from "./helpers/refusals.js";
import { soundSite, spoilt, withLease } from "./helpers/site.js";

const cases: readonly Case[] = [
  {
    name: "C24 lease too short",
    text: withLease("leaseMs: 2660"),
    path: "/lease/leaseMs",
    found: "2660",
    expected: "D > (k+1)*R + RTT + M, that is more than (2+1)*400 + 200 + 1260 = 2660 ms",
    line: 17,
  },
  {
    name: "C30 two robots of one name",
    text: spoilt("id: r2", "id: r1"),
    path: "/robots/1/id",
    found: '"r1" at index 0 and at index 1',
    expected: "each id once in robots",
    line: 13,
  },
  {
    name: "C30 two destinations of one name",
    text: spoilt("id: A2", "id: A1"),
    path: "/destinations/1/id",
    found: '"A1" at index 0 and at index 1',
    expected: "each id once in destinations",
  },
  {
    name: "C30 two fleets of one name",
    text: spoilt("  - id: pickers", "  - id: pickers\n  - id: pickers"),
    path: "/fleets/1/id",
    found: "at index 0 and at index 1",
    expected: "each id once in fleets",
  },
  {
    name: "C31 conflict with itself",
    text: spoilt("kind: pick", "kind: pick, conflictsWith: [A1]"),
    path: "/destinations/0/conflictsWith/0",
    found: '"A1"',
    expected: "another destination than itself",
  },
  {
    name: "C31 conflict named twice",
    text: spoilt("kind: pick", "kind: pick, conflictsWith: [A2, A2]"),
    path: "/destinations/0/conflictsWith",
    found: "items 1 and 0 equal",
    expected: "all different",
  },
  {
    name: "C32 unknown conflict",
    text: spoilt("kind: pick", "kind: pick, conflictsWith: [A9]"),
    path: "/destinations/0/conflictsWith/0",
    found: '"A9"',
    expected: "a destination of this site",
  },
  {
    name: "C32 unknown home",
    text: spoilt("home: H2", "home: H9"),
    path: "/robots/1/home",
    found: '"H9"',
    expected: "a destination of this site",
  },
  {
    name: "C32 unknown fleet",
    text: spoilt("fleet: pickers, home: H2", "fleet: picker, home: H2"),
    path: "/robots/1/fleet",
    found: '"picker"',
    expected: "one of the fleets pickers",
  },
  {
    name: "one home for two",
    text: spoilt("home: H2", "home: H1"),
    path: "/robots/1/home",
    found: '"H1"',
    expected: 'does not conflict with "H1", the home of robot 0',
  },
  {
    name: "homes that overlap",
    text: spoilt("id: H2, xM: 4.5", "id: H2, xM: 2.4"),
    path: "/robots/1/home",
    found: '"H2"',
    expected: 'does not conflict with "H1", the home of robot 0',
  },
  {
    name: "braking faster than the brake",
    text: spoilt("maxSpeedMps: 2", "maxSpeedMps: 2.5"),
    path: "/lease/brakingMs",
    found: "800",
    expected: "at least maxSpeedMps / brakeMps2 = 2.5 / 2.5 s = 1000 ms",
  },
  {
    name: "reactive faster than fastest",
    text: spoilt("reactiveSpeedMps: 0.5", "reactiveSpeedMps: 2.5"),
    path: "/physics/reactiveSpeedMps",
    found: "2.5",
    expected: "at most maxSpeedMps, 2 m/s",
  },
  {
    name: "lost before late",
    text: spoilt("id: pickers", "id: pickers\n    freshness: { channels: { pose: { limitMs: 5000, lostMs: 5000 } } }"),
    path: "/fleets/0/freshness/channels/pose/lostMs",
    found: "5000",
    expected: "more than limitMs, 5000 ms",
    line: 11,
  },
  {
    name: "battery full before low",
    text: spoilt("physics:", "battery: { lowRatio: 0.9 }\nphysics:"),
    path: "/battery/lowRatio",
    found: "0.9",
    expected: "less than fullRatio, 0.9",
  },
  {
    name: "a fleet's battery full before low",
    text: spoilt("  - id: pickers", "  - id: pickers\n    battery: { fullRatio: 0.2 }"),
    path: "/fleets/0/battery",
    found: '{"fullRatio":0.2}',
    expected: "lowRatio below fullRatio, found 0.3 and 0.2",
  },
  {
    name: "back-off that shrinks",
    text: spoilt("physics:", "limits: { reconnectMinMs: 9000 }\nphysics:"),
    path: "/limits/reconnectMaxMs",
    found: "2000",
    expected: "at least reconnectMinMs, 9000 ms",
  },
  {
    name: "movingai without a cell size",
    text: spoilt(", cellM: 1", ""),
    path: "/map",
    found: "no cellM",
    expected: "does not state the size of its cells",
  },
  {
    name: "ros with a cell size",
    text: spoilt("movingai", "ros"),
    path: "/map/cellM",
    found: "1",
    expected: "a ros map states its own resolution",
  },
];

t.test("R13 keys that contradict each other are refused", async (t) => checkRefusals(t, cases));

t.test("R13 a sound site is accepted, so that each refusal below is due to its one change", async (t) => {
  const config = parseSite(soundSite, "site.yaml");
  t.equal(config.robots.length, 2);
  t.throws(() => Object.assign(config.lease, { leaseMs: 1 }), "frozen");
});

// A site file with keys and values that the schema does not know: refused with path, found and expected.

import t from "tap";
import { type Case, checkRefusals } from "./helpers/refusals.js";
import { spoilt, withLease } from "./helpers/site.js";

const cases: readonly Case[] = [
  {
    name: "C13 misspelt key",
    text: withLease("leasMs: 3000"),
    path: "/lease/leasMs",
    found: "leasMs",
    expected: "did you mean leaseMs?",
    line: 17,
  },
  {
    name: "C13 misspelt section",
    text: spoilt("robots:", "robot:"),
    path: "/robot",
    found: "robot",
    expected: "did you mean robots?",
  },
  {
    name: "C13 far from any key",
    text: withLease("banana: 1"),
    path: "/lease/banana",
    found: "banana",
    expected: "one of leaseMs, renewMs",
  },
  {
    name: "C17 too many robots",
    text: spoilt("robots:", `robots:\n${"  - { id: r3, fleet: pickers, home: H1 }\n".repeat(1001)}`),
    path: "/robots",
    found: "1003 items",
    expected: "a list of 1 to 1000 items",
  },
  {
    name: "C17 too many destinations",
    text: spoilt("destinations:", `destinations:\n${"  - 1\n".repeat(4097)}`),
    path: "/destinations",
    found: "4101 items",
    expected: "a list of 1 to 4096 items",
  },
  {
    name: "C17 no robots",
    text: spoilt("  - { id: r1, fleet: pickers, home: H1 }\n  - { id: r2, fleet: pickers, home: H2 }", "  []"),
    path: "/robots",
    found: "0 items",
    expected: "a list of 1 to 1000 items",
  },
  {
    name: "C18 number as text",
    text: withLease('leaseMs: "2000"'),
    path: "/lease/leaseMs",
    found: '"2000"',
    expected: "a whole number from 200 to 60000 ms",
  },
  {
    name: "C18 text as number",
    text: spoilt("site: yard", "site: 7"),
    path: "/site",
    found: "7",
    expected: "text that matches",
  },
  {
    name: "C18 yes is no boolean",
    text: spoilt("id: pickers", "id: pickers\n    ladder: { bootNeedsPerson: yes }"),
    path: "/fleets/0/ladder/bootNeedsPerson",
    found: '"yes"',
    expected: "true or false",
  },
  {
    name: "C19 too large for a number",
    text: withLease("leaseMs: 1e400"),
    path: "/lease/leaseMs",
    found: "Infinity",
    expected: "a finite number",
  },
  {
    name: "C19 not a number",
    text: spoilt("xM: 1.5", "xM: .nan"),
    path: "/destinations/0/xM",
    found: "NaN",
    expected: "a finite number",
    line: 5,
  },
  {
    name: "C19 minus zero",
    text: spoilt("headingRad: 0", "headingRad: -0"),
    path: "/destinations/0/headingRad",
    found: "-0",
    expected: "0 for zero",
  },
  {
    name: "C20 negative lease",
    text: withLease("leaseMs: -3000"),
    path: "/lease/leaseMs",
    found: "-3000",
    expected: "a whole number from 200",
  },
  {
    name: "C21 lease of zero",
    text: withLease("leaseMs: 0"),
    path: "/lease/leaseMs",
    found: "0",
    expected: "a whole number from 200",
  },
  {
    name: "C22 fractional milliseconds",
    text: withLease("renewMs: 400.5"),
    path: "/lease/renewMs",
    found: "400.5",
    expected: "a whole number",
  },
  {
    name: "C23 beyond a timer",
    text: spoilt("physics:", "limits: { dispatchMs: 2147483648 }\nphysics:"),
    path: "/limits/dispatchMs",
    found: "2147483648",
    expected: "to 2147483647 ms",
  },
  {
    name: "C25 negative drift",
    text: withLease("rhoHub: -0.1"),
    path: "/lease/rhoHub",
    found: "-0.1",
    expected: "a number from 0.1 to below 0.5",
  },
  {
    name: "C25 drift of a half",
    text: withLease("rhoRobot: 0.5"),
    path: "/lease/rhoRobot",
    found: "0.5",
    expected: "below 0.5",
  },
  {
    name: "C26 drift below what is proven",
    text: withLease("rhoRobot: 0.01"),
    path: "/lease/rhoRobot",
    found: "0.01",
    expected: "what Linux lets a time daemon slew",
  },
];

t.test("R13 a key or value that the schema does not know is refused", async (t) => checkRefusals(t, cases));

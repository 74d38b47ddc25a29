// What `--fault` and the other flags of a run accept, and that each refusal names the flag, the expectation and the
// finding.

import t from "tap";
import { parseFault, parseSpanMs } from "../../../scripts/demo/faults.js";
import { readDemoOptions } from "../../../scripts/demo/options.js";

t.test("faults of every kind are understood", async (t) => {
  const rows = [
    ["at=15s robot=r3 telemetry=off for=12s", { what: "telemetry" }, ["r3"], 15_000, 12_000],
    ["robot=r1,r2 link=off at=500ms", { what: "link", way: "off" }, ["r1", "r2"], 500, null],
    ["at=1m robot=r1 edge=kill", { what: "process", act: "edge=kill" }, ["r1"], 60_000, null],
    ["at=0s robot=r1 edge=stop for=1.5s", { what: "process", act: "edge=stop" }, ["r1"], 0, 1500],
    ["at=2s hub=kill for=5s", { what: "process", act: "hub=kill" }, [], 2000, 5000],
    ["at=2s robot=r2 link=down-off", { what: "link", way: "down-off" }, ["r2"], 2000, null],
    ["at=2s robot=r2 link=half-open", { what: "link", way: "half-open" }, ["r2"], 2000, null],
    ["at=2s hub=stop for=5s", { what: "process", act: "hub=stop" }, [], 2000, 5000],
    ["at=2s broker=kill", { what: "process", act: "broker=kill" }, [], 2000, null],
    ["at=2s robot=r4 planner=kill", { what: "process", act: "planner=kill" }, ["r4"], 2000, null],
    ["at=2s robot=r4 planner=hang", { what: "hang", role: "planner" }, ["r4"], 2000, null],
    ["at=2s robot=r4 controller=hang for=1s", { what: "hang", role: "controller" }, ["r4"], 2000, 1000],
    ["at=2s robot=r4 controller=kill", { what: "process", act: "controller=kill" }, ["r4"], 2000, null],
    ["at=2s robot=r4 sensor=frozen channel=scan", { what: "sensor-frozen", channel: "scan" }, ["r4"], 2000, null],
  ] as const;
  for (const [spec, kind, robots, atMs, forMs] of rows) {
    t.strictSame(parseFault(spec, 4), { spec, kind, robots, atMs, forMs }, spec);
  }
});

t.test("a fault that is not understood is refused with what is wrong in it", async (t) => {
  const rows = [
    ["", /not KEY=VALUE/],
    ["robot=r1 link=off", /at= is missing/],
    ["at=5s link=off", /robot= is missing/],
    ["at=5s robot=r1", /names no fault/],
    ["at=5s robot=r5 link=off", /no robot "r5" among r1\.\.r4/],
    ["at=5s robot=r0 link=off", /no robot "r0"/],
    ["at=5s robot=r1 hub=kill", /takes no robot/],
    ["at=5s robot=r1 edge=explode", /names no fault/],
    ["at=5s broker=stop", /names no fault/],
    ["at=5s robot=r1 broker=kill", /takes no robot/],
    ["at=5s robot=r1 link=half", /names no fault/],
    ["at=5s robot=r1 sensor=frozen", /names no fault/],
    ["at=5s robot=r1 sensor=frozen channel=sonar", /names no fault/],
    ["at=5s robot=r1 link=off link=off", /stands twice/],
    ["at=5s robot=r1 link=off colour=red", /"colour" is not understood/],
    ["at=5 robot=r1 link=off", /expected a time like 15s.*found "5"/],
    ["at=-5s robot=r1 link=off", /expected a time/],
    ["at=25h robot=r1 link=off", /at most 24h/],
  ] as const;
  for (const [spec, says] of rows) t.throws(() => parseFault(spec, 4), says, spec);
});

t.test("times carry a unit", async (t) => {
  t.equal(parseSpanMs("--for", "60s"), 60_000);
  t.equal(parseSpanMs("--for", "0.5m"), 30_000);
  t.equal(parseSpanMs("--for", "24h"), 86_400_000);
  for (const bad of ["", "s", "60", "1e3s", "10 s", "NaNs"])
    t.throws(() => parseSpanMs("--for", bad), /--for: expected/, bad);
});

t.test("flags have the defaults that the help tells", async (t) => {
  t.match(readDemoOptions([]), { robots: 6, forMs: null, seed: 1, headless: false, port: 7443, cellM: 1, faults: [] });
  t.match(readDemoOptions(["--robots", "8", "--for", "60s", "--headless", "--seed", "7"]), {
    robots: 8,
    forMs: 60_000,
    seed: 7,
  });
});

t.test("flags that cannot be used are refused before anything starts", async (t) => {
  const rows = [
    [["--robots", "0"], /--robots: expected a whole number from 1 to 34, found "0"/],
    [["--robots", "x"], /--robots/],
    [["--robots", "35"], /--robots/],
    [["--metrics", "127.0.0.1:1"], /--metrics: expected a whole number from 0 to 65501, found/],
    [["--metrics", "65502"], /--metrics/],
    [["--seed", "-1"], /--seed/],
    [["--port", "65536"], /--port/],
    [["--cell", "0"], /--cell/],
    [["--for", "soon"], /--for: expected a time/],
    [["--for", "0s"], /--for: expected more than no time/],
    [["--scenario", "a.scen"], /--scenario: expected a --map/],
    [["--fault", "nonsense"], /--fault 'nonsense'/],
    [["--unknown"], /unknown/i],
    [["stray"], /stray/],
  ] as const;
  for (const [args, says] of rows) t.throws(() => readDemoOptions(args), says, args.join(" "));
});

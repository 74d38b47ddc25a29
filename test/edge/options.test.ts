// The flags of `drover-edge`: what each command takes, and what it says of what it does not take.
import t from "tap";
import {
  readEdgeOptions,
  readExplainOptions,
  readRecordOptions,
  readReplayOptions,
  USAGE,
} from "../../edge/options.js";

const RUN = ["--config", "site.yaml", "--robot", "r1", "--data-dir", "data"];

t.test("run records nothing unless it is told how much, in whole megabytes", async (t) => {
  t.match(readEdgeOptions(RUN), { robot: "r1", recordBytes: 0 });
  for (const [text, bytes] of [
    ["16", 16_000_000],
    ["256", 256_000_000],
    ["1000000", 1e12],
  ] as const)
    t.match(readEdgeOptions([...RUN, "--record", text]), { recordBytes: bytes });
  for (const text of ["15", "0", "-1", "1e3", "16.5", "64MB", "", "1000001"])
    t.equal(
      readEdgeOptions([...RUN, `--record=${text}`]),
      `--record: expected 16 to 1000000 MB, found "${text}"`,
      text,
    );
});

t.test("record, replay and explain take what their usage says, and refuse the rest in words", async (t) => {
  t.same(readRecordOptions(["--data-dir", "d", "--out", "f"]), { dataDir: "d", out: "f" });
  t.equal(readRecordOptions(["--out", "f"]), "--data-dir DIR is missing");
  t.equal(readRecordOptions(["--data-dir", "d"]), "--out FILE is missing");
  t.match(readRecordOptions(["--data-dir", "d", "--out", "f", "--sire"]), /Unknown option '--sire'/);
  t.same(readReplayOptions(["f"]), { path: "f", any: false });
  t.same(readReplayOptions(["--any", "--", "-f"]), { path: "-f", any: true });
  for (const wrong of [[], ["a", "b"], [""]]) t.equal(readReplayOptions(wrong), "expected one FILE or DIR");
  t.same(readExplainOptions(["d-b-1", "--data-dir", "d"]), { id: "d-b-1", dataDir: "d", json: false });
  t.same(readExplainOptions(["--data-dir", "d", "--json"]), { id: null, dataDir: "d", json: true });
  t.equal(readExplainOptions(["d-b-1"]), "--data-dir DIR is missing");
  t.equal(readExplainOptions(["a", "b", "--data-dir", "d"]), "expected one ID");
  for (const command of ["run", "doctor", "explain", "record", "replay"]) t.match(USAGE, `drover-edge ${command} `);
});

// Topics: what is made is what is parsed, nothing else parses, and no robot's name reaches another's topics.
import fc from "fast-check";
import t from "tap";
import {
  ONBOARD_CHANNELS,
  ONBOARD_IN_ALL,
  ONBOARD_OUT_ALL,
  onboardIn,
  onboardOut,
  parseOnboardIn,
  parseTelemetryTopic,
  TELEMETRY_CHANNELS,
  telemetryFilter,
  telemetryTopic,
} from "../../proto/topics.js";

t.test("onboard topics are what the documented contract says", async (t) => {
  t.same(ONBOARD_CHANNELS, ["pose", "scan", "odometry", "battery", "base"]);
  t.equal(onboardIn("scan", "protobuf"), "drover/base/in/scan");
  t.equal(onboardIn("scan", "json"), "drover/base/in/scan/json");
  t.equal(onboardOut("tick", "protobuf"), "drover/base/out/tick");
  t.equal(onboardOut("command", "json"), "drover/base/out/command/json");
  t.same([ONBOARD_IN_ALL, ONBOARD_OUT_ALL], ["drover/base/in/#", "drover/base/out/#"]);
});

t.test("onboard topic parses to its channel and form", async (t) => {
  for (const channel of ONBOARD_CHANNELS) {
    for (const form of ["protobuf", "json"] as const)
      t.same(parseOnboardIn(onboardIn(channel, form)), { channel, form }, `${channel} ${form}`);
  }
});

t.test("R13 onboard topic of no channel is not parsed", async (t) => {
  const odd = ["", "/", "drover", "drover/base/in", "drover/base/in/", "drover/base/in/json", "drover/base/in/lidar"];
  odd.push("drover/base/in/scan/", "drover/base/in/scan/json/", "drover/base/in/scan/JSON", "drover/base/in/scan/x");
  odd.push("drover/base/out/scan", "drover/base/in/Scan", " drover/base/in/scan", "xrover/base/in/scan");
  odd.push(
    "drover/base/inxscan",
    "drover/base/in/constructor",
    "drover/base/in//json",
    "drover/base/in/scan/json/json",
  );
  for (const topic of odd) t.equal(parseOnboardIn(topic), null, topic);
});

t.test("telemetry topic parses to whom it is about", async (t) => {
  for (const channel of TELEMETRY_CHANNELS) {
    const at = { site: "depot", robot: "r1", channel };
    t.equal(telemetryTopic(at), `drover/depot/r1/up/${channel}`);
    t.same(parseTelemetryTopic(telemetryTopic(at)), at);
  }
  t.equal(telemetryFilter("depot"), "drover/depot/+/up/+");
});

t.test("R13 telemetry topic of another shape is not parsed", async (t) => {
  const odd = [
    "",
    "drover/depot/r1/up",
    "drover/depot/r1/up/pose/x",
    "drover/depot/r1/down/pose",
    "rover/depot/r1/up/pose",
  ];
  odd.push("/drover/depot/r1/up/pose", "drover/depot/r1/UP/pose");
  for (const topic of odd) t.equal(parseTelemetryTopic(topic), null, topic);
});

t.test("telemetry topics of two robots or channels are never the same", async (t) => {
  const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);
  const at = fc.record({ site: id, robot: id, channel: id });
  const property = fc.property(at, at, (a, b) => {
    const same = a.site === b.site && a.robot === b.robot && a.channel === b.channel;
    return (telemetryTopic(a) === telemetryTopic(b)) === same;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

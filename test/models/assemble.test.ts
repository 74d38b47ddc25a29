// R6, R11: a run is fed what the manifest says, from evidence that is young enough, or it is refused by name.

import t from "tap";
import { assemble, type Frames, sectorsOf } from "../../models/assemble.js";
import type { Feature, ModelManifest } from "../../models/manifest.js";
import { type Evidence, SOURCE_NAMES, SOURCES } from "../../models/sources.js";
import { aManifest, evidence, feature, RAYS, SAMPLES } from "./helpers/manifests.js";

function fedWith(...features: readonly Feature[]): ModelManifest {
  const fill = { kind: "features", features } as const;
  return aManifest({ inputs: [{ tensor: "obs", type: "float32", shape: [1, features.length], unit: "", fill }] });
}

/** What these features give now, as plain numbers; a refusal's reason otherwise. */
function give(features: readonly Feature[], more: Parameters<typeof evidence>[0] = {}): readonly number[] | string {
  const assembly = assemble(fedWith(...features), evidence(more), new Map());
  return assembly.kind === "refused" ? assembly.reason : Array.from(assembly.feeds[0]?.data ?? [], Number);
}

const EXPECTED: Readonly<Record<(typeof SOURCE_NAMES)[number], number>> = {
  ...{ "pose.xM": 1, "pose.yM": 2, "pose.headingRad": Math.PI / 2, "pose.headingCos": 0, "pose.headingSin": 1 },
  ...{ "pose.errorM": 0.05, "odometry.speedMps": 0.5, "odometry.turnRadps": -0.25, "odometry.travelledM": 12 },
  ...{ "battery.chargeRatio": 0.5, "battery.charging": 1, "base.emergencyStop": 0, "base.bumper": 1 },
  ...{ "base.manual": 0, "scan.rangeM": 1, "target.forwardM": 3, "target.leftM": 0, "target.distanceM": 3 },
  ...{ "target.bearingRad": 0, "target.turnRad": -Math.PI / 2, "waypoint.forwardM": 1, "waypoint.leftM": 1 },
  ...{ "command.speedMps": 0.4, "command.turnRadps": 0.1, one: 1 },
};

for (const name of SOURCE_NAMES) {
  t.test(`source ${name} tells what the robot knows`, (t) => {
    const [value = Number.NaN] = give([feature(name)]) as readonly number[];
    t.ok(Math.abs(value - EXPECTED[name]) < 1e-6, `expected ${EXPECTED[name]}, found ${value}`);
    t.end();
  });
}

t.test("R6 run rests on channels that are young enough, and tells how old each was", (t) => {
  const ready = assemble(aManifest(), evidence({ ages: { scan: 200, pose: 30 } }), new Map());
  t.match(ready, {
    kind: "ready",
    ages: [
      { channel: "pose", ageMs: 30 },
      { channel: "scan", ageMs: 200 },
    ],
  });
  t.match(ready, { feeds: [{ tensor: "obs", type: "float32", dims: [1, 9] }] });
  t.end();
});

t.test("R6 run is refused by the name of the input whose evidence is too old, of no known age, or absent", (t) => {
  const attempt = (more: Parameters<typeof evidence>[0]) => assemble(aManifest(), evidence(more), new Map());
  const old = attempt({ ages: { scan: 201 } });
  t.same(old, {
    kind: "refused",
    tensor: "obs",
    reason: "scan.rangeM: expected scan at most 200 ms old, found it 201 ms old",
  });
  const unbounded = attempt({ ages: { scan: Number.POSITIVE_INFINITY } });
  t.match(unbounded, { reason: /found it of no known age/ });
  t.match(attempt({ ages: { scan: Number.NaN } }), { kind: "refused" });
  t.match(attempt({ samples: { pose: undefined } }), {
    reason: /^target\.distanceM: expected pose/,
  });
  t.match(attempt({ target: null }), { reason: "target.distanceM: nothing tells it" });
  t.end();
});

t.test("what is missing is the number that the manifest gives, before offset and scale", (t) => {
  const charge = feature("battery.chargeRatio", { missing: 1, offset: 1, scale: 10 });
  t.same(give([charge], { ages: { battery: 201 } }), [20]);
  t.same(give([charge]), [15]);
  const rays = feature("scan.rangeM", { missing: 9, rays: RAYS });
  t.same(give([rays], { samples: { scan: undefined } }), new Array(8).fill(9));
  t.end();
});

t.test("a value is clipped after offset and scale", (t) => {
  t.same(give([feature("pose.xM", { offset: 1, scale: 10, clip: [-5, 5] })]), [5]);
  t.same(give([feature("pose.xM", { offset: -1, scale: 10, clip: [-5, 5] })]), [0]);
  t.end();
});

t.test("R6 sectors hold the least echo in them, or that of the ray nearest to their middle", (t) => {
  // Rays at 0, 90, 180 and 270 degrees; eight sectors from -180: a ray on the rim belongs to the sector that it opens.
  t.same(sectorsOf(SAMPLES.scan, RAYS), [3, 3, 20, 1, 1, 1, 2, 2]);
  const two = { ...RAYS, count: 2, fromRad: -Math.PI / 4, toRad: (3 * Math.PI) / 4 };
  t.same(sectorsOf(SAMPLES.scan, two), [1, 2]);
  const wide = { ...RAYS, count: 1, fromRad: -Math.PI / 4, toRad: Math.PI };
  t.same(sectorsOf(SAMPLES.scan, wide), [1]);
  t.same(sectorsOf(SAMPLES.scan, { ...wide, take: "middle" }), [2], "the ray at 90 degrees is the middle one");
  t.end();
});

t.test("R6 sectors finer than the scan take the rays on both sides; where it does not look there is nothing", (t) => {
  const half = { ...SAMPLES.scan, angleMinRad: -Math.PI / 2, rangeM: [4, 5, 6] }; // -90 to 90 degrees
  t.same(sectorsOf(half, RAYS), [20, 20, 4, 4, 5, 5, 6, 20], "nothing behind it");
  t.same(sectorsOf({ ...half, angleMinRad: Math.PI / 2, angleStepRad: -Math.PI / 2, rangeM: [6, 5, 4] }, RAYS), [
    ...[20, 20, 4, 4, 5, 5, 6, 20],
  ]);
  const middle = { ...RAYS, take: "middle", count: 16 } as const;
  t.same(sectorsOf(half, middle).slice(4, 13), [4, 4, 5, 5, 5, 5, 6, 6, 6], "of two rays the one nearer to it");
  const round = { ...SAMPLES.scan, rangeM: [1, 2, 3, 4] };
  t.same(sectorsOf(round, RAYS), [3, 3, 4, 1, 1, 1, 2, 2], "from its last ray on to its first");
  t.end();
});

t.test("R6 a ray of range 0 has no echo: it is nothing, and never the nearest thing", (t) => {
  const rangeM = SAMPLES.scan.rangeM.map((range, ray) => (ray === 0 ? 0 : range));
  const scan = { ...SAMPLES.scan, rangeM };
  const wide = { ...RAYS, count: 1 };
  const others = Math.min(...rangeM.filter((range) => range > 0));
  t.same(sectorsOf(scan, wide), [others]);
  t.same(sectorsOf({ ...scan, rangeM: rangeM.map(() => 0) }, wide), [RAYS.nothingM]);
  t.same(sectorsOf({ ...scan, rangeM: rangeM.map(() => 0) }, { ...wide, take: "middle" }), [RAYS.nothingM]);
  const sample = (channel: string) => (channel === "scan" ? scan : undefined);
  const least = SOURCES["scan.rangeM"].read({ ...evidence({}), sample: sample as Evidence["sample"] });
  t.equal(least, others);
  t.end();
});

t.test("a history gives the newest value that is old enough for each frame, and repeats the oldest at first", (t) => {
  for (const order of ["newest-first", "oldest-first"] as const) {
    const speed = feature("odometry.speedMps", { history: { frames: 3, everyMs: 100, order } });
    const frames: Frames = new Map();
    const at = (nowMs: number, speedMps: number) => {
      const samples = { odometry: { ...SAMPLES.odometry, speedMps } };
      const assembly = assemble(fedWith(speed), evidence({ nowMs, samples }), frames);
      const values = assembly.kind === "ready" ? Array.from(assembly.feeds[0]?.data ?? [], Number) : [];
      return order === "newest-first" ? values : values.reverse();
    };
    t.same(at(0, 1), [1, 1, 1]);
    t.same(at(50, 2), [2, 1, 1]);
    t.same(at(100, 3), [3, 1, 1]);
    t.same(at(160, 4), [4, 2, 1]);
    t.same(at(300, 5), [5, 4, 3], "of 200 ms ago the newest before it is that of 160");
    frames.clear();
    t.same(at(310, 6), [6, 6, 6]);
  }
  t.end();
});

t.test("a history keeps no more than it needs", (t) => {
  const speed = feature("odometry.speedMps", { history: { frames: 4, everyMs: 100, order: "newest-first" } });
  const manifest = fedWith(speed);
  const frames: Frames = new Map();
  for (let nowMs = 0; nowMs < 100_000; nowMs += 50) assemble(manifest, evidence({ nowMs }), frames);
  const [kept] = [...frames.values()];
  t.ok(kept !== undefined && kept.length <= 8, `kept ${kept?.length} frames`);
  t.end();
});

t.test("tensors are in the type that the graph wants", (t) => {
  const fill = { kind: "features", features: [feature("pose.yM"), feature("base.bumper")] } as const;
  const of = (type: "float16" | "int64" | "bool") => {
    const manifest = aManifest({ inputs: [{ tensor: "obs", type, shape: [2], unit: "", fill }] });
    const ready = assemble(manifest, evidence(), new Map());
    return ready.kind === "ready" ? ready.feeds[0]?.data : undefined;
  };
  t.same(of("float16"), new Uint16Array([0x4000, 0x3c00]));
  t.same(of("int64"), new BigInt64Array([2n, 1n]));
  t.same(of("bool"), new Uint8Array([1, 1]));
  t.end();
});

t.test("R6 a history begins anew after a time without runs: what is long past is no history of what is now", (t) => {
  const speed = feature("odometry.speedMps", { history: { frames: 3, everyMs: 100, order: "newest-first" } });
  const frames: Frames = new Map();
  const at = (nowMs: number, speedMps: number) => {
    const samples = { odometry: { ...SAMPLES.odometry, speedMps } };
    const assembly = assemble(fedWith(speed), evidence({ nowMs, samples }), frames);
    return assembly.kind === "ready" ? Array.from(assembly.feeds[0]?.data ?? [], Number) : [];
  };
  t.same(at(0, 1), [1, 1, 1]);
  t.same(at(1000, 2), [2, 1, 1]);
  t.same(at(2001, 3), [3, 3, 3]);
  t.end();
});

// A recorded log of a real robot (data/robotlogs, read in place) as samples of the on-board contract. Each line has the
// time in microseconds, wheel ticks left and right, and the ranges of a scan of 240 degrees in millimetres, 0 for no
// return. There is no pose in it: the pose is reckoned from the wheels.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readSample } from "../../../edge/io/onboard-broker.js";
import { encode } from "../../../proto/codec/codec.js";
import type { OnboardSample } from "../../../proto/wire.js";
import { dataFolder } from "../../models/helpers/maps.js";

const FILE = "robotlogs/mines_rover_exp2.dat.gz";

/** The rover: wheels of 77 mm, 330 mm apart, 2000 ticks a turn (examples/mines.py beside the log's source). */
const TICK_M = (2 * Math.PI * 0.077) / 2000;
const TRACK_M = 0.33;
/** Its lidar, a URG-04LX: rays of 360/1024 degrees, the first 120 degrees to the right; it sees up to 5.6 m. */
const STEP_RAD = (2 * Math.PI) / 1024;
const FIRST_RAD = -(2 * Math.PI) / 3;
const RANGE_MOST_M = 5.6;
const FIRST_COLUMN = 24;

export interface LogLine {
  readonly atUs: number;
  readonly left: number; // wheel ticks
  readonly right: number;
  readonly rangesMm: readonly number[];
}

/** The lines of the log, or why they cannot be read. */
export function roverLog(): { readonly lines: readonly LogLine[]; readonly missing: string | false } {
  const data = dataFolder();
  const file = "folder" in data ? join(data.folder, FILE) : "";
  if (!existsSync(file)) return { lines: [], missing: "missing" in data ? data.missing : `no log at ${file}` };
  const text = gunzipSync(readFileSync(file)).toString("ascii");
  return { lines: text.split("\n").filter(isLine).map(lineOf), missing: false };
}

function isLine(text: string): boolean {
  return text.trim() !== "";
}

function lineOf(text: string): LogLine {
  const [atUs = 0, , left = 0, right = 0, ...rest] = text.trim().split(/\s+/).map(Number);
  return { atUs, left, right, rangesMm: rest.slice(FIRST_COLUMN - 4) };
}

interface Reckoned {
  xM: number;
  yM: number;
  headingRad: number;
  travelledM: number;
}

/** Turns lines into the samples that a base driver would send, each through the bytes of the on-board contract. */
export class RoverDriver {
  readonly #at: Reckoned;
  #last: LogLine | null = null;
  #sequence = 0;

  constructor(start: { readonly xM: number; readonly yM: number; readonly headingRad: number }) {
    this.#at = { ...start, travelledM: 0 };
  }

  /** The samples of a line that was captured at `capturedMs` of the board's clock. */
  samples(line: LogLine, capturedMs: number): readonly OnboardSample[] {
    const { speedMps, turnRadps } = this.#reckon(line);
    this.#sequence += 1;
    const capture = { baseBoot: "rover1", sequence: this.#sequence, monotonicMs: capturedMs };
    const { xM, yM, headingRad, travelledM } = this.#at;
    const rangeM = line.rangesMm.map((mm) => mm / 1000);
    const rays = { angleMinRad: FIRST_RAD, angleStepRad: STEP_RAD, rangeMaxM: RANGE_MOST_M, rangeM };
    return [
      heard("odometry", "OdometrySample", { capture, speedMps, turnRadps, travelledM }),
      heard("pose", "PoseSample", { capture, xM, yM, headingRad, errorM: 0.1 }),
      heard("scan", "ScanSample", { capture, ...rays }),
      heard("base", "BaseSample", { capture, emergencyStop: false, bumper: false, manual: false, commandSequence: 0 }),
    ];
  }

  #reckon(line: LogLine): { readonly speedMps: number; readonly turnRadps: number } {
    const last = this.#last ?? line;
    this.#last = line;
    const leftM = (line.left - last.left) * TICK_M;
    const rightM = (line.right - last.right) * TICK_M;
    const [wayM, turnRad] = [(leftM + rightM) / 2, (rightM - leftM) / TRACK_M];
    const at = this.#at;
    at.xM += wayM * Math.cos(at.headingRad + turnRad / 2);
    at.yM += wayM * Math.sin(at.headingRad + turnRad / 2);
    at.headingRad += turnRad;
    at.travelledM += Math.abs(wayM);
    const seconds = (line.atUs - last.atUs) / 1e6;
    return seconds > 0 ? { speedMps: wayM / seconds, turnRadps: turnRad / seconds } : { speedMps: 0, turnRadps: 0 };
  }
}

/** What the edge makes of the bytes of a sample. Throws when it refuses them. */
function heard(channel: OnboardSample["channel"], message: string, plain: object): OnboardSample {
  const read = readSample(channel, "protobuf", encode(message, plain));
  if ("refusal" in read) throw new Error(read.refusal);
  return read.sample;
}

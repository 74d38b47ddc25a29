// The only definition of every key of a site: JSON Schema (draft 2020-12) from which come the types (types.ts), the
// validation (load.ts) and the table of keys (KEYS.md). What one key alone can violate stands here; what two keys can
// violate together stands in derive.ts. Objects are closed: an unknown key is refused (R13).

import { boundarySchema } from "./schema-boundary.js";
import {
  batterySchema,
  decisionsSchema,
  dispatchSchema,
  fleetBatterySchema,
  leaseSchema,
  limitsSchema,
  physicsSchema,
} from "./schema-constants.js";
import { healthSchema } from "./schema-health.js";
import { interplaySchema } from "./schema-interplay.js";
import { modelsSchema } from "./schema-models.js";
import { peopleSchema } from "./schema-people.js";
import { count, flag, list, ms, object, oneOf, quantity, ratio, text } from "./schema-words.js";

/** Site, fleet, robot: they become parts of topics and certificate names. */
export const idPattern = "^[a-z][a-z0-9-]{0,31}$";
/** Destinations carry the names that a site already uses. */
export const destinationIdPattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
/** Files are named relative to the folder of the site file and cannot leave it. */
export const filePattern = "^(?!.*\\.\\.)[A-Za-z0-9_][A-Za-z0-9._/ -]{0,254}$";

/** Most robots and destinations of one site. */
export const robotsMax = 1000;
export const destinationsMax = 4096;

const cornerSchema = object(
  {
    xM: quantity("Position on the site map, to the right.", { unit: "m", minimum: -100_000, maximum: 100_000 }),
    yM: quantity("Position on the site map, up.", { unit: "m", minimum: -100_000, maximum: 100_000 }),
  },
  { description: "A corner.", required: ["xM", "yM"] },
);

const keepOutSchema = object(
  {
    id: text("Name of the zone.", destinationIdPattern),
    corners: list(cornerSchema, { minItems: 3, maxItems: 64, description: "Corners of the zone, one after another." }),
  },
  { description: "A zone that robots keep out of, as of a wall.", required: ["id", "corners"] },
);

const mapSchema = object(
  {
    file: text("Map file, relative to the folder of the site file.", filePattern),
    format: oneOf(
      "movingai (.map, needs cellM) or ros (map_server: a .yaml that names a .pgm).",
      ["movingai", "ros"],
      {},
    ),
    cellM: quantity("Side of one cell of a movingai map; a ros map states its own.", {
      unit: "m",
      minimum: 0.01,
      maximum: 10,
    }),
    planCellM: quantity("Side of one cell of the planning grid; the map is coarsened to it.", {
      unit: "m",
      minimum: 0.01,
      maximum: 10,
    }),
    keepOut: list(keepOutSchema, { maxItems: 256, description: "Zones that robots keep out of." }),
  },
  { description: "The site's map.", required: ["file", "format"] },
);

const destinationSchema = object(
  {
    id: text("Name of the destination.", destinationIdPattern),
    xM: quantity("Position on the site map, to the right.", { unit: "m", minimum: -100_000, maximum: 100_000 }),
    yM: quantity("Position on the site map, up.", { unit: "m", minimum: -100_000, maximum: 100_000 }),
    headingRad: quantity("Heading of a robot that has arrived, counter-clockwise from x.", {
      unit: "rad",
      minimum: -7,
      maximum: 7,
    }),
    footprintRadiusM: quantity("Radius of the circle that is taken while a robot stands here.", {
      unit: "m",
      minimum: 0.02,
      maximum: 20,
    }),
    kind: oneOf("What it is for.", ["pick", "pack", "charge", "park", "point"], {}),
    conflictsWith: list(text("A destination that must not be held at the same time.", destinationIdPattern), {
      maxItems: 256,
      uniqueItems: true,
      description:
        "Conflicts beyond overlapping footprints (R1). Naming one side is enough: the relation is symmetric.",
    }),
  },
  {
    description: "A pose that a task can name.",
    required: ["id", "xM", "yM", "headingRad", "footprintRadiusM", "kind"],
  },
);

function channelLimits(description: string) {
  return object(
    {
      limitMs: ms("Age bound above which the channel is late: REACTIVE_ONLY.", {}),
      lostMs: ms("Age bound above which the channel is lost: CONFIRM.", {}),
    },
    { description, required: ["limitMs", "lostMs"] },
  );
}

const freshnessSchema = object(
  {
    channels: object(
      { pose: channelLimits("Where the robot is."), battery: channelLimits("Its charge.") },
      {
        description: "Channels that must reach the hub in time; the worst one is the robot's telemetry age.",
        required: [],
        minProperties: 1,
        default: { pose: { limitMs: 5000, lostMs: 30_000 } },
      },
    ),
    staleShare: ratio("Share of the fleet's robots whose staleness lowers the whole fleet (R9).", {
      minimum: 0.01,
      default: 0.5,
    }),
  },
  { description: "Freshness contract of telemetry (R6).", required: [], default: {} },
);

const ladderSchema = object(
  {
    dwellMs: ms("Time the age must stay under half its limit before one rung up.", { default: 10_000 }),
    maxDoublings: count("Doublings of the dwell after repeated falls by one cause; 3 means up to 8 times.", {
      unit: "doublings",
      minimum: 0,
      maximum: 10,
      default: 3,
    }),
    fallMemoryMs: ms("Time after which a fall is forgotten.", { default: 600_000 }),
    bootNeedsPerson: flag("Whether a person must release a robot after each start.", { default: false }),
  },
  { description: "How the ladder is climbed again (R7).", required: [], default: {} },
);

const fleetSchema = object(
  {
    id: text("Name of the fleet.", idPattern),
    freshness: freshnessSchema,
    ladder: ladderSchema,
    battery: fleetBatterySchema,
  },
  { description: "Robots that share a policy.", required: ["id"] },
);

const robotSchema = object(
  {
    id: text("Name of the robot; also the name in its certificate and its topics.", idPattern),
    fleet: text("The fleet it belongs to.", idPattern),
    home: text("The destination where it stands at start and parks.", destinationIdPattern),
  },
  { description: "A mobile robot.", required: ["id", "fleet", "home"] },
);

export const siteSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Drover site",
  ...object(
    {
      schema: { type: "integer", const: 1, description: "Version of this schema." },
      site: text("Name of the site.", idPattern),
      map: mapSchema,
      destinations: list(destinationSchema, {
        minItems: 1,
        maxItems: destinationsMax,
        description: "Places that tasks can name.",
      }),
      fleets: list(fleetSchema, { minItems: 1, maxItems: 64, description: "Fleets." }),
      robots: list(robotSchema, { minItems: 1, maxItems: robotsMax, description: "Robots." }),
      decisions: decisionsSchema,
      health: healthSchema,
      lease: leaseSchema,
      physics: physicsSchema,
      battery: batterySchema,
      limits: limitsSchema,
      models: modelsSchema,
      people: peopleSchema,
      interplay: interplaySchema,
      dispatch: dispatchSchema,
      boundary: boundarySchema,
    },
    {
      description: "A site: one hub, its map, its robots.",
      required: ["schema", "site", "map", "destinations", "fleets", "robots", "lease", "physics"],
    },
  ),
} as const;

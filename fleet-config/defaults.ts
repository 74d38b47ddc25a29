// The numbers that sites made by this project write down: its own simulated base, scaled to the map. They are no
// defaults of the schema: a real site measures its own.

import { siteSchema } from "./schema.js";
import type {
  BatteryConfig,
  DecisionPolicy,
  DispatchConfig,
  FleetConfig,
  HealthPolicy,
  InterplayConfig,
  LeaseConfig,
  Limits,
  ModelsConfig,
  Physics,
  SiteConfig,
} from "./types.js";

interface Shape {
  readonly type?: unknown;
  readonly default?: unknown;
  readonly properties?: object;
}

/** Fills a value of a schema with that schema's defaults, as the validator does. */
export function filled(schema: Shape, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = Object.assign({}, given);
  for (const [key, part] of Object.entries<Shape>({ ...schema.properties })) {
    const value = out[key] ?? part.default;
    if (value === undefined) continue;
    out[key] = part.properties === undefined ? value : filled(part, value as Readonly<Record<string, unknown>>);
  }
  return out;
}

/** A fleet by its name, everything else by default. */
export function fleetOf(id: string): FleetConfig {
  return filled(siteSchema.properties.fleets.items, { id }) as unknown as FleetConfig;
}

/** Lease constants of the simulated base. */
export function simulatedLease(): LeaseConfig {
  return filled(siteSchema.properties.lease, { deadmanMs: 300, brakingMs: 800 }) as unknown as LeaseConfig;
}

/** Physics of the simulated base; `scale` 1 is a robot of 0.7 m. */
export function simulatedPhysics(body: {
  readonly radiusM: number;
  readonly marginM: number;
  readonly maxSpeedMps: number;
}): Physics {
  return {
    radiusM: body.radiusM,
    maxSpeedMps: body.maxSpeedMps,
    maxTurnRadps: 1.8,
    accelMps2: 1.2,
    brakeMps2: 2.5,
    reactiveSpeedMps: Math.min(0.5, body.maxSpeedMps),
    marginM: body.marginM,
    arriveM: Math.min(0.15, body.radiusM / 2),
    settleMs: 400,
    poseErrorMaxM: 0.3,
  };
}

/** Everything of a site that has a default. */
export function defaultedParts(): Pick<
  SiteConfig,
  "decisions" | "health" | "battery" | "limits" | "models" | "interplay" | "dispatch"
> {
  const { decisions, health, battery, limits, models, interplay, dispatch } = siteSchema.properties;
  return {
    decisions: filled(decisions, {}) as unknown as DecisionPolicy,
    health: filled(health, {}) as unknown as HealthPolicy,
    battery: filled(battery, {}) as unknown as BatteryConfig,
    limits: filled(limits, {}) as unknown as Limits,
    models: filled(models, {}) as unknown as ModelsConfig,
    interplay: filled(interplay, {}) as unknown as InterplayConfig,
    dispatch: filled(dispatch, {}) as unknown as DispatchConfig,
  };
}

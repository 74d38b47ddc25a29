// Types of a validated site, read off the schema by the compiler, so that they cannot drift from what is checked.
// A key is present in the type when the schema requires it or gives it a default; else it is optional.

import type { siteSchema } from "./schema.js";

type Flat<T> = { readonly [K in keyof T]: T[K] };

type RequiredOf<S> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type PresentKeys<P, R> = {
  [K in keyof P]: P[K] extends { readonly default: unknown } ? K : K extends R ? K : never;
}[keyof P];

type ObjectOf<P, R> = Flat<
  { readonly [K in PresentKeys<P, R>]: FromSchema<P[K]> } & {
    readonly [K in Exclude<keyof P, PresentKeys<P, R>>]?: FromSchema<P[K]>;
  }
>;

/** The type of values that a schema of schema-words.ts admits once its defaults are filled in. */
export type FromSchema<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly type: "object"; readonly properties: infer P }
      ? ObjectOf<P, RequiredOf<S>>
      : S extends { readonly type: "array"; readonly items: infer I }
        ? readonly FromSchema<I>[]
        : S extends { readonly type: "string" }
          ? string
          : S extends { readonly type: "integer" | "number" }
            ? number
            : S extends { readonly type: "boolean" }
              ? boolean
              : never;

/** A site as parsed: defaults filled in, frozen. */
export type SiteConfig = FromSchema<typeof siteSchema>;

export type KeepOut = NonNullable<SiteConfig["map"]["keepOut"]>[number];
export type Destination = SiteConfig["destinations"][number];
export type DestinationKind = Destination["kind"];
export type FleetConfig = SiteConfig["fleets"][number];
export type FreshnessContract = FleetConfig["freshness"];
export type LadderConfig = FleetConfig["ladder"];
export type RobotConfig = SiteConfig["robots"][number];
export type DecisionPolicy = SiteConfig["decisions"];
export type HealthPolicy = SiteConfig["health"];
export type SensorAges = DecisionPolicy["plan"];
export type LeaseConfig = SiteConfig["lease"];
export type Physics = SiteConfig["physics"];
export type BatteryConfig = SiteConfig["battery"];
export type DispatchConfig = SiteConfig["dispatch"];
export type Limits = SiteConfig["limits"];
export type ModelsConfig = SiteConfig["models"];
export type BoundaryConfig = NonNullable<SiteConfig["boundary"]>;
export type PersonConfig = NonNullable<SiteConfig["people"]>[number];
export type InterplayConfig = SiteConfig["interplay"];

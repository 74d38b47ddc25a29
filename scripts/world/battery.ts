// The battery of a simulated base: falls with time and with distance, rises while the base stands at a charger. Pure.

export interface BatterySpec {
  readonly idlePerS: number; // share of the charge that a second costs
  readonly drivenPerM: number; // share that a metre costs
  readonly chargedPerS: number; // share that a second at a charger gives
}

/** About eight hours of standing, or seven kilometres; full in ten minutes. */
export const BATTERY: BatterySpec = { idlePerS: 0.000_035, drivenPerM: 0.000_14, chargedPerS: 0.001_7 };

export interface Battery {
  readonly chargeRatio: number; // 0 empty, 1 full
  readonly charging: boolean;
}

/** The battery after `seconds` in which `drivenM` were driven. */
export function used(
  battery: Battery,
  use: { readonly seconds: number; readonly drivenM: number; readonly atCharger: boolean; readonly spec: BatterySpec },
): Battery {
  const { spec } = use;
  const change = use.atCharger
    ? spec.chargedPerS * use.seconds
    : -(spec.idlePerS * use.seconds + spec.drivenPerM * use.drivenM);
  return { chargeRatio: Math.max(0, Math.min(1, battery.chargeRatio + change)), charging: use.atCharger };
}

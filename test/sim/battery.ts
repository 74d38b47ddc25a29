// The battery of a body: falls with its way, rises while it stands on a charger. A site without drain has batteries
// that stay as they are.

export interface BatterySpec {
  readonly chargers: readonly { readonly xM: number; readonly yM: number }[];
  readonly drainPerM: number;
  readonly chargedPerS: number;
  readonly first: number;
}

/** Without a word about batteries: neither full nor low, and never another. */
export const CONSTANT: BatterySpec = { chargers: [], drainPerM: 0, chargedPerS: 0, first: 0.8 };

/** A robot that stands this near to a charger's middle has contact. */
const CONTACT_M = 0.3;

export class Battery {
  readonly #spec: BatterySpec;
  #ratio: number;
  #atUs = 0;
  #travelledM = 0;

  constructor(spec: BatterySpec) {
    this.#spec = spec;
    this.#ratio = spec.first;
  }

  /** What it shows now, and whether it charges. It charges for the time since it was last looked at. */
  at(body: {
    readonly xM: number;
    readonly yM: number;
    readonly travelledM: number;
    readonly nowUs: number;
    readonly atRest: boolean;
  }): { readonly chargeRatio: number; readonly charging: boolean } {
    const { chargers, drainPerM, chargedPerS } = this.#spec;
    const drivenM = body.travelledM - this.#travelledM;
    const near = chargers.some(({ xM, yM }) => Math.hypot(xM - body.xM, yM - body.yM) < CONTACT_M);
    const charging = near && body.atRest;
    const seconds = (body.nowUs - this.#atUs) / 1_000_000;
    const change = (charging && drivenM === 0 ? seconds * chargedPerS : 0) - drivenM * drainPerM;
    this.#ratio = Math.max(0, Math.min(1, this.#ratio + change));
    this.#atUs = body.nowUs;
    this.#travelledM = body.travelledM;
    return { chargeRatio: this.#ratio, charging };
  }
}

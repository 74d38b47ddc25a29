// The edge's real core linked with the hub's real core, each on its own virtual clock, for what only both together can
// show. The robot's base and planner are the edge's stand-ins, its telemetry the hub's. Messages can be lost on the way
// to the hub and held up on the way back.

import type { HubMessage } from "../../../proto/wire.js";
import { type EdgeOptions, EdgeUnderTest } from "../../edge/core/edge-under-test.js";
import { SiteUnderTest, TICK_MS } from "./site-under-test.js";

const ROBOT = "r1";

export class EdgeOnSite {
  readonly edge: EdgeUnderTest;
  site: SiteUnderTest;
  loses = ""; // kind of the messages of the edge that never come to the hub
  holdsUp = ""; // kind of the messages of the hub that wait for `deliver`
  readonly #waiting: HubMessage[] = [];
  #read = 0;
  #streams = 0;

  /** The robot stands a metre before P1, and the two of them are autonomous. */
  constructor(options: EdgeOptions = {}) {
    this.edge = new EdgeUnderTest(options);
    this.edge.isHubDeaf = true; // its stand-in for a hub is not asked
    Object.assign(this.edge.base, { xM: 19.5, yM: 5 });
    this.edge.step({ kind: "plannerReady" });
    this.site = this.#newSite([]);
    this.open();
    if (!this.run(5000, () => this.edge.rung === "AUTONOMOUS" && this.edge.leaseEndMs > this.edge.nowMs + 2000))
      throw new Error(`not ready: ${this.edge.rung} by ${this.edge.causes}`);
  }

  /** What the hub believes of the edge's own rung. */
  get believed() {
    return this.site.hub.state.watches.get(ROBOT)?.edgeRung;
  }

  /** The hub's store is put back to the first so many events, and a hub starts on it. */
  rollBack(events: number): void {
    this.edge.step({ kind: "linkClosed", reason: "the hub is gone" });
    this.site = this.#newSite(this.site.events.slice(0, events));
    this.open();
  }

  #newSite(events: SiteUnderTest["events"]): SiteUnderTest {
    const site = new SiteUnderTest({ change: () => this.edge.config, events });
    const robot = site.robot(ROBOT);
    const hearNonce = robot.take.bind(robot); // for the telemetry that it sends
    robot.isRenewing = false; // the edge does
    robot.take = (message, nowMs) => {
      if (message.kind === "welcome" || message.kind === "renewed") hearNonce(message, nowMs);
      if (message.kind === this.holdsUp) this.#waiting.push(message);
      else this.edge.hear(message);
      return [];
    };
    return site;
  }

  /** The edge opens its link, anew if there was one. */
  open(): void {
    this.#streams += 1;
    this.site.robot(ROBOT).open(this.#streams);
    this.edge.step({ kind: "linkOpened" });
    this.#tellHub();
  }

  /** What was held up comes now. */
  deliver(): void {
    for (const message of this.#waiting.splice(0)) this.edge.hear(message);
    this.#tellHub();
  }

  run(ms: number, until?: () => boolean): boolean {
    for (let ranMs = 0; ranMs < ms; ranMs += TICK_MS) {
      this.edge.run(TICK_MS);
      this.#tellHub();
      const { xM, yM, speedMps } = this.edge.base;
      Object.assign(this.site.robot(ROBOT), { xM, yM, speedMps });
      this.site.run(TICK_MS);
      this.#tellHub();
      if (until?.()) return true;
    }
    return until === undefined;
  }

  /** Everything that the edge has sent since the last time. */
  #tellHub(): void {
    for (; this.#read < this.edge.effects.length; this.#read += 1) {
      const effect = this.edge.effects[this.#read]?.effect;
      if (effect?.kind === "send" && effect.message.kind !== this.loses) this.site.say(ROBOT, effect.message);
    }
  }
}

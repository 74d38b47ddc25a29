// A robot as the hub sees it: says hello, renews, tells where it is, and answers grants and withdrawals as an edge
// does. Each habit can be switched off by a test.
import { compareTokens, higherToken, NO_TOKEN, type Token, tokenKey } from "../../../proto/claim.js";
import type { RefusalCode } from "../../../proto/errors.js";
import type { Rung } from "../../../proto/mode.js";
import type { EdgeMessage, HubMessage, Telemetry } from "../../../proto/wire.js";

const RENEW_MS = 400;
const TELEMETRY_MS = 200;

interface Holding {
  readonly token: Token;
  readonly assignment: string;
  readonly destination: string;
  arrived: boolean;
}

export class StubRobot {
  readonly id: string;
  readonly holdings = new Map<string, Holding>();
  readonly received: HubMessage[] = [];
  boot = "boot1";
  stream: number | null = null;
  session = "";
  endedBy: RefusalCode | "" = "";
  rung: Rung = "AUTONOMOUS"; // what its edge reports
  order: Extract<HubMessage, { kind: "modeOrder" }> | null = null;
  highestToken: Token = NO_TOKEN;
  isRenewing = true;
  isTelling = true; // telemetry
  isAnswering = true; // grants
  isObeying = true; // withdrawals
  xM: number;
  yM: number;
  errorM = 0.05;
  speedMps = 0;
  leaseMs = 0; // of the last answer
  nonce = 0;
  #sequence = 0;
  #hubNonce = 0;
  #heardMs = 0;
  #renewedMs = 0;
  #toldMs = 0;
  #outcomes = 0;

  constructor(id: string, at: { readonly xM: number; readonly yM: number }) {
    this.id = id;
    this.xM = at.xM;
    this.yM = at.yM;
  }

  open(stream: number): void {
    this.stream = stream;
    this.session = "";
    this.endedBy = "";
    this.order = null;
    this.#hubNonce = 0;
  }

  /** A start of its edge: what it must not forget stays, everything else is gone. */
  reboot(): void {
    this.boot = `${this.boot}x`;
    this.stream = null;
    this.#sequence = 0;
  }

  standAt(place: { readonly xM: number; readonly yM: number }): void {
    this.xM = place.xM;
    this.yM = place.yM;
  }

  hello(): EdgeMessage {
    const { id: robot, boot, highestToken } = this;
    const holdings = [...this.holdings.values()].map((held) => ({ ...held }));
    return {
      kind: "hello",
      robot,
      boot,
      protocol: 1,
      highestToken,
      holdings,
      configHash: "config",
      software: "0",
      followsEpoch: 0,
      followsIncarnation: "",
    };
  }

  ended(by: { readonly stream: number; readonly code: RefusalCode }): void {
    if (by.stream !== this.stream) return;
    this.stream = null;
    this.endedBy = by.code;
  }

  /** What it acts on: everything held that it has not arrived at. */
  acting(): readonly Token[] {
    return [...this.holdings.values()].filter((held) => !held.arrived).map((held) => held.token);
  }

  renewals(nowMs: number): readonly EdgeMessage[] {
    if (!this.isRenewing || this.session === "" || this.stream === null || nowMs - this.#renewedMs < RENEW_MS)
      return [];
    this.#renewedMs = nowMs;
    return [this.renew()];
  }

  renew(): Extract<EdgeMessage, { kind: "renew" }> {
    this.nonce += 1;
    return { kind: "renew", nonce: this.nonce, modeSequence: this.order?.sequence ?? 0, acting: this.acting() };
  }

  telemetry(nowMs: number): readonly Telemetry[] {
    if (!this.isTelling || nowMs - this.#toldMs < TELEMETRY_MS) return [];
    this.#toldMs = nowMs;
    return [this.pose(nowMs)];
  }

  /** A pose captured `agoMs` ago. The robot's clock is the test's. */
  pose(nowMs: number, agoMs = 0): Telemetry {
    this.#sequence += 1;
    const { id: robot, boot, xM, yM, errorM, speedMps } = this;
    const capturedMs = nowMs - agoMs;
    return {
      ...{ robot, boot, channel: "pose", sequence: this.#sequence, capturedMs },
      ...{ hubNonce: this.#hubNonce, elapsedMs: capturedMs - this.#heardMs },
      value: { kind: "pose", pose: { xM, yM, headingRad: 0 }, errorM, speedMps },
    };
  }

  /** Takes a message of the hub; gives what an edge would say at once. */
  take(message: HubMessage, nowMs: number): readonly EdgeMessage[] {
    this.received.push(message);
    switch (message.kind) {
      case "welcome":
        this.session = message.session;
        for (const token of message.void) this.#drop(token);
        this.#hear(message.hubNonce, nowMs);
        return [];
      case "renewed":
        this.leaseMs = message.leaseMs;
        this.#hear(message.hubNonce, nowMs);
        return [];
      case "grant":
        return this.#grant(message);
      case "withdraw":
        return this.#withdraw(message);
      case "modeOrder":
        this.order = message;
        return [];
      case "clearLatches":
      case "outcomeStored":
      case "refused":
      case "swapAnswer":
      case "askWhy":
        return [];
    }
  }

  #hear(nonce: number, nowMs: number): void {
    this.#hubNonce = nonce;
    this.#heardMs = nowMs;
  }

  #drop(token: Token): void {
    const held = this.holdings.get(tokenKey(token));
    if (held !== undefined && !held.arrived) this.holdings.delete(tokenKey(token));
  }

  #grant(message: Extract<HubMessage, { kind: "grant" }>): readonly EdgeMessage[] {
    const { token, assignment, destination } = message;
    if (!this.isAnswering) return [];
    const known = this.holdings.has(tokenKey(token));
    if (!known && compareTokens(token, this.highestToken) <= 0)
      return [{ kind: "grantAnswer", token, accepted: false, refusal: "STALE_TOKEN" }];
    this.highestToken = higherToken(this.highestToken, token);
    if (!known) {
      for (const [key, held] of this.holdings)
        if (!held.arrived || held.destination === destination) this.holdings.delete(key);
      this.holdings.set(tokenKey(token), { token, assignment, destination, arrived: false });
    }
    return [{ kind: "grantAnswer", token, accepted: true, refusal: "" }];
  }

  #withdraw(message: Extract<HubMessage, { kind: "withdraw" }>): readonly EdgeMessage[] {
    if (!this.isObeying) return [];
    const held = this.holdings.get(tokenKey(message.token));
    if (held === undefined) return this.#unknown(message.token);
    return held.arrived ? [] : [this.outcome("RELEASED", held)];
  }

  /** As an edge answers the withdrawal of what it does not hold. */
  #unknown(token: Token): readonly EdgeMessage[] {
    this.highestToken = higherToken(this.highestToken, token);
    return [{ kind: "grantAnswer", token, accepted: false, refusal: "UNKNOWN_TOKEN" }];
  }

  /** Ends what it acts on, as an edge does: the right is dropped before the hub is told. */
  outcome(result: "ARRIVED" | "FAILED" | "RELEASED", held = this.#acting()): Extract<EdgeMessage, { kind: "outcome" }> {
    this.#outcomes += 1;
    if (result === "ARRIVED") held.arrived = true;
    else this.holdings.delete(tokenKey(held.token));
    const { token, assignment } = held;
    return {
      kind: "outcome",
      id: `o-${this.boot}-${this.#outcomes}`,
      token,
      assignment,
      result,
      reason: "",
      decisionId: "",
    };
  }

  #acting(): Holding {
    const held = [...this.holdings.values()].find((one) => !one.arrived);
    if (held === undefined) throw new Error(`${this.id} acts on nothing`);
    return held;
  }

  last<K extends HubMessage["kind"]>(kind: K): Extract<HubMessage, { kind: K }> | undefined {
    return this.received.findLast((message): message is Extract<HubMessage, { kind: K }> => message.kind === kind);
  }

  count(kind: HubMessage["kind"]): number {
    return this.received.filter((message) => message.kind === kind).length;
  }
}

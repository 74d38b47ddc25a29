// R2, R3, R4, R6, R8 on the hub's side: it hears nothing from a stream that a newer one has replaced, answers a renewal
// once and by a nonce that no other hub has sent, gives time only to a robot that acts on claims which are its own and
// on a rung that permits renewals, and sends no grant of a claim that has lapsed: what goes on after a lapse goes on
// under a higher token.

import type { HubInput } from "../../../hub/core/hub.js";
import { effectiveOf } from "../../../hub/core/modes.js";
import type { HubEffect } from "../../../hub/core/turn.js";
import { tokenKey } from "../../../proto/claim.js";
import { severity } from "../../../proto/mode.js";
import type { HubMessage } from "../../../proto/wire.js";
import type { HubProcess } from "../hub-process.js";
import { Violation } from "../trace.js";

export class Renewals {
  readonly #answered = new Map<HubProcess, Map<number, number>>(); // stream to the newest nonce answered

  readonly #files = new Map<number, string>(); // stream to the hash of the robot's site file
  readonly #sentBy = new Map<number, HubProcess>(); // hub's nonce to who sent it

  forget(hub: HubProcess): void {
    this.#answered.delete(hub);
  }

  stepped(hub: HubProcess, input: HubInput | null, effects: readonly HubEffect[]): void {
    for (const effect of effects) if (effect.kind === "send") notLapsed(hub, effect.message);
    if (input?.kind === "link" && input.message.kind === "hello")
      this.#files.set(input.stream, input.message.configHash);
    if (input?.kind !== "link" || input.message.kind !== "renew") return;
    const { state } = hub.hub;
    const { stream, message } = input;
    const watch = state.watches.get(state.streams.get(stream) ?? "");
    const answer = effects.find((effect) => effect.kind === "renewed");
    if (answer === undefined || answer.message.kind !== "renewed") return;
    if (watch?.stream !== stream)
      throw new Violation(
        "replaced-heard",
        `the hub answers a renewal that came on stream ${stream}, which is replaced`,
      );
    this.#once(hub, stream, message.nonce);
    this.#own(hub, answer.message.hubNonce);
    if (answer.message.leaseMs <= 0) return;
    if (this.#files.get(stream) !== state.site.hash)
      throw new Violation(
        "renewed-elsewhere",
        `the hub renews the lease of ${watch.id}, which runs on another site file`,
      );
    const foreign = message.acting.find((token) => {
      const claim = state.ledger.claims.get(tokenKey(token));
      return claim === undefined || claim.robot !== watch.id || claim.phase !== "assigned";
    });
    if (foreign !== undefined)
      throw new Violation(
        "renewed-foreign",
        `the hub renews ${watch.id}'s lease, which would act on ${tokenKey(foreign)}`,
      );
    if (severity(effectiveOf(state, watch)) >= severity("CONFIRM"))
      throw new Violation("renewed-below", `the hub renews ${watch.id}'s lease on ${effectiveOf(state, watch)}`);
  }

  #once(hub: HubProcess, stream: number, nonce: number): void {
    const answered = this.#answered.get(hub) ?? new Map<number, number>();
    this.#answered.set(hub, answered);
    if (nonce <= (answered.get(stream) ?? 0))
      throw new Violation("renewal-repeated", `the hub answers renewal ${nonce} again, or after a later one`);
    answered.set(stream, nonce);
  }

  /** R6: a sample that counts from this nonce counts from this hub's word, and from no other's. */
  #own(hub: HubProcess, nonce: number): void {
    const sender = this.#sentBy.get(nonce) ?? hub;
    this.#sentBy.set(nonce, sender);
    if (sender === hub) return;
    throw new Violation("nonce-of-two", `the hub counts from nonce ${nonce}, which another hub has sent too`);
  }
}

function notLapsed(hub: HubProcess, message: HubMessage): void {
  if (message.kind !== "grant") return;
  const claim = hub.hub.state.ledger.claims.get(tokenKey(message.token));
  if (claim?.lapsed !== true) return;
  throw new Violation("granted-lapsed", `the hub grants ${claim.robot} ${tokenKey(message.token)}, which has lapsed`);
}

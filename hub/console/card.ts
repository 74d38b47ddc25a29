// All that is known of one robot: its mode with every cause and how each lets go, its lease and token, how fresh each
// channel is, its task, its link, its last decisions in the ledger, and the last minutes as lines. What the hub is not
// told says so.

import { tenthsOf } from "../../proto/confidence.js";
import type { LiveRobot, RobotDetail, TrailView } from "../../proto/console.js";
import { leaseLeftMs } from "./ages.js";
import { isRefused } from "./api.js";
import { needOf } from "./attention.js";
import { confidenceText, modelText } from "./confidence.js";
import { byId, el, Rows, setText } from "./dom.js";
import { eventRow } from "./event-row.js";
import { eventsOf } from "./events.js";
import { missedOf, Rate } from "./figures.js";
import type { ModeControl } from "./mode-control.js";
import { Spark } from "./spark.js";
import type { Store } from "./store.js";
import { Tenths } from "./tenths.js";
import { ageText, causeWords, DOES, leftText, SHORT, told } from "./words.js";

const DETAIL_MS = 500;
const TRAIL_MS = 2000;
const EVENTS_SHOWN = 8;
const TRAIL_SHOWN = 300;

type Fact = readonly [name: string, value: string];

export class RobotCard {
  readonly #store: Store;
  readonly #element = byId("card");
  readonly #title = el("h2");
  readonly #chip = el("span");
  readonly #why = el("p", { class: "why" });
  readonly #causes = el("ul", { class: "causes" });
  readonly #asOf = el("h3");
  readonly #facts = el("dl");
  readonly #channels = el("dl");
  readonly #decisions = el("ul", { class: "events" });
  readonly #story = el("pre", { hidden: true });
  readonly #empty = el("p", { class: "empty" }, "Choose a robot in the list or on the map.");
  readonly #body: HTMLElement;
  readonly #factRows: Rows<Fact>;
  readonly #channelRows: Rows<Fact>;
  readonly #sparks = {
    ageMs: new Spark({ title: "age of telemetry", format: (ms) => ageText(ms) }),
    planMs: new Spark({ title: "plan latency", format: (ms) => `${ms.toFixed(1)} ms` }),
    missed: new Spark({ title: "plans missed, of each 100", format: (share) => share.toFixed(1) }),
    unsure: new Spark({
      title: "decisions less sure than asked, of each 100",
      ...{ format: (share: number) => share.toFixed(1), none: "none told" },
    }),
    speedMps: new Spark({ title: "speed", format: (speed) => `${Math.abs(speed).toFixed(2)} m/s` }),
  };
  readonly #tenths = new Tenths("its newest decisions, by confidence");
  readonly #rate = new Rate();
  #robot = "";
  #detail: RobotDetail | null = null;
  #detailAtMs = 0;

  constructor(store: Store, modes: ModeControl) {
    this.#store = store;
    const scope = () => ({ robot: store.selected });
    const button = (label: string, title: string, click: () => void, kind = "") =>
      el("button", { type: "button", title, class: kind, click }, label);
    this.#factRows = factRows(this.#facts);
    this.#channelRows = factRows(this.#channels);
    const head = el("header", {}, this.#title, this.#chip);
    const buttons = el(
      "div",
      { class: "buttons" },
      button("Halt", "at once, F9", () => modes.haltRobot(), "halt"),
      button("Halt fleet", "at once, Shift F9", () => modes.haltFleet(), "halt"),
      button("Lower…", "a ceiling", () => modes.lower(scope())),
      button("Clear…", "let go of a ceiling or latch", () => modes.clear(scope())),
      button("Drain…", "finish, then take nothing; or take it back", () =>
        modes.drain(store.selected, this.#isDrained),
      ),
      button("Absent…", "state that it is off the floor", () => modes.absent(store.selected)),
    );
    const explain = button("Explain from the ledger", "", () => void this.#explain());
    const section = (title: string, ...parts: Node[]) => el("section", {}, el("h3", {}, title), ...parts);
    this.#body = el(
      "div",
      { hidden: true },
      ...[head, this.#why, buttons, section("Mode", this.#causes)],
      el("section", {}, this.#asOf, this.#facts, this.#tenths.element),
      section("Freshness and link", this.#channels),
      section("Last decisions in the ledger", this.#decisions, explain, this.#story),
      section("Last minutes", ...Object.values(this.#sparks).map(({ element }) => element)),
    );
    this.#element.replaceChildren(this.#empty, this.#body);
    store.onChange(() => this.show());
    setInterval(() => void this.#askDetail(), DETAIL_MS);
    setInterval(() => void this.#askTrail(), TRAIL_MS);
  }

  get #isDrained(): boolean {
    return this.#store.view?.robots[this.#store.selected]?.drained !== undefined;
  }

  show(): void {
    const robot = this.#store.view?.robots[this.#store.selected];
    this.#empty.hidden = robot !== undefined;
    this.#body.hidden = robot === undefined;
    if (this.#robot !== this.#store.selected) this.#changeRobot();
    if (robot === undefined || this.#element.hidden) return;
    const viewAgeMs = this.#store.viewAgeMs();
    const need = needOf(robot, {
      site: this.#store.site,
      isStale: this.#store.isStale,
      viewAgeMs,
      wallMs: this.#store.wallMs(),
    });
    setText(this.#title, robot.fleet === "" ? robot.id : `${robot.id} of ${robot.fleet}`);
    this.#chip.className = `chip ${robot.rung}`;
    setText(this.#chip, SHORT[robot.rung]);
    setText(this.#why, need.why === "" ? DOES[robot.rung] : need.why);
    const { verdict, ageMs } = need.freshness;
    setText(this.#asOf, verdict === "fresh" ? "Now" : `As last told, ${ageText(ageMs)} ago`);
    this.#causes.replaceChildren(...this.#causeItems(robot));
    this.#factRows.show(this.#factsOf(robot, viewAgeMs).map((fact) => [fact[0], fact]));
    const { model } = robot;
    const { tenths = [], least } = model?.confidence ?? {};
    this.#tenths.show(tenthsOf([{ tenths }]), { none: confidenceText(model), least });
    this.#channelRows.show(this.#channelsOf(robot, ageMs).map((fact) => [fact[0], fact]));
    const events = eventsOf(this.#store.events.all, robot.id).slice(-EVENTS_SHOWN).reverse();
    this.#decisions.replaceChildren(...events.map((event) => eventRow(event)));
  }

  #changeRobot(): void {
    this.#robot = this.#store.selected;
    this.#detail = null;
    this.#story.hidden = true;
    for (const spark of Object.values(this.#sparks)) spark.show([]);
    void this.#askDetail();
    void this.#askTrail();
  }

  #causeItems(robot: LiveRobot): HTMLElement[] {
    if (robot.causes.length === 0) return [el("li", { class: "empty" }, "nothing holds it")];
    return robot.causes.map(({ name, rung, detail }) => {
      const { says, clears } = causeWords(name);
      const hold = this.#detail?.holds.find((one) => one.name === name);
      const calm =
        hold === undefined
          ? ""
          : hold.calmForMs === null
            ? " Its evidence is not good yet."
            : ` Calm for ${leftText(hold.calmForMs)} of ${leftText(hold.dwellMs)}.`;
      return el(
        "li",
        {},
        el("span", { class: `chip ${rung}` }, SHORT[rung]),
        ...[" ", el("b", {}, name), detail === "" ? "" : ` ${detail}`],
        el("small", {}, `${says}; ${clears}.${calm}`),
      );
    });
  }

  #factsOf(robot: LiveRobot, viewAgeMs: number): Fact[] {
    const { pose, chargeRatio } = robot;
    const charge = chargeRatio === undefined ? "not told" : `${(100 * chargeRatio).toFixed(0)} %`;
    const place =
      pose === undefined
        ? "not known"
        : `${pose.xM.toFixed(2)}, ${pose.yM.toFixed(2)} m ± ${robot.errorM.toFixed(2)} m`;
    return [
      ["task", robot.task === "" ? "none" : robot.task],
      ["destination", robot.destination === "" ? "none" : robot.destination],
      ["activity", robot.activity === "" ? "not told" : robot.activity],
      ["blocked by", robot.blockedBy === "" ? "nothing" : robot.blockedBy],
      ["in service", robot.drained === undefined ? "yes" : `drained by ${robot.drained}`],
      ["halt", robot.halt === "" ? "none by the hub" : robot.halt],
      ["lease left", this.#store.isStale ? "not known" : leftText(leaseLeftMs(robot, viewAgeMs))],
      ["token", this.#detail === null ? "…" : this.#detail.token === "" ? "none" : this.#detail.token],
      ["last position", place],
      ["speed", pose === undefined ? "not told" : told(Math.abs(robot.speedMps), "m/s", 2)],
      ["battery", robot.charging ? `${charge}, charging` : charge],
      ["plan", told(robot.planMs, "ms")],
      ["inference", robot.plans === 0 ? "not told" : told(robot.inferenceMs, "ms")],
      ["model", modelText(robot.model)],
      ["confidence", confidenceText(robot.model)],
      ["plans", robot.plans === 0 ? "not told" : `${robot.plans}, ${robot.planDeadlineMisses} missed`],
    ];
  }

  #channelsOf(robot: LiveRobot, ageMs: number): Fact[] {
    const detail = this.#detail;
    const sinceMs = detail === null ? 0 : this.#store.nowMs() - this.#detailAtMs;
    const channels = (detail?.channels ?? []).map((channel): Fact => {
      const age = channel.ageBoundMs === null ? undefined : channel.ageBoundMs + sinceMs;
      const verdict = channel.verdict === "" ? "no limit" : channel.verdict;
      return [channel.name, `${ageText(age)}, ${verdict}, ${channel.samples} samples`];
    });
    const renewed = detail?.renewedAgoMs ?? null;
    return [
      ["telemetry", `${ageText(ageMs)} at the most`],
      ...channels,
      ["link", robot.linked ? "open" : "none"],
      ["lease renewed", renewed === null ? "not since the hub started" : `${ageText(renewed + sinceMs)} ago`],
      ["samples", `${this.#rate.show(robot, this.#store.nowMs())}, ${detail?.refused ?? "…"} refused`],
    ];
  }

  async #askDetail(): Promise<void> {
    const { selected, api } = this.#store;
    if (selected === "" || this.#element.hidden || document.hidden) return;
    const askedMs = this.#store.nowMs(); // its ages are at least as young as the question
    const found = await api.get<RobotDetail>("robot", { id: selected }).catch(() => null);
    if (found === null || isRefused(found) || found.id !== this.#store.selected) return;
    this.#detail = found;
    this.#detailAtMs = askedMs;
  }

  async #askTrail(): Promise<void> {
    const { selected, api } = this.#store;
    if (selected === "" || this.#element.hidden || document.hidden) return;
    const found = await api.get<TrailView>("trail", { id: selected }).catch(() => null);
    if (found === null || isRefused(found) || found.robot !== this.#store.selected) return;
    const last = (values: readonly (number | null)[]) => values.slice(-TRAIL_SHOWN);
    const { ageMs, planMs, speedMps, plans, misses, unsure } = found.series;
    this.#sparks.ageMs.show(last(ageMs));
    this.#sparks.planMs.show(last(planMs));
    this.#sparks.unsure.show(last(unsure));
    this.#sparks.speedMps.show(last(speedMps));
    this.#sparks.missed.show(missedOf(last(plans), last(misses)));
  }

  async #explain(): Promise<void> {
    this.#story.hidden = false;
    setText(this.#story, "asking the hub");
    const found = await this.#store.api
      .get<{ readonly lines: readonly string[] }>("explain", { id: this.#store.selected })
      .catch(() => null);
    const text = found === null ? "the hub was not reached" : isRefused(found) ? found.message : found.lines.join("\n");
    setText(this.#story, text);
  }
}

function factRows(list: HTMLElement): Rows<Fact> {
  return new Rows(list, (name) => {
    const value = el("dd");
    const element = el("div", {}, el("dt", {}, name), value);
    return { element, update: ([, text]) => setText(value, text) };
  });
}

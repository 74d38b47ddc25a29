// The console's page: opens it with the token of its address, keeps the live stream, and brings the parts together.

import type { ConsoleSite } from "../../proto/console.js";
import type { LedgerEvent } from "../../proto/ledger.js";
import { Acts } from "./acts.js";
import { Api, isRefused } from "./api.js";
import { Banner } from "./banner.js";
import { RobotCard } from "./card.js";
import { openForm } from "./dialogs.js";
import { byId, setText } from "./dom.js";
import { FleetList } from "./fleet-list.js";
import { HaltWatch } from "./halts.js";
import { Health } from "./health.js";
import { bindKeys, type KeyParts } from "./keys.js";
import { SiteMap } from "./map.js";
import { ModeControl } from "./mode-control.js";
import { Notices } from "./notices.js";
import { Queue } from "./queue.js";
import { Store } from "./store.js";
import { Tabs } from "./tabs.js";
import { Tasks } from "./tasks.js";
import { Timeline } from "./timeline.js";

const NAME = "drover-operator";
const THEME = "drover-theme";
const AGAIN_MS = 1000;
const ANCHOR_MS = 10_000;
const REDRAW_MS = 250;
const FILL_MS = 500;

const api = new Api();
let askingToken = false;

/** Asks for what opens the hub; a page that was opened with a good address never asks. */
function askToken(says: string): Promise<void> {
  if (askingToken) return new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  askingToken = true;
  return new Promise((resolve) => {
    openForm({
      title: "Open the console",
      says,
      fields: [{ name: "token", label: "Token, or the whole address from console.url" }],
      submit: "Open",
      cannotClose: true,
      onSubmit: ({ token = "" }) => {
        api.token = token;
        askingToken = false;
        resolve();
        return true;
      },
    });
  });
}

async function loadSite(): Promise<ConsoleSite> {
  for (;;) {
    try {
      const found = await api.get<ConsoleSite>("site");
      if (!isRefused(found)) return found;
      if (found.status === 401) await askToken("The hub does not know this page's token.");
      else setText(byId("stale"), `The hub refuses: ${found.message}`);
    } catch {
      setText(byId("stale"), "The hub cannot be reached. Trying again.");
    }
    byId("stale").hidden = false;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function anchor(store: Store): Promise<void> {
  const askedMs = store.nowMs();
  const found = await api.get<{ readonly nowMs: number }>("clock");
  if (!isRefused(found)) store.clock.anchor(askedMs, found.nowMs);
}

/** Keeps a stream open for as long as the page is. */
async function follow(store: Store): Promise<void> {
  for (;;) {
    const stop = new AbortController();
    try {
      await anchor(store);
      const again = setInterval(() => {
        anchor(store).catch(() => undefined);
        if (store.viewAgeMs() > ANCHOR_MS) stop.abort(); // a dead connection is told by nobody
      }, ANCHOR_MS);
      const refused = await api.live(stop.signal, (frame) => {
        store.trouble = "";
        store.take(frame);
      });
      clearInterval(again);
      store.trouble = refused === null ? "The hub ended the stream." : `The hub refuses: ${refused.message}.`;
      if (refused?.status === 401) await askToken("The hub does not know this page's token any more.");
    } catch (cause) {
      store.trouble = `The hub cannot be reached (${(cause as Error).message}).`;
    }
    store.changed();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Asks for events that came with no frame: those before the page, and those of frames that it missed. */
async function fillEvents(store: Store): Promise<void> {
  const from = store.view === null ? null : store.events.missing(store.view.site.events);
  if (from === null) return;
  const found = await api.get<{ readonly events: LedgerEvent[] }>("events", { from, most: 500 });
  if (!isRefused(found)) store.events.add(found.events);
}

function bindTheme(map: SiteMap): KeyParts["theme"] {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const kept = localStorage.getItem(THEME);
  if (kept !== null) root.dataset.theme = kept;
  const toggle = () => {
    const now = root.dataset.theme ?? (prefersDark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    localStorage.setItem(THEME, root.dataset.theme);
    map.repaint();
  };
  byId("theme").addEventListener("click", toggle);
  prefersDark.addEventListener("change", () => map.repaint());
  map.repaint();
  return toggle;
}

function bindName(store: Store): void {
  const button = byId("operator");
  const say = () => setText(button, store.operator === "" ? "Who are you?" : store.operator);
  const ask = () =>
    openForm({
      title: "Who are you?",
      says: "Your name stands in the ledger beside everything that you do here.",
      fields: [{ name: "name", label: "Name", value: store.operator }],
      submit: "Go on",
      onSubmit: ({ name = "" }) => {
        store.operator = name.slice(0, 64);
        sessionStorage.setItem(NAME, store.operator);
        say();
        return true;
      },
    });
  const { operator } = store.site.caller;
  store.operator = operator === "" ? (sessionStorage.getItem(NAME) ?? "") : operator;
  if (operator === "") button.addEventListener("click", ask);
  say();
  if (store.operator === "") ask();
}

async function open(): Promise<void> {
  const store = new Store(api, await loadSite());
  const notices = new Notices();
  const banner = new Banner(store);
  const map = new SiteMap(store);
  const acts = new Acts(store, { notices, halts: new HaltWatch(store) });
  const modes = new ModeControl(store, acts);
  const tasks = new Tasks(store, acts);
  const timeline = new Timeline(store, notices);
  const tabs = new Tabs((name) => {
    if (name === "tasks") void tasks.shown();
    store.changed();
    if (name === "events") timeline.scrollToEvent();
  });
  const list = new FleetList(store, (robot) => map.show(robot));
  new RobotCard(store, modes);
  new Queue(store, acts);
  new Health(store);
  let selected = "";
  store.onChange(() => {
    const isNew = store.selected !== selected && store.selected !== "";
    selected = store.selected;
    if (isNew) tabs.open("card");
  });
  for (const [id, act] of [
    ["zoom-in", () => map.zoom(1.4)],
    ["zoom-out", () => map.zoom(0.7)],
    ["fit", () => map.fit()],
  ] as const)
    byId(id).addEventListener("click", act);
  const parts: KeyParts = { list, map, modes, tabs, timeline, theme: bindTheme(map) };
  bindKeys(parts);
  bindName(store);
  setInterval(() => {
    if (store.isStale)
      store.changed(); // ages go on growing without a hub
    else banner.show();
  }, REDRAW_MS);
  setInterval(() => fillEvents(store).catch(() => undefined), FILL_MS); // a hub that is away is told elsewhere
  await follow(store);
}

await open();

// What a person does at the console, in a real browser before a real site: finds the robot that fell silent, halts,
// lowers and clears, submits and cancels, looks back, and is told when the page itself is stale.

import { execFileSync } from "node:child_process";
import t, { type Test } from "tap";
import { missingChromium } from "../../scripts/chromium.js";
import { aRunningSite, consoleUrl, type OpenPage, openPage, type RunningSite } from "./console-kit.js";
import { aSmallSite, aTinySite, drover, startDaemon } from "./site-kit.js";
import { aFolder, runRows } from "./site-run.js";

t.setTimeout(170_000);
const skip = missingChromium() === "" ? false : missingChromium();
/** Until telemetry is late, and what a person then has to find the robot. */
const FOUND_MS = 5000 + 5000;

interface Shown {
  readonly tasks: Readonly<Record<string, number>>;
  readonly robots: readonly { readonly id: string; readonly rung: string; readonly destination: string }[];
  readonly events: number;
}

function hubOf({ dataDir }: RunningSite) {
  const row = runRows(dataDir).find(({ role }) => role === "hub");
  if (row === undefined) throw new Error("no hub runs");
  return { pid: row.pid, at: ["--hub", `127.0.0.1:${row.ports.grpc}`] };
}

async function asked(site: RunningSite, args: readonly string[]): Promise<unknown> {
  const { json, text, exit } = await drover([...args, ...hubOf(site).at]);
  if (exit !== 0) throw new Error(text);
  return json;
}

interface EventLine {
  readonly sequence: number;
  readonly claimed?: { readonly destination: string; readonly robot: string };
}

/** The newest events as another program reads them: a line of JSON each. */
async function lastEvents(site: RunningSite): Promise<readonly EventLine[]> {
  const { text } = await drover(["events", "--last", "300", ...hubOf(site).at]);
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as EventLine);
}

async function statusOf(site: RunningSite): Promise<Shown> {
  return (await asked(site, ["status"])) as Shown;
}

async function fill(open: OpenPage, values: Readonly<Record<string, string>>, submit = "button.main"): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const field = open.page.locator(`dialog[open] [name=${name}]`);
    if ((await open.page.locator(`dialog[open] select[name=${name}]`).count()) > 0) await field.selectOption(value);
    else await field.fill(value);
  }
  await open.page.click(`dialog[open] ${submit}`);
}

async function findsTheSilent(t: Test, open: OpenPage): Promise<void> {
  const row = await open.says("#robots li:first-child", /^r2REACTIVE/, FOUND_MS + 15_000);
  t.match(row, /late \d/, "how old");
  t.match(row, /silent for [\d.]+ s, since \d\d:\d\d:\d\d/, "since when");
  t.match(row, /reactive rules.*gets nothing new.*may move for [\d.]+ s more/, "what is done about it");
  t.match(row, /last: /, "what it does is its last word, not the present");
  await open.page.click("#robots li:first-child button");
  await open.says("#card", /As last told, [\d.]+ s ago/);
  await open.says("#card", /telemetry-stale.*one rung at a time/);
  await open.says("#card", /pose[\d.]+ s, late/);
  await open.shot("silent");
}

async function halts(t: Test, open: OpenPage, site: RunningSite): Promise<void> {
  await open.page.click('button.robot[data-robot="r1"]');
  await open.page.keyboard.press("F9");
  t.equal(await open.page.locator("dialog[open]").count(), 0, "a halt asks nothing");
  await open.says("#halts", /HALT of r1, .*1 told, 0 not told/);
  await open.says("#halts", /1 of 1 robot seen standing/);
  await open.says("#card", /HALT.*operator/);
  await open.says("#site-notes", /HALT in force, ada: halt from console.*r1/);
  const events = JSON.stringify(await lastEvents(site));
  t.match(events, /"operator":"ada","reason":"halt from console"/, "the ledger has name and reason");
  await open.page.click("#card button:has-text('Clear')");
  await fill(open, { reason: "the aisle is empty" });
  await open.says("#notices", /Done: clear r1/);
  await open.says("#site-notes", /^(?!.*HALT in force)/s);
}

async function worksTasks(t: Test, open: OpenPage, site: RunningSite): Promise<void> {
  await open.page.click("#tab-tasks");
  await open.page.click("#task-add");
  await fill(open, { stops: "nowhere", reason: "a wrong name" });
  await open.says("#notices .refused", /Refused: task to nowhere.*lists of this page/);
  await open.page.click("dialog[open] button:has-text('Cancel')");
  await open.page.click("#notices .refused button");
  const places = (await asked(site, ["place", "list"])) as { readonly places: readonly { readonly id: string }[] };
  const [place] = places.places;
  await open.page.click("#task-add");
  await fill(open, { stops: place?.id ?? "", reason: "urgent" });
  const said = await open.says("#notices", /Done: task to .*: task \S+/);
  const task = /: task (\S+?)×?$/.exec(said.trim())?.[1] ?? "";
  const row = open.page.locator("#tasks li", { has: open.page.locator("b", { hasText: new RegExp(`^${task}$`) }) });
  const press = (label: string) => row.locator(`button:has-text("${label}")`).click();
  await press("Pause");
  await fill(open, { reason: "wait for the truck" });
  await open.says("#tasks", /paused by ada: wait for the truck/);
  await press("Why?");
  await open.says("dialog[open] pre", /paused by ada: wait for the truck/);
  await open.page.click("dialog[open] button.main");
  await press("Cancel");
  await fill(open, { reason: "not wanted" });
  await open.says("#notices", new RegExp(`Done: cancel task ${task}`));
  t.match(JSON.stringify(await asked(site, ["explain", task])), /not wanted/);
}

/** As a hand that drags the handle there. */
async function scrubTo(open: OpenPage, sequence: number): Promise<void> {
  await open.page.locator("#scrub").evaluate((slider: { value: string; dispatchEvent(event: Event): boolean }, to) => {
    slider.value = String(to);
    slider.dispatchEvent(new Event("input"));
  }, sequence);
}

async function looksBack(t: Test, open: OpenPage, site: RunningSite): Promise<void> {
  const events = await lastEvents(site);
  const first = events.find(({ claimed }) => claimed !== undefined);
  t.ok(first, "something was claimed");
  await scrubTo(open, first?.sequence ?? 0);
  await open.says("#past", new RegExp(`As it was after event ${first?.sequence}, .*1 claim`));
  await open.page.click("#tab-events");
  await open.says(
    "#past-list",
    new RegExp(`${first?.claimed?.destination} held by ${first?.claimed?.robot}, token 1\\.1`),
  );
  await open.shot("past");
  await open.page.keyboard.press("[");
  await open.says("#past", new RegExp(`after event ${(first?.sequence ?? 0) - 1}, .*0 claims`));
  await open.page.keyboard.press("n");
  await open.page.waitForSelector("#past", { state: "hidden" });
}

/** With the site halted nothing moves, and what is shown can be held against what the hub tells others. */
/** Without a mouse: finds a robot by name, opens its card, and goes through the panels. */
async function worksByKeys(t: Test, open: OpenPage): Promise<void> {
  const { keyboard } = open.page;
  await open.page.click("#site-name");
  await keyboard.press("/");
  await keyboard.type("r2");
  await open.page.waitForFunction("document.querySelectorAll('button.robot').length === 1");
  await keyboard.press("Control+A");
  await keyboard.press("Delete");
  await open.page.waitForFunction("document.querySelectorAll('button.robot').length === 2");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await open.page.waitForSelector('button.robot[aria-pressed="true"]');
  await keyboard.press("ArrowDown");
  const focused = await open.page.evaluate("document.activeElement.dataset.robot");
  await open.says("#card h2", new RegExp(`^${focused} of`));
  for (const [key, panel] of ["card", "tasks", "queue", "events", "health"].map(
    (name, at) => [String(at + 1), name] as const,
  )) {
    await keyboard.press(key);
    t.ok(await open.page.isVisible(`#panel-${panel}`), panel);
  }
  await open.says("#health", /0 robots told; of \d the model tells none; on \d no model drives now; of 0 it is not/);
  await open.shot("health");
  await keyboard.press("t");
  t.equal(await open.page.evaluate("document.documentElement.dataset.theme"), "dark", "it was light");
  await keyboard.press("t");
}

async function tellsTheSame(t: Test, open: OpenPage, site: RunningSite): Promise<void> {
  await open.page.click("#halt-site");
  await open.says("#halts li:last-child", /HALT of the whole site, .*2 told/);
  await open.says("#scrub-where", /now, \d+ events/);
  let shown = "";
  let told = await statusOf(site);
  for (let tries = 0; tries < 40; tries += 1) {
    shown = await open.text("#scrub-where");
    told = await statusOf(site);
    if (shown === `now, ${told.events} events`) break;
  }
  t.equal(shown, `now, ${told.events} events`);
  const { waiting, active, done, failed, cancelled } = told.tasks;
  t.equal(
    await open.text("#task-counts"),
    `${waiting} waiting, ${active} active, ${done} done, ${failed} failed, ${cancelled} cancelled`,
  );
  for (const { id, rung } of told.robots) {
    t.equal(await open.page.textContent(`button.robot[data-robot="${id}"] .chip`), rung.split("_")[0], id);
  }
  const { places } = (await asked(site, ["place", "list"])) as {
    readonly places: readonly {
      readonly robot: string;
      readonly token?: { readonly epoch: number; readonly counter: number };
    }[];
  };
  const held = places.find(({ token }) => token !== undefined);
  await open.page.click(`button.robot[data-robot="${held?.robot}"]`);
  const own = places
    .filter(({ robot }) => robot === held?.robot)
    .map(({ token }) => `${token?.epoch}.${token?.counter}`);
  const shownToken = (await open.says("#card", /token\d+\.\d+/)).match(/token(\d+\.\d+?)(?=last)/)?.[1] ?? "none";
  t.ok(own.includes(shownToken), `${shownToken} among ${own}`);
  await open.shot("halted");
}

async function saysItIsStale(t: Test, open: OpenPage, site: RunningSite): Promise<void> {
  const { pid } = hubOf(site);
  process.kill(pid, "SIGSTOP");
  try {
    const said = await open.says("#stale", /This page is stale: its last view .* Nothing here is live/, 6000);
    t.match(said, /is of \d\d:\d\d:\d\d, [\d.]+ s ago/);
    t.match(await open.text("#live"), "STALE");
    t.match(await open.page.title(), /^STALE/);
    await open.says('button.robot[data-robot="r1"] .age', /^late (\d|1\d)/, 9000);
    await open.says('button.robot[data-robot="r1"] .why', /whether it may move is not known to this page/);
    await open.shot("stale");
    await open.page.keyboard.press("F9");
    await open.says("#halts .open", /asked, no answer yet/, 3000);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await open.page.waitForSelector("#stale", { state: "hidden", timeout: 15_000 });
  await open.says("#live", /^live$/);
}

t.test("a person at the console of a site that runs", { skip }, async (t) => {
  const fault = "at=2s robot=r2 telemetry=off for=20s";
  const site = await aRunningSite(t, [...aSmallSite(t), "--robots", "2", "--for", "150s", "--fault", fault]);
  const open = await openPage(t, site.consoleUrl);
  t.notMatch(open.page.url(), "#", "the token does not stay in the address");
  t.match(await open.text("#robot-count"), "2 robots");
  await open.says("#live", /^live$/);
  await findsTheSilent(t, open);
  await halts(t, open, site);
  await worksTasks(t, open, site);
  await looksBack(t, open, site);
  await worksByKeys(t, open);
  await tellsTheSame(t, open, site);
  await saysItIsStale(t, open, site);
  t.same(open.faults, [], "nothing went wrong in the page, and it asked nobody but its hub");
});

t.test(
  "a hub that was killed: the page says so, finds it again, and the lockdown is not forgotten",
  { skip },
  async (t) => {
    const folder = aFolder(t);
    const config = aTinySite(folder);
    const dataDir = `${folder}/hub`;
    const start = (port: number, grpc: number) =>
      startDaemon(t, "hub/main.js", {
        dataDir,
        args: [
          "--config",
          config,
          "--listen",
          `127.0.0.1:${grpc}`,
          "--broker",
          "127.0.0.1:0",
          "--console",
          `127.0.0.1:${port}`,
        ],
      });
    const hub = await start(0, 0);
    const url = consoleUrl(dataDir);
    t.equal(execFileSync("stat", ["-c", "%a", `${dataDir}/console.url`], { encoding: "utf8" }).trim(), "600");
    t.notMatch(hub.log(), url.split("#")[1] ?? "none", "the token stands in no log");
    const open = await openPage(t, url);
    await open.says("#robots", /r1.*never heard since the hub started/s);
    await open.page.keyboard.press("F8");
    await open.says("#halts", /0 told, 2 not told.*no lease runs: it stands by itself/);
    await open.says("#site-notes", /HALT in force, ada: halt from console/);
    hub.child.kill("SIGKILL");
    await open.says("#stale", /This page is stale.*cannot be reached/, 8000);
    const again = await start(hub.own.ports.console ?? 0, hub.own.ports.grpc ?? 0);
    await open.page.waitForSelector("#stale", { state: "hidden", timeout: 15_000 });
    await open.says("#site-epoch", /epoch 2/);
    await open.says("#site-notes", /HALT in force, ada: halt from console/);
    await open.page.click("#tab-queue");
    await open.says(
      "#queue",
      /is the robot off the floor\?.*not heard since.*keep: it may be anywhere, and nothing is given away/s,
    );
    await open.page.click('#queue li[data-decision^="clear"] button:has-text("clear")');
    await fill(open, { reason: "the spill is gone" });
    await open.says("#notices", /Done: site: clear: site: cleared; it climbs when its evidence is good/);
    await open.says("#site-notes", /^(?!.*HALT in force)/s);
    await open.shot("answered");
    t.equal(await again.stop(), 0);
    t.same(open.faults, []);
  },
);

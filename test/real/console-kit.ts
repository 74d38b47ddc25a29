// A real browser at a real console, and a real site behind it that runs until the test is over.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import type { Test } from "tap";
import { CHROMIUM_ARGS, chromiumPath } from "../../scripts/chromium.js";
import { aFolder } from "./site-run.js";
import { compiled, until } from "./transport-kit.js";

export interface RunningSite {
  readonly dataDir: string;
  readonly consoleUrl: string;
  log(): string;
}

/** `npm start` with these flags; resolves when its robots have said hello. Ends with the test. */
export async function aRunningSite(t: Test, flags: readonly string[]): Promise<RunningSite> {
  const dataDir = join(aFolder(t), "data");
  const args = ["--headless", "--port", "0", "--data-dir", dataDir, ...flags];
  const child = spawn(process.execPath, [compiled("scripts/demo/main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-100_000);
    });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  t.teardown(async () => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(hard);
  });
  await until(
    "the site tells its console",
    () => {
      if (child.exitCode !== null) throw new Error(`the site ended:\n${log}`);
      return log.includes("console: http");
    },
    60_000,
  );
  return { dataDir, consoleUrl: consoleUrl(join(dataDir, "hub")), log: () => log };
}

/** The address with its token, as a person reads it from the hub's data directory. */
export function consoleUrl(hubDir: string): string {
  return readFileSync(join(hubDir, "console.url"), "utf8").trim();
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page, and which addresses it asked for that are not its hub's. */
  readonly faults: string[];
  text(selector: string): Promise<string>;
  /** Waits until the text of the element matches; fails with the text that it had. */
  says(selector: string, pattern: RegExp, withinMs?: number): Promise<string>;
  shot(name: string): Promise<void>;
}

/** A page that is open and shows the site, with the operator's name given. */
export async function openPage(t: Test, url: string, operator = "ada"): Promise<OpenPage> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] });
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  page.on("pageerror", (cause) => faults.push(cause.stack ?? cause.message));
  page.on("request", (asked) => {
    if (!asked.url().startsWith(url.split("#")[0] ?? "")) faults.push(`asked for ${asked.url()}`);
  });
  await page.goto(url);
  await page.fill("dialog input[name=name]", operator);
  await page.click("dialog[open] button.main");
  await page.waitForSelector("button.robot");
  const text = async (selector: string) => (await page.textContent(selector)) ?? "";
  const says = async (selector: string, pattern: RegExp, withinMs = 10_000): Promise<string> => {
    const endMs = performance.now() + withinMs;
    for (;;) {
      const found = (await page.locator(selector).allTextContents()).join("\n");
      if (pattern.test(found)) return found;
      if (performance.now() > endMs) throw new Error(`${selector} never said ${pattern}, but "${found}"`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const shot = async (name: string): Promise<void> => {
    const folder = process.env.DROVER_SHOTS ?? "";
    if (folder !== "") await page.screenshot({ path: join(folder, `${name}.png`) });
  };
  return { page, faults, text, says, shot };
}

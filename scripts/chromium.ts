// Where the system's browser is. The product needs none; tests and the bench of the console drive one.

import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

/** "" when there is none. */
export function chromiumPath(): string {
  return PLACES.find((path) => existsSync(path)) ?? "";
}

/** Why there is no browser, for people; "" when there is one. */
export function missingChromium(): string {
  return chromiumPath() === "" ? `no browser is installed: none of ${PLACES.join(", ")}` : "";
}

/** For a browser without a screen, also as root. */
export const CHROMIUM_ARGS: readonly string[] = ["--no-sandbox", "--headless=new"];

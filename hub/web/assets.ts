// The files of the console's page, a closed list that is read once: what is asked for is looked up in it and never
// becomes a path.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Folders below the compiled tree that the page's modules import from, each with what is served of it. */
const SERVED = [
  ["hub/console", /\.js$/],
  ["hub/console/page", /\.(html|css|svg)$/],
  ["proto", /\.js$/],
] as const;

/** By path as the browser asks for it. Throws when the page is not there: the console was not built. */
export function readAssets(compiled: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const [folder, names] of SERVED) {
    for (const name of readdirSync(join(compiled, folder))) {
      const type = TYPES[name.split(".").at(-1) ?? ""];
      if (!names.test(name) || type === undefined) continue;
      assets.set(`/${folder}/${name}`, { type, body: readFileSync(join(compiled, folder, name)) });
    }
  }
  const page = assets.get("/hub/console/page/index.html");
  if (page === undefined) throw new Error(`expected the console's page below ${compiled}, found none`);
  assets.set("/", page);
  return assets;
}

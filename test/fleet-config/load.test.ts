// Sites on disk: files that are missing, unreadable, no files, too large, no text, or links; and the hash of what was
// read.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ConfigRefused, loadSite } from "../../fleet-config/load.js";
import { problemsOf, soundMap, soundSite, spoilt } from "./helpers/site.js";

type Files = Readonly<Record<string, string | Uint8Array>>;

const soundFiles: Files = { "site.yaml": soundSite, "yard.map": soundMap };

function refusalOf(act: () => unknown): ConfigRefused {
  try {
    act();
  } catch (refused) {
    if (refused instanceof ConfigRefused) return refused;
    throw refused;
  }
  throw new Error("it was not refused");
}

/** Writes a site into a folder of this name and gives the path of its site file. */
function folderWith(name: string, files: Files): string {
  const folder = join(t.testdir(), name);
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
  return join(folder, "site.yaml");
}

t.test("R13 a sound site is loaded with its map, conflicts and derived values", async (t) => {
  const site = loadSite(folderWith("sound", soundFiles));
  t.match(site, { config: { site: "yard" }, grid: { width: 6, height: 6 }, derived: { brakeAheadMs: 1260 } });
  t.same(site.conflicts.get("A1"), []);
  t.match(site.hash, /^[0-9a-f]{64}$/);
});

t.test("R13 C40 the hash changes with any byte of the site file or of its map", async (t) => {
  const hash = loadSite(folderWith("one", soundFiles)).hash;
  t.equal(loadSite(folderWith("same", soundFiles)).hash, hash);
  t.not(loadSite(folderWith("comment", { ...soundFiles, "site.yaml": `${soundSite}#\n` })).hash, hash);
  t.not(loadSite(folderWith("map", { ...soundFiles, "yard.map": `${soundMap}\n` })).hash, hash);
});

t.test("R13 C01 a missing site file is named, and there is no default site", async (t) => {
  const refused = refusalOf(() => loadSite(join(t.testdirName, "nowhere.yaml")));
  t.equal(refused.exitClass, "missing");
  t.match(refused.problems, [
    { file: "nowhere.yaml", found: /no file at .*nowhere\.yaml/, expected: "a readable file" },
  ]);
});

t.test(
  "R13 C02 a file that may not be read",
  { skip: process.getuid?.() === 0 && "root may read everything" },
  async (t) => {
    const path = folderWith("unreadable", soundFiles);
    chmodSync(path, 0);
    t.equal(refusalOf(() => loadSite(path)).exitClass, "permission");
  },
);

t.test("R13 C03 a folder is no site file", async (t) => {
  const path = folderWith("folder", {});
  mkdirSync(path);
  const refused = refusalOf(() => loadSite(path));
  t.equal(refused.exitClass, "missing");
  t.match(refused.problems, [{ found: "a folder", expected: "a file" }]);
});

t.test("R13 C04 a pipe is refused without waiting for a writer", async (t) => {
  const path = folderWith("pipe", {});
  execFileSync("mkfifo", [path]);
  t.match(
    problemsOf(() => loadSite(path)),
    [{ found: "a pipe or device", expected: "a regular file" }],
  );
});

t.test("R13 C05 a large file is refused before it is read", async (t) => {
  const path = folderWith("large", { "site.yaml": new Uint8Array(1_048_577) });
  t.match(
    problemsOf(() => loadSite(path)),
    [{ found: "1048577 bytes", expected: "at most 1048576 bytes" }],
  );
});

t.test("R13 C08 invalid UTF-8 is refused with the offset of the first bad byte", async (t) => {
  const bytes = Buffer.concat([Buffer.from(soundSite), Buffer.from([0x23, 0xc3, 0xa9, 0xff, 0x0a])]);
  const path = folderWith("bytes", { ...soundFiles, "site.yaml": bytes });
  t.match(
    problemsOf(() => loadSite(path)),
    [{ found: `an invalid byte at offset ${soundSite.length + 3}`, expected: "UTF-8" }],
  );
});

t.test("R13 C39 a map that is a link is refused", async (t) => {
  const path = folderWith("link", { "site.yaml": soundSite, "real.map": soundMap });
  symlinkSync("real.map", join(path, "../yard.map"));
  t.match(
    problemsOf(() => loadSite(path)),
    [{ file: "yard.map", found: "a symbolic link" }],
  );
});

t.test("R13 a missing map and a spoilt map are named", async (t) => {
  t.match(
    problemsOf(() => loadSite(folderWith("no-map", { "site.yaml": soundSite }))),
    [{ file: "yard.map", found: /no file at/ }],
  );
  const spoiltMap = { ...soundFiles, "yard.map": soundMap.replace("@....@", "@.?..@") };
  t.match(
    problemsOf(() => loadSite(folderWith("bad-map", spoiltMap))),
    [{ file: "yard.map", line: 6, found: '"?" at column 3' }],
  );
});

t.test("R13 a destination in a wall is refused with the line of the site file", async (t) => {
  const path = folderWith("wall", { ...soundFiles, "site.yaml": spoilt("id: A2, xM: 4.5", "id: A2, xM: 5.5") });
  t.match(
    problemsOf(() => loadSite(path)),
    [{ file: "site.yaml", path: "/destinations/1", line: 6 }],
  );
});

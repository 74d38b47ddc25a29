// The real process `drover`: its exit code, a reader that goes away, and an interrupt.

import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { openStubHub } from "./stub-hub.js";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "hub", "cli", "main.js");

function start(
  argv: readonly string[],
  address = "127.0.0.1:1",
): ChildProcess & { text: { out: string; err: string } } {
  const env = { ...process.env, DROVER_HUB: address, USER: "ada", http_proxy: "http://127.0.0.1:2" };
  const child = spawn(process.execPath, [MAIN, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (text.out += String(chunk)));
  child.stderr.on("data", (chunk) => (text.err += String(chunk)));
  return Object.assign(child, { text });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", (code) => resolve(code)));
}

t.test("drover as a process gives its version, its exit codes, and whole output through a pipe", async (t) => {
  const version = start(["--version"]);
  t.equal(await ended(version), 0);
  t.match(version.text, { out: /^drover \d+\.\d+\.\d+\n$/, err: "" });
  const wrong = start(["robts"]);
  t.equal(await ended(wrong), 64);
  t.match(wrong.text, { out: "", err: /did you mean "robots"/ });
  const unreachable = start(["halt", "--site", "--json", "--timeout", "150ms"]);
  t.equal(await ended(unreachable), 69);
  t.match(JSON.parse(unreachable.text.out), { error: { code: "UNREACHABLE" } });
});

t.test("X28 drover whose reader goes away ends quietly, and Ctrl-C ends a follower with 0", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const piped = start(["watch", "--every", "200ms", "--json"], hub.address);
  piped.stdout?.once("data", () => piped.stdout?.destroy());
  t.equal(await ended(piped), 0);
  t.equal(piped.text.err, "");
  const followed = start(["events", "--follow"], hub.address);
  followed.stdout?.once("data", () => followed.kill("SIGINT"));
  t.equal(await ended(followed), 0);
  t.match(followed.text, { out: /hub started/, err: "" });
});

t.test("X29 Ctrl-C ends --watch of a process with 130 and without a word", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const watched = start(["robots", "--watch"], hub.address);
  watched.stdout?.once("data", () => watched.kill("SIGINT"));
  t.equal(await ended(watched), 130);
  t.match(watched.text, { out: /^ROBOT/, err: "" });
});

t.test("colours come on a real terminal, and NO_COLOR or a dumb one has none", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  const shown = (set: Readonly<Record<string, string>>) => {
    const env = { ...process.env, NO_COLOR: "", TERM: "xterm", ...set, DROVER_HUB: hub.address };
    const args = ["-qec", `'${process.execPath}' '${MAIN}' robots`, "/dev/null"];
    return new Promise<string | null>((resolve) => {
      const child = spawn("script", args, { env, stdio: ["ignore", "pipe", "ignore"] });
      let out = "";
      child.stdout.on("data", (chunk) => (out += String(chunk)));
      child.once("error", () => resolve(null));
      child.once("close", () => resolve(out));
    });
  };
  const painted = await shown({});
  if (painted === null) return t.comment("no script(1) here to make a terminal: not tried");
  t.match(painted, "\u001b[1;31mHALT\u001b[0m");
  for (const set of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const plain = await shown(set);
    t.match(plain, "HALT");
    t.notMatch(plain, "\u001b[1;31m");
  }
});

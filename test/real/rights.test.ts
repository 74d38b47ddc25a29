// People and their rights against a hub that runs: nobody is let in without a token, a role reaches as far as its table
// says, and what is issued or revoked beside the hub holds at once, for streams too.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { aTinySite, type Daemon, startDaemon } from "./site-kit.js";
import { aFolder, program } from "./site-run.js";
import { compiled, until } from "./transport-kit.js";

t.setTimeout(120_000);

async function aHub(t: Test) {
  const folder = aFolder(t);
  const dataDir = join(folder, "hub");
  const config = aTinySite(join(folder, "site"));
  const start = () =>
    startDaemon(t, "hub/main.js", {
      dataDir,
      args: ["--config", config, "--listen", "127.0.0.1:0", "--broker", "127.0.0.1:0"],
    });
  return { folder, dataDir, start };
}

/** A folder for the tokens of a user who has none. */
function elsewhere(folder: string): string {
  const home = join(folder, "elsewhere");
  mkdirSync(home, { recursive: true });
  return home;
}

/** Runs `drover` as a user who finds no one-time token by themselves. */
function asStranger(hub: Daemon, at: { readonly home: string; readonly token?: string }, args: readonly string[]) {
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: at.home, USER: "ada", DROVER_TOKEN: at.token ?? "" };
  const address = ["--hub", `127.0.0.1:${hub.own.ports.grpc}`];
  const child = spawn(process.execPath, [compiled("hub/cli/main.js"), ...args, ...address], { env });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
  const exit = new Promise<number | null>((done) => child.once("close", done));
  return { exit, out: () => out };
}

async function ended(run: ReturnType<typeof asStranger>) {
  return { exit: await run.exit, out: run.out() };
}

t.test("R12 without a token nobody is let in; each role does what it may, and no more", async (t) => {
  const { folder, dataDir, start } = await aHub(t);
  const hub = await start();
  const home = elsewhere(folder);
  const bare = await ended(asStranger(hub, { home }, ["status"]));
  t.match(bare, { exit: 77, out: /no token was given.*\nNext: .*drover-hub token issue/ });
  const halted = await ended(asStranger(hub, { home }, ["halt", "--site"]));
  t.match(halted, { exit: 77, out: /halt of the whole site: not delivered/ });
  t.match(await ended(asStranger(hub, { home, token: "drover_guess" }, ["status"])), { exit: 77 });

  const issue = async (operator: string, role: string) => {
    const end = await program("hub/main.js", [
      "token",
      "issue",
      "--data-dir",
      dataDir,
      "--operator",
      operator,
      "--role",
      role,
    ]);
    t.equal(end.exit, 0, end.err);
    return end.out.trim();
  };
  const viewer = { home, token: await issue("vic", "viewer") };
  const operator = { home, token: await issue("olga", "operator") };
  const supervisor = { home, token: await issue("sue", "supervisor") };
  t.equal((await ended(asStranger(hub, viewer, ["status"]))).exit, 0);
  t.match(await ended(asStranger(hub, viewer, ["task", "add", "bench", "--reason", "x"])), {
    ...{ exit: 77, out: /needs the role operator, vic has viewer/ },
  });
  const lowered = await ended(asStranger(hub, operator, ["mode", "set", "HALT", "--site", "--reason", "a test"]));
  t.equal(lowered.exit, 0, lowered.out);
  const clear = ["mode", "clear", "--site", "--reason", "looked"];
  t.match(await ended(asStranger(hub, operator, clear)), { exit: 77, out: /needs the role supervisor/ });
  t.match(await ended(asStranger(hub, supervisor, [...clear, "--operator", "olga"])), {
    exit: 77,
    out: /WRONG|names "sue"/,
  });
  t.equal((await ended(asStranger(hub, supervisor, clear))).exit, 0);
  const { out } = await ended(asStranger(hub, viewer, ["events"]));
  t.match(out, /site at most HALT by olga: a test/);
  t.match(out, /site override cleared by sue: looked/);
  t.match(hub.log(), /"denied":\{"UNAUTHENTICATED":1\}/, "one line for all that was denied");
});

t.test("R12 a token that is revoked beside a hub that runs ends what it opened, and opens nothing more", async (t) => {
  const { folder, dataDir, start } = await aHub(t);
  const hub = await start();
  const home = elsewhere(folder);
  const issued = await program("hub/main.js", [
    ...["token", "issue", "--data-dir", dataDir, "--operator", "vic", "--role", "viewer"],
  ]);
  const vic = { home, token: issued.out.trim() };
  const follow = asStranger(hub, vic, ["events", "--follow"]);
  await until("the stream is open", () => follow.out().includes("hub started"), 20_000);
  const revoked = await program("hub/main.js", ["token", "revoke", "--data-dir", dataDir, "--operator", "vic"]);
  t.match(revoked, { exit: 0, out: /^revoked [0-9a-f]{12} of vic, viewer\n$/ });
  t.match(await ended(follow), { exit: 77, out: /unknown, expired or revoked/ });
  t.equal((await ended(asStranger(hub, vic, ["status"]))).exit, 77);
  const again = await program("hub/main.js", ["token", "revoke", "--data-dir", dataDir, "--operator", "vic"]);
  t.equal(again.exit, 66, again.err);
});

t.test(
  "R12 the one-time token is another one at each start, printed, its owner's alone, and gone at the end",
  async (t) => {
    const { folder, dataDir, start } = await aHub(t);
    const home = elsewhere(folder);
    const file = join(dataDir, "operator.token");
    const first = await start();
    const token = readFileSync(file, "utf8").trim();
    t.equal(statSync(file).mode & 0o777, 0o600);
    t.match(first.log(), token);
    writeFileSync(join(folder, "copy"), `${token}\n`);
    t.equal((await ended(asStranger(first, { home }, ["status", "--token-file", join(folder, "copy")]))).exit, 0);
    t.equal(await first.stop(), 0);
    t.notOk(existsSync(file));
    const second = await start();
    t.not(readFileSync(file, "utf8").trim(), token);
    t.equal((await ended(asStranger(second, { home, token }, ["status"]))).exit, 77, "the former one is nobody's");
  },
);

t.test("R12 a question is answered once, by whoever may do what the answer does", async (t) => {
  const { folder, dataDir, start } = await aHub(t);
  const hub = await start();
  const home = elsewhere(folder);
  const as = async (operator: string, role: string) => {
    const who = ["--operator", operator, "--role", role];
    const { out } = await program("hub/main.js", ["token", "issue", "--data-dir", dataDir, ...who]);
    return { home, token: out.trim() };
  };
  const [olga, sue] = [await as("olga", "operator"), await as("sue", "supervisor")];
  let shown = "";
  const asked = async (): Promise<readonly { id: string; version: number; subject: string }[]> => {
    shown = (await ended(asStranger(hub, olga, ["queue", "--json"]))).out;
    return (JSON.parse(shown) as { questions: { id: string; version: number; subject: string }[] }).questions;
  };
  let questions = await asked();
  for (const endMs = performance.now() + 40_000; questions.length < 2 && performance.now() < endMs; )
    questions = await asked();
  const question = questions.find(({ subject }) => subject === "r2");
  if (question === undefined) throw new Error(`r2 is not asked about: ${shown}`);
  const answer = ["answer", question.id, "absent", "--reason", "looked", "--seen", "in the workshop", "--of"];
  const of = String(question.version);
  t.match(await ended(asStranger(hub, olga, [...answer, of])), {
    exit: 77,
    out: /needs the role supervisor, olga has/,
  });
  t.match(await ended(asStranger(hub, sue, [...answer, "1"])), { exit: 75, out: /it waits as version \d+: / });
  t.match(await ended(asStranger(hub, sue, [...answer, of])), { exit: 0, out: /r2: it is seen elsewhere/ });
  t.match(await ended(asStranger(hub, sue, [...answer, of])), { exit: 75, out: /answered by sue: absent/ });
  const { out } = await ended(asStranger(hub, olga, ["events"]));
  t.match(out, /robot r2 stated absent, seen: in the workshop by sue: looked/);
  t.match(out, /question absent-\d+ answered by absent by sue: looked/);
});

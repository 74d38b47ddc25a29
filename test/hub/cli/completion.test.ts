// The completion scripts in real shells: what they offer is what the table of commands holds, at each place.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { COMMANDS, GLOBAL_FLAGS } from "../../../hub/cli/commands.js";
import { run } from "./stub-hub.js";

const FIRSTS = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""))];
const GLOBAL = GLOBAL_FLAGS.map(({ name }) => `--${name}`);

/** What bash offers after `typed`, whose last word is the one under the cursor; bash has broken it at : and =. */
function offers(script: string, typed: readonly (readonly string[])[], folder: string): readonly string[][] {
  const asked = typed.map((words) => {
    const list = ["drover", ...words].map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _drover; printf '%s\\n' "\${COMPREPLY[@]}" ====`;
  });
  const program = [script, "complete -p drover", ...asked].join("\n");
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "--noprofile", "-u", "-c", program], { cwd: folder });
  if (status !== 0 || stderr.length > 0) throw new Error(`bash ended with ${status}: ${stderr}`);
  const [first = "", ...rest] = stdout.toString().split("\n");
  if (first !== "complete -F _drover drover") throw new Error(`registered as ${first}`);
  const blocks = rest.join("\n").split("====\n").slice(0, -1);
  return blocks.map((block) => block.split("\n").filter((line) => line !== ""));
}

t.test("drover completion bash offers every command, group and flag of the table, in a real bash", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "drover-completion-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const name of ["site.yaml", "two words.yaml"]) writeFileSync(join(folder, name), "");
  const { exit, out, err } = await run(["completion", "bash"]);
  t.same([exit, err], [0, ""]);
  const groups = FIRSTS.filter((first) => !COMMANDS.some(({ name }) => name === first));
  const rows: (readonly [readonly string[], readonly string[]])[] = [
    [[""], FIRSTS],
    [["ro"], FIRSTS.filter((first) => first.startsWith("ro"))],
    [["--"], GLOBAL],
    [["-"], GLOBAL],
    ...groups.map((group) => {
      const seconds = COMMANDS.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.split(" ")[1]);
      return [[group, ""], seconds as string[]] as const;
    }),
    ...COMMANDS.flatMap(({ name, flags }) => {
      const own = [...flags.map((flag) => `--${flag.name}`), ...GLOBAL];
      const words = name.split(" ");
      return [[[...words, "--"], own] as const, [[...words, "x", "--"], own] as const];
    }),
    [
      ["mode", "set", ""],
      ["REACTIVE_ONLY", "CONFIRM", "HALT"],
    ],
    [["mode", "set", "HALT", ""], []],
    [["mode", "set", "--robot", ""], []],
    [["mode", "set", "--robot", "r1", "RE"], ["REACTIVE_ONLY"]],
    [
      ["completion", ""],
      ["bash", "zsh"],
    ],
    [
      ["config", "check", ""],
      ["site.yaml", "two words.yaml"],
    ],
    [["config", "check", "two"], ["two words.yaml"]],
    [["--ca", "s"], ["site.yaml"]],
    [["--ca", "=", "s"], ["site.yaml"]],
    [
      ["--ca", "="],
      ["site.yaml", "two words.yaml"],
    ],
    [["--hub", "127.0.0.1", ":"], []],
    [["--hub", "127.0.0.1", ":", "74"], []],
    [
      ["--hub", "127.0.0.1", ":", "7443", "task", ""],
      ["add", "list", "cancel", "pause", "resume"],
    ],
    [["explain", "--", "--"], []],
    [["nonsense", ""], []],
  ];
  const found = offers(
    out,
    rows.map(([typed]) => typed),
    folder,
  );
  for (const [index, [typed, expected]] of rows.entries())
    t.same([...(found[index] ?? [])].sort(), [...new Set(expected)].sort(), `drover ${typed.join(" ")}<TAB>`);
});

t.test("drover completion zsh names every command and flag, and a zsh that is there accepts it", async (t) => {
  const { exit, out } = await run(["completion", "zsh"]);
  t.equal(exit, 0);
  for (const { name, flags } of COMMANDS) {
    t.ok(out.includes(`('${name}') `), name);
    for (const flag of flags) t.ok(out.includes(`'--${flag.name}:`), `--${flag.name}`);
  }
  const { error, status, stderr } = spawnSync("zsh", ["-f", "-n"], { input: out });
  if (error !== undefined) return t.comment("no zsh here: its syntax is not tried");
  t.same([status, stderr.toString()], [0, ""]);
});

t.test("drover completion refuses another shell with 64 and prints JSON where it is asked to", async (t) => {
  t.match(await run(["completion", "fish"]), { exit: 64, out: "", err: /expected bash or zsh, found "fish"/ });
  t.match(await run(["completion", "bsh"]), { exit: 64, err: /did you mean "bash"\?/ });
  t.match(await run(["completion"]), { exit: 64, err: /expected bash\|zsh, found nothing/ });
  const { script, shell } = JSON.parse((await run(["completion", "bash", "--json"])).out);
  t.same([shell, `${script}\n`], ["bash", (await run(["completion", "bash"])).out]);
});

// What a daemon looks at before it does anything: nobody but its owner may have a say in what it runs. A site file that
// everybody can replace decides where robots drive; an inspector or a module that Node loads first decides everything.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigRefused } from "./refused.js";

export interface DaemonStart {
  readonly config: string; // the site file
  readonly nodeOptions: string | undefined; // $NODE_OPTIONS
  readonly execArgv: readonly string[]; // the flags of Node itself
  readonly warn: (text: string) => void;
}

const EVERYBODY_WRITES = 0o002;
const STICKY = 0o1000;
/** Flags by which others get code of theirs into the process. */
const FOREIGN_CODE = /^(--inspect|--debug|--require$|--require=|-r$|--import|--loader|--experimental-loader)/;

/** Throws ConfigRefused: of class "config" for how Node was started, "permission" for where the site file is. */
export function checkDaemonStart({ config, nodeOptions = "", execArgv, warn }: DaemonStart): void {
  const started = [
    { file: "NODE_OPTIONS", flags: nodeOptions.split(/\s+/) },
    { file: "the flags of Node", flags: execArgv },
  ];
  for (const { file, flags } of started) {
    const found = flags.find((flag) => FOREIGN_CODE.test(flag.replaceAll("_", "-").replaceAll('"', "")));
    if (found === undefined) continue;
    const expected = "a daemon without inspector and without modules that are loaded first";
    throw new ConfigRefused([{ file, path: "", line: 0, expected, found }]);
  }
  if (process.getuid === undefined) return; // no owners and modes as Unix has them
  if (process.getuid() === 0) warn("runs as root; a user of its own, who owns the data directory, is enough");
  const file = resolve(config);
  for (const [path, spared] of [
    [file, 0],
    [dirname(file), STICKY],
  ] as const) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & EVERYBODY_WRITES) === 0 || (mode & spared) !== 0) continue;
    const expected = `that only its owner can write to ${path === file ? "it" : "its folder"}: chmod o-w ${path}`;
    const found = `mode ${(mode & 0o7777).toString(8)} of ${path}`;
    throw new ConfigRefused([{ file: config, path: "", line: 0, expected, found }], "permission");
  }
}

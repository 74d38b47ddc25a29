// A command of `drover`: what it takes, and what it does with a hub, its arguments and a place to print.

import type { Arguments, CommandSpec, Flag } from "./arguments.js";
import { usage } from "./failure.js";
import type { Hub } from "./hub.js";
import type { Output } from "./output.js";
import type { Shell } from "./shell.js";

export interface Context {
  readonly given: Arguments<Command>;
  readonly out: Output;
  readonly shell: Shell;
  /** Connects at the first use. */
  readonly hub: () => Hub;
  /** The name in the certificate that --cert gives; undefined without TLS. */
  readonly certified: () => string | undefined;
  /** Longest wait for an answer, in ms. */
  readonly timeoutMs: () => number;
  /** Whether the token that is given says by itself who asks. */
  readonly hasOwnName: () => boolean;
}

export interface Command extends CommandSpec {
  /** Throws CliFailure. */
  readonly run: (context: Context) => Promise<void>;
}

export const ACT_FLAGS: readonly Flag[] = [
  { name: "operator", value: "NAME", says: "who asks (default: the name in --cert, else $USER)" },
  { name: "reason", value: "TEXT", says: "why; it is written to the ledger" },
];

export const SCOPE_FLAGS: readonly Flag[] = [
  { name: "robot", value: "ID", says: "for one robot" },
  { name: "fleet", value: "ID", says: "for one fleet" },
  { name: "site", says: "for every robot of the site" },
];

export const SEEN_FLAG: Flag = { name: "seen", value: "TEXT", says: "what you saw there with your own eyes" };

/** The positional argument at `index`; parseArguments has counted them. */
export function positional({ given }: Context, index: number): string {
  const found = given.positionals[index];
  if (found === undefined) throw usage(`expected ${given.command?.takes ?? "an argument"}`);
  return found;
}

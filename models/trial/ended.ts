// How a trial's child that ended before its verdict came to its end, as far as that can be known: by its exit, its last
// words, what was last read of its memory, and whether the system has ended anything for memory meanwhile. Pure.

import type { TrialCode } from "./words.js";

/** What the runtime, the C++ library, the engine and the system say when memory cannot be had. */
export const NO_MEMORY = /bad_alloc|failed to allocate|out of memory|not enough memory|cannot allocate/i;

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it wrote to its standard error. */
  readonly stderr: string;
  /** What it was last seen to have had at most, beyond what it began with; undefined where that is not told. */
  readonly moreBytes: number | undefined;
  readonly memoryBytes: number; // what it may have
  /** Processes of this machine that the system ended for memory during the trial; undefined where that is not told. */
  readonly oomKills: number | undefined;
}

/**
 * Only what is known to be the model's own doing bans it: a system without memory may end whomever it likes. Last words
 * are shown and prove nothing: the engine says "out of memory" of sizes that make no sense, too.
 */
export function whyEnded(end: End): { readonly code: TrialCode; readonly detail: string } {
  const { signal, moreBytes, memoryBytes } = end;
  const words = lastWords(end.stderr);
  if (moreBytes !== undefined && moreBytes > memoryBytes)
    return { code: "out-of-memory", detail: `expected at most ${memoryBytes} bytes, found ${moreBytes}` };
  const how = signal === null ? `exit code ${end.code}` : signal;
  const found = `expected the child to stay until its verdict, found ${how}`;
  // Nothing that a model does ends its process by that signal: the system, or a person, has.
  if (signal !== "SIGKILL") return { code: "crashed", detail: words === "" ? found : `${found}: ${words}` };
  const why =
    (end.oomKills ?? 0) > 0 ? "by the system, which had no memory left" : "by the system, perhaps for its memory";
  const seen = moreBytes === undefined ? "" : `; it was last seen with ${moreBytes} bytes of at most ${memoryBytes}`;
  return { code: "killed", detail: `${found}: killed ${why}${seen}${words === "" ? "" : `: ${words}`}` };
}

/** The line that tells most; "" when none does. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n");
  const line =
    lines.find((one) => NO_MEMORY.test(one)) ??
    lines.find((one) => /error|fatal|assert|terminate|exception/i.test(one));
  return line?.trim().slice(0, 200) ?? "";
}

// --watch of the commands that look: the same answer again and again. On a terminal one screen is repainted; elsewhere
// a block is printed each time that something has changed which people act on. Ctrl-C ends it with 130, and a reader
// that goes away with 0.

import { WATCH_PERIOD_MS } from "../../proto/operator.js";
import type { Flag } from "./arguments.js";
import type { Context } from "./command.js";
import { interrupted, usage } from "./failure.js";
import { durationMs } from "./values.js";

export const WATCH_FLAGS: readonly Flag[] = [
  { name: "watch", says: "goes on: repaints a terminal, else a block per change; Ctrl-C ends it with 130" },
  { name: "every", value: "TIME", says: "with --watch: time between two views, 200ms to 10s (default 1s)" },
];

/** What a command looks at. */
export interface Look<V extends object> {
  readonly ask: () => Promise<V>;
  /** For people; escaped. */
  readonly lines: (view: V) => readonly string[];
  /** Whether people would want to know. Ages, speeds and the like change all the time. */
  readonly changed: (before: V, after: V) => boolean;
}

/** Looks once, or with --watch until the person stops it. */
export async function look<V extends object>(context: Context, at: Look<V>): Promise<void> {
  const { out, given } = context;
  const every = given.text("every");
  if (given.on("watch")) return watchOn(context, at, every === undefined ? WATCH_PERIOD_MS.usual : periodMs(every));
  if (every !== undefined) throw usage("--every goes with --watch");
  const view = await at.ask();
  await out.result(view, () => out.painted(at.lines(view)));
}

export function periodMs(every: string): number {
  return durationMs(every, { name: "--every", leastMs: WATCH_PERIOD_MS.least, mostMs: WATCH_PERIOD_MS.most });
}

async function watchOn<V extends object>({ out, shell }: Context, at: Look<V>, everyMs: number): Promise<void> {
  let before: V | null = null;
  for (;;) {
    const view = await at.ask().catch((cause: unknown) => {
      if (shell.stop.aborted) return null;
      throw cause;
    });
    if (view !== null) {
      const last = before;
      const isNew = last === null || at.changed(last, view);
      const block = () => [...(last === null ? [] : [""]), ...at.lines(view)];
      if (isNew) before = view;
      if (out.isTty && !(await out.screen(out.painted(out.fitted(at.lines(view)))))) return;
      if (!out.isTty && isNew && !(await out.result(view, block))) return;
    }
    await pause(everyMs, shell.stop);
    if (!shell.stop.aborted) continue;
    if (await shell.write("")) throw interrupted();
    return;
  }
}

/** Until the time is over or the person stops it. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}

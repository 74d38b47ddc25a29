// Commands that follow: watch and events. On a terminal `watch` redraws one screen; elsewhere it prints the first table
// and then a line per change. A stream that the person ends is a success; one that the hub ends is not.

import { type LedgerEvent, readLedgerEvent, toLedgerEvent } from "../../proto/ledger.js";
import { WATCH_PERIOD_MS } from "../../proto/operator.js";
import { readSiteView, type SiteView } from "../../proto/operator-views.js";
import type { Command, Context } from "./command.js";
import { eventLine } from "./event-text.js";
import { CliFailure, usage } from "./failure.js";
import { robotColumns, robotRows } from "./robots-table.js";
import { headline, tasksLine, warnings } from "./site-text.js";
import { renderTable, wrap } from "./table.js";
import { wholeNumber } from "./values.js";
import { changeLines } from "./watch-lines.js";
import { periodMs } from "./watched.js";

const LAST = 20;

const watch: Command = {
  name: "watch",
  takes: "",
  least: 0,
  most: 0,
  flags: [{ name: "every", value: "TIME", says: "time between two views, 200ms to 10s (default 1s)" }],
  says: "follows the site: a table that is redrawn, or a line per change where output is no terminal",
  run: async (context) => {
    const { hub, out, given, shell } = context;
    const every = given.text("every");
    const everyMs = every === undefined ? WATCH_PERIOD_MS.usual : periodMs(every);
    let before: SiteView | null = null;
    const take = async (view: SiteView) => {
      const last = before;
      before = view;
      if (out.isTty) return out.screen(out.painted(out.fitted(firstLines(view, out.width))));
      return out.result(view, () => (last === null ? firstLines(view, out.width) : changeLines(last, view)));
    };
    await hub().follow("WatchSite", { periodMs: everyMs }, { read: readSiteView, take });
    if (!shell.stop.aborted) throw ended();
  },
};

function firstLines(view: SiteView, width: number): readonly string[] {
  return [
    ...[headline(view), ...warnings(view), tasksLine(view)].flatMap((line) => wrap(line, width, "  ")),
    ...renderTable(robotColumns, robotRows(view.robots), width),
  ];
}

const events: Command = {
  name: "events",
  takes: "",
  least: 0,
  most: 0,
  flags: [
    { name: "follow", says: "goes on with what happens from now on" },
    { name: "last", value: "N", says: `begins N before the end (default ${LAST})` },
    { name: "from", value: "N", says: "begins at event N; 1 is the first" },
  ],
  says: "what the hub has decided, from its ledger",
  run: async (context) => {
    const { hub, out, shell } = context;
    const request = eventsRequest(context);
    const take = (event: LedgerEvent) => out.result(toLedgerEvent(event), () => out.painted([eventLine(event)]));
    await hub().follow("Events", request, { read: readLedgerEvent, take });
    if (request.follow && !shell.stop.aborted) throw ended();
  },
};

function eventsRequest({ given }: Context) {
  const last = given.text("last");
  const from = given.text("from");
  if (last !== undefined && from !== undefined) throw usage("expected --last or --from, found both");
  return {
    follow: given.on("follow"),
    fromSequence: from === undefined ? 0 : wholeNumber(from, { name: "--from", least: 1 }),
    last: last === undefined ? (from === undefined ? LAST : 0) : wholeNumber(last, { name: "--last", least: 1 }),
  };
}

function ended(): CliFailure {
  return new CliFailure("NOT_ANSWERED", "the hub has ended the stream");
}

export const STREAMS = { watch, events } as const;

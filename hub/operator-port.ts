// What the hub offers to people, whichever way they come: over gRPC or through the console.

import type { RobotDetail } from "../proto/console.js";
import type { Refusal } from "../proto/errors.js";
import type { LedgerEvent } from "../proto/ledger.js";
import type { OperatorAnswer, OperatorAsk } from "../proto/operator.js";
import type { ExplainResponse, PlaceView, RobotView, SiteView, TaskView } from "../proto/operator-views.js";

/** What the hub's runtime offers to operators. */
export interface OperatorPort {
  site(): SiteView;
  robots(): readonly RobotView[];
  places(): readonly PlaceView[];
  /** Open tasks; with `all` also those that ended and are still kept. */
  tasks(all: boolean): readonly TaskView[];
  /** R10: resolves when what was decided is durable. Rejects only when the hub is broken. */
  act(ask: OperatorAsk): Promise<OperatorAnswer | Refusal>;
  /** Durable events of sequence `from` and up, in order, at most `most`; fewer or none at the end. */
  events(from: number, most: number): Promise<readonly LedgerEvent[]>;
  /** The sequence of the last durable event; 0 when there is none. */
  eventCount(): number;
  /** Calls `listener` after events became durable; the function it gives stops that. */
  onEvents(listener: (events: readonly LedgerEvent[]) => void): () => void;
  explain(id: string): Promise<ExplainResponse | Refusal>;
}

/** What the console asks beyond that: no rule rests on it, and no other program is told. */
export interface ConsolePort extends OperatorPort {
  /** null: there is no such robot. */
  robotDetail(id: string): RobotDetail | null;
}

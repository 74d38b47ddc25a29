// R10: drover task cancel --wait tells by what evidence a robot acts on the task no more, or that there is none.
import t from "tap";
import { evidenceOf } from "../../../hub/cli/taking-over.js";
import type { LedgerBody } from "../../../proto/ledger.js";
import { openStubHub, runAt } from "./stub-hub.js";
import { anEvent } from "./stub-views.js";

const token = { epoch: 3, counter: 9 };
const CLAIMED: LedgerBody = {
  ...{ kind: "claimed", token, assignment: "a1", robot: "r1", destination: "P4", purpose: "TASK" },
  ...{ task: "t7", stopIndex: 0, leaseMs: 3000 },
};
const CANCELLED: LedgerBody = { kind: "taskEnded", task: "t7", end: "END_CANCELLED", reason: "" };

function ended(end: "COMPLETED" | "GAVE_UP" | "WITHDRAWN" | "ABANDONED" | "REFUSED"): LedgerBody {
  return { kind: "assignmentEnded", token, end, reason: "", outcome: end === "ABANDONED" ? "" : "o-1" };
}

function events(...bodies: readonly LedgerBody[]) {
  return bodies.map((body, index) => anEvent(index + 1, body));
}

t.test("only what the robot itself has said confirms that it acts on the task no more", async (t) => {
  const rows: readonly [readonly LedgerBody[], boolean, RegExp][] = [
    [[], true, /no robot ever acted on it/],
    [[CLAIMED, ended("WITHDRAWN")], true, /r1 has confirmed that it acts on it no more \(o-1\)/],
    [[CLAIMED, ended("COMPLETED")], true, /had arrived at P4/],
    [[CLAIMED, ended("GAVE_UP")], true, /had given it up itself/],
    [[CLAIMED, ended("REFUSED")], true, /never took it/],
    [[CLAIMED, ended("ABANDONED")], false, /r1 has not confirmed it: it was silent.*go and look/],
    [[CLAIMED], false, /has not confirmed it/],
    [[ended("WITHDRAWN"), { ...CLAIMED, token: { epoch: 3, counter: 10 } }], false, /has not confirmed it/],
  ];
  for (const [bodies, isConfirmed, text] of rows) t.match(evidenceOf(events(...bodies)), { isConfirmed, text });
});

const ARGS = ["task", "cancel", "t7", "--wait", "--reason", "spill"];

t.test("it waits for the end of the task and exits 0 with the evidence", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  let asked = 0;
  hub.port.explain = async () => {
    asked += 1;
    const bodies = asked < 3 ? [CLAIMED] : [CLAIMED, ended("WITHDRAWN"), CANCELLED];
    return { kind: "task", lines: [], facts: [], events: events(...bodies) };
  };
  t.match(await runAt(hub, ARGS), {
    exit: 0,
    out: "task t7 cancelled: r1 has confirmed that it acts on it no more (o-1)\n",
  });
  t.equal(asked, 3);
  const json = await runAt(hub, [...ARGS, "--json"]);
  t.match(JSON.parse(json.out), { task: "t7", end: "END_CANCELLED", isConfirmed: true, robot: "r1" });
});

t.test("without confirmation it exits 75 and tells of link and lease, or that somebody must look", async (t) => {
  const hub = await openStubHub();
  t.teardown(() => hub.close());
  hub.port.explain = async () => ({ kind: "task", lines: [], facts: [], events: events(CLAIMED) });
  const waiting = await runAt(hub, [...ARGS, "--within", "1ms"]);
  t.match(waiting, { exit: 75, err: /r1 has not confirmed it yet: it is linked, its lease lapses in 2\.8 s/ });
  t.match(waiting.err, /until then take it that the robot may still move/);
  const silent = events(CLAIMED, ended("ABANDONED"), CANCELLED);
  hub.port.explain = async () => ({ kind: "task", lines: [], facts: [], events: silent });
  t.match(await runAt(hub, ARGS), { exit: 75, err: /task t7 cancelled: r1 has not confirmed it/ });
});

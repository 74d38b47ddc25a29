// R14 the page's list of events has no gap: whatever was lost on the way is asked for.

import t from "tap";
import { EventList } from "../../../hub/console/event-list.js";
import { anEvent } from "../cli/stub-views.js";

const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => anEvent(from + at, { kind: "robotEnrolled", robot: "r1" }));
const sequences = (list: EventList) => list.all.map(({ sequence }) => sequence);

t.test("what follows is taken, what is known is not taken twice, and a gap is asked for", async (t) => {
  const list = new EventList();
  t.equal(list.missing(0), null);
  t.equal(list.missing(3), 1);
  list.add(events(1, 3));
  t.equal(list.missing(3), null);
  list.add(events(6, 7));
  t.same(sequences(list), [1, 2, 3], "4 and 5 were lost");
  t.equal(list.missing(7), 4);
  list.add(events(2, 7));
  t.same(sequences(list), [1, 2, 3, 4, 5, 6, 7]);
});

t.test("R13 a long absence asks for the newest alone, and the list is bounded", async (t) => {
  const list = new EventList();
  list.add(events(1, 10));
  t.equal(list.missing(100_000), 99_501);
  t.same(sequences(list), []);
  list.add(events(99_501, 100_000));
  for (let from = 100_001; from < 104_000; from += 100) list.add(events(from, from + 99));
  t.equal(list.all.length, 2000);
  t.equal(list.missing(104_000), null);
  t.equal(list.missing(5), 1, "the ledger is another one");
  t.same(sequences(list), []);
});

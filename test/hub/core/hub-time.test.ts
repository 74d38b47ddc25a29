// R3: a span is over only when it is certain, whatever a clock that drifts within its bound and tells whole
// milliseconds has read.

import fc from "fast-check";
import t from "tap";
import { certainlyMs } from "../../../hub/core/hub-time.js";

t.test("R3 span of hub time that has certainly passed has passed in true time, by any two readings", (t) => {
  const span = fc.integer({ min: 1, max: 1_000_000 });
  const share = fc.double({ min: -1, max: 1, noNaN: true });
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(span, share, fraction, fc.constantFrom(0.0001, 0.01, 0.1), (spanMs, drift, offsetMs, rhoHub) => {
      const rate = 1 + drift * rhoHub;
      const read = (trueMs: number) => Math.floor(offsetMs + rate * trueMs);
      const early = spanMs - 1e-6 * spanMs; // a little less than the span
      return read(early) - read(0) < certainlyMs(spanMs, rhoHub);
    }),
    { numRuns: 2000, seed: 496, examples: [[496, 1, 0.9, 0.0001]] },
  );
  t.pass("2000 pairs of readings");
  t.end();
});

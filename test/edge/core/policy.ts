// The planner, and a model beside it, as tests of health watch them.
import type { WatchedModel } from "../../../edge/core/health/health.js";

export const PLANNER: WatchedModel = { name: "planner", leastConfidence: 0, reference: null };

/** A model that no test here runs; what it decides is told by the tests. */
export const POLICY: WatchedModel = {
  name: "a-policy",
  leastConfidence: 0.6,
  reference: { samples: 1000, features: [{ tensor: "obs", index: 0, edges: [0, 1], shares: [0.25, 0.5, 0.25] }] },
};

// The index of claims by robot against the plain question, over whatever is claimed and freed.
import fc from "fast-check";
import t from "tap";
import { type Claim, Claims } from "../../../hub/core/ledger-state.js";
import { tokenKey } from "../../../proto/claim.js";

function claimOf(counter: number, robot: string): Claim {
  return {
    ...{ token: { epoch: 1, counter }, assignment: `a${counter}`, robot, destination: `D${counter}`, purpose: "PARK" },
    ...{ task: "", stopIndex: 0, phase: "assigned", lapsed: false, end: null },
  };
}

t.test("R1 claims of one robot are those that a walk over all claims finds, in the order of their making", async () => {
  const deed = fc.record({ counter: fc.nat(12), robot: fc.constantFrom("r1", "r2", "r3"), frees: fc.boolean() });
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
      const claims = new Claims();
      for (const { counter, robot, frees } of deeds) {
        const key = tokenKey({ epoch: 1, counter });
        if (frees) claims.delete(key);
        else if (!claims.has(key)) claims.set(key, claimOf(counter, robot));
        for (const id of ["r1", "r2", "r3"]) {
          const walked = [...claims.values()].filter((claim) => claim.robot === id);
          const found = claims.ofRobot(id);
          if (found.length !== walked.length || found.some((claim, at) => claim !== walked[at])) return false;
        }
      }
      claims.clear();
      return claims.size === 0 && claims.ofRobot("r1").length === 0;
    }),
  );
});

t.test("claims of a robot stay as they were for who looks through them while they are freed", async (t) => {
  const claims = new Claims();
  for (const counter of [1, 2, 3]) claims.set(`1.${counter}`, claimOf(counter, "r1"));
  const seen: number[] = [];
  for (const claim of claims.ofRobot("r1")) {
    seen.push(claim.token.counter);
    claims.delete(tokenKey(claim.token));
  }
  t.same(seen, [1, 2, 3]);
  t.same(claims.ofRobot("r1"), []);
});

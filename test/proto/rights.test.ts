// Who may ask what: the table covers every method of the service and no other, and its order is that of the roles.

import t from "tap";
import { loadSchemas, serviceOf } from "../../proto/codec/grpc.js";
import { ASK_KINDS, methodOf } from "../../proto/operator.js";
import { actsAs, LEAST_ROLE, PERSON_NAME, ROLES, type Role, reaches, whyNotPermitted } from "../../proto/rights.js";

const aPerson = (role: Role, isNamed = true) => ({ operator: "ada", role, isNamed });

t.test("R12 every method of FleetOperator has a least role, and no other name has one", (t) => {
  const methods = Object.keys(serviceOf(loadSchemas(), "FleetOperator")).sort();
  t.same([...LEAST_ROLE.keys()].sort(), methods);
  t.ok(methods.length > 10, `${methods.length} methods`);
  t.end();
});

t.test("R12 a viewer acts on nothing, and no act is beyond a supervisor", (t) => {
  for (const method of ASK_KINDS.map(methodOf)) {
    t.match(whyNotPermitted(aPerson("viewer"), method), { code: "NOT_PERMITTED" }, method);
    t.equal(whyNotPermitted(aPerson("supervisor"), method), null, method);
  }
  const mayOperate = ASK_KINDS.filter((kind) => whyNotPermitted(aPerson("operator"), methodOf(kind)) === null);
  const ofTasks = ["submitTask", "cancelTask", "pauseTask", "resumeTask"];
  const ofRobots = ["halt", "setMode", "drainRobot", "undrainRobot"];
  t.same(mayOperate.toSorted(), [...ofTasks, ...ofRobots, "answer"].toSorted(), "what lowers, and what asks for work");
  t.match(whyNotPermitted(aPerson("operator"), "FreePlace")?.message, /needs the role supervisor, ada has operator/);
  t.end();
});

t.test("a method that the table does not name is nobody's", (t) => {
  for (const role of ROLES) t.match(whyNotPermitted(aPerson(role), "Reboot"), { code: "NOT_PERMITTED" });
  for (const method of ["toString", "__proto__", ""])
    t.match(whyNotPermitted(aPerson("supervisor"), method), { code: "NOT_PERMITTED" });
  t.end();
});

t.test("each role reaches for what those before it may", (t) => {
  for (const [at, role] of ROLES.entries())
    for (const [least, other] of ROLES.entries()) t.equal(reaches(role, other), at >= least, `${role} for ${other}`);
  t.end();
});

t.test("whoever is named acts under that name alone; the one-time token's holder says who they are", (t) => {
  t.equal(actsAs(aPerson("operator"), "ada"), "ada");
  t.equal(actsAs(aPerson("operator"), ""), "ada");
  t.equal(actsAs(aPerson("operator"), "eve"), null);
  t.equal(actsAs(aPerson("operator"), "Ada"), null);
  t.equal(actsAs(aPerson("supervisor", false), "eve"), "eve");
  for (const name of ["ada", "ada.l", "A-1_x"]) t.ok(PERSON_NAME.test(name), name);
  for (const name of ["", ".x", "a b", "a\n", "x".repeat(65), "ä"]) t.notOk(PERSON_NAME.test(name), name);
  t.end();
});

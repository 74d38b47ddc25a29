// Who is let in: tokens before certificates, robots never, and what is denied is counted one by one and told together.

import t from "tap";
import { bearerOf } from "../../hub/admission.js";
import { readTokenOptions } from "../../hub/options.js";
import { anAdmission } from "./admission-kit.js";

const good = (name: string | null) => ({ name, voidBy: null });

t.test("a token that holds names its person; every other one is nobody's, whatever certificate comes with it", (t) => {
  const { admission } = anAdmission();
  t.same(admission.personOf({ token: "ada's", certified: null }), { operator: "ada", role: "operator", isNamed: true });
  t.same(admission.personOf({ token: "once", certified: null }), {
    ...{ operator: "local", role: "supervisor", isNamed: false },
  });
  t.match(admission.personOf({ token: "ada's", certified: good("bob") }), { operator: "ada" });
  for (const certified of [null, good("ada")])
    for (const token of ["", "eve's"])
      t.match(admission.personOf({ token, certified }), { code: "UNAUTHENTICATED" }, `${token} ${certified?.name}`);
  t.match(admission.personOf({ token: null, certified: null }), { code: "UNAUTHENTICATED" });
  t.same(admission.authenticate("ada's"), { operator: "ada", role: "operator" });
  t.same(admission.authenticate("once"), { operator: "local", role: "supervisor" });
  t.equal(admission.authenticate("eve's"), null);
  t.end();
});

t.test("a certificate names an operator, or with a list whom the list names, and never a robot", (t) => {
  const open = anAdmission().admission;
  t.same(open.personOf({ token: null, certified: good("bob") }), { operator: "bob", role: "operator", isNamed: true });
  t.match(open.personOf({ token: null, certified: good("r1") }), { code: "WRONG_IDENTITY", message: /a robot/ });
  t.match(open.personOf({ token: null, certified: good(null) }), { code: "WRONG_IDENTITY" });
  const listed = anAdmission({
    people: [
      { name: "sue", role: "supervisor" },
      { name: "r1", role: "supervisor" },
    ],
  });
  t.match(listed.admission.personOf({ token: null, certified: good("sue") }), { role: "supervisor" });
  t.match(listed.admission.personOf({ token: null, certified: good("bob") }), {
    code: "NOT_PERMITTED",
    message: /"bob"/,
  });
  t.match(listed.admission.personOf({ token: null, certified: good("r1") }), { code: "WRONG_IDENTITY" });
  t.end();
});

t.test("by a certificate that is void nobody comes in, with a token neither, and why is told apart", (t) => {
  const { admission } = anAdmission();
  for (const voidBy of ["has not begun", "has ended", "was revoked"] as const)
    for (const token of [null, "ada's", "eve's"])
      t.same(admission.personOf({ token, certified: { name: "ada", voidBy } }), {
        ...{ code: "WRONG_IDENTITY", message: `the certificate of ada ${voidBy}` },
      });
  t.match(admission.personOf({ token: null, certified: { name: null, voidBy: "has ended" } }), {
    ...{ code: "WRONG_IDENTITY", message: "the certificate has ended" },
  });
  t.end();
});

t.test("calls that are denied are counted one by one, and the log hears of them once in ten seconds", (t) => {
  const { admission, denied, told, at } = anAdmission();
  for (let call = 0; call < 1000; call += 1) admission.denied({ code: "UNAUTHENTICATED", message: `call ${call}` });
  t.equal(denied.length, 1000);
  t.same(told, [[{ UNAUTHENTICATED: 1 }, "call 0"]]);
  at.nowMs = 10_000;
  admission.denied({ code: "NOT_PERMITTED", message: "last" });
  t.same(told[1], [{ UNAUTHENTICATED: 999, NOT_PERMITTED: 1 }, "last"]);
  t.end();
});

t.test("only a bearer token is a token", (t) => {
  t.equal(bearerOf(undefined), null);
  t.equal(bearerOf("Bearer abc"), "abc");
  t.equal(bearerOf("bearer  abc "), "abc");
  for (const header of ["", "abc", "Basic abc", "Bearer", "Bearer a b", Buffer.from("Bearer abc")])
    t.equal(bearerOf(header), "", String(header));
  t.end();
});

t.test("the flags of drover-hub token say what is wrong with them", (t) => {
  const at = ["--data-dir", "d"];
  t.match(readTokenOptions(["issue", ...at, "--operator", "ada", "--role", "operator"]), { forMs: 90 * 86_400_000 });
  t.match(readTokenOptions(["issue", ...at, "--operator", "ada", "--role", "viewer", "--for", "12h"]), {
    ...{ action: "issue", dataDir: "d", operator: "ada", role: "viewer", forMs: 43_200_000 },
  });
  t.match(readTokenOptions(["revoke", ...at, "--id", "x"]), { action: "revoke", id: "x" });
  const wrong: [readonly string[], RegExp][] = [
    [["list"], /--data-dir/],
    [["issue", ...at, "--operator", "ada"], /--role: expected one of viewer, operator, supervisor/],
    [["issue", ...at, "--operator", "a b", "--role", "viewer"], /--operator: expected a name/],
    [["issue", ...at, "--operator", "hub", "--role", "viewer"], /names no person/],
    [["issue", ...at, "--role", "viewer"], /--operator NAME is missing/],
    [["issue", ...at, "--operator", "ada", "--role", "viewer", "--for", "0s"], /--for: expected a time/],
    [["issue", ...at, "--operator", "ada", "--role", "viewer", "--for", "367d"], /--for: expected a time/],
    [["issue", ...at, "--operator", "ada", "--role", "viewer", "--for", "12"], /--for: expected a time/],
    [["revoke", ...at], /expected --operator NAME.* or --id ID/],
    [["revoke", ...at, "--operator", "ada", "--id", "x"], /expected --operator NAME.* or --id ID/],
    [["renew", ...at], /expected issue, list or revoke, found "renew"/],
    [["list", ...at, "--what"], /what/],
  ];
  for (const [args, says] of wrong) t.match(readTokenOptions(args), says, args.join(" "));
  t.end();
});

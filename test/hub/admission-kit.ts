// Who is let in, with what was denied and told kept for the test.

import { Admission, type AdmissionParts } from "../../hub/admission.js";

export function anAdmission(over: Partial<AdmissionParts> = {}) {
  const denied: string[] = [];
  const told: unknown[] = [];
  const at = { nowMs: 0 };
  const admission = new Admission({
    book: { find: (token) => (token === "ada's" ? { operator: "ada", role: "operator" } : null) },
    isOneTime: (token) => token === "once",
    people: undefined,
    robots: new Set(["r1"]),
    nowMs: () => at.nowMs,
    onDenied: (code) => void denied.push(code),
    onTold: (counts, last) => void told.push([counts, last]),
    ...over,
  });
  return { admission, denied, told, at };
}

// What a hub answers to a candidate that would take over: as it was asked, or otherwise where a test says so.
import type { EdgeMessage, HubMessage } from "../../../proto/wire.js";

type Answer = Extract<HubMessage, { kind: "swapAnswer" }>;

export function swapAnswer(
  { ask, model, version, sha256 }: Extract<EdgeMessage, { kind: "askSwap" }>,
  says: "allows" | "refuses",
  over: Partial<Answer> = {},
): Answer {
  const told = says === "allows" ? { refusal: "", message: "" } : { refusal: "TOO_MANY", message: "the test refuses" };
  return { kind: "swapAnswer", ask, model, version, sha256, allowed: says === "allows", ...told, ...over };
}

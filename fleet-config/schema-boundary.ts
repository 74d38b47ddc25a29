// The keys of a site file that narrow what may be decided without a person, and by a person (boundary.ts): for each
// kind of decision and each rung that leaves a choice. What a rung never permits has no key, so nothing can be widened.

import { ms, object, oneOf, quantity } from "./schema-words.js";

const alone = (description: string) => oneOf(description, ["automatic", "never"], { default: "automatic" });
const raised = (description: string) => oneOf(description, ["automatic", "ask"], { default: "automatic" });
const asked = (description: string) => oneOf(description, ["ask", "never"], { default: "ask" });
const answerMs = (fallback: number) => ms("Time for an answer; then the safe default holds.", { default: fallback });

function given(description: string) {
  return object(
    {
      autonomous: alone("To a robot in AUTONOMOUS, without a person."),
      confirm: asked("To a robot that people hold in CONFIRM, movement by movement."),
      answerMs: answerMs(300_000),
      telemetryMs: ms("Bound on the age of its pose; at most that of decisions.dispatch counts.", {}),
      poseErrorM: quantity("Largest error of its pose.", { unit: "m", minimum: 0.001, maximum: 100 }),
    },
    { description, required: [], default: {} },
  );
}

function stated(description: string, fallbackMs: number) {
  return object(
    {
      autonomous: asked("About a robot in AUTONOMOUS."),
      reactiveOnly: asked("About a robot in REACTIVE_ONLY."),
      confirm: asked("About a robot in CONFIRM."),
      halt: asked("About a robot in HALT."),
      answerMs: answerMs(fallbackMs),
    },
    { description, required: [], default: {} },
  );
}

export const boundarySchema = object(
  {
    taskGrant: given("Giving a task's destination to a robot."),
    idleMove: given("Sending an idle robot to park or to charge."),
    raise: object(
      {
        reactiveOnly: raised("Out of REACTIVE_ONLY."),
        confirm: raised("Out of CONFIRM."),
        answerMs: answerMs(1_800_000),
      },
      { description: "Letting a robot climb; out of HALT it needs a person always.", required: [], default: {} },
    ),
    freePlace: stated("Calling a place free by a person's word (R4).", 900_000),
    stateAbsent: stated("Calling a robot off the floor by a person's word (R4).", 900_000),
    endTask: stated("Ending a task whose outcome is not known.", 900_000),
    alertMs: ms("So long before a question expires somebody is alerted.", { default: 120_000 }),
  },
  { description: "What may be decided without a person, and by one. It only narrows the rules.", required: [] },
);

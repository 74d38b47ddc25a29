// Robots under test that drive by models, and what their tests ask of them.
import { slotNamed, slotWith } from "../../../edge/core/controller/slots.js";
import type { Answering, EdgeUnderTest } from "./edge-under-test.js";

export const OLD = "chaser 1.0.0";
export const NEW = "chaser 2.0.0";

export function begin(robot: EdgeUnderTest, models: readonly (readonly [string, Answering])[]): EdgeUnderTest {
  for (const [model, answer] of models) {
    robot.answering.set(model, answer);
    robot.step({ kind: "modelReady", model });
  }
  robot.ready();
  robot.grant("P1");
  return robot;
}

export function hasArrived(robot: EdgeUnderTest): boolean {
  return robot.sent("outcome").some(({ result }) => result === "ARRIVED");
}

export function slot(robot: EdgeUnderTest, model = OLD) {
  const found = slotNamed(robot.edge.state.controllers, model);
  if (found === undefined) throw new Error(`no ${model}`);
  return found;
}

export function live(robot: EdgeUnderTest): string {
  return slotWith(robot.edge.state.controllers, "live")?.model ?? "the path itself";
}

export function notes(robot: EdgeUnderTest, event: string): readonly string[] {
  return robot.of("note").flatMap((note) => (note.event === event ? [note.detail] : []));
}

// How a command asks for an act: by whom and why, and what may have happened when no answer comes.

import {
  type Act,
  type AnswerOf,
  type AskKind,
  methodOf,
  OPERATOR_CHARACTERS_MOST,
  type OperatorAsk,
  PROSE_CHARACTERS_MOST,
  readAnswer,
  toAskRequest,
} from "../../proto/operator.js";
import { type Reader, words } from "../../proto/shape.js";
import type { Context } from "./command.js";
import { CliFailure, usage } from "./failure.js";
import { fit } from "./values.js";

export async function ask<K extends AskKind>(
  { hub }: Context,
  kind: K,
  request: Extract<OperatorAsk, { kind: K }>,
): Promise<AnswerOf<K>> {
  try {
    const read = readAnswer[kind] as unknown as Reader<AnswerOf<K>>;
    return await hub().ask(methodOf(kind), toAskRequest(request), read);
  } catch (error) {
    if (!(error instanceof CliFailure) || (error.code !== "NOT_ANSWERED" && error.code !== "INTERRUPTED")) throw error;
    const asked: OperatorAsk = request;
    const again = asked.kind === "submitTask" ? ` with --id ${asked.task}` : "";
    throw new CliFailure(
      error.code,
      `${error.message}; it may have been done. Asking again${again} is safe`,
      error.exit,
    );
  }
}

export function actOf(context: Context): Act {
  const reason = context.given.text("reason");
  if (reason === undefined) throw usage("an act needs --reason TEXT: it is written to the ledger beside your name");
  return { operator: operatorOf(context), reason: fit(words(PROSE_CHARACTERS_MOST), reason, "--reason") };
}

export function operatorOf({ given, shell, certified, hasOwnName }: Context, otherwise?: string): string {
  const said = given.text("operator") ?? certified();
  // A personal token says who asks, and the hub writes it down; whom the system names counts for less.
  if (said === undefined && hasOwnName()) return "";
  const name = said ?? shell.environment.user ?? otherwise;
  if (name === undefined) throw usage("an act needs --operator NAME: $USER is not set");
  return fit(words(OPERATOR_CHARACTERS_MOST), name, "--operator");
}

// What waits for a person, with why and until when, and the answers: each for the version that was shown.

import { type AskKind, methodOf, PROSE_CHARACTERS_MOST, readAnswer, toAskRequest } from "../../proto/operator.js";
import { type DecisionView, readSiteView } from "../../proto/operator-views.js";
import { count, text } from "../../proto/shape.js";
import { actOf } from "./asking.js";
import { ACT_FLAGS, type Command, positional, SEEN_FLAG } from "./command.js";
import { shown } from "./escape.js";
import { usage } from "./failure.js";
import { wrap } from "./table.js";
import { ageText, leftText } from "./units.js";
import { anId, fit } from "./values.js";
import { look, WATCH_FLAGS } from "./watched.js";

const ANSWER: AskKind = "answer";

const queue: Command = {
  name: "queue",
  takes: "",
  least: 0,
  most: 0,
  flags: WATCH_FLAGS,
  says: "the questions that wait for a person: why, the evidence, the choices, and until when",
  run: (context) =>
    look(context, {
      ask: async () => {
        const { decisions } = await context.hub().ask("GetSite", {}, readSiteView);
        return { questions: decisions };
      },
      lines: ({ questions }) =>
        questions.length === 0
          ? ["nothing waits for a person"]
          : questions.flatMap((one, index) => [...(index === 0 ? [] : [""]), ...linesOf(one, context.out.width)]),
      changed: (before, after) => versions(before.questions) !== versions(after.questions),
    }),
};

function versions(questions: readonly DecisionView[]): string {
  return questions.map(({ id, version }) => `${id} ${version}`).join(", ");
}

function linesOf(view: DecisionView, width: number): readonly string[] {
  const { id, version, subject, question, waitingMs, deadlineLeftMs, choices, safeDefault, why, evidence } = view;
  const left = `waits ${ageText(waitingMs)}, expires in ${leftText(deadlineLeftMs)}`;
  return [
    ...wrap(`${shown(id)} version ${version}  ${shown(subject)}: ${shown(question)}`, width, "  "),
    ...wrap(`  why: ${shown(why)}`, width, "    "),
    ...evidence.flatMap((line) => wrap(`  seen: ${shown(line)}`, width, "    ")),
    ...wrap(`  ${left}; else ${shown(safeDefault)}`, width, "    "),
    ...wrap(`  drover answer ${shown(id)} ${shown(choices.join("|"))} --of ${version}`, width, "    "),
  ];
}

const answer: Command = {
  name: "answer",
  takes: "ID CHOICE",
  least: 2,
  most: 2,
  flags: [
    { name: "of", value: "VERSION", says: "the version that drover queue showed; another one is refused" },
    { ...SEEN_FLAG, says: "what you saw with your own eyes, where the choice rests on it" },
    ...ACT_FLAGS,
  ],
  says: "answers a question once; it is done by the same act as without a question",
  run: async (context) => {
    const { given } = context;
    const question = anId(positional(context, 0), "ID");
    const choice = anId(positional(context, 1), "CHOICE");
    const version = given.text("of");
    if (version === undefined) throw usage("expected --of VERSION: the version that drover queue showed");
    const request = {
      ...{ kind: ANSWER, act: actOf(context), question, choice },
      version: fit(count, /^\d{1,15}$/.test(version) ? Number(version) : version, "--of"),
      seen: fit(text(PROSE_CHARACTERS_MOST), given.text("seen") ?? "", "--seen"),
    } as const;
    const { done } = await context.hub().ask(methodOf(ANSWER), toAskRequest(request), readAnswer.answer);
    await context.out.effect({ question, choice, done }, [`${question} answered: ${shown(done)}`]);
  },
};

export const QUEUE = { queue, answer } as const;

// `drover boundary show FILE`: the site's autonomy boundary as one table. Asks no hub.

import { type BoundaryTable, boundaryTable, DECISION_KINDS } from "../../fleet-config/boundary.js";
import { RUNGS } from "../../proto/mode.js";
import { type Command, positional } from "./command.js";
import { load } from "./config-check.js";
import { type Column, type Row, renderTable } from "./table.js";
import { leftText } from "./units.js";

const COLUMNS: readonly Column[] = [
  { key: "decision", title: "DECISION", priority: 0, least: 9 },
  ...RUNGS.map((rung, index) => ({ key: rung, title: rung, priority: 1 + index, least: 9 })),
  { key: "pose", title: "POSE AT MOST", priority: 6, least: 8 },
  { key: "answer", title: "ANSWER IN", align: "right", priority: 7, least: 6 },
  { key: "otherwise", title: "ELSE", priority: 8, least: 8 },
];

const boundaryShow: Command = {
  name: "boundary show",
  takes: "FILE",
  least: 1,
  most: 1,
  flags: [],
  says: "what is decided automatically, asked of a person, or never done at a site, on each rung",
  run: async (context) => {
    const { config } = await load(positional(context, 0));
    const table = boundaryTable(config);
    await context.out.result({ site: config.site, boundary: table }, () =>
      renderTable(COLUMNS, rowsOf(table), context.out.width),
    );
  },
};

function rowsOf(table: BoundaryTable): readonly Row[] {
  return DECISION_KINDS.map((decision) => {
    const { ways, telemetryMs, poseErrorM, answerMs, otherwise } = table[decision];
    const age = telemetryMs === null ? [] : [`${telemetryMs} ms old`];
    const error = poseErrorM === null ? [] : [`${poseErrorM} m off`];
    return {
      ...ways,
      ...{ decision, otherwise, pose: [...age, ...error].join(", ") || "-" },
      answer: answerMs === null ? "-" : leftText(answerMs),
    };
  });
}

export const BOUNDARY = { boundaryShow } as const;

// What the commands about kept files share: a fault told with its exit code, and a table.

import { EXIT } from "../proto/errors.js";
import { HubStopped } from "./stopped.js";

/** Does the work. Throws HubStopped, saying what could not be done, for whatever stands against it. */
export function withKept(what: string, work: () => number): number {
  try {
    return work();
  } catch (cause) {
    throw stoppedBy(cause, what);
  }
}

/** Why `what` cannot be, for people, with the exit code of its kind. */
export function stoppedBy(thrown: unknown, what: string): HubStopped {
  if (thrown instanceof HubStopped) return thrown;
  const cause = thrown as NodeJS.ErrnoException;
  if (cause.code === "EEXIST")
    return new HubStopped(EXIT.later, `${what}: another command is changing them${at(cause)}`);
  if (cause.code === "ENOENT") return new HubStopped(EXIT.missing, `${what}: there is no such directory`);
  if (cause.code === "EACCES" || cause.code === "EPERM")
    return new HubStopped(EXIT.permission, `${what}: ${cause.message}`);
  return new HubStopped(cause.code === undefined ? EXIT.data : EXIT.io, `${what}: ${cause.message}`);
}

function at({ path }: NodeJS.ErrnoException): string {
  return path === undefined ? "" : `, by ${path}; after 10 s it is taken for dead`;
}

/** Prints rows under their heading, in columns. */
export function printTable(cells: readonly (readonly string[])[]): void {
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of cells)
    process.stdout.write(
      `${line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
}

// Turns among processes of this machine: one installs or builds, the others wait. A turn is a file that names its
// owner; an owner that is dead owns nothing.

import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), ".build");
const turnPath = join(folder, "turn");
const LONGEST_WAIT_MS = 15 * 60_000;
const POLL_MS = 100;

/**
 * Resolves, when it is this process's turn, with the function that ends it. `say` is told once when there is somebody
 * to wait for. Rejects after a quarter of an hour.
 */
export async function takeTurn(say) {
  mkdirSync(folder, { recursive: true });
  const mine = ownerOf(process.pid);
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  let told = false;
  while (!claim(mine)) {
    const owner = readOwner();
    if (owner === null) continue;
    if (!isAlive(owner)) {
      removeDead(owner);
      continue;
    }
    if (!told) say(`waiting for process ${pidOf(owner)}, which is installing or building`);
    told = true;
    if (performance.now() > deadlineMs) throw new Error(`process ${pidOf(owner)} holds ${turnPath} for too long`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return () => {
    if (readOwner() === mine) unlinkSync(turnPath);
  };
}

/** The file appears together with its content, or not at all. */
function claim(mine) {
  const draft = `${turnPath}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, turnPath);
    return true;
  } catch (cause) {
    if (cause.code === "EEXIST") return false;
    throw cause;
  } finally {
    unlinkSync(draft);
  }
}

function readOwner() {
  try {
    return readFileSync(turnPath, "utf8");
  } catch {
    return null;
  }
}

/** Takes the dead owner's file away. If another took over in the same instant, its file is put back. */
function removeDead(owner) {
  const aside = `${turnPath}.dead.${process.pid}`;
  try {
    renameSync(turnPath, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, "utf8") !== owner && readOwner() === null) linkSync(aside, turnPath);
  unlinkSync(aside);
}

/** A process by its id and the time of its start, since ids are used again. */
function ownerOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return `${pid} ?`;
  }
}

function pidOf(owner) {
  return Number.parseInt(owner, 10);
}

function isAlive(owner) {
  try {
    process.kill(pidOf(owner), 0);
  } catch (cause) {
    if (cause.code === "ESRCH") return false;
  }
  return ownerOf(pidOf(owner)) === owner;
}

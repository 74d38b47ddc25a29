// `drover-hub backup` and `drover-hub restore`: what they print, and the exit code of each reason not to do it.

import { loadSite } from "../fleet-config/load.js";
import { BackupDamaged } from "../proto/codec/records-backup.js";
import { EXIT, type ExitClass } from "../proto/errors.js";
import { BackupRefused, backupLedger, restoreLedger } from "./io/backup.js";
import { verifyLedger } from "./io/verify.js";
import type { BackupOptions, RestoreFlags } from "./options.js";
import { HubStopped } from "./stopped.js";

/** By the error of the system; all others are errors of input and output. */
const CLASSES: Readonly<Record<string, ExitClass>> = {
  ...{ EACCES: "permission", EPERM: "permission", EROFS: "permission", ENOSPC: "later", EDQUOT: "later" },
  ...{ ENOENT: "missing", ENOTDIR: "missing", EISDIR: "usage" },
};

export async function runBackup({ dataDir, out }: BackupOptions): Promise<number> {
  return told(async () => {
    const { owner, count, epoch, hash } = await backupLedger(dataDir, out);
    const found = `${count} events of site ${owner}, epoch ${epoch}, last hash ${Buffer.from(hash).toString("hex")}`;
    return [`backed up: ${found}`, `written to ${out}`];
  });
}

export async function runRestore({ from, dataDir, config }: RestoreFlags): Promise<number> {
  const site = config === "" ? null : loadSite(config).config.site;
  return told(async () => {
    const judge = async (dir: string) => (await verifyLedger(dir)).problems;
    const { owner, count, epoch, hash, takenWallMs } = await restoreLedger({ file: from, dataDir, site, judge });
    const found = `${count} events of site ${owner}, epoch ${epoch}, last hash ${Buffer.from(hash).toString("hex")}`;
    return [
      `restored: ${found}`,
      `as of ${new Date(takenWallMs).toISOString()}; what was decided later is not known to it`,
      "next: start no other hub of this site, start this one, look at every robot, then: drover mode clear --site",
    ];
  });
}

async function told(work: () => Promise<readonly string[]>): Promise<number> {
  try {
    process.stdout.write(`${(await work()).join("\n")}\n`);
    return 0;
  } catch (thrown) {
    const cause = thrown as NodeJS.ErrnoException;
    if (cause instanceof BackupRefused) throw new HubStopped(EXIT[cause.exitClass], cause.message);
    if (cause instanceof BackupDamaged) throw new HubStopped(EXIT.data, cause.message);
    if (cause.code === undefined) throw cause;
    throw new HubStopped(EXIT[CLASSES[cause.code] ?? "io"], cause.message);
  }
}

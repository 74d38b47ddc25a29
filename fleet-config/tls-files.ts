// Reads the three PEM files of a TLS configuration, or none. Half a configuration is refused before any file is opened.

import { readFileSync, statSync } from "node:fs";
import { ConfigRefused } from "./refused.js";
import type { TlsSources } from "./secure.js";

const PEM_BYTES_MOST = 262_144;

/** Contents of ca, cert and key; undefined when none is given. Throws ConfigRefused for files that cannot be read. */
export function readTls(
  sources: TlsSources,
): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } | undefined {
  const { ca, cert, key } = sources;
  if (ca === undefined || cert === undefined || key === undefined) return undefined;
  return { ca: readPem(ca), cert: readPem(cert), key: readPem(key) };
}

function readPem(file: string): Buffer {
  const expected = `a regular PEM file of at most ${PEM_BYTES_MOST} bytes`;
  try {
    const found = statSync(file);
    if (!found.isFile() || found.size > PEM_BYTES_MOST)
      throw new Error(found.isFile() ? `${found.size} bytes` : "no regular file");
    const bytes = readFileSync(file);
    if (!bytes.includes("-----BEGIN ")) throw new Error("no PEM block");
    return bytes;
  } catch (cause) {
    throw new ConfigRefused([{ file, path: "", line: 0, found: (cause as Error).message, expected }]);
  }
}

// Reads a file that nobody vouches for (R13): opened once, without following links and without waiting, a regular file
// with one name, within its size, into one buffer. What stands in its way comes back as a value with what was expected
// and found. Also names the files of other kinds that people mistake for models, and bounds JSON before it is parsed.

import { constants } from "node:fs";
import { type FileHandle, open, opendir } from "node:fs/promises";
import { join } from "node:path";

/** Why a file is not read. */
export type FileFault = "missing" | "link" | "not-regular" | "hard-links" | "too-large" | "changed" | "unreadable";

export type PlainFile =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly code: FileFault; readonly expected: string; readonly found: string };

/** A folder of a model: names, and one way to read. */
export interface ModelFolder {
  /** The names in it, at most `most` and one more; undefined when it cannot be listed. */
  list(most: number): Promise<readonly string[] | undefined>;
  /** Opens the file once and reads it into one buffer. */
  read(name: string, maxBytes: number): Promise<PlainFile>;
}

function fault(code: FileFault, expected: string, found: string): PlainFile & { readonly ok: false } {
  return { ok: false, code, expected, found };
}

async function openPlain(path: string, noLinks: number): Promise<FileHandle | (PlainFile & { readonly ok: false })> {
  try {
    // Non-blocking, so that a pipe in place of the file is refused instead of waited for.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | noLinks);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === "ELOOP") return fault("link", "a regular file", "a symbolic link");
    if (code === "ENOENT") return fault("missing", "a file", "nothing there");
    if (code === "ENXIO") return fault("not-regular", "a regular file", "another kind of entry");
    return fault("unreadable", "a readable regular file", `that opening it fails with ${code}`);
  }
}

async function readWhole(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Reads a regular file with one name and at most `maxBytes` bytes into one buffer. With `links: "followed"`, for a
 * person who looks at a file of their own, it may have other names and be reached through links.
 */
export async function readPlainFile(
  path: string,
  maxBytes: number,
  { links = "refused" }: { readonly links?: "refused" | "followed" } = {},
): Promise<PlainFile> {
  const isStrict = links === "refused";
  const handle = await openPlain(path, isStrict ? constants.O_NOFOLLOW : 0);
  if ("ok" in handle) return handle;
  try {
    const info = await handle.stat();
    if (!info.isFile()) return fault("not-regular", "a regular file", "another kind of entry");
    if (isStrict && info.nlink !== 1) return fault("hard-links", "a file with one name", `${info.nlink} hard links`);
    if (info.size > maxBytes) return fault("too-large", `at most ${maxBytes} bytes`, `${info.size}`);
    const bytes = await readWhole(handle, info.size);
    if (bytes.length === info.size) return { ok: true, bytes };
    return fault("changed", `${info.size} bytes as its entry says`, `${bytes.length} while reading`);
  } catch (error) {
    return fault("unreadable", "a readable file", `that reading it fails: ${(error as Error).message}`);
  } finally {
    await handle.close();
  }
}

/** The folder on disk. */
export function diskFolder(directory: string): ModelFolder {
  return {
    read: (name, maxBytes) => readPlainFile(join(directory, name), maxBytes),
    list: async (most) => {
      const names: string[] = [];
      try {
        for await (const entry of await opendir(directory)) {
          names.push(entry.name);
          if (names.length > most) break;
        }
      } catch {
        return undefined;
      }
      return names.sort();
    },
  };
}

/** What a file is that people mistake for a model or its manifest; undefined when it is neither of these. */
export function otherKind(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 64))
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .trimStart();
  if (/^<(!doctype|html|\?xml)/i.test(head)) return "a web page";
  if (head.startsWith("version https://git-lfs")) return "a Git LFS pointer; fetch the file itself";
  return undefined;
}

export type PlainJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: "too-deep" | "not-json"; readonly expected: string; readonly found: string };

/** Parses JSON whose brackets are nested at most `maxDepth` deep; the depth is found before anything is parsed. */
export function parsePlainJson(text: string, maxDepth: number): PlainJson {
  const expected = `JSON nested at most ${maxDepth} deep`;
  if (isDeeper(text, maxDepth)) return { ok: false, code: "too-deep", expected, found: "deeper nesting" };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, code: "not-json", expected: "JSON", found: (error as Error).message.slice(0, 200) };
  }
}

function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (isText) {
      if (letter === "\\") at += 1;
      else if (letter === '"') isText = false;
    } else if (letter === '"') isText = true;
    else if (letter === "[" || letter === "{") {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (letter === "]" || letter === "}") depth -= 1;
  }
  return false;
}

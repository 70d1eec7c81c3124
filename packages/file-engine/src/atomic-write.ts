import { dirname } from "node:path";
import { threadId } from "node:worker_threads";

import type { FileIdentity, FileSystem, OpenFile } from "./file-system.js";
import { ioError, isMissing } from "./io-errors.js";

/** `full`: survives a power cut. `process`: survives the end of the process. */
export type Durability = "full" | "process";

/** Text is gathered to blocks of about this many characters before it is written. */
const BLOCK_LENGTH = 1 << 20;

let lastStamp = 0n;

/**
 * Replaces a file at once: readers see the old content or the new one, never a part. The new file
 * is written under LightRAG's temporary name in the same folder, synced, and renamed; it keeps the
 * permission bits of the old one. On failure the old file is untouched and the temporary one gone.
 *
 * @param onReplaced called with the identity of the new file once it has its name
 * @throws StorageIOError with `outcome`
 */
export async function writeAtomically(
  fileSystem: FileSystem,
  path: string,
  content: Iterable<string | Uint8Array>,
  durability: Durability,
  onReplaced: (identity: FileIdentity) => void,
): Promise<void> {
  const temporary = temporaryName(path);
  const identity = await writeTemporary(fileSystem, path, temporary, content, durability);
  try {
    await fileSystem.rename(temporary, path);
  } catch (error) {
    await removeQuietly(fileSystem, temporary);
    throw ioError(error, "replace", path, "not-applied");
  }
  onReplaced(identity);
  try {
    if (durability === "full") await fileSystem.syncFolder(dirname(path));
  } catch (error) {
    throw ioError(error, "sync the folder of", path, "unknown");
  }
}

/** Removes a file, durably; one that is not there is fine. */
export async function removeDurably(
  fileSystem: FileSystem,
  path: string,
  durability: Durability,
): Promise<void> {
  try {
    await fileSystem.remove(path);
    if (durability === "full") await fileSystem.syncFolder(dirname(path));
  } catch (error) {
    if (!isMissing(error)) throw ioError(error, "remove", path, "unknown");
  }
}

async function writeTemporary(
  fileSystem: FileSystem,
  path: string,
  temporary: string,
  content: Iterable<string | Uint8Array>,
  durability: Durability,
): Promise<FileIdentity> {
  let file: OpenFile | undefined;
  try {
    const mode = await permissionBits(fileSystem, path);
    file = await fileSystem.open(temporary, "create");
    if (mode !== null) await file.chmod(mode);
    for (const block of gatherBlocks(content)) await writeWhole(file, block);
    if (durability === "full") await file.sync();
    const identity = await file.stat();
    const written = file;
    file = undefined;
    await written.close();
    return identity;
  } catch (error) {
    // The error above says what happened; one in clearing up adds nothing to it.
    await file?.close().catch(() => {});
    await removeQuietly(fileSystem, temporary);
    throw ioError(error, "write", path, "not-applied");
  }
}

async function permissionBits(fileSystem: FileSystem, path: string): Promise<number | null> {
  try {
    return (await fileSystem.stat(path)).mode;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function writeWhole(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) offset += await file.write(bytes.subarray(offset));
}

/** Joins small pieces, so that each call of the operating system writes about a mebibyte. */
function* gatherBlocks(content: Iterable<string | Uint8Array>): Iterable<Uint8Array> {
  let text: string[] = [];
  let length = 0;
  for (const piece of content) {
    if (typeof piece === "string") {
      text.push(piece);
      length += piece.length;
      if (length < BLOCK_LENGTH) continue;
    }
    if (length > 0) yield Buffer.from(text.join(""), "utf8");
    if (typeof piece !== "string") yield piece;
    text = [];
    length = 0;
  }
  if (length > 0) yield Buffer.from(text.join(""), "utf8");
}

/** LightRAG's form, so that each side clears away what the other left behind. */
function temporaryName(path: string): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastStamp = now > lastStamp ? now : lastStamp + 1n;
  return `${path}.tmp.${process.pid}.${threadId}.${lastStamp}`;
}

async function removeQuietly(fileSystem: FileSystem, path: string): Promise<void> {
  await fileSystem.remove(path).catch(() => {});
}

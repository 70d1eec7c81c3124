import { crc32 } from "node:zlib";

import type { FileIdentity, FileSystem } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { combineContents, type SnapshotContent } from "../journal/marks.js";

const BLOCK_BYTES = 1 << 20;

/** A file's identity as text, to be held against another one. */
export function formatIdentity({ device, inode, size, modifiedNs, changedNs }: FileIdentity): string {
  return [device, inode, size, modifiedNs, changedNs].join(":");
}

/** The identity of several files as text; `null` where none is there. */
export function joinIdentities(identities: readonly (string | null)[]): string | null {
  return identities.every((identity) => identity === null)
    ? null
    : identities.map((identity) => identity ?? "-").join("|");
}

/** The identity of the files of a snapshot, `null` where there is none. */
export async function identityOf(fileSystem: FileSystem, paths: readonly string[]): Promise<string | null> {
  const identities: (string | null)[] = [];
  for (const path of paths) identities.push(await fileIdentityOf(fileSystem, path));
  return joinIdentities(identities);
}

/** Reads the files of a snapshot to tell its content; `null` where there is none. */
export async function contentOf(
  fileSystem: FileSystem,
  paths: readonly string[],
): Promise<SnapshotContent | null> {
  const parts: (SnapshotContent | null)[] = [];
  for (const path of paths) parts.push(await fileContentOf(fileSystem, path));
  return combineContents(parts);
}

async function fileIdentityOf(fileSystem: FileSystem, path: string): Promise<string | null> {
  try {
    return formatIdentity(await fileSystem.stat(path));
  } catch (error) {
    if (isMissing(error)) return null;
    throw ioError(error, "look at", path, "not-applied");
  }
}

async function fileContentOf(fileSystem: FileSystem, path: string): Promise<SnapshotContent | null> {
  try {
    const file = await fileSystem.open(path, "read");
    try {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      let size = 0;
      let checksum = 0;
      for (;;) {
        const length = await file.read(block);
        if (length === 0) return { size, checksum };
        checksum = crc32(block.subarray(0, length), checksum);
        size += length;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return null;
    throw ioError(error, "read", path, "not-applied");
  }
}

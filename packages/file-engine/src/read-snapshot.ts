import { StorageCorruptionError } from "@tetrad/core";

import { ChecksummedBlocks } from "./checksummed-blocks.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { corruptionError, ioError, isMissing, SnapshotSyntaxError } from "./io-errors.js";
import { type Mark, type SnapshotContent, sameContent } from "./journal/marks.js";
import { readBytes } from "./journal/record-reader.js";
import { formatIdentity } from "./snapshot-content.js";
import type { SnapshotFile, SnapshotFormat, SnapshotState } from "./snapshot-format.js";

/** A snapshot as it was read, with the state that holds its rows. */
export interface ReadSnapshot<State> {
  readonly state: State;
  /** `null` where there is no file. */
  readonly content: SnapshotContent | null;
  readonly identity: string | null;
  /** The file, where the format reads from it later. */
  readonly file: OpenSnapshot | null;
}

/** A snapshot that stays open for as long as a state refers to it. */
export class OpenSnapshot implements SnapshotFile {
  readonly path: string;
  readonly #file: OpenFile;

  constructor(path: string, file: OpenFile) {
    this.path = path;
    this.#file = file;
  }

  static async open(fileSystem: FileSystem, path: string): Promise<OpenSnapshot> {
    try {
      return new OpenSnapshot(path, await fileSystem.open(path, "read"));
    } catch (error) {
      throw ioError(error, "open", path);
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    const bytes = await readBytes(this.#file, position, length).catch((error: unknown) => {
      throw ioError(error, "read", this.path);
    });
    if (bytes.length === length) return bytes;
    throw new StorageCorruptionError(`${this.path} is shorter than it was`, { path: this.path });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * Reads a snapshot. Where it has the size that is expected it is read by its layout, and its
 * checksum held against the expected one; otherwise, and where that fails, everything in it is
 * checked.
 *
 * @throws StorageCorruptionError when it holds something else, or was damaged on the disk; StorageIOError
 */
export async function readSnapshot<State extends SnapshotState>(
  fileSystem: FileSystem,
  path: string,
  format: SnapshotFormat<State>,
  mark: Mark | undefined,
): Promise<ReadSnapshot<State>> {
  let file: OpenFile | undefined;
  try {
    file = await fileSystem.open(path, "read");
    const stat = await file.stat();
    const identity = formatIdentity(stat);
    const expected = mark?.content ?? null;
    const own =
      expected !== null && expected.size === Number(stat.size)
        ? await readBlocks(file, path, format, true)
        : null;
    const isExpected = sameContent(own?.content, expected);
    if (!isExpected && mark?.identity === identity) throw damagedOnDisk(path);
    const { state, content } =
      own !== null && isExpected && own.state !== null ? own : await readBlocks(file, path, format, false);
    if (state === null) throw new TypeError(`${format.kind} read ${path} without a state`);
    return { state, content, identity, file: await keepIfNeeded(file, path, format) };
  } catch (error) {
    await file?.close().catch(() => {});
    if (isMissing(error)) return { state: format.createEmpty(), content: null, identity: null, file: null };
    if (error instanceof SnapshotSyntaxError || error instanceof SyntaxError)
      throw corruptionError(error, path);
    throw ioError(error, "read", path);
  }
}

/** @returns no state where the file has not the layout that it is read by */
async function readBlocks<State extends SnapshotState>(
  file: OpenFile,
  path: string,
  format: SnapshotFormat<State>,
  isOwn: boolean,
): Promise<{ state: State | null; content: SnapshotContent }> {
  const state = format.createEmpty();
  const blocks = new ChecksummedBlocks(
    file,
    Number((await file.stat()).size),
    format.releasesBlocks !== true,
  );
  try {
    await format.read({ isOwn, blocks, file: new OpenSnapshot(path, file) }, state);
  } catch (error) {
    if (!isOwn || !(error instanceof SnapshotSyntaxError || error instanceof SyntaxError)) throw error;
    return { state: null, content: await blocks.finish() };
  }
  return { state, content: await blocks.finish() };
}

async function keepIfNeeded(
  file: OpenFile,
  path: string,
  format: { readonly readsFileLater?: boolean },
): Promise<OpenSnapshot | null> {
  if (format.readsFileLater === true) return new OpenSnapshot(path, file);
  await file.close();
  return null;
}

function damagedOnDisk(path: string): StorageCorruptionError {
  return new StorageCorruptionError(
    `${path} is damaged: nobody wrote to it, but it is not what was written. It was left as it is. Restore it from a backup, or move it away to start empty.`,
    { path },
  );
}

import { StorageCorruptionError } from "@tetrad/core";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { corruptionError, ioError, isMissing, SnapshotSyntaxError } from "../files/io-errors.js";
import { type Mark, type SnapshotContent, sameContent } from "../journal/marks.js";
import { readBytes } from "../journal/record-reader.js";
import { ChecksummedBlocks } from "./checksummed-blocks.js";
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
    const identity = formatIdentity(await file.stat());
    const { state, content } = await readChecked(file, path, format, mark, identity);
    const kept = format.readsFileLater === true ? new OpenSnapshot(path, file) : null;
    if (kept === null) await file.close();
    return { state, content, identity, file: kept };
  } catch (error) {
    await file?.close().catch(() => {});
    if (isMissing(error)) return { state: format.createEmpty(), content: null, identity: null, file: null };
    throw isSyntaxError(error) ? corruptionError(error, path) : ioError(error, "read", path);
  }
}

async function readChecked<State extends SnapshotState>(
  file: OpenFile,
  path: string,
  format: SnapshotFormat<State>,
  mark: Mark | undefined,
  identity: string,
): Promise<{ state: State; content: SnapshotContent }> {
  const expected = mark?.content ?? null;
  const isSizeExpected = expected?.size === Number((await file.stat()).size);
  const own = isSizeExpected ? await readByLayout(file, path, format) : null;
  const isExpected = own !== null && sameContent(own.content, expected);
  if (!isExpected && mark?.identity === identity) throw damagedOnDisk(path);
  if (isExpected && own.state !== null) return { state: own.state, content: own.content };
  return readBlocks(file, path, format, false);
}

/** @returns no state where the file has not the layout */
async function readByLayout<State extends SnapshotState>(
  file: OpenFile,
  path: string,
  format: SnapshotFormat<State>,
): Promise<{ state: State | null; content: SnapshotContent }> {
  try {
    return await readBlocks(file, path, format, true);
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    const blocks = new ChecksummedBlocks(file, Number((await file.stat()).size), false);
    return { state: null, content: await blocks.finish() };
  }
}

async function readBlocks<State extends SnapshotState>(
  file: OpenFile,
  path: string,
  format: SnapshotFormat<State>,
  isOwn: boolean,
): Promise<{ state: State; content: SnapshotContent }> {
  const state = format.createEmpty();
  const size = Number((await file.stat()).size);
  const blocks = new ChecksummedBlocks(file, size, format.releasesBlocks !== true);
  await format.read({ isOwn, blocks, file: new OpenSnapshot(path, file) }, state);
  return { state, content: await blocks.finish() };
}

function isSyntaxError(error: unknown): error is Error {
  return error instanceof SnapshotSyntaxError || error instanceof SyntaxError;
}

function damagedOnDisk(path: string): StorageCorruptionError {
  return new StorageCorruptionError(
    `${path} is damaged: nobody wrote to it, but it is not what was written. It was left as it is. Restore it from a backup, or move it away to start empty.`,
    { path },
  );
}

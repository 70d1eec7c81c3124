import { setTimeout as delay } from "node:timers/promises";

import { StorageCorruptionError } from "@tetrad/core";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { corruptionError, ioError, isMissing, restless, SnapshotSyntaxError } from "../files/io-errors.js";
import { combineContents, type Mark, partsOf, type SnapshotContent, sameContent } from "../journal/marks.js";
import { readBytes } from "../journal/record-reader.js";
import { ChecksummedBlocks } from "./checksummed-blocks.js";
import { formatIdentity, identityOf, joinIdentities } from "./snapshot-content.js";
import type { SnapshotFile, SnapshotFormat, SnapshotSource, SnapshotState } from "./snapshot-format.js";

/** A snapshot as it was read, with the state that holds its rows. */
export interface ReadSnapshot<State> {
  readonly state: State;
  /** `null` where there is no file. */
  readonly content: SnapshotContent | null;
  readonly identity: string | null;
  /** The first file, where the format reads from it later. */
  readonly file: OpenSnapshot | null;
}

/** A snapshot's file that stays open for as long as a state refers to it. */
export class OpenSnapshot implements SnapshotFile {
  readonly path: string;
  readonly size: number;
  readonly #file: OpenFile;

  constructor(path: string, file: OpenFile, size: number) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  static async open(fileSystem: FileSystem, path: string): Promise<OpenSnapshot> {
    try {
      const file = await fileSystem.open(path, "read");
      return new OpenSnapshot(path, file, Number((await file.stat()).size));
    } catch (error) {
      throw ioError(error, "open", path);
    }
  }

  /** Opens the files of one snapshot, all of them or none. */
  static async openAll(fileSystem: FileSystem, paths: readonly string[]): Promise<OpenSnapshot[]> {
    const files: OpenSnapshot[] = [];
    try {
      for (const path of paths) files.push(await OpenSnapshot.open(fileSystem, path));
      return files;
    } catch (error) {
      for (const file of files) await file.close();
      throw error;
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

/** How long another program may take from the first file of a snapshot to the last. */
const HALF_PATIENCE_MS = 1000;
const HALF_PAUSE_MS = 20;

/**
 * Reads a snapshot. Where it has the size that is expected it is read by its layout, and its
 * checksum held against the expected one; otherwise, and where that fails, everything in it is
 * checked. Several files are read as they stand at one moment; one that another program has replaced
 * without the others is waited for.
 *
 * @throws StorageCorruptionError when it holds something else, or was damaged on the disk; StorageIOError
 */
export async function readSnapshot<State extends SnapshotState>(
  fileSystem: FileSystem,
  paths: readonly [string, ...string[]],
  format: SnapshotFormat<State>,
  mark: Mark | undefined,
): Promise<ReadSnapshot<State>> {
  const deadline = Date.now() + HALF_PATIENCE_MS;
  for (;;) {
    const isLate = Date.now() >= deadline;
    const files = await FileSet.open(fileSystem, paths);
    let isKept = false;
    try {
      const read = await readFiles(files, format, mark, isLate);
      if (read !== null && (paths.length === 1 || (await identityOf(fileSystem, paths)) === read.identity)) {
        isKept = read.file !== null;
        return read;
      }
      if (isLate && read !== null) throw restless(paths[0]);
    } catch (error) {
      // What is read while another program writes may be anything.
      const isMoving = paths.length > 1 && (await identityOf(fileSystem, paths)) !== files.identity;
      if (!isMoving || isLate)
        throw isSyntaxError(error) ? corruptionError(error, paths[0]) : ioError(error, "read", paths[0]);
    } finally {
      await files.close(isKept);
    }
    await delay(HALF_PAUSE_MS);
  }
}

/** @returns `null` where only some of the files are there, or were replaced, and it is not too late for the others */
async function readFiles<State extends SnapshotState>(
  files: FileSet,
  format: SnapshotFormat<State>,
  mark: Mark | undefined,
  isLate: boolean,
): Promise<ReadSnapshot<State> | null> {
  const { identity, missing } = files;
  if (identity === null) return { state: format.createEmpty(), content: null, identity, file: null };
  if (missing.length > 0) {
    if (isLate) throw new SnapshotSyntaxError(`${missing.join(", ")} is missing, which belongs to it`);
    return null;
  }
  const read = await readChecked(files, format, mark, false);
  const file = format.readsFileLater === true ? files.first : null;
  if (!isHalf(read.content, mark?.content ?? null)) return { ...read, identity, file };
  if (!isLate) return null;
  return { ...(await readChecked(files, format, mark, true)), identity, file };
}

/** Whether the first file was replaced, and the last one was not. Writers replace them in their order. */
function isHalf(found: SnapshotContent, expected: SnapshotContent | null): boolean {
  const [before, after] = [partsOf(expected), partsOf(found)];
  if (expected === null || after.length < 2 || before.length !== after.length) return false;
  return !sameContent(before[0], after[0]) && sameContent(before.at(-1), after.at(-1));
}

/** The files of a snapshot, open. */
class FileSet {
  readonly identity: string | null;
  /** Paths of those that are not there. */
  readonly missing: readonly string[];
  readonly #files: readonly OpenSnapshotFile[];

  private constructor(paths: readonly string[], found: readonly (OpenSnapshotFile | null)[]) {
    this.identity = joinIdentities(found.map((file) => file?.identity ?? null));
    this.missing = paths.filter((_, index) => found[index] === null);
    this.#files = found.filter((file) => file !== null);
  }

  static async open(fileSystem: FileSystem, paths: readonly string[]): Promise<FileSet> {
    const files: (OpenSnapshotFile | null)[] = [];
    try {
      for (const path of paths) files.push(await openFile(fileSystem, path));
      return new FileSet(paths, files);
    } catch (error) {
      for (const file of files) await file?.file.close().catch(() => {});
      throw ioError(error, "read", paths[files.length] ?? "");
    }
  }

  get first(): OpenSnapshot | null {
    return this.#files[0]?.snapshot ?? null;
  }

  get sizes(): number[] {
    return this.#files.map(({ snapshot }) => snapshot.size);
  }

  /** All of a file's blocks, from its start. */
  blocks(areKept: boolean): ChecksummedBlocks[] {
    return this.#files.map(({ file, snapshot }) => new ChecksummedBlocks(file, snapshot.size, areKept));
  }

  get snapshots(): OpenSnapshot[] {
    return this.#files.map(({ snapshot }) => snapshot);
  }

  /** @param isFirstKept whether somebody else closes the first one */
  async close(isFirstKept: boolean): Promise<void> {
    for (const { file } of this.#files.slice(isFirstKept ? 1 : 0)) await file.close().catch(() => {});
  }
}

interface OpenSnapshotFile {
  readonly file: OpenFile;
  readonly snapshot: OpenSnapshot;
  readonly identity: string;
}

async function openFile(fileSystem: FileSystem, path: string): Promise<OpenSnapshotFile | null> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, "read");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const stat = await file.stat();
    return {
      file,
      snapshot: new OpenSnapshot(path, file, Number(stat.size)),
      identity: formatIdentity(stat),
    };
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

async function readChecked<State extends SnapshotState>(
  files: FileSet,
  format: SnapshotFormat<State>,
  mark: Mark | undefined,
  isKnownHalf: boolean,
): Promise<{ state: State; content: SnapshotContent }> {
  const expected = mark?.content ?? null;
  const isSizeExpected =
    expected !== null &&
    files.sizes.join() ===
      partsOf(expected)
        .map((part) => part?.size)
        .join();
  const note = mark?.note;
  const own = isSizeExpected ? await readByLayout(files, format, note) : null;
  const isExpected = own !== null && sameContent(own.content, expected);
  if (!isExpected && mark?.identity === files.identity) throw damagedOnDisk(files.first?.path ?? "");
  if (isExpected && own.state !== null) return { state: own.state, content: own.content };
  return readBlocks(files, format, { isOwn: false, isHalf: isKnownHalf, note });
}

/** @returns no state where the files have not the layout */
async function readByLayout<State extends SnapshotState>(
  files: FileSet,
  format: SnapshotFormat<State>,
  note: string | undefined,
): Promise<{ state: State | null; content: SnapshotContent }> {
  try {
    return await readBlocks(files, format, { isOwn: true, isHalf: false, note });
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    return { state: null, content: await contentOfAll(files.blocks(false)) };
  }
}

async function readBlocks<State extends SnapshotState>(
  files: FileSet,
  format: SnapshotFormat<State>,
  expectations: Pick<SnapshotSource, "isOwn" | "isHalf" | "note">,
): Promise<{ state: State; content: SnapshotContent }> {
  const state = format.createEmpty();
  const parts = files.blocks(format.releasesBlocks !== true);
  const [first, ...companions] = files.snapshots.map((file, index) => ({
    file,
    blocks: parts[index] as ChecksummedBlocks,
  }));
  if (first === undefined) throw new TypeError("No file is there to be read");
  await format.read({ ...expectations, ...first, companions }, state);
  return { state, content: await contentOfAll(parts) };
}

async function contentOfAll(parts: readonly ChecksummedBlocks[]): Promise<SnapshotContent> {
  const contents: SnapshotContent[] = [];
  for (const part of parts) contents.push(await part.finish());
  return combineContents(contents) ?? { size: 0, checksum: 0 };
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

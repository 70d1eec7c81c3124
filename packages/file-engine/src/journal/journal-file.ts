import { basename, dirname } from "node:path";

import { StorageFormatError } from "@tetrad/core";

import type { FileSystem, OpenFile, OpenMode } from "../files/file-system.js";
import { corruptionError, ioError, SnapshotSyntaxError } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";
import type { Durability } from "../workspace/durability.js";
import {
  decodeJournalHeader,
  encodeFrameHeader,
  encodeJournalHeader,
  type Frame,
  FRAME_TYPES,
  frameSeed,
  JOURNAL_HEADER_BYTES,
  JOURNAL_VERSION,
  type JournalHeader,
} from "./journal-format.js";
import { type JournalRecord, readBytes, readFrame, readRecords } from "./record-reader.js";

/** Frames are gathered to about this many bytes before they are written. */
const BLOCK_BYTES = 1 << 20;
const LONG_PAYLOAD = 1 << 16;

/** One journal, open for reading and appending. */
export class JournalFile {
  readonly path: string;
  readonly header: JournalHeader;
  readonly #file: OpenFile;
  readonly #durability: Durability;
  readonly #seed: number;
  #isTrusted = true;

  private constructor(path: string, file: OpenFile, header: JournalHeader, durability: Durability) {
    this.path = path;
    this.header = header;
    this.#file = file;
    this.#durability = durability;
    this.#seed = frameSeed(header.id);
  }

  /**
   * @returns `null` where the file is no journal, or the beginning of one
   * @throws StorageFormatError when a newer version wrote it; StorageIOError
   */
  static async open(
    fileSystem: FileSystem,
    path: string,
    durability: Durability,
    mode: OpenMode = "update",
  ): Promise<JournalFile | null> {
    let file: OpenFile | undefined;
    try {
      file = await fileSystem.open(path, mode);
      const header = decodeJournalHeader(await readBytes(file, 0, JOURNAL_HEADER_BYTES));
      if (header !== null && header.version > JOURNAL_VERSION) {
        throw new StorageFormatError(
          `${path} was written by a newer version of Tetrad (journal version ${header.version}; this one knows ${JOURNAL_VERSION}). Update the packages; the file was left as it is.`,
        );
      }
      if (header !== null && basename(path) === journalName(header.id))
        return new JournalFile(path, file, header, durability);
      await file.close();
      return null;
    } catch (error) {
      await file?.close().catch(() => {});
      throw ioError(error, "open", path);
    }
  }

  /** Writes a journal from its first byte, whole and synced before anybody knows of it. */
  static async create(
    fileSystem: FileSystem,
    folder: string,
    header: Omit<JournalHeader, "version">,
    frames: AsyncIterable<Frame>,
    durability: Durability,
  ): Promise<{ journal: JournalFile; length: number }> {
    const path = `${folder}/${journalName(header.id)}`;
    let file: OpenFile | undefined;
    try {
      file = await fileSystem.open(path, "update");
      const journal = new JournalFile(path, file, { ...header, version: JOURNAL_VERSION }, durability);
      await writeBytes(file, encodeJournalHeader(header), 0);
      const length = await journal.#write(frames, JOURNAL_HEADER_BYTES);
      if (durability === "full") {
        await file.sync();
        await fileSystem.syncFolder(dirname(path));
      }
      return { journal, length };
    } catch (error) {
      await file?.close().catch(() => {});
      await fileSystem.remove(path).catch(() => {});
      throw ioError(error, "write", path, "not-applied");
    }
  }

  /** Whether all that was synced can be relied on; once a sync failed, only another journal can. */
  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  async size(): Promise<number> {
    return Number((await this.#file.stat()).size);
  }

  records(from: number, to: number, sequence: number): AsyncIterable<JournalRecord> {
    return readRecords(this.#file, { from, to, sequence, seed: this.#seed });
  }

  /** @throws StorageCorruptionError where the frame is not what it was */
  async frame(position: number): Promise<Frame> {
    try {
      return await readFrame(this.#file, position, this.#seed);
    } catch (error) {
      if (error instanceof SnapshotSyntaxError) throw corruptionError(error, this.path);
      throw ioError(error, "read", this.path);
    }
  }

  /** Writes a part of the file to another file. */
  async copyTo(fileSystem: FileSystem, path: string, from: number, to: number): Promise<void> {
    const copy = await fileSystem.open(path, "update");
    try {
      await copy.truncate(0);
      for (let position = from; position < to; position += BLOCK_BYTES) {
        const block = await readBytes(this.#file, position, Math.min(BLOCK_BYTES, to - position));
        await writeBytes(copy, block, position - from);
      }
    } finally {
      await copy.close();
    }
  }

  get seed(): number {
    return this.#seed;
  }

  get file(): OpenFile {
    return this.#file;
  }

  /**
   * Writes the frames of a record and its end behind what is acknowledged, and syncs it. What a
   * failed write left is cut off again.
   *
   * @returns where the record ends
   * @throws StorageIOError with `outcome`
   */
  async append(frames: Iterable<Frame>, acknowledged: number): Promise<number> {
    let end: number;
    try {
      end = await this.#write(frames, acknowledged);
    } catch (error) {
      // What cannot be cut off now is set aside by whoever holds the lock next.
      await this.#file.truncate(acknowledged).catch(() => {});
      throw ioError(error, "append to", this.path, "not-applied");
    }
    await this.sync();
    return end;
  }

  /** @throws StorageIOError with the outcome `unknown`: the file is not to be trusted any more */
  async sync(): Promise<void> {
    if (this.#durability !== "full") return;
    try {
      await this.#file.sync();
    } catch (error) {
      this.#isTrusted = false;
      throw ioError(error, "sync", this.path, "unknown");
    }
  }

  async truncate(length: number): Promise<void> {
    try {
      await this.#file.truncate(length);
    } catch (error) {
      throw ioError(error, "cut the torn end off", this.path, "not-applied");
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(frames: AsyncIterable<Frame> | Iterable<Frame>, from: number): Promise<number> {
    let gathered: Buffer[] = [];
    let length = 0;
    let position = from;
    const flush = async (): Promise<void> => {
      const [first] = gathered;
      if (first === undefined) return;
      await writeBytes(this.#file, gathered.length === 1 ? first : Buffer.concat(gathered, length), position);
      position += length;
      gathered = [];
      length = 0;
    };
    const add = (bytes: Buffer): void => {
      gathered.push(bytes);
      length += bytes.length;
    };
    for await (const frame of frames) {
      add(encodeFrameHeader(frame, this.#seed));
      // A copy of a long payload would cost more than a write of its own.
      if (frame.payload.length >= LONG_PAYLOAD) await flush();
      add(frame.payload);
      if (length >= LONG_PAYLOAD) await flush();
    }
    await flush();
    return position;
  }
}

export function journalName(id: string): string {
  return `journal-${id}`;
}

/** The id in the name of a journal; `null` for other names. */
export function journalId(name: string): string | null {
  return /^journal-([0-9a-f]{32})$/.exec(name)?.[1] ?? null;
}

/** The frame that ends a record of so many frames. */
export function commitFrame(frames: number, sequence: number): Frame {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(frames);
  return { type: FRAME_TYPES.commit, flags: 0, sequence, payload };
}

import { crc32 } from "node:zlib";

import type { FileSystem, OpenFile, OpenMode } from "../files/file-system.js";
import { isMissing } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";

/** How far the journal of a workspace is acknowledged. */
export interface Head {
  readonly journalId: string;
  readonly generation: number;
  /** Bytes of the journal. */
  readonly length: number;
  /** The last record in them; 0 before the first. */
  readonly sequence: number;
}

const HEAD_BYTES = 64;
const MAGIC = Buffer.from("TETRADH1", "latin1");
/** A head that is being overwritten may be read half; a moment later it is whole. */
const READ_ATTEMPTS = 3;

/**
 * The file `head`, 64 bytes: "TETRADH1", journal id (16 bytes), length (u64), sequence (u64),
 * generation (u64), zeros, CRC-32 of the 60 bytes before it; little-endian. Overwritten in place and never synced: it tells
 * other processes where to read on, and what was acknowledged before a process died. What a power
 * cut leaves of it is checked against the journals.
 */
export class HeadFile {
  readonly #place: { readonly fileSystem: FileSystem; readonly path: string; readonly mode: OpenMode };
  /** `null` where there is none, and none can be made. */
  #file: OpenFile | null = null;
  /** As it was followed last. */
  readonly #followed = Buffer.alloc(HEAD_BYTES);
  /** As it was read last. */
  readonly #last = Buffer.alloc(HEAD_BYTES);
  readonly #now = Buffer.alloc(HEAD_BYTES);

  private constructor(fileSystem: FileSystem, path: string, mode: OpenMode) {
    this.#place = { fileSystem, path, mode };
  }

  static async open(fileSystem: FileSystem, path: string, mode: OpenMode = "update"): Promise<HeadFile> {
    const head = new HeadFile(fileSystem, path, mode);
    await head.openIfThere();
    return head;
  }

  /** Whether there was none when it was looked for last, so that nobody could follow it. */
  get isMissing(): boolean {
    return this.#file === null;
  }

  /** Opens it, unless it is open or there is none that may only be read. */
  async openIfThere(): Promise<void> {
    const { fileSystem, path, mode } = this.#place;
    try {
      this.#file ??= await fileSystem.open(path, mode);
    } catch (error) {
      if (mode !== "read" || !isMissing(error)) throw error;
    }
  }

  /** Whether there is nothing to follow: it is as it was when `setFollowed` was called, or as it was written here. */
  isFollowed(): boolean {
    this.#readInto(this.#now);
    return this.#now.equals(this.#followed);
  }

  /** @returns `null` when there is none yet, or none that is whole */
  read(): Head | null {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      const length = this.#readInto(this.#last);
      const head = decodeHead(this.#last);
      if (head !== null || length === 0) return head;
    }
    return null;
  }

  /** What was read last has been followed. */
  setFollowed(): void {
    this.#last.copy(this.#followed);
  }

  async write(head: Head): Promise<void> {
    const bytes = encodeHead(head);
    if (this.#file === null) throw new TypeError("A head that is only read was to be written");
    await writeBytes(this.#file, bytes, 0);
    bytes.copy(this.#last);
    bytes.copy(this.#followed);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #readInto(buffer: Buffer): number {
    const length = this.#file?.readSync(buffer, 0) ?? 0;
    buffer.fill(0, length);
    return length;
  }
}

function encodeHead({ journalId, generation, length, sequence }: Head): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(bytes);
  bytes.write(journalId, 8, "hex");
  bytes.writeBigUInt64LE(BigInt(length), 24);
  bytes.writeBigUInt64LE(BigInt(sequence), 32);
  bytes.writeBigUInt64LE(BigInt(generation), 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

function decodeHead(bytes: Buffer): Head | null {
  if (!bytes.subarray(0, 8).equals(MAGIC)) return null;
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return null;
  return {
    journalId: bytes.toString("hex", 8, 24),
    length: Number(bytes.readBigUInt64LE(24)),
    sequence: Number(bytes.readBigUInt64LE(32)),
    generation: Number(bytes.readBigUInt64LE(40)),
  };
}

import { crc32 } from "node:zlib";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";
import type { SnapshotContent } from "../journal/marks.js";
import type { Durability } from "../workspace/durability.js";
import type { SnapshotOutput } from "./snapshot-format.js";

/** Pieces are gathered to blocks of about this size before they are written. */
const BLOCK_BYTES = 1 << 20;
/** Room for one more piece when there is a block; larger ones are not copied. */
const ROOM_BYTES = 1 << 16;

export interface StagedSnapshot<Result> {
  readonly content: SnapshotContent;
  readonly result: Result;
}

/**
 * Writes a new file, whole and synced, which gets its place later. It has the permission bits of
 * the file it is to replace. On failure nothing is left of it.
 *
 * @throws StorageIOError with `outcome`
 */
export async function writeStaged<Result>(
  fileSystem: FileSystem,
  staged: string,
  target: string,
  durability: Durability,
  write: (output: SnapshotOutput) => Promise<Result>,
): Promise<StagedSnapshot<Result>> {
  let file: OpenFile | undefined;
  try {
    const mode = await permissionBits(fileSystem, target);
    file = await fileSystem.open(staged, "create");
    if (mode !== null) await file.chmod(mode);
    const output = new StagedOutput(file);
    const result = await write(output);
    await output.finish();
    if (durability === "full") await file.sync();
    await file.close();
    return { content: { size: output.position, checksum: output.checksum }, result };
  } catch (error) {
    // The error above says what happened; one in clearing up adds nothing to it.
    await file?.close().catch(() => {});
    await fileSystem.remove(staged).catch(() => {});
    throw ioError(error, "write", target, "not-applied");
  }
}

class StagedOutput implements SnapshotOutput {
  readonly #file: OpenFile;
  /** Small pieces are copied here, and read from the part that began last. */
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES + ROOM_BYTES);
  /** The block of the flush before, which may still be on its way to the file. */
  #flushed = Buffer.allocUnsafeSlow(BLOCK_BYTES + ROOM_BYTES);
  #start = 0;
  #end = 0;
  /** What comes before the last part. */
  #parts: Uint8Array[] = [];
  #gathered = 0;
  #written = 0;
  #checksum = 0;
  /** What was flushed last; while it is written, more is gathered. */
  #writing: Promise<void> = Promise.resolve();

  constructor(file: OpenFile) {
    this.#file = file;
  }

  get position(): number {
    return this.#written + this.#gathered;
  }

  get checksum(): number {
    return this.#checksum;
  }

  get isFull(): boolean {
    return this.#gathered >= BLOCK_BYTES;
  }

  write(piece: string | Uint8Array): void {
    // No character has more than three bytes.
    const most = typeof piece === "string" ? piece.length * 3 : piece.length;
    if (most > ROOM_BYTES) {
      this.#give(typeof piece === "string" ? Buffer.from(piece) : piece);
      return;
    }
    if (this.#end + most > this.#block.length) this.#beginBlock();
    const length = typeof piece === "string" ? this.#block.write(piece, this.#end) : this.#copy(piece);
    this.#end += length;
    this.#gathered += length;
  }

  async flush(): Promise<void> {
    if (this.#gathered === 0) return;
    this.#endPart();
    const parts = this.#parts;
    const position = this.#written;
    for (const part of parts) this.#checksum = crc32(part, this.#checksum);
    this.#written += this.#gathered;
    this.#parts = [];
    this.#gathered = 0;
    await this.#writing;
    this.#writing = writeParts(this.#file, parts, position);
    // Whoever flushes next, or finishes, is told.
    this.#writing.catch(() => {});
    [this.#block, this.#flushed] = [this.#flushed, this.#block];
    this.#start = 0;
    this.#end = 0;
  }

  /** Writes all there is. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#writing;
  }

  #copy(bytes: Uint8Array): number {
    this.#block.set(bytes, this.#end);
    return bytes.length;
  }

  /** Takes a large piece as it stands. */
  #give(bytes: Uint8Array): void {
    this.#endPart();
    this.#parts.push(bytes);
    this.#gathered += bytes.length;
  }

  #endPart(): void {
    if (this.#start < this.#end) this.#parts.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Where nobody flushes in time. */
  #beginBlock(): void {
    this.#endPart();
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES + ROOM_BYTES);
    this.#start = 0;
    this.#end = 0;
  }
}

async function writeParts(file: OpenFile, parts: readonly Uint8Array[], start: number): Promise<void> {
  let position = start;
  for (const part of parts) {
    await writeBytes(file, part, position);
    position += part.length;
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

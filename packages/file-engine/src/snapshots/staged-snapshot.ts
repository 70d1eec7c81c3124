import { crc32 } from "node:zlib";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";
import { combineContents, type SnapshotContent } from "../journal/marks.js";
import type { Durability } from "../workspace/durability.js";
import type { SnapshotOutput } from "./snapshot-format.js";

/** Pieces are gathered to blocks of about this size before they are written. */
const BLOCK_BYTES = 1 << 20;
/** Room for one more piece when there is a block; larger ones are not copied. */
const ROOM_BYTES = 1 << 16;

export interface StagedSnapshot<Result> {
  readonly content: SnapshotContent | null;
  readonly result: Result;
}

/** A new file and the one it is to replace. */
export interface StagedPart {
  readonly staged: string;
  readonly target: string;
}

/**
 * Writes new files, whole and synced, which get their places later. Each has the permission bits of
 * the file it is to replace. On failure nothing is left of them.
 *
 * @throws StorageIOError with `outcome`
 */
export async function writeStaged<Result>(
  fileSystem: FileSystem,
  parts: readonly StagedPart[],
  durability: Durability,
  write: (outputs: readonly SnapshotOutput[]) => Promise<Result>,
): Promise<StagedSnapshot<Result>> {
  const files: OpenFile[] = [];
  try {
    for (const part of parts) files.push(await createStaged(fileSystem, part));
    const outputs = files.map((file) => new StagedOutput(file));
    const result = await write(outputs);
    for (const output of outputs) await output.finish();
    if (durability === "full") for (const file of files) await file.sync();
    for (const file of files) await file.close();
    const contents = outputs.map(({ position, checksum }) => ({ size: position, checksum }));
    return { content: combineContents(contents), result };
  } catch (error) {
    // The error above says what happened; one in clearing up adds nothing to it.
    for (const file of files) await file.close().catch(() => {});
    for (const { staged } of parts) await fileSystem.remove(staged).catch(() => {});
    throw ioError(error, "write", parts[0]?.target ?? "", "not-applied");
  }
}

async function createStaged(fileSystem: FileSystem, { staged, target }: StagedPart): Promise<OpenFile> {
  const mode = await permissionBits(fileSystem, target);
  const file = await fileSystem.open(staged, "create");
  try {
    if (mode !== null) await file.chmod(mode);
    return file;
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
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

import { crc32 } from "node:zlib";

import type { FileSystem, OpenFile } from "../files/file-system.js";
import { ioError, isMissing } from "../files/io-errors.js";
import { writeBytes } from "../files/write-bytes.js";
import type { SnapshotContent } from "../journal/marks.js";
import type { Durability } from "../workspace/durability.js";
import type { SnapshotOutput } from "./snapshot-format.js";

/** Pieces are gathered to blocks of about this size before they are written. */
const BLOCK_BYTES = 1 << 20;
/** Blocks are a little longer than that, each by its last piece. */
const ROUNDING = 1 << 18;

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
  #pieces: (string | Uint8Array)[] = [];
  /**
   * What pieces are joined in, in turn, since one is being written while the other is filled. A new
   * block each time would cost as much as the writing.
   */
  readonly #blocks: Buffer[] = [Buffer.alloc(0), Buffer.alloc(0)];
  #flushes = 0;
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
    this.#pieces.push(piece);
    this.#gathered += typeof piece === "string" ? Buffer.byteLength(piece, "utf8") : piece.length;
  }

  async flush(): Promise<void> {
    if (this.#gathered === 0) return;
    const block = this.#join();
    this.#pieces = [];
    this.#gathered = 0;
    this.#checksum = crc32(block, this.#checksum);
    const position = this.#written;
    this.#written += block.length;
    await this.#writing;
    this.#writing = writeBytes(this.#file, block, position);
    // Whoever flushes next, or finishes, is told.
    this.#writing.catch(() => {});
  }

  /** Writes all there is. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#writing;
  }

  #join(): Uint8Array {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && typeof only === "object") return only;
    const turn = this.#flushes % this.#blocks.length;
    this.#flushes += 1;
    let block = this.#blocks[turn] ?? Buffer.alloc(0);
    if (block.length < this.#gathered) {
      block = Buffer.allocUnsafeSlow(Math.ceil(this.#gathered / ROUNDING) * ROUNDING);
      this.#blocks[turn] = block;
    }
    let position = 0;
    for (const piece of this.#pieces) {
      if (typeof piece === "string") position += block.write(piece, position, "utf8");
      else {
        block.set(piece, position);
        position += piece.length;
      }
    }
    return block.subarray(0, position);
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

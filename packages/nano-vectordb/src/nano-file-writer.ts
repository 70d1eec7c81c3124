import { crc32 } from "node:zlib";

import { StorageCorruptionError } from "@tetrad/core";
import type { SnapshotFile, SnapshotOutput } from "@tetrad/file-engine";
import { RowTexts } from "@tetrad/file-engine/vectors";

import { encodeEmbedding } from "./embedding-text.js";
import { GatheredOutput } from "./gathered-output.js";
import { MatrixEncoder } from "./matrix-base64.js";
import type { NanoContent } from "./nano-content.js";
import type { NanoRow } from "./nano-row.js";
import { ReadAhead } from "./read-ahead.js";
import type { VectorText } from "./vector-text.js";

/** A `vector` and where it stands in the new file. */
interface Moved {
  readonly row: NanoRow;
  readonly vectorText: VectorText;
  readonly position: number;
  readonly length: number;
  readonly crc: number;
  /** Whether the row's text is part of an operation, which it would keep in memory. */
  readonly isNew: boolean;
}

const SEPARATOR = Buffer.from(", ");

/** Writes a file with nano-vectordb's layout. What rows left in the old file is checked and copied over. */
export class NanoFileWriter {
  readonly #content: NanoContent;
  readonly #output: GatheredOutput;
  readonly #moved: Moved[] = [];
  readonly #old: ReadAhead | undefined;

  constructor(content: NanoContent, output: SnapshotOutput) {
    this.#content = content;
    this.#output = new GatheredOutput(output);
    this.#old = content.file && new ReadAhead(content.file, endOfVectors(content));
  }

  /**
   * @returns points the rows to the new file
   * @throws StorageCorruptionError where the old file is not as it was read
   */
  async write(): Promise<(file: SnapshotFile) => void> {
    this.#writeText(`{"embedding_dim": ${this.#content.index.dimension}, "data": [`);
    await this.#writeRows();
    this.#writeText('], "matrix": "');
    await this.#writeMatrix();
    this.#writeText('"');
    for (const [name, { text }] of this.#content.members.committed())
      this.#writeText(`, ${JSON.stringify(name)}: ${text}`);
    this.#writeText("}");
    await this.#output.flush();
    return (file) => this.#adopt(file);
  }

  async #writeRows(): Promise<void> {
    let isFirst = true;
    for (const [id, row] of this.#content.rows.committed()) {
      if (!isFirst) this.#output.write(SEPARATOR);
      isFirst = false;
      this.#output.write(row.head);
      if (row.vectorText !== undefined) await this.#writeVectorText(id, row, row.vectorText);
      this.#output.write(row.tail);
      if (this.#output.isFull) await this.#output.flush();
    }
  }

  async #writeVectorText(id: string, row: NanoRow, vectorText: VectorText): Promise<void> {
    const { position } = this.#output;
    const { embedding } = vectorText;
    if (embedding === undefined) {
      this.#output.write(this.#peekOld(id, vectorText) ?? (await this.#readOld(id, vectorText)));
      const { length, crc } = vectorText;
      this.#moved.push({ row, vectorText, position, length, crc, isNew: false });
    } else {
      const text = this.#output.writeAscii(encodeEmbedding(embedding));
      this.#moved.push({ row, vectorText, position, length: text.length, crc: crc32(text), isNew: true });
    }
  }

  #peekOld(id: string, { position, length, crc }: VectorText): Buffer | undefined {
    const text = this.#old?.peek(position, length);
    if (text !== undefined && crc32(text) !== crc) throw this.#corruption(id);
    return text;
  }

  async #readOld(id: string, { position, length, crc }: VectorText): Promise<Buffer> {
    const text = await this.#old?.read(position, length);
    if (text === undefined || crc32(text) !== crc) throw this.#corruption(id);
    return text;
  }

  #corruption(id: string): StorageCorruptionError {
    const path = this.#content.file?.path ?? "";
    return new StorageCorruptionError(
      `${path} is damaged: the "vector" of row ${JSON.stringify(id)} is not what was read there. It was left as it is. Restore it from a backup, or write or delete that row.`,
      { path },
    );
  }

  async #writeMatrix(): Promise<void> {
    const encoder = new MatrixEncoder(this.#content.index.dimension);
    for (const [id, row] of this.#content.rows.committed()) {
      const part = encoder.push(row.keptVector ?? this.#content.vectorOf(id));
      if (part !== undefined) this.#output.writeAscii(part);
      if (this.#output.isFull) await this.#output.flush();
    }
    this.#output.writeAscii(encoder.end());
  }

  #writeText(text: string): void {
    this.#output.write(Buffer.from(text));
  }

  #adopt(file: SnapshotFile): void {
    this.#content.file = file;
    const texts = new RowTexts();
    for (const { row, vectorText, position, length, crc, isNew } of this.#moved) {
      vectorText.moveTo(position, length, crc);
      if (isNew) row.moveText(texts);
    }
  }
}

function endOfVectors(content: NanoContent): number {
  let end = 0;
  for (const [, { vectorText }] of content.rows.committed()) {
    if (vectorText !== undefined) end = Math.max(end, vectorText.position + vectorText.length);
  }
  return end;
}

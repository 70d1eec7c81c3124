import { parseJson, stringifyJson } from "@tetrad/core/plugin";
import { type SnapshotPart, type SnapshotSource, SnapshotSyntaxError } from "@tetrad/file-engine";
import { isNewer, littleEndian, RowTexts, stampOf } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "./faiss-content.js";
import { FaissRow } from "./faiss-row.js";
import { decodeHeader, HEADER_BYTES, type IndexHeader } from "./index-header.js";
import { readMeta } from "./meta-file.js";
import { idOf, toAscii } from "./row-text.js";

/** Throws where the vectors of a file are not of the dimension that they are read for. */
export type DimensionCheck = (dimension: number) => void;

/** Bytes of vectors that are given to the index at a time. */
const BATCH_BYTES = 1 << 20;
const { BYTES_PER_ELEMENT } = Float32Array;

/** Reads the pair as LightRAG does: what has no counterpart in the other file is left out, and counted. */
export class FaissFileReader {
  readonly #content: FaissContent;
  readonly #checkDimension: DimensionCheck;
  readonly #texts = new RowTexts();
  /** Ids by the place of their vectors. */
  readonly #ids = new Map<number, string>();
  readonly #placeOf = new Map<string, number>();
  /** Older files have vectors in the rows too, and these count. */
  readonly #rowVectors = new Map<string, Float32Array>();
  #last = -1;
  #isOrdered = true;
  #beyond = 0;
  #repeated = 0;
  #unnamed = 0;

  constructor(content: FaissContent, checkDimension: DimensionCheck) {
    this.#content = content;
    this.#checkDimension = checkDimension;
  }

  /**
   * @returns what was odd about the files, in words
   * @throws SnapshotSyntaxError or SyntaxError where they are something else; what the check throws
   */
  async read(index: SnapshotSource, meta: SnapshotPart): Promise<string[]> {
    const blocks = index.blocks[Symbol.asyncIterator]();
    const start = await readHeader(blocks);
    const header = decodeHeader(start, index.file.size);
    if (header.count > 0) this.#checkDimension(header.dimension);
    await readMeta(meta.blocks, (place, text) =>
      this.#addRow(place, index.isOwn ? text : this.#checked(text, header), header),
    );
    for (const id of this.#rowVectors.keys()) if (!this.#placeOf.has(id)) this.#rowVectors.delete(id);
    if (index.isHalf && this.#beyond === 0 && this.#ids.size === header.count)
      throw new SnapshotSyntaxError(
        "it was written without its .meta.json, so its vectors belong to other rows than that says",
      );
    // Ids get their order from the rows, and their vectors from the index, where that is another one.
    if (!this.#isOrdered) this.#reserve([...this.#content.rows.ids()]);
    await this.#readVectors(blocks, start.subarray(HEADER_BYTES), header);
    for (const [id, vector] of this.#rowVectors) this.#content.placeVectors([id], vector);
    return this.#report();
  }

  #addRow(place: number, text: string, header: IndexHeader): void {
    const id = idOf(text);
    if (place >= header.count) {
      this.#beyond += 1;
      return;
    }
    if (this.#ids.has(place)) throw new SnapshotSyntaxError(`its .meta.json has two rows ${place}`);
    const known = this.#placeOf.get(id);
    if (known !== undefined) {
      this.#repeated += 1;
      const stored = this.#content.rows.get(id)?.text;
      if (stored !== undefined && isNewer(stampOf(stored), stampOf(text))) return;
      this.#ids.delete(known);
      this.#isOrdered = false;
    }
    this.#ids.set(place, id);
    this.#placeOf.set(id, place);
    this.#isOrdered &&= place > this.#last;
    this.#last = place;
    this.#content.rows.set(id, new FaissRow(this.#texts.write(text)));
  }

  /** The text of a row that somebody else wrote; a vector in it is taken out, as LightRAG does. */
  #checked(text: string, { dimension }: IndexHeader): string {
    const row = parseAny(text);
    if (typeof row !== "object" || row === null || !("__vector__" in row)) return text;
    const id = idOf(text);
    const { __vector__: vector, ...others } = parseJson(text) as Record<string, unknown>;
    if (!Array.isArray(vector) || vector.length !== dimension)
      throw new SnapshotSyntaxError(`row ${JSON.stringify(id)} has a vector of another dimension`);
    this.#rowVectors.set(id, Float32Array.from(vector, Number));
    return toAscii(stringifyJson(others));
  }

  /** Gives ids their order in the index before their vectors come in another one. */
  #reserve(ids: readonly string[]): void {
    const { dimension } = this.#content.index;
    const vectors = new Float32Array(ids.length * dimension);
    for (let start = 0; start < vectors.length; start += dimension) vectors[start] = 1;
    this.#content.placeVectors(ids, vectors);
  }

  async #readVectors(
    blocks: AsyncIterator<Uint8Array>,
    start: Buffer,
    { dimension, count }: IndexHeader,
  ): Promise<void> {
    const rowBytes = dimension * BYTES_PER_ELEMENT;
    const perBatch = Math.max(1, Math.floor(BATCH_BYTES / rowBytes));
    // Rows of the file stand at odd positions, so they are copied to where floats may stand.
    const floats = new Float32Array(perBatch * dimension);
    const bytes = Buffer.from(floats.buffer);
    let place = 0;
    let filled = 0;
    let block = start;
    for (let isFirst = true; place < count; isFirst = false) {
      if (!isFirst) block = await nextBlock(blocks);
      if (!isFirst && block.length === 0) throw new SnapshotSyntaxError("it ends within a vector");
      for (let position = 0; position < block.length;) {
        const copied = block.copy(bytes, filled, position);
        position += copied;
        filled += copied;
        if (filled < bytes.length && place + filled / rowBytes < count) continue;
        littleEndian(bytes.subarray(0, filled));
        const rows = filled / rowBytes;
        this.#placeRows(place, floats.subarray(0, rows * dimension), dimension);
        place += rows;
        filled = 0;
      }
    }
  }

  /** @param first place of the first vector */
  #placeRows(first: number, vectors: Float32Array, dimension: number): void {
    const ids: string[] = [];
    let runStart = 0;
    const giveRun = (end: number): void => {
      if (ids.length > 0)
        this.#content.placeVectors(ids.splice(0), vectors.subarray(runStart * dimension, end * dimension));
    };
    const count = vectors.length / dimension;
    for (let row = 0; row < count; row += 1) {
      const id = this.#ids.get(first + row);
      if (id !== undefined) {
        if (ids.length === 0) runStart = row;
        ids.push(id);
        continue;
      }
      giveRun(row);
      if (isAnyNumber(vectors.subarray(row * dimension, (row + 1) * dimension))) this.#unnamed += 1;
    }
    giveRun(count);
  }

  #report(): string[] {
    const report: string[] = [];
    if (this.#beyond > 0)
      report.push(
        `rows of its .meta.json that have no vector were left out, as LightRAG does: ${this.#beyond}`,
      );
    if (this.#unnamed > 0)
      report.push(
        `vectors that its .meta.json has no row for are ignored, and gone once it is written anew: ${this.#unnamed}`,
      );
    if (this.#repeated > 0)
      report.push(`rows with the id of another one were left out, older ones first: ${this.#repeated}`);
    return report;
  }
}

/** The header, with what came with it. */
async function readHeader(blocks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < HEADER_BYTES) {
    const block = await nextBlock(blocks);
    // Blocks are only there until the next but one is asked for, and the other file is read meanwhile.
    start = Buffer.concat([start, block]);
    if (block.length === 0) break;
  }
  return start;
}

/** Most rows hold numbers that only the slower, exact parser keeps, but nobody looks at them here. */
function parseAny(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseJson(text);
  }
}

async function nextBlock(blocks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const { value, done } = await blocks.next();
  if (done === true) return Buffer.alloc(0);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function isAnyNumber(vector: Float32Array): boolean {
  return vector.some((component) => component !== 0);
}

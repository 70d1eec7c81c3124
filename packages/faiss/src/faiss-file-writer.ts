import {
  type CommittedView,
  placeRows,
  type SnapshotOutput,
  type SnapshotSurroundings,
} from "@tetrad/file-engine";
import { bytesOf } from "@tetrad/file-engine/vectors";

import type { FaissContent } from "./faiss-content.js";
import type { FaissRow } from "./faiss-row.js";
import { encodeHeader } from "./index-header.js";
import { readPublished } from "./published-places.js";

/** Bytes of vectors that are written at a time. */
const BLOCK_BYTES = 1 << 20;
/** The one that is filled, and those that may still be on their way to the file. */
const BLOCKS_IN_USE = 3;

/**
 * Writes the pair. Each row's number is chosen so that no other program can pair it with another
 * row's vector, whichever half it reads when: see `placeRows`.
 */
export class FaissFileWriter {
  readonly #content: FaissContent;
  readonly #index: SnapshotOutput;

  constructor(content: FaissContent, index: SnapshotOutput) {
    this.#content = content;
    this.#index = index;
  }

  async write({ companions: [meta], base }: SnapshotSurroundings): Promise<void> {
    if (meta === undefined) throw new TypeError("The .meta.json has nowhere to be written");
    const rows = this.#content.rows.committedView();
    const { dimension } = this.#content.index;
    const published = await readPublished(base, dimension);
    const { places, count, values, hasMoved } = placeRows(rows.ids, published);
    this.#content.isUnsettled = hasMoved;
    this.#index.write(encodeHeader({ dimension, count }));
    const order = new Map(rows.ids.map((id, position) => [id, position]));
    const rowAt = Int32Array.from({ length: count }, (_, place) => order.get(values.get(place) ?? "") ?? -1);
    await this.#writeVectors(rows, rowAt);
    await writeMeta(rows, places, meta);
  }

  /** @param rowAt which row's vector belongs to each place; -1 for none */
  async #writeVectors(rows: CommittedView<FaissRow>, rowAt: Int32Array): Promise<void> {
    const { dimension } = this.#content.index;
    const rowBytes = dimension * Float32Array.BYTES_PER_ELEMENT;
    const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
    const blocks = Array.from({ length: BLOCKS_IN_USE }, () => Buffer.allocUnsafeSlow(perBlock * rowBytes));
    for (let start = 0, turn = 0; start < rowAt.length; start += perBlock, turn += 1) {
      const block = blocks[turn % BLOCKS_IN_USE] as Buffer;
      const end = Math.min(rowAt.length, start + perBlock);
      for (let place = start; place < end; place += 1)
        this.#writeVector(rows, rowAt[place] as number, block, (place - start) * rowBytes, rowBytes);
      this.#index.write(block.subarray(0, (end - start) * rowBytes));
      await this.#index.flush();
    }
  }

  #writeVector(
    rows: CommittedView<FaissRow>,
    position: number,
    block: Buffer,
    start: number,
    length: number,
  ): void {
    if (position === -1) {
      block.fill(0, start, start + length);
      return;
    }
    const vector = rows.at(position).givenVector ?? this.#content.vectorOf(rows.ids[position] as string);
    block.set(bytesOf(vector), start);
  }
}

async function writeMeta(
  rows: CommittedView<FaissRow>,
  places: readonly number[],
  meta: SnapshotOutput,
): Promise<void> {
  meta.write("{");
  for (const [position, place] of places.entries()) {
    meta.write(`${position === 0 ? "" : ", "}"${place}": `);
    meta.write(rows.at(position).bytes);
    if (meta.isFull) await meta.flush();
  }
  meta.write("}");
}

import { setImmediate as nextTurn } from "node:timers/promises";

import type { StoredVectorRecord, VectorMatch, VectorRow } from "@tetrad/core";
import {
  type BatchOptions,
  type EmbeddedRow,
  type VectorChanges,
  vectorRecord,
  type VectorSearchOptions,
  type VectorTable,
} from "@tetrad/core/plugin";
import type { OpenedStore, RowOperation } from "@tetrad/file-engine";

import type { NanoContent } from "./nano-content.js";
import { checkContent } from "./nano-file-format.js";
import { deleteRow, deleteRowsByEnd, nameModel, putRows } from "./nano-operations.js";
import { parseRow } from "./row-text.js";
import type { VectorSpace } from "./vector-space.js";

const ROWS_PER_TURN = 512;

let lastWriteSequence = 0n;

/** Nanoseconds since 1970, but more with each call: LightRAG tells by it which of two rows is newer. */
function nextWriteSequence(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastWriteSequence = now > lastWriteSequence ? now : lastWriteSequence + 1n;
  return lastWriteSequence;
}

/** The rows of a nano-vectordb file, as deferred embedding works on them. */
export class NanoVectorTable implements VectorTable {
  readonly #store: OpenedStore<NanoContent>;
  readonly #space: VectorSpace;

  constructor(store: OpenedStore<NanoContent>, space: VectorSpace) {
    this.#store = store;
    this.#space = space;
  }

  /** @throws DimensionMismatchError where rows of another model came since the store was opened */
  async write(changes: VectorChanges): Promise<void> {
    const puts = await encodeRows(changes.rows);
    const content = await this.#store.latest();
    checkContent(content, this.#space, this.#store.path);
    this.#store.apply([...this.#namings(content, changes), ...deletions(content, changes), ...puts]);
  }

  async search(
    queries: readonly Float32Array[],
    topK: number,
    { ids, threshold, signal }: VectorSearchOptions,
  ): Promise<VectorMatch[][]> {
    const { index } = await this.#store.latest();
    const found = await index.searchBatch(queries, topK, { ids, threshold, signal });
    const content = await this.#store.latest();
    return found.map((hits) =>
      hits.flatMap(({ id, score }) => {
        const record = readRecord(content, id);
        return record === null ? [] : [{ ...record, distance: score }];
      }),
    );
  }

  async getRecords(ids: readonly string[]): Promise<(StoredVectorRecord | null)[]> {
    const content = await this.#store.latest();
    return ids.map((id) => readRecord(content, id));
  }

  async getVectors(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    const { index } = await this.#store.latest();
    const vectors = new Map<string, Float32Array>();
    for (const id of ids) {
      const vector = index.peek(id);
      if (vector !== undefined) vectors.set(id, vector.slice());
    }
    return vectors;
  }

  async findByEndpoint(name: string): Promise<string[]> {
    return (await this.#store.latest()).idsByEnd(name);
  }

  async *scan({ batchSize }: BatchOptions): AsyncIterable<VectorRow<Float32Array>> {
    const { rows, index } = await this.#store.latest();
    let sinceTurn = 0;
    for (const [id, row] of rows.entries()) {
      const vector = index.peek(id);
      if (vector === undefined) continue;
      const { fields, createdAt } = parseRow(row.text);
      yield { id, vector: vector.slice(), fields: { ...fields, created_at: createdAt } };
      sinceTurn += 1;
      if (sinceTurn % batchSize === 0) await nextTurn();
    }
  }

  async count(): Promise<number> {
    return (await this.#store.latest()).rows.size;
  }

  /** The first rows of a store say which model they are of. */
  #namings(content: NanoContent, { rows }: VectorChanges): RowOperation[] {
    const { modelName } = this.#space;
    const isNamed = modelName === undefined || rows.length === 0 || content.modelName === modelName;
    return isNamed ? [] : [nameModel(modelName)];
  }
}

/** By end first: what these delete need not be deleted by id again. */
function deletions(
  content: NanoContent,
  { deletedIds, deletedEndpoints = [] }: VectorChanges,
): RowOperation[] {
  const byEnd = new Set(deletedEndpoints.flatMap((name) => content.idsByEnd(name)));
  return [
    ...deletedEndpoints.map(deleteRowsByEnd),
    ...deletedIds.filter((id) => !byEnd.has(id)).map(deleteRow),
  ];
}

/** A large flush is encoded a part at a time, so that others have their turn. */
async function encodeRows(rows: readonly EmbeddedRow[]): Promise<RowOperation[]> {
  const writeSequence = nextWriteSequence();
  const operations: RowOperation[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_TURN) {
    if (start > 0) await nextTurn();
    operations.push(...putRows(rows.slice(start, start + ROWS_PER_TURN), writeSequence));
  }
  return operations;
}

function readRecord(content: NanoContent, id: string): StoredVectorRecord | null {
  const row = content.rows.get(id);
  if (row === undefined) return null;
  const { createdAt, fields } = parseRow(row.text);
  return vectorRecord(id, createdAt, fields);
}
